"""The notices of the person in scope: list, count, mark read; their words are made when they are read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.db.direct import Direct
from portico.db.types import now
from portico.errors import NotFoundError
from portico.notify.kinds import all_kinds
from portico.notify.models import Notification
from portico.pluginhost.relay import Relay
from portico.pluginhost.values import NotificationKind
from portico.tenancy.scope import Scope
from portico.web.pagination import Keys, Page, fetch, keyset

_COLUMNS = ("id", "kind", "subject_type", "subject_id", "data", "at", "read_at")
MOST_COUNTED = 100
_TABLE: Any = Notification.__table__
_READABLE = (_TABLE.c.user_id == sa.bindparam("reader"), _TABLE.c.kind.in_(sa.bindparam("kinds", expanding=True)))
_FEW = (
    sa.select(_TABLE.c.id)
    .where(*_READABLE, _TABLE.c.read_at.is_(None))
    .limit(MOST_COUNTED)
    .subquery()
)
_UNREAD = Direct(sa.select(sa.func.count().label("unread")).select_from(_FEW))  # every page's bell asks it
_KEYS: Keys = [(_TABLE.c.id, uuid.UUID)]


@lru_cache(maxsize=4)
def _listing(unread_only: bool, continued: bool) -> Direct:
    query = sa.select(*(_TABLE.c[name] for name in _COLUMNS)).where(*_READABLE)
    if unread_only:
        query = query.where(_TABLE.c.read_at.is_(None))
    return Direct(keyset(query, _KEYS, continued=continued))


def notices(db: Session, *, unread_only: bool = False, cursor: str | None = None, limit: int = 25) -> Page[Any]:
    """Those that have words for their reader: a page is as full as it can be, also where a plugin with many is off."""
    return fetch(db, _listing(unread_only, bool(cursor)), _KEYS, _reader(db), cursor=cursor, limit=limit)


def unread(db: Session) -> int:
    """Of those that `notices` has, at most 100: nobody reads a larger number."""
    return int(_UNREAD.rows(db, _reader(db))[0].unread)


def mark_read(db: Session, notice_id: uuid.UUID | None = None) -> int:
    """One, or all with None; says how many changed. Raises NotFoundError for one that is not there."""
    if (
        notice_id is not None
        and db.scalar(sa.select(Notification.id).where(_mine(db), Notification.id == notice_id)) is None
    ):
        raise NotFoundError
    change = sa.update(Notification).where(_mine(db), Notification.read_at.is_(None))
    if notice_id is not None:
        change = change.where(Notification.id == notice_id)
    changed = db.execute(change.values(read_at=now()).returning(Notification.id)).all()
    if changed:
        subject = ("notice", notice_id) if notice_id is not None else None
        audit.record(db, "notices.read", subject=subject, after={"notices": len(changed)})
    return len(changed)


def wording(relay: Relay, rows: Iterable[Any], scope: Scope) -> list[tuple[Any, NotificationKind]]:
    """Each row with the kind that words it; notices of a plugin that is off are left out, not lost."""
    kinds = _kinds(relay, scope)
    return [(row, kinds[row.kind]) for row in rows if row.kind in kinds]


def _kinds(relay: Relay, scope: Scope) -> dict[str, NotificationKind]:
    """Event → how it is worded for the reader."""
    staff = scope.kind == "staff"
    # Of an event that has words for staff and for customers, the reader's own come last and win.
    known = sorted(all_kinds(relay), key=lambda kind: (kind.audience == "staff") == staff)
    return {kind.event: kind for kind in known if not staff or kind.audience in ("staff", "user")}


def _reader(db: Session) -> dict[str, Any]:
    scope = db.info["scope"]
    return {"reader": scope.user_id, "kinds": list(_kinds(db.info["relay"], scope))}


def _mine(db: Session) -> sa.ColumnElement[bool]:
    # Staff are not walled to their own rows (the fan-out writes everybody's), so the condition is said here.
    return Notification.user_id == db.info["scope"].user_id
