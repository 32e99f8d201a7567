"""What e-invoices say of the company and a customer, and invoices that are e-invoices, for tests that walk every route."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portico_einvoices import checks, parties
from portico_invoices.models import INVOICE

COMPANY = dict.fromkeys(parties.SELLER_FIELDS, "") | {
    "name": "Sample Glass GmbH", "street": "Glasweg 1", "postcode": "10115", "city": "Berlin", "country": "DE",
    "vat_id": "DE123456789", "registration": "HRB 1", "iban": "DE89370400440532013000", "terms": "30 days net",
}  # fmt: skip
CUSTOMER = dict.fromkeys(parties.BUYER_FIELDS, "") | {"country": "DE", "city": "Hamburg", "vat_id": "DE987654321"}


def records(db: Any, account_id: UUID) -> dict[str, str]:
    """The rules are not tried here: they pass invoices like these."""
    parties.save_company(db, COMPANY)
    parties.save_customer(db, account_id, CUSTOMER)
    ids = list(db.scalars(sa.select(INVOICE.c.id).where(INVOICE.c.account_id == account_id)))
    checks.keep(db, checks.write(db, "en", ids))
    return {}
