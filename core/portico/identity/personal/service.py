"""Makes, lists and revokes personal tokens. What one may read is decided at every call, never by the token itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from portico import audit
from portico.db.types import new_id
from portico.errors import ConflictError, InvalidError, NotFoundError
from portico.identity.cookies import hash_token, new_token
from portico.identity.tokens import PERSONAL_PREFIX
from portico.tenancy.scope import Scope
from portico.web.i18n import _

MOST, SHORTEST_DAYS, LONGEST_DAYS = 20, 7, 365


@dataclass(frozen=True)
class Token:
    """last_used_at None: never."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: dt.datetime
    expires_at: dt.datetime
    last_used_at: dt.datetime | None


def readable(routes: Iterable[Any], scope: Scope) -> set[str]:
    """What a token can be given: permissions that open something to read over the API, and that the person has."""
    return {spec.permission for spec in routes if spec.kind == "api" and spec.method == "GET"} & scope.permissions


def tokens(db: Session) -> list[Token]:
    """Those of the person in scope for the company in scope, the newest first."""
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    rows = db.execute(sa.text("SELECT * FROM my_sessions()"))
    mine = [row for row in rows if row.kind == "personal" and row.tenant_id == scope.tenant.id]
    return [_token(row) for row in sorted(mine, key=lambda row: row.created_at, reverse=True)]


def create(db: Session, *, name: str, scopes: Iterable[str], days: int, offered: Iterable[str]) -> tuple[UUID, str]:
    """(id, the token, which is told once and kept only as a hash). Raises InvalidError, ConflictError."""
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    words, wanted = " ".join(name.split()), sorted(set(scopes))
    if not 1 <= len(words) <= 60:
        raise InvalidError(fields={"name": _("The name needs 1 to 60 characters.")})
    if not wanted or not set(wanted) <= set(offered):
        raise InvalidError(fields={"scopes": _("Choose at least one of what is offered.")})
    if not SHORTEST_DAYS <= days <= LONGEST_DAYS:
        raise InvalidError(fields={"days": _("Choose 7 to 365 days.")})
    if len(tokens(db)) >= MOST:
        raise ConflictError(_("You have 20 tokens. Revoke one that is not used any more."))
    token, token_id = PERSONAL_PREFIX + new_token(), new_id()
    db.execute(
        sa.select(
            sa.func.personal_token_open(
                token_id,
                hash_token(token),
                scope.tenant.id,
                dt.timedelta(days=days),
                scope.address,
                scope.second_factor,
                sa.cast(wanted, ARRAY(sa.Text)),
                words,
            )
        )
    )
    audit.record(
        db, "identity.token-made", subject=("token", token_id), after={"name": words, "scopes": wanted, "days": days}
    )
    return token_id, token


def revoke(db: Session, token_id: UUID) -> Token:
    """Counts at once. Raises NotFoundError."""
    found = next((one for one in tokens(db) if one.id == token_id), None)
    if found is None:
        raise NotFoundError
    db.execute(sa.select(sa.func.my_session_end(token_id)))
    audit.record(db, "identity.token-revoked", subject=("token", token_id), before={"name": found.name})
    return found


def _token(row: Any) -> Token:
    used = row.last_seen_at if row.last_seen_at >= row.created_at else None
    return Token(row.id, row.name, tuple(row.scopes or ()), row.created_at, row.expires_at, used)
