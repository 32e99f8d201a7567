"""Domain events as rows: what notifications, live pages and activity feeds are fed from."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, Reachable, TenantOwned, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import UtcDateTime, now
from portico.web.i18n import _


class Event(Reachable, TenantOwned, Base):
    """Something happened to a subject. Customers see those of their accounts within reach; staff see all of the company.

    user_id: whom it concerns personally; site_id and author_id are those of the subject.
    """

    __tablename__ = "event"
    __privacy__ = Privacy(
        personal="tenant_id user_id kind actor subject_type subject_id data at",
        plain="id account_id site_id author_id",
        person="user_id",
        title=_("Activity that you were told of, or that bears your name"),
    )
    __wall__ = Wall(customer="reach", customer_writes=("INSERT",), staff_writes=("INSERT",))
    account_id: Mapped[uuid.UUID | None] = ref("account", ondelete="CASCADE", index=False)
    user_id: Mapped[uuid.UUID | None] = mapped_column()
    kind: Mapped[str] = mapped_column(sa.Text)
    actor: Mapped[str] = mapped_column(sa.Text, default="")
    subject_type: Mapped[str | None] = mapped_column(sa.Text)
    subject_id: Mapped[str | None] = mapped_column(sa.Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    at: Mapped[Any] = mapped_column(UtcDateTime, default=now, server_default=sa.func.now())
    __table_args__ = (
        sa.Index("ix_event_tenant_account_at", "tenant_id", "account_id", sa.text("at DESC"), sa.text("id DESC")),
        sa.Index("ix_event_site", "tenant_id", "site_id", postgresql_where=sa.text("site_id IS NOT NULL")),
        sa.Index("ix_event_author", "tenant_id", "author_id", postgresql_where=sa.text("author_id IS NOT NULL")),
        sa.Index("ix_event_tenant_at", "tenant_id", sa.text("at DESC"), sa.text("id DESC")),
    )
