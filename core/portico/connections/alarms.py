"""What staff are told of a connection without looking: it stands still, or succeeds without bringing anything."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import events
from portico.connections import runs
from portico.connections.models import Connection, ConnectionSync
from portico.connections.target import Target
from portico.db.types import now
from portico.web.i18n import _

LATE_S = 15 * 60
"""Without success for this long, or three times as long as it is usual for an entity, something is wrong."""
STALE, EMPTY, VANISHED = "connections.stale", "connections.empty", "connections.vanished"


def is_late(row: Any, every_s: float) -> bool:
    """row: a ConnectionSync, or its last_success_at, moved_at and error. What is read for the first time may take long; where
    another kind of system took over, it counts from then on, and only if it fails.
    """
    if row.last_success_at is None:
        return False
    reads_anew = row.moved_at is not None and row.last_success_at < row.moved_at
    if reads_anew and row.error is None:
        return False
    since = row.moved_at if reads_anew else row.last_success_at
    return bool((now() - since).total_seconds() > max(LATE_S, 3 * every_s))


def watch(db: Session, target: Target, every_s: dict[str, float]) -> bool:
    """Tell staff once that the connection stands still, and forget it once it does not. every_s: entity → usual distance of
    two runs. Whether somebody was told.
    """
    columns = ConnectionSync.entity, ConnectionSync.last_success_at, ConnectionSync.moved_at, ConnectionSync.error
    query = sa.select(*columns).where(ConnectionSync.connection_id == target.connection_id)
    late = [row for row in db.execute(query) if row.entity in every_s and is_late(row, every_s[row.entity])]
    known = Connection.alarmed_at.is_(None) if late else Connection.alarmed_at.is_not(None)
    changed = db.execute(
        sa.update(Connection)
        .where(Connection.id == target.connection_id, known)
        .values(alarmed_at=now() if late else None)
        .returning(Connection.id)
    ).first()
    if changed is None or not late:
        return False
    _tell(db, target, STALE)
    return True


def nothing_came(db: Session, target: Target, entity: Any, started_at: dt.datetime, *, kind: str) -> None:
    """All was read and no record came, where there must be some or once were: a wrong database, or rights that show nothing.
    Told once, and again after some came. kind: of the run.
    """
    message = _("Your system answered, but named no record at all.")
    if runs.note(db, target, entity.name, kind=kind, outcome=runs.EMPTY, started_at=started_at, message=message):
        _tell(db, target, EMPTY)


def vanished(db: Session, target: Target, count: int) -> None:
    """So much is gone that the portal did not follow."""
    _tell(db, target, VANISHED, count=str(count))


def _tell(db: Session, target: Target, kind: str, **data: str) -> None:
    events.publish(db, kind, subject=("connection", target.connection_id), data={"connection": target.name, **data})
