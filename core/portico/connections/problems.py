"""Records that could not be taken over: noted once each, noted again when still bad, resolved when they
arrive.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico.connections.models import Connection, ConnectionSyncProblem
from portico.connections.paging import Problem
from portico.connections.target import Target
from portico.db.types import new_id, now
from portico.web.i18n import _

_KEY = ["tenant_id", "connection_id", "entity", "record_ref"]
def of_exception(ref: str, error: Exception) -> Problem:
    """What a plugin's `apply` raised; its own words are a technical detail, in the payload. Only the first line: the rest
    of a driver's text may hold other records.
    """
    first = (str(error).splitlines() or [""])[0][:500]
    what = f"{type(error).__name__}: {first}"
    return Problem(ref, "not_applied", _("The portal could not take this record over."), {"error": what})


def record(db: Session, target: Target, entity: str, found: Sequence[Problem]) -> None:
    for problem in found:
        values = {
            "code": problem.code,
            "message": problem.message,
            "payload": dict(problem.payload),
            "seen_at": now(),
            "resolved_at": None,
        }
        # Who was asked for the record alone may say no more than that it is still wrong: what was read before helps to mend it.
        renewed = {name: value for name, value in values.items() if name != "payload" or value}
        db.execute(
            insert(ConnectionSyncProblem)
            .values(
                tenant_id=target.tenant_id,
                id=new_id(),
                connection_id=target.connection_id,
                entity=entity,
                record_ref=problem.ref,
                **values,
            )
            .on_conflict_do_update(index_elements=_KEY, set_=renewed)
        )


def resolve(db: Session, target: Target, entity: str, refs: Sequence[str]) -> None:
    """These records arrived."""
    if refs:
        db.execute(
            sa.update(ConnectionSyncProblem)
            .where(
                ConnectionSyncProblem.connection_id == target.connection_id,
                ConnectionSyncProblem.entity == entity,
                ConnectionSyncProblem.record_ref.in_(refs),
                ConnectionSyncProblem.resolved_at.is_(None),
            )
            .values(resolved_at=now())
        )


def of_record(db: Session, known_as: Sequence[tuple[str, str, uuid.UUID | None]]) -> Sequence[Any]:
    """What waits for somebody of one record. known_as: (entity, ref, connection) by which it is read; another connection may have
    a record of the same ref. A connection that is None is any.
    """
    table = ConnectionSyncProblem
    one_of = [
        sa.and_(table.entity == entity, table.record_ref == ref, *([table.connection_id == through] if through else []))
        for entity, ref, through in known_as
    ]
    query = (
        sa.select(table.id, table.message, table.seen_at, Connection.name.label("connection"))
        .join(Connection, sa.and_(Connection.tenant_id == table.tenant_id, Connection.id == table.connection_id))
        .where(table.resolved_at.is_(None), sa.or_(sa.false(), *one_of))
        .order_by(table.id)
    )
    return db.execute(query).all() if known_as else []


def unresolved(db: Session, connection_id: uuid.UUID | None = None) -> int:
    """How many records of one connection, or of all of the company, wait for somebody."""
    statement = (
        sa.select(sa.func.count())
        .select_from(ConnectionSyncProblem)
        .where(ConnectionSyncProblem.resolved_at.is_(None))
    )
    if connection_id is not None:
        statement = statement.where(ConnectionSyncProblem.connection_id == connection_id)
    return db.execute(statement).scalar_one()
