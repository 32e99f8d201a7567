"""The notices of the person in scope: list, count, mark read; their words are made when they are read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.db.types import now
from portico.errors import NotFoundError
from portico.notify.kinds import all_kinds
from portico.notify.models import Notification
from portico.pluginhost.relay import Relay
from portico.pluginhost.values import NotificationKind
from portico.tenancy.scope import Scope
from portico.web.pagination import Page, paginate

_COLUMNS = (
    Notification.id,
    Notification.kind,
    Notification.subject_type,
    Notification.subject_id,
    Notification.data,
    Notification.at,
    Notification.read_at,
)
MOST_COUNTED = 100
_TABLE: Any = Notification.__table__
_FEW = (
    sa.select(_TABLE.c.id)
    .where(_TABLE.c.user_id == sa.bindparam("reader"), _TABLE.c.read_at.is_(None))
    .limit(MOST_COUNTED)
    .subquery()
)
_UNREAD = sa.select(sa.func.count()).select_from(_FEW)  # made once: every page's bell asks it


def notices(db: Session, *, unread_only: bool = False, cursor: str | None = None, limit: int = 25) -> Page[Any]:
    query = sa.select(*_COLUMNS).where(_mine(db))
    if unread_only:
        query = query.where(Notification.read_at.is_(None))
    return paginate(db, query, [(Notification.id, uuid.UUID)], cursor=cursor, limit=limit)


def unread(db: Session) -> int:
    """At most 100: nobody reads a larger number."""
    return db.scalar(_UNREAD, {"reader": db.info["scope"].user_id}) or 0


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
    staff = scope.kind == "staff"
    # Of an event that has words for staff and for customers, the reader's own come last and win.
    known = sorted(all_kinds(relay), key=lambda kind: (kind.audience == "staff") == staff)
    kinds = {kind.event: kind for kind in known if not staff or kind.audience in ("staff", "user")}
    return [(row, kinds[row.kind]) for row in rows if row.kind in kinds]


def _mine(db: Session) -> sa.ColumnElement[bool]:
    # Staff are not walled to their own rows (the fan-out writes everybody's), so the condition is said here.
    return Notification.user_id == db.info["scope"].user_id
