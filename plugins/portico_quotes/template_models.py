"""The table of templates: lines that somebody wants to order again and again."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, TenantOwned, Timestamped, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico_quotes.i18n import _


class Template(Timestamped, TenantOwned, Base):
    """What a draft can be started from. shared: everybody of the organisation sees it; else its author alone, as
    `quote_templates` asks for it. author: by name.

    currency: of the lines' prices. lines: as `reordering.Wish`, with quantity and unit_price (or null) as text.
    """

    __tablename__ = "quotes_template"
    __privacy__ = Privacy(
        personal="name author_id author note lines created_at",
        plain="tenant_id id account_id shared currency updated_at",
        person="author_id",
        erasing="delete",
        title=_("Templates of quotes that you made"),
    )
    __wall__ = Wall(customer="account", customer_writes=("INSERT", "UPDATE", "DELETE"))
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    author_id: Mapped[uuid.UUID] = mapped_column()
    author: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    shared: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    currency: Mapped[str] = mapped_column(sa.Text)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    __table_args__ = (sa.Index("ix_quotes_template_account", "tenant_id", "account_id", "name"),)
