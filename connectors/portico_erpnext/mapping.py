"""ERPNext's dictionaries → values of the contract. Pure: no I/O, no clock, and no record makes it crash.

zone: the site's, which all its times are in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from portico_erp.errors import InvalidValueError
from portico_erp.records import Record, attempt, day, moment, plain, text
from portico_erp.records import measured as number
from portico_erp.values import (
    Address,
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
from portico_erpnext.reader import ANSWER, CLAIM, NOTE, PO_NUMBER, REFERENCE

ACCEPTED = "accepted"
_FINE = Decimal("0.0001")
_QUOTATIONS = {
    "Open": QuoteStatus.PRICED,
    "Replied": QuoteStatus.PRICED,
    "Partially Ordered": QuoteStatus.ORDERED,
    "Ordered": QuoteStatus.ORDERED,
    "Lost": QuoteStatus.DECLINED,
    "Expired": QuoteStatus.EXPIRED,
    "Cancelled": QuoteStatus.CANCELLED,
}


def at(value: Any, zone: ZoneInfo, field: str) -> datetime:
    """A time of the site → UTC. One that comes twice, when clocks go back, is taken for the earlier."""
    naive = moment(value, field, naive=True).replace(tzinfo=None)
    return naive.replace(tzinfo=zone).astimezone(UTC)


def on_day(record: Record, name: str, zone: ZoneInfo, field: str) -> datetime:
    """The time of making where that was on the day that the document bears, and else that day's noon."""
    made, borne = at(record["creation"], zone, field), day(record[name], field)
    if borne is None or made.astimezone(zone).date() == borne:
        return made
    return datetime.combine(borne, time(12), zone).astimezone(UTC)


# -- taxes


def tax_rate(taxes: Sequence[Record], line: Record | None = None) -> Decimal:
    """Of the rows that are a percentage of the net total, in per cent; a line's own rates go before them."""
    own = _own_rates(line)
    held = [
        number(own.get(str(tax["account_head"]), tax["rate"]), "tax_rate")
        for tax in taxes
        if tax["charge_type"] == "On Net Total"
    ]
    return sum(held, Decimal(0))


def _own_rates(line: Record | None) -> Mapping[str, Any]:
    try:
        found = json.loads(str((line or {}).get("item_tax_rate") or "{}"), parse_float=Decimal)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def before_tax(price: Decimal, taxes: Sequence[Record]) -> Decimal:
    """Prices of a list hold the taxes that say so; the portal's never do."""
    held = tax_rate([tax for tax in taxes if tax["included_in_print_rate"]])
    return (price * 100 / (100 + held)).quantize(_FINE, ROUND_HALF_UP).normalize() if held else price


# -- items


def list_price(record: Record, today: date) -> Record | None:
    """Of an item's prices the one for everybody, for one of its unit, that holds on the day: the latest that began."""
    return chosen_price(record["prices"], record["stock_uom"], None, today)


def chosen_price(prices: Sequence[Record], unit: Any, customer: str | None, today: date) -> Record | None:
    """As ERPNext chooses: a customer's own before everybody's, and the one that began last."""
    held = [
        one
        for one in prices
        if one["customer"] in (None, "", customer)
        and one["uom"] in (None, "", unit)
        and (day(one["valid_from"], "price") or today) <= today <= (day(one["valid_upto"], "price") or today)
    ]
    return max(held, key=lambda one: (bool(one["customer"]), str(one["valid_from"] or ""), one["name"]), default=None)


def item(record: Record, taxes: Sequence[Record], currency: str, today: date, zone: ZoneInfo) -> Item | Problem:
    def build() -> Item:
        found = list_price(record, today)
        said = found["price_list_rate"] if found else record["standard_rate"] or None
        return Item(
            ref=text(record["name"], "code"),
            code=text(record["item_code"], "code") or text(record["name"], "code"),
            name=text(record["item_name"], "name") or text(record["name"], "name"),
            kind=ItemKind.MATERIAL if record["is_stock_item"] else ItemKind.SERVICE,
            category=text(record["item_group"], "category"),
            unit=text(record["stock_uom"], "unit"),
            price=before_tax(number(said, "price"), taxes),
            currency=text(found["currency"], "currency") if found else currency,
            tax_rate=tax_rate(taxes),
            active=bool(record["is_sales_item"]) and not record["disabled"],
            updated_at=at(record["written"], zone, "updated_at"),
            description=plain(record["description"]),
        )

    return attempt(record["name"], record, build)


# -- customers


def customer(record: Record, currency: str, zone: ZoneInfo) -> Customer | Problem:
    ref = text(record["name"], "code")
    return attempt(
        ref,
        {name: value for name, value in record.items() if name != CLAIM},
        lambda: Customer(
            ref=ref,
            code=ref,
            name=text(record["customer_name"], "name") or ref,
            email=text(record["email_id"], "email"),
            currency=text(record["default_currency"], "currency") or currency,
            price_list=text(record["price_list"], "name") or None,
            active=not record["disabled"],
            updated_at=at(record["written"], zone, "updated_at"),
            claim_code=text(record[CLAIM], "code") or None,
        ),
    )


def address(record: Record, countries: Mapping[str, str]) -> Address:
    street = [text(record[name], "street") for name in ("address_line1", "address_line2")]
    kind = record["address_type"]
    return Address(
        ref=text(record["name"], "ref"),
        name=text(record["address_title"], "name"),
        street="\n".join(line for line in street if line),
        postcode=text(record["pincode"], "postcode"),
        city=text(record["city"], "city"),
        region=text(record["state"], "region"),
        country=countries.get(str(record["country"]), ""),
        billing=kind == "Billing" or bool(record["is_primary_address"]),
        delivery=kind == "Shipping" or bool(record["is_shipping_address"]),
        phone=text(record["phone"], "phone"),
        email=text(record["email_id"], "email"),
    )


# -- documents


def totals(record: Record) -> Totals:
    """What is to be paid is rounded where the company rounds."""
    gross = number(record["rounded_total"] or record["grand_total"], "gross")
    return Totals(number(record["net_total"], "net"), number(record["total_taxes_and_charges"] or 0, "tax"), gross)


def status(record: Record, today: date) -> QuoteStatus:
    """ERPNext notes once a day that a quotation has expired; the portal does not wait for that."""
    if record["docstatus"] == 0:
        return QuoteStatus.SUBMITTED
    found = _QUOTATIONS.get(str(record["status"]), QuoteStatus.CANCELLED if record["docstatus"] == 2 else None)
    if found is None:
        raise InvalidValueError("status", "not_a_choice", "is not one of the known values")
    if found in (QuoteStatus.PRICED, QuoteStatus.EXPIRED) and record[ANSWER] == ACCEPTED:
        return QuoteStatus.ACCEPTED
    until = day(record["valid_till"], "valid_until")
    return QuoteStatus.EXPIRED if found is QuoteStatus.PRICED and until is not None and until < today else found


def receipt(record: Record, today: date) -> QuoteReceipt:
    name = text(record["name"], "number")
    return QuoteReceipt(name, name, status(record, today))


def quote(record: Record, today: date, zone: ZoneInfo) -> RemoteQuote | Problem:
    ref = text(record["name"], "number")
    return attempt(
        ref,
        record,
        lambda: RemoteQuote(
            ref=ref,
            reference=text(record[REFERENCE], "reference") or None,
            number=ref,
            customer_ref=text(record["party_name"], "customer_ref"),
            status=status(record, today),
            currency=text(record["currency"], "currency"),
            lines=tuple(_quote_line(line, record["taxes"]) for line in record["lines"]),
            totals=totals(record),
            valid_until=day(record["valid_till"] or None, "valid_until"),
            reason=plain(record["order_lost_reason"]),
            created_at=at(record["creation"], zone, "created_at"),
            updated_at=at(record["written"], zone, "updated_at"),
            note=text(record[NOTE], "note"),
            po_number=text(record[PO_NUMBER], "po_number") or None,
        ),
    )


def _name(line: Record) -> str:
    return text(line["item_name"], "name") or text(line["item_code"], "name")


def _quote_line(line: Record, taxes: Sequence[Record]) -> QuoteLine:
    return QuoteLine(
        ref=text(line["item_code"], "code") or "?",
        name=_name(line),
        quantity=number(line["qty"], "quantity"),
        unit=text(line["uom"], "unit"),
        unit_price=number(line["net_rate"], "unit_price"),
        tax_rate=tax_rate(taxes, line),
        note=text(line[NOTE], "note"),
    )


def order_status(record: Record) -> OrderStatus:
    """ERPNext knows whether the goods left, not whether they came. An order that was closed before they did will not be sent."""
    if record["docstatus"] == 2:
        return OrderStatus.CANCELLED
    sent = number(record["per_delivered"] or 0, "status")
    if record["status"] == "Closed":
        return OrderStatus.SHIPPED if sent else OrderStatus.CANCELLED
    if sent >= 100 or record["status"] == "Completed":
        return OrderStatus.SHIPPED
    return OrderStatus.PROCESSING if sent else OrderStatus.PENDING


def _delivery(note: Record, zone: ZoneInfo) -> Delivery:
    left = f"{note['posting_date']} {note['posting_time'] or '12:00:00'}"
    return Delivery(
        number=text(note["name"], "number"),
        shipped_at=_posted(left, zone),
        delivered_at=None,
        carrier=text(note["transporter_name"], "carrier"),
        tracking_number=text(note["lr_no"], "number"),
        tracking_url=None,
        lines=tuple(
            DeliveryLine(text(one["item_code"], "code") or None, _name(one), number(one["qty"], "quantity"))
            for one in note["lines"]
        ),
        note=plain(note["instructions"]),
    )


def _posted(written: str, zone: ZoneInfo) -> datetime:
    """A day and a time of it, whose hour has one digit before ten (Frappe writes a span of time)."""
    on, _space, clock = written.partition(" ")
    hours, _colon, rest = clock.partition(":")
    return at(f"{on} {hours:0>2}:{rest}", zone, "shipped_at")


def order(record: Record, zone: ZoneInfo) -> RemoteOrder | Problem:
    ref = text(record["name"], "number")

    def build() -> RemoteOrder:
        quotes = [text(line["prevdoc_docname"], "quote_ref") for line in record["lines"]]
        quote_ref = next(filter(None, quotes), None)
        return RemoteOrder(
            ref=ref,
            number=ref,
            customer_ref=text(record["customer"], "customer_ref"),
            status=order_status(record),
            currency=text(record["currency"], "currency"),
            lines=tuple(
                OrderLine(
                    ref=text(line["item_code"], "code") or None,
                    name=_name(line),
                    quantity=number(line["qty"], "quantity"),
                    unit=text(line["uom"], "unit"),
                    unit_price=number(line["net_rate"], "unit_price"),
                    tax_rate=tax_rate(record["taxes"], line),
                    total=number(line["net_amount"], "line_total"),
                )
                for line in record["lines"]
            ),
            deliveries=tuple(_delivery(one, zone) for one in record["deliveries"]),
            totals=totals(record),
            quote_ref=quote_ref,
            quote_number=quote_ref,
            ordered_at=on_day(record, "transaction_date", zone, "ordered_at"),
            expected_on=day(record["delivery_date"] or None, "expected_on"),
            updated_at=at(record["written"], zone, "updated_at"),
            po_number=text(record["po_no"], "po_number") or None,
        )

    return attempt(ref, record, build)
