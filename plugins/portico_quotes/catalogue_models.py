"""Tables of the catalogue: the portal's copy of what the company sells, and what customers were told to pay for it."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, TenantOwned, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import Amount, Quantity, UtcDateTime, now

TSV = "setweight(to_tsvector('simple'::regconfig, folded_code), 'A') || setweight(to_tsvector('simple'::regconfig, folded), 'B')"


class Item(TenantOwned, Base):
    """The portal's copy of something the company sells. `ref` is the company's name for it, `price` the list price.

    folded, folded_code: the searched form of name, category and code (`portico_quotes.folding`).
    synced_at: when the company's system last said so.
    """

    __tablename__ = "quotes_item"
    __privacy__ = Privacy(
        plain="tenant_id id connection_id ref code name description kind category unit price currency tax_rate active "
        "remote_updated_at synced_at folded_code folded tsv"
    )
    __wall__ = Wall(customer="tenant")
    connection_id: Mapped[uuid.UUID] = ref("connection", ondelete="CASCADE", index=False)
    ref: Mapped[str] = mapped_column(sa.Text)
    code: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    description: Mapped[str] = mapped_column(sa.Text, default="")
    kind: Mapped[str] = mapped_column(sa.Text)
    category: Mapped[str] = mapped_column(sa.Text, default="")
    unit: Mapped[str] = mapped_column(sa.Text, default="")
    price: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(sa.Text)
    tax_rate: Mapped[Decimal] = mapped_column(Amount)
    active: Mapped[bool] = mapped_column(default=True)
    remote_updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    synced_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    folded_code: Mapped[str] = mapped_column(sa.Text)
    folded: Mapped[str] = mapped_column(sa.Text)
    tsv: Mapped[Any] = mapped_column(TSVECTOR, sa.Computed(TSV, persisted=True), deferred=True)
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "connection_id", "ref"),
        sa.Index(
            "ix_quotes_item_browse",
            "tenant_id",
            "kind",
            "category",
            "name",
            "id",
            postgresql_where=sa.text("active"),
        ),
        sa.Index("ix_quotes_item_name", "tenant_id", "name", "id", postgresql_where=sa.text("active")),
        sa.Index(
            "ix_quotes_item_kind", "tenant_id", "kind", "name", "id", postgresql_where=sa.text("active")
        ),
        sa.Index("ix_quotes_item_code", "tenant_id", "folded_code", postgresql_where=sa.text("active")),
        sa.Index("ix_quotes_item_tsv", "tenant_id", "tsv", postgresql_using="gin"),
    )


class Word(TenantOwned, Base):
    """A word of the catalogue, for finding what a mistyped one was meant to be. Words with digits are codes: left out."""

    __tablename__ = "quotes_word"
    __privacy__ = Privacy(plain="tenant_id id word")
    __wall__ = Wall(customer="tenant")
    word: Mapped[str] = mapped_column(sa.Text)
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "word"),
        sa.Index(
            "ix_quotes_word_trgm",
            "tenant_id",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
    )


class Category(TenantOwned, Base):
    """How many items a kind and category hold: kept by the sync, so that no page counts."""

    __tablename__ = "quotes_category"
    __privacy__ = Privacy(plain="tenant_id id kind category items")
    __wall__ = Wall(customer="tenant")
    kind: Mapped[str] = mapped_column(sa.Text)
    category: Mapped[str] = mapped_column(sa.Text)
    items: Mapped[int] = mapped_column()
    __table_args__ = (sa.UniqueConstraint("tenant_id", "kind", "category"),)


class Source(TenantOwned, Base):
    """When the catalogue of a connection was last read to its end: the age of every list price."""

    __tablename__ = "quotes_source"
    __privacy__ = Privacy(plain="tenant_id id connection_id read_at")
    __wall__ = Wall(customer="tenant")
    connection_id: Mapped[uuid.UUID] = ref("connection", ondelete="CASCADE", index=False)
    read_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    __table_args__ = (sa.UniqueConstraint("tenant_id", "connection_id"),)


class CachedPrice(TenantOwned, Base):
    """What a customer's organisation was last told to pay for one unit when buying `quantity`."""

    __tablename__ = "quotes_price"
    __privacy__ = Privacy(
        plain="tenant_id id account_id item_id quantity unit_price tax_rate price_list as_of"
    )
    __wall__ = Wall(customer="account", customer_writes=("INSERT", "UPDATE"))
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    item_id: Mapped[uuid.UUID] = ref("quotes_item", ondelete="CASCADE")
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit_price: Mapped[Decimal] = mapped_column(Amount)
    tax_rate: Mapped[Decimal] = mapped_column(Amount)
    price_list: Mapped[str | None] = mapped_column(sa.Text)
    as_of: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    __table_args__ = (sa.UniqueConstraint("tenant_id", "account_id", "item_id", "quantity"),)
