"""What a mapping can describe: which things, which fields each has, and what may be left out. Data, no code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from portico_companydb.i18n import _
from portico_erp.values import InvoiceKind, InvoiceStatus, ItemKind, OrderStatus, QuoteStatus

TEXT, NUMBER, BOOLEAN, DAY, MOMENT = "text", "number", "boolean", "day", "moment"
KINDS = (TEXT, NUMBER, BOOLEAN, DAY, MOMENT)


@dataclass(frozen=True)
class FieldKind:
    """needed: a row without it is a problem. default: what an empty or unmapped one is. choices: our words."""

    title: Any
    kind: str = TEXT
    needed: bool = False
    default: Any = None
    choices: type[StrEnum] | None = None


@dataclass(frozen=True)
class Entity:
    """capability: which the portal has by it, None: it is a part of something. keyed: its rows have a key of their own."""

    title: Any
    fields: Mapping[str, FieldKind]
    capability: str | None = None
    keyed: bool = True
    parts: Mapping[str, Entity] = field(default_factory=dict)


CHOICES = {
    "material": _("material"),
    "accessory": _("accessory"),
    "service": _("service"),
    "fee": _("fee"),
    "submitted": _("submitted"),
    "priced": _("priced"),
    "accepted": _("accepted"),
    "declined": _("declined"),
    "expired": _("expired"),
    "ordered": _("ordered"),
    "cancelled": _("cancelled"),
    "draft": _("draft"),
    "pending": _("pending"),
    "processing": _("processing"),
    "shipped": _("shipped"),
    "delivered": _("delivered"),
    "invoice": _("invoice"),
    "credit_note": _("credit note"),
    "open": _("open"),
    "partly_paid": _("partly paid"),
    "paid": _("paid"),
}
"""What people call our words."""
_CURRENCY = FieldKind(_("Currency"))
_TOTALS = {
    "net": FieldKind(_("Total before tax"), NUMBER),
    "tax": FieldKind(_("Tax"), NUMBER),
    "gross": FieldKind(_("Total"), NUMBER),
}
_LINE = {
    "name": FieldKind(_("Name"), needed=True),
    "quantity": FieldKind(_("Quantity"), NUMBER, needed=True),
    "unit": FieldKind(_("Unit"), default=""),
    "tax_rate": FieldKind(_("Tax rate"), NUMBER, default=0),
}

ENTITIES: dict[str, Entity] = {
    "items": Entity(
        _("Items"),
        {
            "code": FieldKind(_("Code")),
            "name": FieldKind(_("Name"), needed=True),
            "description": FieldKind(_("Description"), default=""),
            "kind": FieldKind(_("Kind"), default=ItemKind.MATERIAL, choices=ItemKind),
            "category": FieldKind(_("Category"), default=""),
            "unit": FieldKind(_("Unit"), default=""),
            "price": FieldKind(_("Price"), NUMBER, needed=True),
            "currency": _CURRENCY,
            "tax_rate": FieldKind(_("Tax rate"), NUMBER, default=0),
            "active": FieldKind(_("On sale"), BOOLEAN, default=True),
        },
        "catalogue",
    ),
    "customers": Entity(
        _("Customers"),
        {
            "code": FieldKind(_("Code")),
            "name": FieldKind(_("Name"), needed=True),
            "email": FieldKind(_("E-mail address"), default=""),
            "claim_code": FieldKind(_("Claim code")),
            "currency": _CURRENCY,
            "price_list": FieldKind(_("Price list")),
            "discount": FieldKind(_("Discount in per cent"), NUMBER, default=0),
            "active": FieldKind(_("Active"), BOOLEAN, default=True),
        },
        "customers",
    ),
    "prices": Entity(
        _("Own prices"),
        {
            "item": FieldKind(_("Item"), needed=True),
            "customer": FieldKind(_("Customer")),
            "price_list": FieldKind(_("Price list")),
            "list_name": FieldKind(_("Name of the list")),
            "price": FieldKind(_("Price"), NUMBER),
            "discount": FieldKind(_("Discount in per cent"), NUMBER),
            "min_quantity": FieldKind(_("Quantity of the price break"), NUMBER, default=0),
            "currency": _CURRENCY,
            "valid_from": FieldKind(_("First day of validity"), DAY),
            "valid_until": FieldKind(_("Last day of validity"), DAY),
        },
        "prices",
        keyed=False,
    ),
    "quotes": Entity(
        _("Quotes"),
        {
            "reference": FieldKind(_("The portal's reference")),
            "number": FieldKind(_("Number")),
            "customer": FieldKind(_("Customer"), needed=True),
            "status": FieldKind(_("Status"), needed=True, choices=QuoteStatus),
            "currency": _CURRENCY,
            **_TOTALS,
            "valid_until": FieldKind(_("Last day of validity"), DAY),
            "reason": FieldKind(_("Reason"), default=""),
            "note": FieldKind(_("Note"), default=""),
            "po_number": FieldKind(_("The customer's order number")),
            "created_at": FieldKind(_("Time of making"), MOMENT),
        },
        "quotes",
        parts={
            "lines": Entity(
                _("Lines of quotes"),
                {
                    "item": FieldKind(_("Item"), needed=True),
                    **_LINE,
                    "unit_price": FieldKind(_("Unit price"), NUMBER),
                    "note": FieldKind(_("Note"), default=""),
                },
                keyed=False,
            )
        },
    ),
    "orders": Entity(
        _("Orders"),
        {
            "number": FieldKind(_("Number")),
            "customer": FieldKind(_("Customer"), needed=True),
            "status": FieldKind(_("Status"), needed=True, choices=OrderStatus),
            "currency": _CURRENCY,
            **_TOTALS,
            "quote": FieldKind(_("Key of its quote")),
            "quote_number": FieldKind(_("Number of its quote")),
            "ordered_at": FieldKind(_("Time of the order"), MOMENT, needed=True),
            "expected_on": FieldKind(_("Expected on"), DAY),
            "po_number": FieldKind(_("The customer's order number")),
            "note": FieldKind(_("Note"), default=""),
        },
        "orders",
        parts={
            "lines": Entity(
                _("Lines of orders"),
                {
                    "item": FieldKind(_("Item")),
                    **_LINE,
                    "unit_price": FieldKind(_("Unit price"), NUMBER, needed=True),
                    "total": FieldKind(_("Total of the line"), NUMBER),
                },
                keyed=False,
            ),
            "deliveries": Entity(
                _("Deliveries"),
                {
                    "number": FieldKind(_("Number")),
                    "shipped_at": FieldKind(_("Time of shipping"), MOMENT),
                    "delivered_at": FieldKind(_("Time of delivery"), MOMENT),
                    "carrier": FieldKind(_("Carrier"), default=""),
                    "tracking_number": FieldKind(_("Tracking number"), default=""),
                    "tracking_url": FieldKind(_("Address for tracking")),
                    "note": FieldKind(_("Note"), default=""),
                },
                parts={
                    "lines": Entity(
                        _("Lines of deliveries"),
                        {
                            "item": FieldKind(_("Item")),
                            "name": FieldKind(_("Name"), needed=True),
                            "quantity": FieldKind(_("Quantity"), NUMBER, needed=True),
                        },
                        keyed=False,
                    )
                },
            ),
        },
    ),
    "invoices": Entity(
        _("Invoices"),
        {
            "number": FieldKind(_("Number")),
            "kind": FieldKind(_("Kind"), choices=InvoiceKind),
            "customer": FieldKind(_("Customer"), needed=True),
            "status": FieldKind(_("Status"), choices=InvoiceStatus),
            "currency": _CURRENCY,
            **_TOTALS,
            "open": FieldKind(_("Open amount"), NUMBER),
            "paid": FieldKind(_("Paid amount"), NUMBER),
            "issued_on": FieldKind(_("Day of issue"), DAY, needed=True),
            "due_on": FieldKind(_("Due on"), DAY),
            "order": FieldKind(_("Key of its order")),
            "credits": FieldKind(_("Key of the invoice that it credits")),
            "po_number": FieldKind(_("The customer's order number")),
            "note": FieldKind(_("Note"), default=""),
        },
        "invoices",
        parts={
            "lines": Entity(
                _("Lines of invoices"),
                {
                    "item": FieldKind(_("Item")),
                    **_LINE,
                    "unit_price": FieldKind(_("Unit price"), NUMBER, needed=True),
                    "total": FieldKind(_("Total of the line"), NUMBER),
                },
                keyed=False,
            )
        },
    ),
    "payments": Entity(
        _("Payments"),
        {
            "reference": FieldKind(_("The portal's reference")),
            "number": FieldKind(_("Number")),
            "customer": FieldKind(_("Customer"), needed=True),
            "amount": FieldKind(_("Amount"), NUMBER, needed=True),
            "currency": _CURRENCY,
            "paid_on": FieldKind(_("Day of payment"), DAY, needed=True),
            "method": FieldKind(_("Way of payment"), default=""),
            "invoice": FieldKind(_("Key of its invoice")),
            "cancelled": FieldKind(_("Cancelled"), BOOLEAN, default=False),
        },
        "payments",
        parts={
            "allocations": Entity(
                _("Invoices of payments"),
                {
                    "invoice": FieldKind(_("Key of its invoice"), needed=True),
                    "amount": FieldKind(_("Amount"), NUMBER, needed=True),
                },
                keyed=False,
            )
        },
    ),
}


def entity(path: str) -> Entity:
    """By a path such as "orders.deliveries.lines". Raises KeyError."""
    head, *rest = path.split(".")
    found = ENTITIES[head]
    for name in rest:
        found = found.parts[name]
    return found


def paths() -> list[str]:
    """All that a mapping can describe, a whole before its parts."""
    found: list[str] = []

    def walk(prefix: str, one: Entity) -> None:
        found.append(prefix)
        for name, part in one.parts.items():
            walk(f"{prefix}.{name}", part)

    for name, one in ENTITIES.items():
        walk(name, one)
    return found
