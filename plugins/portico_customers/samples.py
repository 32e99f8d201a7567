"""A contact and an address, for tests that walk every table and route."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from portico_customers import addresses


def records(db: Any, account_id: UUID) -> dict[str, str]:
    addresses.set_contact(db, account_id, {"name": "Sam Sample"})
    sample = {"name": "Sample", "street": "1 Sample Street", "postcode": "69001", "city": "Lyon", "country": "FR"}
    if not addresses.listing(db, account_id):
        addresses.add(db, account_id, sample | {"name": "Default"})
    made = addresses.add(db, account_id, sample)
    return {"customer_address_id": str(made)}
