"""Where a customer is and whom to ask for: read, and written once, however often the same is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from portico_companydb import reader
from portico_companydb import tables as t
from portico_companydb.i18n import _
from portico_companydb.reader import row_id
from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import Address, Contact

MOST = 1000
"""Addresses of one customer; more are not read."""
_TEXTS = ("name", "street", "postcode", "city", "region", "country", "phone", "email")


def find(connection: Connection, customer_ref: str) -> Sequence[RowMapping]:
    """Those in use. Raises ConnectorRejectedError for an unknown customer."""
    customer_id = _customer(connection, customer_ref)
    statement = (
        select(*reader.columns(t.customer_addresses))
        .where(t.customer_addresses.c.customer_id == customer_id, t.customer_addresses.c.is_active)
        .order_by(t.customer_addresses.c.id)
        .limit(MOST)
    )
    return connection.execute(statement).mappings().all()


def write(connection: Connection, customer_ref: str, address: Address) -> str:
    """The ref of what is there afterwards. The customer's row is locked: two at a time wait for each other."""
    customer_id = _customer(connection, customer_ref, lock=True)
    address_id = _known(connection, customer_id, address)
    values = _values(address)
    if address_id is None:
        made = insert(t.customer_addresses).values(
            customer_id=customer_id, portal_reference=address.reference, **values
        )
        key = connection.execute(made).inserted_primary_key
        return str(key[0]) if key is not None else ""
    own = (t.customer_addresses.c.id == address_id, t.customer_addresses.c.customer_id == customer_id)
    there = connection.execute(select(*(t.customer_addresses.c[name] for name in values)).where(*own)).mappings().one()
    if dict(there) != values:
        connection.execute(update(t.customer_addresses).where(*own).values(**values))
    return str(address_id)


def remove(connection: Connection, customer_ref: str, address_ref: str) -> None:
    """Out of use, not deleted: the company's own records may name it."""
    customer_id = _customer(connection, customer_ref, lock=True)
    connection.execute(
        update(t.customer_addresses)
        .where(
            t.customer_addresses.c.id == row_id(address_ref),
            t.customer_addresses.c.customer_id == customer_id,
            t.customer_addresses.c.is_active,
        )
        .values(is_active=False)
    )


def contact(connection: Connection, customer_ref: str) -> RowMapping:
    row = connection.execute(
        select(*reader.columns(t.contacts, "contact_name", "contact_email", "contact_phone")).where(
            t.contacts.c.id == _customer(connection, customer_ref)
        )
    )
    return row.mappings().one()


def write_contact(connection: Connection, customer_ref: str, wanted: Contact) -> None:
    customer_id = _customer(connection, customer_ref, lock=True)
    values = {f"contact_{name}": getattr(wanted, name) for name in ("name", "email", "phone")}
    changed = [t.contacts.c[name] != value for name, value in values.items()]
    either = changed[0] | changed[1] | changed[2]
    connection.execute(update(t.contacts).where(t.contacts.c.id == customer_id, either).values(**values))


def _values(address: Address) -> dict[str, Any]:
    texts = {name: getattr(address, name) for name in _TEXTS}
    return {**texts, "is_billing": address.billing, "is_delivery": address.delivery, "is_active": True}


def _known(connection: Connection, customer_id: int, address: Address) -> int | None:
    """The row that this address is; None: it is new."""
    table = t.customer_addresses
    mine = select(table.c.id).where(table.c.customer_id == customer_id)
    if address.ref is not None:
        found = connection.execute(mine.where(table.c.id == row_id(address.ref))).scalar_one_or_none()
        if found is None:
            raise ConnectorRejectedError("address.ref", _("The company does not know this address."), code="unknown")
        return int(found)
    if address.reference is not None:
        found = connection.execute(mine.where(table.c.portal_reference == address.reference)).scalar_one_or_none()
        if found is not None:
            return int(found)
    alike = [table.c[name] == value for name, value in _values(address).items()]
    found = connection.execute(mine.where(*alike).order_by(table.c.id).limit(1)).scalar_one_or_none()
    return None if found is None else int(found)


def _customer(connection: Connection, customer_ref: str, *, lock: bool = False) -> int:
    statement = select(t.customers.c.id).where(t.customers.c.code == customer_ref, t.customers.c.is_active)
    found = connection.execute(statement.with_for_update() if lock else statement).scalar_one_or_none()
    if found is None:
        raise ConnectorRejectedError(
            "customer_ref", _("The company does not know this customer."), code="unknown"
        )
    return int(found)
