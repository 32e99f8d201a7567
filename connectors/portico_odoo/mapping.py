"""Odoo's dictionaries → values of the contract. Pure: no I/O, no clock, and no record makes it crash."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from portico_erp.errors import InvalidValueError
from portico_erp.records import Record, attempt, day, moment, optional_moment, plain, text
from portico_erp.records import measured as number
from portico_erp.values import (
    Customer,
    Delivery,
    DeliveryLine,
    Item,
    ItemKind,
    OrderLine,
    OrderStatus,
    Problem,
    QuoteLine,
    QuoteReceipt,
    QuoteStatus,
    RemoteOrder,
    RemoteQuote,
    Totals,
)

DECLINED = "declined"
"""Behind the reference in `origin`: the customer said no. A state of its own for that Odoo does not have."""
_STATES = {
    "draft": QuoteStatus.SUBMITTED,
    "sent": QuoteStatus.PRICED,
    "sale": QuoteStatus.ACCEPTED,
    "done": QuoteStatus.ACCEPTED,
    "cancel": QuoteStatus.CANCELLED,
}
_FINE = Decimal("0.0001")


def named(value: Any) -> str:
    """The words of a reference to another record: [id, words], or False."""
    return str(value[1]) if isinstance(value, list | tuple) and len(value) == 2 else ""


def key(value: Any) -> str | None:
    return str(value[0]) if isinstance(value, list | tuple) and len(value) == 2 else None


def percentage(taxes: Sequence[Record]) -> Decimal:
    """Of taxes by percentage; others (fixed amounts) are in no rate."""
    held = [number(tax.get("amount"), "tax_rate") for tax in taxes if tax.get("amount_type") in ("percent", "division")]
    return sum(held, Decimal(0))


def before_tax(price: Decimal, taxes: Sequence[Record]) -> Decimal:
    """Odoo's prices hold the taxes that say so; the portal's never do."""
    held = sum((number(tax.get("amount"), "tax_rate") for tax in taxes if _included(tax)), Decimal(0))
    return (price * 100 / (100 + held)).quantize(_FINE, ROUND_HALF_UP).normalize() if held else price


def _included(tax: Record) -> bool:
    return bool(tax.get("price_include")) and tax.get("amount_type") == "percent"


def item(record: Record, currency: str) -> Item | Problem:
    ref = str(record["id"])
    return attempt(
        ref,
        record,
        lambda: Item(
            ref=ref,
            code=text(record["default_code"], "code") or ref,
            name=text(record["name"], "name"),
            kind=ItemKind.SERVICE if record["type"] == "service" else ItemKind.MATERIAL,
            category=named(record["categ_id"]),
            unit=named(record["uom_id"]),
            price=before_tax(number(record["lst_price"], "price"), record["taxes"]),
            currency=currency,
            tax_rate=percentage(record["taxes"]),
            active=bool(record["active"] and record["sale_ok"]),
            updated_at=moment(record["written"], "updated_at", naive=True),
            description=text(record["description_sale"], "description"),
        ),
    )


def customer(record: Record, claim_field: str, currency: str) -> Customer | Problem:
    ref = str(record["id"])
    pricelist = record["pricelist"] or {}
    return attempt(
        ref,
        record if not claim_field else {name: value for name, value in record.items() if name != claim_field},
        lambda: Customer(
            ref=ref,
            code=text(record["ref"], "code") or ref,
            name=text(record["name"], "name"),
            email=text(record["email"], "email"),
            currency=named(pricelist.get("currency_id")) or currency,
            price_list=text(pricelist.get("name"), "name") or None,
            active=bool(record["active"]),
            updated_at=moment(record["written"], "updated_at", naive=True),
            claim_code=text(record.get(claim_field), "code") or None if claim_field else None,
        ),
    )


def reference(record: Record) -> str | None:
    """The portal's own, out of `origin`."""
    origin = text(record["origin"], "origin").removesuffix(f" ({DECLINED})").strip()
    return origin if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", origin) else None


def status(record: Record) -> QuoteStatus:
    found = _STATES.get(record["state"])
    if found is None:
        raise InvalidValueError("status", "not_a_choice", "is not one of the known values")
    declined = found is QuoteStatus.CANCELLED and text(record["origin"], "origin").endswith(f"({DECLINED})")
    return QuoteStatus.DECLINED if declined else found


def receipt(record: Record) -> QuoteReceipt:
    return QuoteReceipt(text(record["name"], "number"), str(record["id"]), status(record))


def _lines(record: Record) -> list[tuple[Record, str]]:
    """Lines of products, each with the note that stands below it; sections are for the eye."""
    found: list[tuple[Record, str]] = []
    for line in record["lines"]:
        if not line["display_type"]:
            found.append((line, ""))
        elif line["display_type"] == "line_note" and found:
            found[-1] = (found[-1][0], (found[-1][1] + "\n" + text(line["name"], "note")).strip())
    return found


def unit_price(line: Record) -> Decimal:
    price = before_tax(number(line["price_unit"], "unit_price"), line["taxes"])
    discount = number(line["discount"] or 0, "unit_price")
    return (price * (100 - discount) / 100).quantize(_FINE, ROUND_HALF_UP).normalize() if discount else price


def quote_line(line: Record, note: str) -> QuoteLine:
    return QuoteLine(
        ref=key(line["product_id"]) or "?",
        name=text(line["name"], "name").split("\n")[0] or named(line["product_id"]),
        quantity=number(line["product_uom_qty"], "quantity"),
        unit=named(line.get("product_uom_id", line.get("product_uom"))),
        unit_price=unit_price(line),
        tax_rate=percentage(line["taxes"]),
        note=note,
    )


def totals(record: Record) -> Totals:
    return Totals(
        number(record["amount_untaxed"], "net"), number(record["amount_tax"], "tax"), number(record["amount_total"], "gross")
    )


def quote(record: Record) -> RemoteQuote | Problem:
    return attempt(
        str(record["id"]),
        record,
        lambda: RemoteQuote(
            ref=str(record["id"]),
            reference=reference(record),
            number=text(record["name"], "number"),
            customer_ref=key(record["partner_id"]) or "",
            status=status(record),
            currency=named(record["currency_id"]),
            lines=tuple(quote_line(line, note) for line, note in _lines(record)),
            totals=totals(record),
            valid_until=day(record["validity_date"], "valid_until"),
            reason="",
            created_at=moment(record["create_date"], "created_at", naive=True),
            updated_at=moment(record["written"], "updated_at", naive=True),
            note=plain(record["note"]),
            po_number=text(record["client_order_ref"], "po_number") or None,
        ),
    )


def order_line(line: Record) -> OrderLine:
    return OrderLine(
        ref=key(line["product_id"]),
        name=text(line["name"], "name").split("\n")[0] or named(line["product_id"]),
        quantity=number(line["product_uom_qty"], "quantity"),
        unit=named(line.get("product_uom_id", line.get("product_uom"))),
        unit_price=unit_price(line),
        tax_rate=percentage(line["taxes"]),
        total=number(line["price_subtotal"], "line_total"),
    )


def delivery(picking: Record) -> Delivery:
    done = picking["state"] == "done"
    lines = []
    for move in picking["moves"]:
        moved = move.get("quantity_done", move.get("quantity")) if done else move["product_uom_qty"]
        if move["state"] != "cancel" and moved:
            lines.append(DeliveryLine(key(move["product_id"]), named(move["product_id"]) or "?", number(moved, "quantity")))
    url = text(picking.get("carrier_tracking_url"), "tracking_url")
    return Delivery(
        number=text(picking["name"], "number"),
        shipped_at=optional_moment(picking["date_done"], "shipped_at", naive=True) if done else None,
        delivered_at=None,
        carrier=named(picking.get("carrier_id")),
        tracking_number=text(picking.get("carrier_tracking_ref"), "number"),
        tracking_url=url if url.startswith(("https://", "http://")) else None,
        lines=tuple(lines),
    )


def order_status(record: Record) -> OrderStatus:
    """Odoo knows whether the goods left, not whether they came."""
    if record["state"] == "cancel":
        return OrderStatus.CANCELLED
    states = {one["state"] for one in record["pickings"]} - {"cancel"}
    if not states:
        return OrderStatus.PENDING
    if states == {"done"}:
        return OrderStatus.SHIPPED
    return OrderStatus.PROCESSING if states & {"done", "assigned"} else OrderStatus.PENDING


def order(record: Record) -> RemoteOrder | Problem:
    """An order is the quotation that was confirmed: one record, two views of it."""
    ref = str(record["id"])
    return attempt(
        ref,
        record,
        lambda: RemoteOrder(
            ref=ref,
            number=text(record["name"], "number"),
            customer_ref=key(record["partner_id"]) or "",
            status=order_status(record),
            currency=named(record["currency_id"]),
            lines=tuple(order_line(line) for line, _note in _lines(record) if line["product_uom_qty"]),
            deliveries=tuple(delivery(one) for one in record["pickings"] if one["state"] != "cancel"),
            totals=totals(record),
            quote_ref=ref,
            quote_number=text(record["name"], "number"),
            ordered_at=moment(record["date_order"], "ordered_at", naive=True),
            expected_on=day(record["commitment_date"], "expected_on"),
            updated_at=moment(record["written"], "updated_at", naive=True),
            po_number=text(record["client_order_ref"], "po_number") or None,
            note=plain(record["note"]),
        ),
    )
