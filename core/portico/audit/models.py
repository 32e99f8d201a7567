"""The audit trail: rows that nobody can change or remove, and the seals that chain them per company."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base
from portico.db.privacy import Privacy
from portico.db.types import UtcDateTime, new_id
from portico.web.i18n import _


class AuditEntry(Base):
    """Who did what, when, from where, before and after. `tenant_id` is None for deeds at the apex."""

    __tablename__ = "audit_entry"
    __privacy__ = Privacy(
        personal="tenant_id at actor_kind user_id actor action subject_type subject_id before after address request_id",
        plain="id",
        person="user_id",
        erasing="keep",
        reason=_("The audit trail is evidence of who did what. It is kept unchanged, and only few people may read it."),
        title=_("Audit trail: what you did"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[uuid.UUID | None] = mapped_column()
    at: Mapped[Any] = mapped_column(UtcDateTime, server_default=sa.func.clock_timestamp())
    actor_kind: Mapped[str] = mapped_column(sa.Text)
    user_id: Mapped[uuid.UUID | None] = mapped_column()
    actor: Mapped[str] = mapped_column(sa.Text)
    action: Mapped[str] = mapped_column(sa.Text)
    subject_type: Mapped[str | None] = mapped_column(sa.Text)
    subject_id: Mapped[str | None] = mapped_column(sa.Text)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    address: Mapped[str] = mapped_column(sa.Text, default="")
    request_id: Mapped[str] = mapped_column(sa.Text, default="")
    __table_args__ = (sa.Index("ix_audit_entry_tenant_at", "tenant_id", sa.text("at DESC"), sa.text("id DESC")),)


class AuditSeal(Base):
    """One link of a company's chain: SHA-256 over the previous hash and the entry as text. Number counts from 1."""

    __tablename__ = "audit_seal"
    __privacy__ = Privacy(plain="chain number entry_id hash sealed_at")
    chain: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sealed_at: Mapped[Any] = mapped_column(UtcDateTime, server_default=sa.func.clock_timestamp())
