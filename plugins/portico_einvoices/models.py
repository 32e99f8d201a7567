"""Tables of what e-invoices say of the company and of customers beyond the invoice itself, and of what was checked."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, Reachable, TenantOwned, Timestamped, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import UtcDateTime, now

PASSED, REFUSED = "passed", "refused"


def _text() -> Mapped[str]:
    return mapped_column(sa.Text, default="", server_default="")


class Company(Timestamped, TenantOwned, Base):
    """What the company says of itself on e-invoices: one row. version: rises with each change, also of what is entered of
    customers, so that what was being checked meanwhile is found to be of yesterday. Customers read it: it stands in what
    they get.

    zero_home, zero_abroad: "" = not said, or a `document.Category`.
    """

    __tablename__ = "einvoices_company"
    __privacy__ = Privacy(
        incidental="contact phone email holder",
        plain="tenant_id id name street postcode city region country vat_id tax_number registration iban bic electronic scheme "
        "zero_home zero_abroad exemption terms version created_at updated_at",
    )
    __wall__ = Wall(customer="tenant")
    name: Mapped[str] = _text()
    street: Mapped[str] = _text()
    postcode: Mapped[str] = _text()
    city: Mapped[str] = _text()
    region: Mapped[str] = _text()
    country: Mapped[str] = _text()
    vat_id: Mapped[str] = _text()
    tax_number: Mapped[str] = _text()
    registration: Mapped[str] = _text()
    iban: Mapped[str] = _text()
    bic: Mapped[str] = _text()
    holder: Mapped[str] = _text()
    electronic: Mapped[str] = _text()
    scheme: Mapped[str] = _text()
    contact: Mapped[str] = _text()
    phone: Mapped[str] = _text()
    email: Mapped[str] = _text()
    zero_home: Mapped[str] = _text()
    zero_abroad: Mapped[str] = _text()
    exemption: Mapped[str] = _text()
    terms: Mapped[str] = _text()
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    __table_args__ = (sa.UniqueConstraint("tenant_id"),)


class Customer(Timestamped, TenantOwned, Base):
    """What e-invoices say of a customer beyond its name. An empty country: the address is that of its default delivery address.

    reference: what the customer wants to find on its invoices (BT-10), as a public one's routing number.
    """

    __tablename__ = "einvoices_customer"
    __privacy__ = Privacy(
        incidental="name electronic reference",
        plain="tenant_id id account_id street postcode city region country vat_id registration scheme created_at updated_at",
    )
    __wall__ = Wall()
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    name: Mapped[str] = _text()
    street: Mapped[str] = _text()
    postcode: Mapped[str] = _text()
    city: Mapped[str] = _text()
    region: Mapped[str] = _text()
    country: Mapped[str] = _text()
    vat_id: Mapped[str] = _text()
    registration: Mapped[str] = _text()
    electronic: Mapped[str] = _text()
    scheme: Mapped[str] = _text()
    reference: Mapped[str] = _text()
    __table_args__ = (sa.UniqueConstraint("tenant_id", "account_id"),)


class Check(Reachable, TenantOwned, Base):
    """What the rules said of an invoice, and the files that they said it of: nothing else is ever given out.

    state: "passed" or "refused". reasons: [{"code", "message"}] of what was refused. invoice_digest: the invoice's when it was
    checked; while that one's is another, or this is empty, the files are not offered. ubl, cii: None unless passed.
    """

    __tablename__ = "einvoices_check"
    __privacy__ = Privacy(
        incidental="ubl cii",
        plain="tenant_id id account_id site_id author_id invoice_id state reasons invoice_digest checked_at",
    )
    __wall__ = Wall(customer="reach")
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE", index=False)
    invoice_id: Mapped[uuid.UUID] = ref("invoices_invoice", ondelete="CASCADE", index=False)
    state: Mapped[str] = mapped_column(sa.Text)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default=sa.text("'[]'::jsonb"))
    invoice_digest: Mapped[bytes] = mapped_column(sa.LargeBinary)
    ubl: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    cii: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    checked_at: Mapped[Any] = mapped_column(UtcDateTime, default=now)
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "invoice_id"),
        sa.CheckConstraint("state in ('passed', 'refused')", name="state"),
        sa.CheckConstraint("(state = 'passed') = (ubl IS NOT NULL AND cii IS NOT NULL)", name="files"),
        sa.Index("ix_einvoices_check_account", "tenant_id", "account_id"),
        sa.Index("ix_einvoices_check_refused", "tenant_id", "checked_at", postgresql_where=sa.text("state = 'refused'")),
    )


def _table(model: Any) -> sa.Table:
    table: sa.Table = model.__table__
    return table


COMPANY, CUSTOMER, CHECK = map(_table, (Company, Customer, Check))
