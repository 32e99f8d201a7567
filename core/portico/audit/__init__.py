"""The audit trail: `record` writes a row in the caller's transaction; `refused` in one of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.audit.models import AuditEntry
from portico.tenancy.scope import Scope


def record(db: Session, action: str, *, subject: tuple[str, Any] | None = None, before: dict[str, Any] | None = None,
           after: dict[str, Any] | None = None, by: tuple[UUID, str] | None = None) -> None:
    """Who did `action` ("quotes.submit") to `subject` (type, id): the actor comes from the session's scope.

    `before` and `after` hold JSON-able values and never a secret. by: id and address of who it turned out to be, where a
    request begins with nobody and has proved by now who it is.
    """
    scope: Scope = db.info["scope"]
    user_id, actor = by or (scope.user_id, scope.user_email or scope.user_name or "visitor")
    kind: str = scope.kind
    if scope.actor_id is not None and by is None:  # whoever looks as a customer did it, not the customer
        user_id, actor, kind = scope.actor_id, scope.actor_email, "staff"
        after = {**(after or {}), "seen_as": scope.user_email}
    # Core INSERT without RETURNING: those who may add an entry may not read one.
    db.execute(sa.insert(AuditEntry).values(
        tenant_id=scope.tenant.id if scope.tenant else None, actor_kind=kind, user_id=user_id,
        actor=actor, action=action,
        subject_type=subject[0] if subject else None, subject_id=str(subject[1]) if subject else None,
        before=before, after=after, address=scope.address, request_id=scope.request_id,
    ))


def refused(sessions: Any, scope: Scope, action: str, *, subject: tuple[str, Any] | None = None,
            after: dict[str, Any] | None = None) -> None:
    """Record evidence of a refusal: the refused request's own transaction is rolled back and would take it along."""
    with sessions.scoped(scope) as db:
        record(db, action, subject=subject, after=after)
