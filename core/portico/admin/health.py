"""How a company's connections stand: for each, its last test, its synchronisation per entity, and what is left over."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.connections import alarms, service, sync
from portico.connections.breaker import CLOSED, OPEN
from portico.connections.host import ConnectionHost
from portico.connections.models import ACTIVE, DRAFT, PAUSED, Connection, ConnectionSync, ConnectionSyncProblem
from portico.db.types import now
from portico.errors import ConflictError, NotFoundError
from portico.jobs import enqueue
from portico.web.i18n import _
from portico.web.pagination import Page, paginate

State = Literal["ok", "part", "trouble", "paused", "draft", "failed"]


@dataclass(frozen=True)
class Health:
    """state: "part" if something that the last test tried does not work, "failed" if nothing did and it is not in use.
    change: the draft of new settings whose test failed. breaker: "open" if this process or the synchronisation does not
    ask at the moment. problems: records left behind."""

    connection: Connection
    title: Any
    state: State
    breaker: str
    entities: Sequence[ConnectionSync]
    problems: int
    change: Connection | None = None

    @property
    def imported(self) -> bool:
        """Whether anything was ever read through it to its end."""
        return any(entity.last_success_at for entity in self.entities)

    @property
    def last_success_at(self) -> datetime | None:
        """Of the entity that is furthest behind: None if one never succeeded."""
        moments = [entity.last_success_at for entity in self.entities]
        return min((one for one in moments if one), default=None) if all(moments) else None


def overview(db: Session, host: ConnectionHost) -> list[Health]:
    """Every connection of the company in scope; three queries however many there are."""
    connections = service.listing(db)
    entities = db.scalars(sa.select(ConnectionSync).order_by(ConnectionSync.entity)).all()
    counts: dict[uuid.UUID, int] = {
        row.connection_id: row.problems
        for row in db.execute(
            sa.select(ConnectionSyncProblem.connection_id, sa.func.count().label("problems"))
            .where(ConnectionSyncProblem.resolved_at.is_(None))
            .group_by(ConnectionSyncProblem.connection_id)
        )
    }
    return [
        _health(host, one, [each for each in entities if each.connection_id == one.id], counts.get(one.id, 0))
        for one in connections
    ]


def of(db: Session, host: ConnectionHost, connection_id: uuid.UUID) -> Health:
    """Raises NotFoundError."""
    connection = service.get(db, connection_id)
    entities = db.scalars(
        sa.select(ConnectionSync).where(ConnectionSync.connection_id == connection_id).order_by(ConnectionSync.entity)
    ).all()
    left = (
        db.scalar(
            sa.select(sa.func.count())
            .select_from(ConnectionSyncProblem)
            .where(ConnectionSyncProblem.connection_id == connection_id, ConnectionSyncProblem.resolved_at.is_(None))
        )
        or 0
    )
    return replace(_health(host, connection, entities, left), change=service.failed_change(db, connection_id))


def _is_late(host: ConnectionHost, row: ConnectionSync) -> bool:
    known = host.entities.get(row.entity)
    return alarms.is_late(row, known[1].every_s if known else 0)


def _health(host: ConnectionHost, connection: Connection, entities: Sequence[ConnectionSync], left: int) -> Health:
    lane = host.state(connection.id)
    # Of this process, or as the last synchronisation found it in its own.
    breaker = OPEN if OPEN in (connection.breaker, lane.breaker if lane else None) else CLOSED
    state: State = "ok"
    late = any(_is_late(host, one) for one in entities)
    tested = connection.tested_at is not None
    passed = [bool(report.get("ok")) for report in connection.reports]
    if connection.status in (DRAFT, PAUSED) and tested and not any(passed):
        state = "failed"
    elif connection.status == DRAFT:
        state = "draft"
    elif connection.status == PAUSED:
        state = "paused"
    elif connection.last_error or breaker == "open" or late or any(one.error for one in entities):
        state = "trouble"
    elif not all(passed):
        state = "part"
    return Health(
        connection, host.titles.get(connection.connector, connection.connector), state, breaker, entities, left
    )


def broken(host: ConnectionHost, found: Health) -> dict[str, Any]:
    """Capability → what its last synchronisation failed with, since the test."""
    return {
        host.entities[one.entity][1].capability: one.error for one in found.entities if one.error and one.entity in host.entities
    }


def synchronise(db: Session, connection_id: uuid.UUID) -> None:
    """Have a worker read what changed, now. Raises NotFoundError, ConflictError."""
    connection = service.get(db, connection_id)
    if connection.status != "active":
        raise ConflictError(_("This connection is not in use. Test it and put it to use first."))
    enqueue(db, "connections.sync", connection_id=connection_id, unique=f"connections.sync/{connection_id}")
    audit.record(db, "connections.sync", subject=("connection", connection_id))


def resume(db: Session, connection_id: uuid.UUID) -> None:
    """Put a paused connection to use again; its last test must have passed. Raises ConflictError."""
    connection = service.get(db, connection_id)
    if not any(report.get("ok") for report in connection.reports) or connection.last_error:
        raise ConflictError(_("Its last test did not pass. Test it first."))
    service.set_paused(db, connection_id, False)


def problem_page(db: Session, cursor: str | None) -> Page[Any]:
    """Records that wait for somebody, newest first."""
    query = (
        sa.select(
            ConnectionSyncProblem.id,
            ConnectionSyncProblem.entity,
            ConnectionSyncProblem.record_ref,
            ConnectionSyncProblem.message,
            ConnectionSyncProblem.payload,
            ConnectionSyncProblem.seen_at,
            Connection.name.label("connection"),
        )
        .join(
            Connection,
            sa.and_(
                Connection.tenant_id == ConnectionSyncProblem.tenant_id,
                Connection.id == ConnectionSyncProblem.connection_id,
            ),
        )
        .where(ConnectionSyncProblem.resolved_at.is_(None))
    )
    return paginate(db, query, [(ConnectionSyncProblem.id, uuid.UUID)], cursor=cursor)


def retry_problem(db: Session, problem_id: uuid.UUID) -> None:
    """Have the record read again, alone where its plugin and the connection can, else with all others from the start; it is taken
    over if it can be by now.
    """
    problem = _problem(db, problem_id)
    enqueue(
        db,
        "connections.sync",
        connection_id=problem.connection_id,
        entity=problem.entity,
        ref=problem.record_ref,
        unique=f"connections.sync/{problem.connection_id}/{problem.entity}/{problem_id}",
    )
    audit.record(
        db,
        "sync.retry",
        subject=("sync-problem", problem_id),
        after={"entity": problem.entity, "ref": problem.record_ref},
    )


def read_all(db: Session, connection_id: uuid.UUID, *, keep: bool, force: bool = False) -> None:
    """Have a worker read everything: to compare, or (`keep` off) as a trial. Raises NotFoundError, ConflictError.

    force: records that vanished go out of use even where they are many.
    """
    connection = service.get(db, connection_id)
    if keep and connection.status != ACTIVE:
        raise ConflictError(_("This connection is not in use. Test it and put it to use first."))
    subject, key = ("connection", connection_id), str(connection_id)
    if keep:
        enqueue(db, "connections.compare", connection_id=connection_id, force=force, unique=f"connections.compare/{key}")
        audit.record(db, "connections.compare", subject=subject, after={"force": force})
    else:
        if connection.status == PAUSED:  # who wants to see first what would come begins it by their own word alone
            connection.held = True
        enqueue(db, "connections.trial", connection_id=connection_id, unique=f"connections.trial/{key}")
        audit.record(db, "connections.trial", subject=subject)


def retry_all(db: Session) -> None:
    """Have every entity that left records over read anew from the start."""
    left = db.execute(
        sa.select(ConnectionSyncProblem.connection_id, ConnectionSyncProblem.entity)
        .where(ConnectionSyncProblem.resolved_at.is_(None))
        .distinct()
    ).all()
    for row in left:
        sync.ask_anew(db, row.connection_id, row.entity)
    audit.record(db, "sync.retry-all", after={"entities": sorted({row.entity for row in left})})


def dismiss_all(db: Session) -> None:
    """Nothing is to be done about any of them. Each comes back if its record is read again and is still bad."""
    count = db.execute(
        sa.update(ConnectionSyncProblem).where(ConnectionSyncProblem.resolved_at.is_(None)).values(resolved_at=now())
    ).rowcount  # type: ignore[attr-defined]
    audit.record(db, "sync.dismiss-all", after={"count": count})


def dismiss_problem(db: Session, problem_id: uuid.UUID) -> None:
    """Nothing is to be done about it. It comes back if the record is read again and is still bad."""
    problem = _problem(db, problem_id)
    problem.resolved_at = now()
    audit.record(
        db,
        "sync.dismiss",
        subject=("sync-problem", problem_id),
        after={"entity": problem.entity, "ref": problem.record_ref},
    )


def _problem(db: Session, problem_id: uuid.UUID) -> ConnectionSyncProblem:
    found = db.scalars(sa.select(ConnectionSyncProblem).where(ConnectionSyncProblem.id == problem_id)).one_or_none()
    if found is None:
        raise NotFoundError
    return found
