"""The audit trail: `record` writes a row in the caller's transaction; `apart` in one of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import EllipsisType
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.audit.models import AuditEntry
from portico.tenancy.scope import DATABASE_ROLE, Scope

_TURN = sa.text("SELECT set_config('portico.tenant_id', :tenant, true), set_config('role', :role, true)")


def record(db: Session, action: str, *, subject: tuple[str, Any] | None = None, before: dict[str, Any] | None = None,
           after: dict[str, Any] | None = None, by: tuple[UUID, str] | None = None,
           chain: UUID | None | EllipsisType = ...) -> None:
    """Who did `action` ("quotes.submit") to `subject` (type, id): the actor comes from the session's scope.

    `before` and `after` hold JSON-able values and never a secret. by: id and address of who it turned out to be, where a
    request begins with nobody and has proved by now who it is. chain: of what company the trail is that this belongs to, None:
    the portal's own; without it that of the company in scope. What is done at one company's pages and is another's
    matter, or nobody's but the person's, is no business of the first.
    """
    scope: Scope = db.info["scope"]
    user_id, actor = by or (scope.user_id, scope.user_email or scope.user_name or "visitor")
    kind: str = scope.kind
    if scope.actor_id is not None and by is None:  # whoever looks as a customer did it, not the customer
        user_id, actor, kind = scope.actor_id, scope.actor_email, "staff"
        after = {**(after or {}), "seen_as": scope.user_email}
    if scope.only_id is not None:  # whoever held the link that was sent to them
        after = {**(after or {}), "by_link_of": scope.user_email}
    here = scope.tenant.id if scope.tenant else None
    tenant_id = here if isinstance(chain, EllipsisType) else chain
    if tenant_id != here and kind != "public":
        kind = "user"  # what somebody is at this company is no matter of another's
    # Core INSERT without RETURNING: those who may add an entry may not read one.
    entry = sa.insert(AuditEntry).values(
        tenant_id=tenant_id, actor_kind=kind, user_id=user_id,
        actor=actor, action=action,
        subject_type=subject[0] if subject else None, subject_id=str(subject[1]) if subject else None,
        before=before, after=after, address=scope.address, request_id=scope.request_id,
    )
    if tenant_id == here:
        db.execute(entry)
        return
    with _turned(db, tenant_id):
        db.execute(entry)


@contextmanager
def _turned(db: Session, tenant_id: UUID | None) -> Iterator[None]:
    """For one statement the transaction is at another company (None: at the apex), as somebody who is no member there."""
    scope: Scope = db.info["scope"]
    db.flush()  # what waits is written where it belongs
    db.execute(_TURN, {"tenant": str(tenant_id or ""), "role": DATABASE_ROLE["user"]})
    yield
    db.execute(_TURN, {"tenant": str(scope.tenant.id) if scope.tenant else "", "role": scope.database_role})


def apart(sessions: Any, scope: Scope, action: str, *, subject: tuple[str, Any] | None = None,
            after: dict[str, Any] | None = None) -> None:
    """Record in a transaction of its own: that of a refused request is rolled back and would take the evidence along, that of one
    who only looks on writes nothing."""
    with sessions.scoped(scope) as db:
        record(db, action, subject=subject, after=after)
