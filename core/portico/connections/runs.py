"""The history of a connection's runs: what each read and changed, or why it did not come to its end."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from portico.connections.messages import kept
from portico.connections.models import ConnectionRun
from portico.connections.paging import Problem
from portico.connections.target import Target
from portico.db.types import new_id, now
from portico.web.pagination import Page, paginate

CHANGES, EVERYTHING, TRIAL = "changes", "everything", "trial"
DONE, FAILED, REFUSED, EMPTY, RUNNING = "done", "failed", "refused", "empty", "running"
KEPT = dt.timedelta(days=30)
MOST_SAMPLES, MOST_ROWS, LONGEST_CELL = 20, 5, 200
SILENT = dt.timedelta(minutes=5)
"""A trial that was not heard of for so long broke off."""


def note(
    db: Session,
    target: Target,
    entity: str,
    *,
    kind: str,
    outcome: str,
    started_at: dt.datetime,
    message: Any = None,
    counts: Any = None,
    removed: int = 0,
    problems: Sequence[Problem] = (),
) -> bool:
    """Keep a run; one that fails as the one before it did only raises that one's `times`. Whether it is a new one.

    counts: `sync.Counts`. problems: of a trial, whose problems are kept nowhere else; the first of them.
    """
    values = {"outcome": outcome, "message": message, "ended_at": now()}
    if outcome != DONE and _repeats(db, target, entity, kind, outcome, message):
        return False
    db.execute(
        sa.insert(ConnectionRun).values(
            tenant_id=target.tenant_id,
            id=new_id(),
            connection_id=target.connection_id,
            entity=entity,
            kind=kind,
            started_at=started_at,
            created=counts.created if counts else 0,
            updated=counts.updated if counts else 0,
            unchanged=counts.unchanged if counts else 0,
            problems=len(counts.problems) if counts else len(problems),
            removed=removed,
            samples=refused(problems),
            **values,
        )
    )
    return True


def refused(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """The first of them, as a run keeps them."""
    return [{"ref": one.ref, "message": kept(one.message)} for one in problems[:MOST_SAMPLES]]


def begin_trial(db: Session, target: Target, entity: str, moment: dt.datetime) -> uuid.UUID:
    """The row of a trial that begins; what is left of earlier ones of the same goes."""
    db.execute(
        sa.delete(ConnectionRun).where(
            ConnectionRun.connection_id == target.connection_id, ConnectionRun.entity == entity, ConnectionRun.outcome == RUNNING
        )
    )
    run_id = new_id()
    values = {"kind": TRIAL, "outcome": RUNNING, "started_at": moment, "ended_at": moment}
    db.execute(
        sa.insert(ConnectionRun).values(
            tenant_id=target.tenant_id, id=run_id, connection_id=target.connection_id, entity=entity, **values
        )
    )
    return run_id


def tell_trial(
    db: Session,
    run_id: uuid.UUID,
    outcome: str,
    *,
    read: int,
    problems: Sequence[Problem],
    rows: Sequence[Any],
    message: Any = None,
) -> None:
    """How far it came, or how it ended. rows: the first records, {"ref", "row": {field: text}}."""
    samples = [*rows[:MOST_ROWS], *refused(problems)]
    db.execute(
        sa.update(ConnectionRun)
        .where(ConnectionRun.id == run_id)
        .values(outcome=outcome, created=read, problems=len(problems), samples=samples, message=message, ended_at=now())
    )


def trials(db: Session, connection_id: uuid.UUID) -> Sequence[Any]:
    """The newest trial of each entity, in the order in which they were begun."""
    newest = (
        sa.select(*ConnectionRun.__table__.columns)
        .where(ConnectionRun.connection_id == connection_id, ConnectionRun.kind == TRIAL)
        .ext(distinct_on(ConnectionRun.entity))
        .order_by(ConnectionRun.entity, ConnectionRun.id.desc())
        .subquery()
    )
    return db.execute(sa.select(newest).order_by(newest.c.id)).all()


def _repeats(db: Session, target: Target, entity: str, kind: str, outcome: str, message: Any) -> bool:
    last = (
        sa.select(ConnectionRun.id)
        .where(ConnectionRun.connection_id == target.connection_id, ConnectionRun.entity == entity, ConnectionRun.kind == kind)
        .order_by(ConnectionRun.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    again = db.execute(
        sa.update(ConnectionRun)
        .where(ConnectionRun.id == last, ConnectionRun.outcome == outcome)
        .values(times=ConnectionRun.times + 1, ended_at=now(), message=message)
    )
    return bool(again.rowcount)  # type: ignore[attr-defined]


def last_outcome(db: Session, connection_id: uuid.UUID, entity: str, kind: str) -> str | None:
    query = sa.select(ConnectionRun.outcome).where(
        ConnectionRun.connection_id == connection_id, ConnectionRun.entity == entity, ConnectionRun.kind == kind
    )
    return db.scalar(query.order_by(ConnectionRun.id.desc()).limit(1))


def of_connection(db: Session, connection_id: uuid.UUID, cursor: str | None) -> Page[Any]:
    """Newest first."""
    query = sa.select(*ConnectionRun.__table__.columns).where(ConnectionRun.connection_id == connection_id)
    return paginate(db, query, [(ConnectionRun.id, uuid.UUID)], cursor=cursor)


def forget(db: Session, connection_id: uuid.UUID) -> None:
    """What is older than thirty days."""
    db.execute(
        sa.delete(ConnectionRun).where(ConnectionRun.connection_id == connection_id, ConnectionRun.ended_at < now() - KEPT)
    )
