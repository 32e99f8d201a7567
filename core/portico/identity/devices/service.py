"""The sessions of the person in scope: which there are, and the end of one or of all others."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.db.types import now
from portico.errors import NotFoundError
from portico.identity.devices import agents
from portico.tenancy.scope import Scope

LONGEST_IDLE = dt.timedelta(minutes=480)
"""No company may allow more: a browser that was silent for longer is signed out everywhere."""


@dataclass(frozen=True)
class Device:
    """One session. kind: "browser" or "api". place: see `places`. methods: how the person came in."""

    id: UUID
    kind: str
    agent: agents.Agent
    address: str
    place: str
    methods: tuple[str, ...]
    created_at: dt.datetime
    last_seen_at: dt.datetime
    second_factor: bool
    current: bool


def devices(db: Session) -> list[Device]:
    """This one first, then those that were used last. Personal tokens are listed elsewhere."""
    scope: Scope = db.info["scope"]
    rows = db.execute(sa.text("SELECT * FROM my_sessions()"))
    found = [_device(row, scope) for row in rows if row.kind == "api" or _browser_lives(row)]
    return sorted(found, key=lambda one: not one.current)


def end(db: Session, session_id: UUID) -> None:
    """Raises NotFoundError for a session that is not the person's own, or not there any more."""
    if all(one.id != session_id for one in devices(db)):
        raise NotFoundError
    db.execute(sa.select(sa.func.my_session_end(session_id)))
    audit.record(db, "identity.session-ended", subject=("session", session_id))


def end_others(db: Session) -> int:
    """Every other browser and program of the person; how many there were."""
    scope: Scope = db.info["scope"]
    ended = int(db.scalar(sa.select(sa.func.my_other_sessions_end(scope.session_id))) or 0)
    audit.record(db, "identity.sessions-ended", subject=("user", scope.user_id), after={"count": ended})
    return ended


def _browser_lives(row: Any) -> bool:
    return bool(row.kind == "browser" and row.last_seen_at > now() - LONGEST_IDLE)


def _device(row: Any, scope: Scope) -> Device:
    return Device(
        id=row.id,
        kind=row.kind,
        agent=agents.read(row.user_agent),
        address=row.address,
        place=row.place,
        methods=tuple(row.methods),
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        second_factor=row.second_factor,
        current=row.id == scope.session_id,
    )
