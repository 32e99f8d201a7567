"""Idempotency-Key: the same request sent again gets the first one's answer, and does nothing twice."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

import sqlalchemy as sa
from pyramid.request import Request
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, TenantOwned
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import UtcDateTime, now
from portico.errors import ConflictError, InvalidError
from portico.web.i18n import _
from portico.web.routes import RouteSpec


class IdempotencyKey(TenantOwned, Base):
    """An answer kept for a day. The unique key makes a parallel second request wait for the first one's commit."""

    __tablename__ = "idempotency_key"
    __privacy__ = Privacy(
        personal="tenant_id user_id key status answer created_at",
        secret="fingerprint",
        plain="id",
        person="user_id",
        title=_("Answers kept for repeated requests, for a day"),
    )
    __wall__ = Wall(customer="user", customer_writes=("INSERT", "UPDATE"), staff_writes=("INSERT", "UPDATE", "DELETE"))
    user_id: Mapped[uuid.UUID] = mapped_column()
    key: Mapped[str] = mapped_column(sa.Text)
    fingerprint: Mapped[bytes] = mapped_column(sa.LargeBinary)
    status: Mapped[int | None] = mapped_column()
    answer: Mapped[str | None] = mapped_column(sa.Text)
    created_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    __table_args__ = (sa.UniqueConstraint("tenant_id", "user_id", "key"),)


def begin(request: Request, spec: RouteSpec) -> IdempotencyKey | None:
    """The row of this key: new (no answer yet), or with the answer to repeat. None without the header.

    Raises ConflictError if the key was used for another request.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= 200:
        raise InvalidError(_("An Idempotency-Key has 1 to 200 characters."))
    fingerprint = hashlib.sha256(f"{request.method} {request.path_qs}\n".encode() + request.body).digest()
    scope = request.scope
    statement = insert(IdempotencyKey).values(user_id=scope.user_id, tenant_id=scope.tenant.id, key=key,
                                              fingerprint=fingerprint)
    request.db.execute(statement.on_conflict_do_nothing(index_elements=["tenant_id", "user_id", "key"]))
    row = request.db.scalars(sa.select(IdempotencyKey).where(
        IdempotencyKey.user_id == scope.user_id, IdempotencyKey.key == key)).one()
    if row.fingerprint != fingerprint:
        raise ConflictError(_("This Idempotency-Key was already used for another request. Use a new one."))
    return row


def finish(request: Request, row: IdempotencyKey, status: int, answer: str) -> None:
    row.status, row.answer = status, answer
    request.db.flush()
