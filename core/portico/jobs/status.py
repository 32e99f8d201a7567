"""Figures and repairs for operators. Every function wants a `worker_session`; audit is the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from portico.connections.messages import read

# One statement for all figures: a page of operators has others to send too.
_FIGURES = text(
    """
    select
        (select coalesce(jsonb_agg(c order by c.queue, c.state, c.jobs desc), '[]') from (
            select queue, state, tenant_id, count(*) as jobs,
                extract(epoch from now() - min(case when eta <= now() then eta end))::float as oldest_s
            from job group by queue, state, tenant_id) c) as counts,
        (select count(*) from job_dead) as dead,
        (select coalesce(jsonb_agg(w order by w.name), '[]') from (
            select name, queues, threads, started_at, extract(epoch from now() - seen_at)::float as silent_s
            from job_worker) w) as workers,
        (select coalesce(jsonb_agg(p order by p.name), '[]') from (
            select name, ticked_to, enqueued from job_periodic) p) as periodic,
        (select coalesce(max(age(backend_xmin)), 0) from pg_stat_activity
            where datname = current_database()) as xmin_age
    """
)
_DEAD = text(
    """
    select id, tenant_id, queue, actor, args, attempts, created_at, died_at, reason, detail from job_dead
    where (cast(:tenant_id as uuid) is null or tenant_id = :tenant_id)
        and (cast(:before as uuid) is null or id < :before)
    order by id desc limit :limit
    """
)
_RETRY = text(
    """
    with back as (delete from job_dead where id = :id returning *)
    insert into job (id, tenant_id, queue, actor, args, priority, unique_key, request_id)
    select id, tenant_id, queue, actor, args, priority, unique_key, request_id from back
    on conflict (lane, unique_key) where state = 'queued' and unique_key is not null do nothing
    """
)
_EXISTS = text("select 1 from job_dead where id = :id for update")
_DISCARD = text("delete from job_dead where id = :id")


@dataclass(frozen=True)
class Count:
    """Jobs of one queue, state and tenant. `oldest_s`: how long the oldest has been due; None: none is."""

    queue: str
    state: str
    tenant_id: UUID | None
    jobs: int
    oldest_s: float | None


@dataclass(frozen=True)
class Figures:
    """`xmin_age`: transactions that vacuum must keep for the oldest open one; if it grows, tables bloat."""

    counts: Sequence[Count]
    dead: int
    workers: Sequence[WorkerSeen]
    periodic: Sequence[PeriodicSeen]
    xmin_age: int

    @property
    def oldest_queued_s(self) -> float:
        """How long the oldest job that is due has waited; 0 if none waits."""
        return max((count.oldest_s or 0.0 for count in self.counts if count.state == "queued"), default=0.0)

    def total(self, state: str) -> int:
        return sum(count.jobs for count in self.counts if count.state == state)


@dataclass(frozen=True)
class WorkerSeen:
    """`silent_s`: seconds since its last heartbeat."""

    name: str
    queues: list[str]
    threads: int
    started_at: datetime
    silent_s: float


@dataclass(frozen=True)
class PeriodicSeen:
    """`ticked_to`: up to when it has been served; `enqueued`: how many jobs in all."""

    name: str
    ticked_to: datetime
    enqueued: int


@dataclass(frozen=True)
class DeadJob:
    """A dead letter. `reason` may be shown to the company's staff and may be translatable, `detail` is for operators."""

    id: UUID
    tenant_id: UUID | None
    queue: str
    actor: str
    args: dict[str, Any]
    attempts: int
    created_at: datetime
    died_at: datetime
    reason: Any
    detail: str


def figures(db: Session) -> Figures:
    row = db.execute(_FIGURES).one()
    when = datetime.fromisoformat
    return Figures(
        counts=[Count(**{**one, "tenant_id": one["tenant_id"] and UUID(one["tenant_id"])}) for one in row.counts],
        dead=row.dead,
        workers=[WorkerSeen(**{**one, "started_at": when(one["started_at"])}) for one in row.workers],
        periodic=[PeriodicSeen(**{**one, "ticked_to": when(one["ticked_to"])}) for one in row.periodic],
        xmin_age=row.xmin_age,
    )


def dead_jobs(
    db: Session, *, tenant_id: UUID | None = None, before: UUID | None = None, limit: int = 50
) -> list[DeadJob]:
    """Newest first; `before` is the last id of the page before. `tenant_id` None: of all tenants."""
    rows = db.execute(_DEAD, {"tenant_id": tenant_id, "before": before, "limit": limit})
    return [DeadJob(**{**row._mapping, "reason": read(row.reason)}) for row in rows]


def retry_dead(db: Session, job_id: UUID) -> bool:
    """Queue a dead job again with all its attempts. False if there is none with this id.

    If a job with its unique key is queued already, that one does the work and the dead one is dropped.
    """
    if db.scalar(_EXISTS, {"id": job_id}) is None:
        return False
    db.execute(_RETRY, {"id": job_id})
    return True


def discard_dead(db: Session, job_id: UUID) -> bool:
    """Drop a dead job for good. False if there is none with this id."""
    return bool(db.execute(_DISCARD, {"id": job_id}).rowcount)  # type: ignore[attr-defined]
