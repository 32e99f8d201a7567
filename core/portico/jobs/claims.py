"""One claimed job, how it ended, and the statements that claim, extend and settle on one connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

# A claim or an acknowledgement lost in a crash of the server means one more run, which actors bear anyway.
_OPTIONS = (
    "-c role=portico_worker -c synchronous_commit=off -c statement_timeout=15s -c lock_timeout=5s "
    "-c idle_in_transaction_session_timeout=15s -c timezone=UTC"
)
_COLUMNS = (
    "id", "tenant_id", "queue", "actor", "args", "attempts", "waits", "unique_key", "request_id",
    "created_at", "last_error", "claim",
)
_TURN = sql.SQL("select {} from job_turn(%s, %s, %s, %s, %s, %s, %s)").format(
    sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
)
_EXTEND = """
    update job j set lease_until = clock_timestamp() + make_interval(secs => %s)
    from unnest(%s::uuid[], %s::uuid[]) as held (id, claim)
    where j.id = held.id and j.claim = held.claim
    returning j.id
"""
_REAP = """
    select job_requeue(array_agg(id), array_agg(claim), 0, 0, 0, 'the worker died or froze: ' || worker, true)
    from job where state = 'taken' and queue = %s and lease_until < clock_timestamp()
    group by worker
"""
_AGAIN = "select job_requeue(%s::uuid[], %s::uuid[], %s, %s, %s, %s, false)"
_BURY = """
    with gone as (delete from job where id = %s and claim = %s returning *)
    insert into job_dead (id, tenant_id, queue, actor, args, priority, unique_key, request_id, attempts,
                          created_at, plugin, reason, detail)
    select id, tenant_id, queue, actor, args, priority, unique_key, request_id, attempts,
        created_at, %s, %s, %s
    from gone
"""
_PARK = """
    update job set state = 'parked', claim = null, worker = null, lease_until = null, plugin = %s,
        last_error = %s, attempts = attempts - 1
    where id = %s and claim = %s
"""


@dataclass(frozen=True)
class Done:
    """The row is deleted, together with others, in the next round trip."""


@dataclass(frozen=True)
class Again:
    """Back to the queue. `attempts` and `waits` are added to the row's counts."""

    delay_s: float
    error: str | None = None
    attempts: int = 0
    waits: int = 0


@dataclass(frozen=True)
class Buried:
    """To the dead letters. `detail` may hold a traceback; `reason` is for staff to read."""

    reason: str
    detail: str = ""
    plugin: str | None = None


@dataclass(frozen=True)
class Parked:
    """Kept until `plugin` is on again for the tenant; None: until an installed plugin has the actor again."""

    plugin: str | None
    reason: str


Outcome = Done | Again | Buried | Parked


@dataclass(eq=False)
class Claimed:
    """A job that this process holds. Times are of the monotonic clock, which goes on in a frozen process."""

    id: UUID
    tenant_id: UUID | None
    queue: str
    actor: str
    args: dict[str, Any]
    attempts: int
    waits: int
    unique_key: str | None
    request_id: str
    created_at: datetime
    last_error: str | None
    claim: UUID
    claimed_at: float = 0.0
    deadline: float = 0.0
    started_at: float | None = None
    overdue_at: float = float("inf")
    lost: bool = False
    outcome: Outcome | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __repr__(self) -> str:
        return f"<{self.actor} {self.id}>"

    def held(self) -> bool:
        """False once the lease may have passed to somebody else. Asks only the clock, so it is cheap."""
        return not self.lost and time.monotonic() < self.deadline

    def begin(self, overdue_after_s: float) -> bool:
        """Start, unless the job was handed back or the lease ran out while it waited in this process."""
        with self._lock:
            if not self.held():
                return False
            self.started_at = time.monotonic()
            self.overdue_at = self.started_at + overdue_after_s
            return True

    def give_up(self, *, even_started: bool = False) -> bool:
        """Make sure that it cannot start here (nor commit any more). False if it has started or ended."""
        with self._lock:
            if self.lost or self.outcome is not None or (self.started_at is not None and not even_started):
                return False
            self.lost = True
            return True


class ClaimConnection:
    """An autocommit connection in the role of workers. Every method may raise psycopg.Error."""

    def __init__(self, url: str, worker: str, lease_s: float) -> None:
        self.worker = worker
        self.lease_s = lease_s
        self.raw = psycopg.connect(
            make_conninfo(url, options=_OPTIONS, application_name="portico-worker", connect_timeout=5,
                          tcp_user_timeout=10_000),
            autocommit=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.raw.close()

    def turn(self, queue: str, room: int, tenant_cap: int, done: Sequence[Claimed]) -> list[Claimed]:
        """Delete what is done and claim at most `room` jobs, going round the tenants."""
        asked_at = time.monotonic()
        ids, claims = [c.id for c in done], [c.claim for c in done]
        found = [Claimed(*row) for row in self.raw.execute(
            _TURN, (queue, room, tenant_cap, self.lease_s, self.worker, ids, claims)
        )]
        for one in found:
            one.claimed_at, one.deadline = asked_at, asked_at + self.lease_s
        return found

    def extend(self, claimed: Sequence[Claimed]) -> set[UUID]:
        """Renew the leases; returns the ids that are still ours."""
        asked_at = time.monotonic()
        ids, claims = [c.id for c in claimed], [c.claim for c in claimed]
        ours = {row[0] for row in self.raw.execute(_EXTEND, (self.lease_s, ids, claims))}
        for one in claimed:
            if one.id in ours and not one.lost:
                one.deadline = asked_at + self.lease_s
        return ours

    def reap(self, queue: str) -> int:
        """Put back the jobs whose lease ran out. Returns how many."""
        return sum(row[0] for row in self.raw.execute(_REAP, (queue,)))

    def settle(self, claimed: Claimed, outcome: Outcome) -> None:
        """Without effect if the claim is no longer ours."""
        if isinstance(outcome, Done):
            self.turn(claimed.queue, 0, 0, [claimed])
        elif isinstance(outcome, Again):
            self.again([claimed], outcome)
        elif isinstance(outcome, Buried):
            self.raw.execute(
                _BURY, (claimed.id, claimed.claim, outcome.plugin, outcome.reason, outcome.detail)
            )
        else:
            self.raw.execute(_PARK, (outcome.plugin, outcome.reason, claimed.id, claimed.claim))

    def again(self, claimed: Iterable[Claimed], outcome: Again) -> None:
        pairs = [(c.id, c.claim) for c in claimed]
        self.raw.execute(_AGAIN, ([p[0] for p in pairs], [p[1] for p in pairs], outcome.delay_s,
                                  outcome.attempts, outcome.waits, outcome.error))
