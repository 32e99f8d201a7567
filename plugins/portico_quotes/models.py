"""Tables of quotes: quotes with their lines, and what happened to them. Those of the catalogue are in `catalogue_models`."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, Reachable, TenantOwned, Timestamped, ref
from portico.db.policies import REACH, Wall
from portico.db.privacy import Privacy
from portico.db.types import Amount, Quantity, UtcDateTime, now
from portico_quotes.catalogue_models import CachedPrice, Category, Item, Source, Word
from portico_quotes.i18n import _
from portico_quotes.states import Delivery, State
from portico_quotes.template_models import Template

__all__ = [
    "CachedPrice", "Category", "Happening", "Item", "Line", "Quote", "Revision", "Source", "Template", "Version", "Word",
]  # fmt: skip

PART = (*REACH, "quote_id")
RECORDS = _("Quotes are business records of the company and of your organisation, which the law obliges them to keep.")


class Quote(Reachable, Timestamped, TenantOwned, Base):
    """A quote in one of `states.State`; `delivery` says where it is on its way to the company.

    version: raised by every change of the draft, and of what the company offers: who accepts says which one they saw.
    touched_at: the last change by a person (a draft hides a week after).
    moved_at: the last change of anything that a list shows. confirmed: the prices are those the company named at submit.
    uncertain: a submit was sent and not answered, so the company may or may not have it.
    answer: "accept" or "decline" while the customer's answer is on its way to the company. answer_due_at: when it sets out,
    for as long as it can be undone; NULL: it has. before_answer: what the answer wrote over (`decisions.KEPT`), to take it back.
    remote_version: the company's of what it offers (`RemoteQuote.version`). agreed: sum, currency and version of the offer that
    the answer is to, until the company has it.
    requested_at: when the customer asked for changes of the offer, while that is open.
    approval_id: the open request for approval of submitting or accepting it as it is.
    author: who wrote it, by name. A quote that the company made itself has no author, one of its staff's is theirs.
    net, tax, gross: as the draft's lines add up, and as the company states them once it has.
    delivery_address: as `destinations.Stored`; NULL, as wanted_on: the customer said nothing of it.
    """

    __tablename__ = "quotes_quote"
    __privacy__ = Privacy(
        personal="id number author_id author note po_number delivery_address wanted_on answered_by reason before_answer "
        "created_at submitted_at touched_at",
        plain="tenant_id account_id site_id approval_id connection_id erp_ref state delivery version currency line_count "
        "net tax gross confirmed uncertain problem answer answer_due_at requested_at "
        "valid_until moved_at remote_updated_at remote_version agreed updated_at",
        person="author_id",
        erasing="keep",
        reason=RECORDS,
        title=_("Quotes that you wrote"),
        own_words="note po_number delivery_address",
        own_words_where="state = 'draft'",  # what was never sent is no record yet
    )
    __wall__ = Wall(customer="reach", keys=(*REACH, "id"), customer_writes=("INSERT", "UPDATE"))
    account_id: Mapped[uuid.UUID] = ref("account", index=False)
    connection_id: Mapped[uuid.UUID | None] = mapped_column()
    erp_ref: Mapped[str | None] = mapped_column(sa.Text)
    number: Mapped[str | None] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.Text, default=State.DRAFT)
    delivery: Mapped[str] = mapped_column(sa.Text, default=Delivery.NONE)
    version: Mapped[int] = mapped_column(default=1)
    currency: Mapped[str] = mapped_column(sa.Text)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    po_number: Mapped[str] = mapped_column(sa.Text, default="")
    delivery_address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    wanted_on: Mapped[dt.date | None] = mapped_column()
    line_count: Mapped[int] = mapped_column(default=0)
    net: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    tax: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    gross: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    confirmed: Mapped[bool] = mapped_column(default=False)
    uncertain: Mapped[bool] = mapped_column(default=False)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    answer: Mapped[str | None] = mapped_column(sa.Text)
    requested_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    answer_due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    before_answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    answered_by: Mapped[str] = mapped_column(sa.Text, default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    valid_until: Mapped[dt.date | None] = mapped_column()
    author: Mapped[str] = mapped_column(sa.Text, default="")
    approval_id: Mapped[uuid.UUID | None] = mapped_column()
    touched_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    moved_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    submitted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    remote_updated_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    remote_version: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    agreed: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "account_id", "id"),
        sa.UniqueConstraint("tenant_id", "connection_id", "erp_ref"),
        sa.CheckConstraint("state in ({})".format(", ".join(f"'{one}'" for one in State)), name="state"),
        sa.CheckConstraint(
            "delivery in ({})".format(", ".join(f"'{one}'" for one in Delivery)), name="delivery"
        ),
        sa.CheckConstraint("answer in ('accept', 'decline')", name="answer"),
        sa.Index(
            "ix_quotes_quote_account_moved",
            "tenant_id",
            "account_id",
            sa.text("moved_at DESC"),
            sa.text("id DESC"),
        ),
        sa.Index(
            "ix_quotes_quote_author",
            "tenant_id",
            "account_id",
            "author_id",
            sa.text("moved_at DESC"),
            sa.text("id DESC"),
        ),
        sa.Index(
            "ix_quotes_quote_site",
            "tenant_id",
            "account_id",
            "site_id",
            sa.text("moved_at DESC"),
            sa.text("id DESC"),
            postgresql_where=sa.text("site_id IS NOT NULL"),
        ),
        sa.Index("ix_quotes_quote_moved", "tenant_id", sa.text("moved_at DESC"), sa.text("id DESC")),
        sa.Index("ix_quotes_quote_state", "tenant_id", "state", sa.text("moved_at DESC"), sa.text("id DESC")),
        sa.Index("ix_quotes_quote_number", "tenant_id", "number"),
        sa.Index(
            "ix_quotes_quote_under_way",
            "tenant_id",
            "submitted_at",
            postgresql_where=sa.text("delivery in ('waiting', 'sending') or answer is not null"),
        ),
    )


class Line(Reachable, TenantOwned, Base):
    """One line. `price_source`: "live" and "cached" as the portal read it, "company" when the company's quote says so.

    kind: the item's, or `grouping.SECTION` of a row that is a section's heading (name) and text (note) and nothing else.
    optional: the customer may leave it; chosen: they take it, as every line that is not optional.
    unit_price, tax_rate: as the customer was shown and accepted them. offered_price, offered_tax_rate: what the company asks
    now, where that differs, until the customer agrees; gone: it sells the item no more (`portico_quotes.repricing`).
    removed_at: taken out by the customer, kept so that it can be put back. account_id repeats the quote's, for the wall;
    the key holds it there, and a trigger the site and the author.
    """

    __tablename__ = "quotes_line"
    __privacy__ = Privacy(
        personal="quote_id code name quantity unit note",
        plain="tenant_id id account_id site_id author_id position item_ref kind unit_price tax_rate price_list price_source "
        "price_as_of offered_price offered_tax_rate gone optional chosen removed_at",
        through=("quote_id", "quotes_quote", "author_id"),
        erasing="keep",
        reason=RECORDS,
        title=_("Lines of quotes that you wrote"),
        own_words="note",
        own_words_where="quote_id IN (SELECT id FROM quotes_quote WHERE state = 'draft')",
    )
    __wall__ = Wall(customer="reach", keys=PART, customer_writes=("INSERT", "UPDATE", "DELETE"))
    account_id: Mapped[uuid.UUID] = mapped_column()
    quote_id: Mapped[uuid.UUID] = mapped_column()
    position: Mapped[int] = mapped_column()
    item_ref: Mapped[str] = mapped_column(sa.Text)
    code: Mapped[str] = mapped_column(sa.Text, default="")
    name: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text, default="")
    unit: Mapped[str] = mapped_column(sa.Text, default="")
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit_price: Mapped[Decimal | None] = mapped_column(Amount)
    tax_rate: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    note: Mapped[str] = mapped_column(sa.Text, default="")
    price_list: Mapped[str | None] = mapped_column(sa.Text)
    price_source: Mapped[str] = mapped_column(sa.Text, default="cached")
    price_as_of: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    offered_price: Mapped[Decimal | None] = mapped_column(Amount)
    offered_tax_rate: Mapped[Decimal | None] = mapped_column(Amount)
    gone: Mapped[bool] = mapped_column(default=False)
    optional: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    chosen: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    removed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id", "quote_id"],
            ["quotes_quote.tenant_id", "quotes_quote.account_id", "quotes_quote.id"],
            ondelete="CASCADE",
        ),
        sa.Index("ix_quotes_line_quote", "tenant_id", "account_id", "quote_id", "position"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("chosen OR optional", name="chosen"),
    )


class Happening(Reachable, TenantOwned, Base):
    """What happened to a quote, for its timeline: never changed, never removed but with the quote."""

    __tablename__ = "quotes_event"
    __privacy__ = Privacy(
        personal="quote_id kind actor data at",
        plain="tenant_id id account_id site_id author_id",
        through=("quote_id", "quotes_quote", "author_id"),
        erasing="keep",
        reason=RECORDS,
        title=_("What happened to quotes that you wrote"),
    )
    __wall__ = Wall(customer="reach", keys=PART, customer_writes=("INSERT",), staff_writes=("INSERT",))
    account_id: Mapped[uuid.UUID] = mapped_column()
    quote_id: Mapped[uuid.UUID] = mapped_column()
    kind: Mapped[str] = mapped_column(sa.Text)
    actor: Mapped[str] = mapped_column(sa.Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id", "quote_id"],
            ["quotes_quote.tenant_id", "quotes_quote.account_id", "quotes_quote.id"],
            ondelete="CASCADE",
        ),
        sa.Index("ix_quotes_event_quote", "tenant_id", "account_id", "quote_id", "at"),
    )


class Version(Reachable, TenantOwned, Base):
    """What a quote said when it went over to the other side: never changed, never removed but with the quote.

    number: from 1, within the quote. offered: by the company; else asked by the customer. lines: as `versions.Position`.
    """

    __tablename__ = "quotes_version"
    __privacy__ = Privacy(
        personal="quote_id number offered actor made_at currency gross delivery_address wanted_on lines",
        plain="tenant_id id account_id site_id author_id net tax valid_until reason",
        through=("quote_id", "quotes_quote", "author_id"),
        erasing="keep",
        reason=RECORDS,
        title=_("Versions of quotes that you wrote"),
    )
    __wall__ = Wall(customer="reach", keys=PART, customer_writes=("INSERT",), staff_writes=("INSERT",))
    account_id: Mapped[uuid.UUID] = mapped_column()
    quote_id: Mapped[uuid.UUID] = mapped_column()
    number: Mapped[int] = mapped_column()
    offered: Mapped[bool] = mapped_column()
    actor: Mapped[str] = mapped_column(sa.Text, default="")
    made_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    currency: Mapped[str] = mapped_column(sa.Text)
    net: Mapped[Decimal] = mapped_column(Amount)
    tax: Mapped[Decimal] = mapped_column(Amount)
    gross: Mapped[Decimal] = mapped_column(Amount)
    valid_until: Mapped[dt.date | None] = mapped_column()
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    delivery_address: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    wanted_on: Mapped[dt.date | None] = mapped_column()
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id", "quote_id"],
            ["quotes_quote.tenant_id", "quotes_quote.account_id", "quotes_quote.id"],
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("tenant_id", "quote_id", "number"),
    )


class Revision(Reachable, TenantOwned, Base):
    """What a customer wants to be different about an offer: a message, and quantities and prices of lines.

    wishes: {"line", "code", "name", "quantity", "unit_price"} each, the last two as text or null where they are to stay.
    outcome: how it ended (`revisions.Outcome`), NULL while it is open. reply: the company's words, if it keeps its offer.
    """

    __tablename__ = "quotes_revision"
    __privacy__ = Privacy(
        personal="quote_id message wishes asker asked_at outcome reply replier ended_at",
        plain="tenant_id id account_id site_id author_id",
        through=("quote_id", "quotes_quote", "author_id"),
        erasing="keep",
        reason=RECORDS,
        title=_("Changes that you asked for"),
    )
    __wall__ = Wall(customer="reach", keys=PART, customer_writes=("INSERT", "UPDATE"), staff_writes=("INSERT", "UPDATE"))
    account_id: Mapped[uuid.UUID] = mapped_column()
    quote_id: Mapped[uuid.UUID] = mapped_column()
    message: Mapped[str] = mapped_column(sa.Text, default="")
    wishes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    asker: Mapped[str] = mapped_column(sa.Text, default="")
    asked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    outcome: Mapped[str | None] = mapped_column(sa.Text)
    reply: Mapped[str] = mapped_column(sa.Text, default="")
    replier: Mapped[str] = mapped_column(sa.Text, default="")
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id", "quote_id"],
            ["quotes_quote.tenant_id", "quotes_quote.account_id", "quotes_quote.id"],
            ondelete="CASCADE",
        ),
        sa.Index("ix_quotes_revision_quote", "tenant_id", "account_id", "quote_id", "asked_at"),
        sa.Index(
            "uq_quotes_revision_open",
            "tenant_id",
            "quote_id",
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )
