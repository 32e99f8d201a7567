"""A person's own record: name, language, appearance."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.db.types import now
from portico.identity.models import User
from portico.tenancy.scope import Scope

FIELDS = (User.name, User.locale, User.colour_mode)


def profile(db: Session) -> dict[str, Any]:
    """Name, language (None: the browser's) and colour mode of the person in scope."""
    scope: Scope = db.info["scope"]
    row = db.execute(sa.select(*FIELDS).where(User.id == scope.user_id)).one()
    return dict(row._mapping)


def change_profile(db: Session, *, name: str, locale: str | None, colour_mode: str) -> None:
    scope: Scope = db.info["scope"]
    before = profile(db)
    after = {"name": " ".join(name.split()), "locale": locale, "colour_mode": colour_mode}
    db.execute(sa.update(User).where(User.id == scope.user_id).values(**after, updated_at=now()))
    audit.record(db, "identity.profile-changed", subject=("user", scope.user_id), before=before, after=after)
