"""Tables of payments and of the ledger. The synchronisation alone writes payments; journals and entries are only ever added."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, TenantOwned, Timestamped, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import Amount, UtcDateTime, now
from portico_payments.ledger import LEDGERS

_OF_ORGANISATION = Wall(customer="account")
"""What an organisation owes is nobody's own: who of it reads it, `visibility` says."""
_APPENDED = Wall(customer="account", staff_writes=("INSERT",))


class Payment(Timestamped, TenantOwned, Base):
    """One payment. amount: negative = paid back to the customer.

    source: "company", which noted it, or "portal", where it was made; erp_ref None: the company does not have it yet; reference:
    the portal's own, None where it was not made there. provider, provider_ref: through whom it was made in the portal.
    state: "confirmed" and nothing else counts; "pending" may still come, "failed" never did, "cancelled" did not stay.
    digest: of all that the company told; allocated: what of it settles invoices. search: lower-case numbers and method.
    """

    __tablename__ = "payments_payment"
    __privacy__ = Privacy(
        incidental="number method search",
        plain="tenant_id id account_id erp_ref reference source provider provider_ref state amount currency allocated paid_on "
        "erp_updated_at digest created_at updated_at",
    )
    __wall__ = _OF_ORGANISATION
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    erp_ref: Mapped[str | None] = mapped_column(sa.Text)
    reference: Mapped[str | None] = mapped_column(sa.Text)
    number: Mapped[str] = mapped_column(sa.Text)
    source: Mapped[str] = mapped_column(sa.Text)
    provider: Mapped[str] = mapped_column(sa.Text, default="")
    provider_ref: Mapped[str] = mapped_column(sa.Text, default="")
    state: Mapped[str] = mapped_column(sa.Text)
    amount: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(sa.Text)
    allocated: Mapped[Decimal] = mapped_column(Amount)
    paid_on: Mapped[Any] = mapped_column(sa.Date)
    method: Mapped[str] = mapped_column(sa.Text, default="")
    erp_updated_at: Mapped[Any | None] = mapped_column(UtcDateTime)
    digest: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    search: Mapped[str] = mapped_column(sa.Text)
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "erp_ref"),
        sa.UniqueConstraint("tenant_id", "reference"),
        sa.CheckConstraint("amount <> 0", name="amount"),
        sa.CheckConstraint("source in ('company', 'portal')", name="source"),
        sa.CheckConstraint("state in ('pending', 'confirmed', 'failed', 'cancelled')", name="state"),
        sa.Index("ix_payments_payment_account", "tenant_id", "account_id", sa.text("paid_on DESC"), sa.text("id DESC")),
        sa.Index("ix_payments_payment_all", "tenant_id", sa.text("paid_on DESC"), sa.text("id DESC")),
        sa.Index(
            "ix_payments_payment_search",
            "tenant_id",
            "search",
            postgresql_using="gin",
            postgresql_ops={"search": "gin_trgm_ops"},
        ),
    )


class Allocation(TenantOwned, Base):
    """What of a payment settles which invoice. invoice_ref: what the company calls it, as the invoice may come later than the
    payment. amount: more than 0, also of what was paid back."""

    __tablename__ = "payments_allocation"
    __privacy__ = Privacy(plain="tenant_id id account_id payment_id position invoice_ref amount")
    __wall__ = _OF_ORGANISATION
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    payment_id: Mapped[uuid.UUID] = ref("payments_payment", ondelete="CASCADE", index=False)
    position: Mapped[int] = mapped_column()
    invoice_ref: Mapped[str] = mapped_column(sa.Text)
    amount: Mapped[Decimal] = mapped_column(Amount)
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "payment_id", "position"),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.Index("ix_payments_allocation_invoice", "tenant_id", "invoice_ref"),
    )


class Journal(TenantOwned, Base):
    """A posting: what an invoice or a payment changed in one customer's account, in one currency. Never rewritten.

    source, source_id: what it is of; kind: which of the two signs it has; cause: "booked" for the first time, "changed" or
    "cancelled". booked_on: a day of the company. posted_at: when the portal did.
    """

    __tablename__ = "payments_journal"
    __privacy__ = Privacy(
        incidental="number", plain="tenant_id id account_id currency source source_id kind cause booked_on posted_at"
    )
    __wall__ = _APPENDED
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    currency: Mapped[str] = mapped_column(sa.Text)
    source: Mapped[str] = mapped_column(sa.Text)
    source_id: Mapped[uuid.UUID] = mapped_column()
    kind: Mapped[str] = mapped_column(sa.Text)
    cause: Mapped[str] = mapped_column(sa.Text)
    number: Mapped[str] = mapped_column(sa.Text)
    booked_on: Mapped[Any] = mapped_column(sa.Date)
    posted_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    __table_args__ = (
        sa.CheckConstraint("source in ('invoice', 'payment')", name="source"),
        sa.CheckConstraint("kind in ('invoice', 'credit_note', 'payment', 'refund')", name="kind"),
        sa.CheckConstraint("cause in ('booked', 'changed', 'cancelled')", name="cause"),
        sa.Index("ix_payments_journal_source", "tenant_id", "source_id"),
        sa.Index("ix_payments_journal_account", "tenant_id", "account_id"),
    )


class Entry(TenantOwned, Base):
    """One side of a posting. amount: debit > 0, credit < 0; those of a journal come to 0, which the database checks at commit.
    account_id, currency, booked_on: the journal's, for sums without it."""

    __tablename__ = "payments_entry"
    __privacy__ = Privacy(plain="tenant_id id account_id journal_id currency ledger amount booked_on")
    __wall__ = _APPENDED
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    journal_id: Mapped[uuid.UUID] = ref("payments_journal", ondelete="CASCADE")
    currency: Mapped[str] = mapped_column(sa.Text)
    ledger: Mapped[str] = mapped_column(sa.Text)
    amount: Mapped[Decimal] = mapped_column(Amount)
    booked_on: Mapped[Any] = mapped_column(sa.Date)
    __table_args__ = (
        sa.CheckConstraint("ledger in ({})".format(", ".join(f"'{one}'" for one in LEDGERS)), name="ledger"),
        sa.CheckConstraint("amount <> 0", name="amount"),
        sa.Index(
            "ix_payments_entry_statement",
            "tenant_id",
            "account_id",
            "currency",
            "booked_on",
            "journal_id",
            postgresql_where=sa.text("ledger = 'receivable'"),
            postgresql_include=["amount"],
        ),
    )


class Posted(TenantOwned, Base):
    """What a source stands at in the ledger. version: `updated_at` of the source's row when it was posted; another one means that
    it has to be looked at again."""

    __tablename__ = "payments_posted"
    __privacy__ = Privacy(
        incidental="number", plain="tenant_id id account_id source source_id version kind currency day amount"
    )
    __wall__ = Wall()
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    source: Mapped[str] = mapped_column(sa.Text)
    source_id: Mapped[uuid.UUID] = mapped_column()
    version: Mapped[Any] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(sa.Text)
    number: Mapped[str] = mapped_column(sa.Text)
    currency: Mapped[str] = mapped_column(sa.Text)
    day: Mapped[Any] = mapped_column(sa.Date)
    amount: Mapped[Decimal] = mapped_column(Amount)
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "source", "source_id"),
        sa.Index("ix_payments_posted_account", "tenant_id", "account_id"),
    )


def _table(model: Any) -> sa.Table:
    table: sa.Table = model.__table__
    return table


PAYMENT, ALLOCATION, JOURNAL, ENTRY, POSTED = map(_table, (Payment, Allocation, Journal, Entry, Posted))
"""The same as tables: a query of their columns passes the ORM by."""
