"""Who sells and who buys, as e-invoices say it: what staff entered, and where they entered nothing, what the portal knows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.jobs import enqueue
from portico.organisation import people
from portico.pluginhost.account_addresses import account_addresses
from portico.tenancy.models import Account
from portico_einvoices.document import Account as BankAccount
from portico_einvoices.document import Category, ElectronicAddress, Party, PostalAddress
from portico_einvoices.models import CHECK, COMPANY, CUSTOMER, Company, Customer
from portico_einvoices.seller import Seller
from portico_einvoices.texts import clean, line

CHECK_JOB = "einvoices.check"
SELLER_FIELDS = (
    "name", "street", "postcode", "city", "region", "country", "vat_id", "tax_number", "registration", "iban", "bic", "holder",
    "electronic", "scheme", "contact", "phone", "email", "zero_home", "zero_abroad", "exemption", "terms",
)  # fmt: skip
BUYER_FIELDS = (
    "name", "street", "postcode", "city", "region", "country", "vat_id", "registration", "electronic", "scheme", "reference",
)  # fmt: skip


def company(db: Session) -> Company | None:
    return db.scalars(sa.select(Company)).one_or_none()


def seller(row: Company) -> Seller:
    party = Party(
        line(row.name), _address(row), row.vat_id, line(row.tax_number), line(row.registration), _electronic(row),
        line(row.contact), line(row.phone), line(row.email),
    )  # fmt: skip
    account = BankAccount(row.iban, line(row.holder) or line(row.name), row.bic) if row.iban else None
    zero_home, zero_abroad = (Category(one) if one in set(Category) else None for one in (row.zero_home, row.zero_abroad))
    return Seller(party, account, zero_home, zero_abroad, line(row.exemption), clean(row.terms))


def customer(db: Session, account_id: uuid.UUID) -> Customer | None:
    return db.scalars(sa.select(Customer).where(Customer.account_id == account_id)).one_or_none()


def buyer(db: Session, account_id: uuid.UUID) -> tuple[Party, str]:
    """The party, and what it wants to find on its invoices (BT-10)."""
    name = db.scalar(sa.select(Account.name).where(Account.id == account_id)) or ""
    row = customer(db, account_id)
    if row is None:
        return Party(line(name), _delivery_address(db, account_id)), ""
    address = _address(row) if row.country else _delivery_address(db, account_id)
    party = Party(
        line(row.name) or line(name), address, row.vat_id, registration=line(row.registration), electronic=_electronic(row)
    )
    return party, line(row.reference)


def save_company(db: Session, values: Mapping[str, str]) -> None:
    """All SELLER_FIELDS. What was checked before is checked anew."""
    row = company(db)
    before = {name: getattr(row, name) for name in SELLER_FIELDS} if row else {}
    if row is None:
        row = Company()
        db.add(row)
    elif before == dict(values):
        return
    else:
        row.version += 1
    for name in SELLER_FIELDS:
        setattr(row, name, values[name])
    db.flush()
    _record(db, "einvoices.company", None, before, values)
    _outdate(db, None)


def save_customer(db: Session, account_id: uuid.UUID, values: Mapping[str, str]) -> None:
    """All BUYER_FIELDS. What was checked of this customer before is checked anew."""
    row = customer(db, account_id)
    before = {name: getattr(row, name) for name in BUYER_FIELDS} if row else {}
    if row is None:
        row = Customer(account_id=account_id)
        db.add(row)
    elif before == dict(values):
        return
    for name in BUYER_FIELDS:
        setattr(row, name, values[name])
    db.execute(sa.update(COMPANY).values(version=COMPANY.c.version + 1))
    db.flush()
    _record(db, "einvoices.customer", ("account", account_id), before, values)
    _outdate(db, account_id)


def _record(db: Session, action: str, subject: Any, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    changed = [name for name in after if before.get(name, "") != after[name]]
    audit.record(
        db, action, subject=subject, before={name: before.get(name, "") for name in changed},
        after={name: after[name] for name in changed},
    )  # fmt: skip


def _outdate(db: Session, account_id: uuid.UUID | None) -> None:
    """From here on nothing of it is offered until it was checked anew."""
    statement = sa.update(CHECK).values(invoice_digest=b"")
    db.execute(statement if account_id is None else statement.where(CHECK.c.account_id == account_id))
    enqueue(db, CHECK_JOB, unique=CHECK_JOB)


def customers(db: Session, most: int = 500) -> list[Any]:
    """By name, with whether something is entered of them: account_id, name, entered."""
    entered = sa.exists().where(CUSTOMER.c.tenant_id == Account.tenant_id, CUSTOMER.c.account_id == Account.id)
    query = sa.select(Account.id.label("account_id"), Account.name, entered.label("entered"))
    return list(db.execute(query.order_by(Account.name, Account.id).limit(most)))


def organisation(db: Session, account_id: uuid.UUID) -> Any:
    """account_id, name. Raises NotFoundError."""
    return people.organisation(db, account_id)


def _address(row: Any) -> PostalAddress:
    lines = tuple(one for one in map(line, row.street.splitlines()) if one)
    return PostalAddress(lines, line(row.postcode), line(row.city), line(row.region), row.country)


def _delivery_address(db: Session, account_id: uuid.UUID) -> PostalAddress:
    found = account_addresses(db, account_id)
    return _address(found[0]) if found else PostalAddress((), "", "", "", "")


def _electronic(row: Any) -> ElectronicAddress | None:
    return ElectronicAddress(line(row.electronic), row.scheme) if line(row.electronic) and row.scheme else None
