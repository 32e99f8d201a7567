"""Rows → values of the contract. Pure: no I/O, no clock, and no row makes it crash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from portico_erp.errors import InvalidValueError
from portico_erp.records import (
    Record,
    attempt,
    choice,
    day,
    item_ref,
    moment,
    number,
    optional_moment,
    records,
    text,
)
from portico_erp.totals import line_total, totals
from portico_erp.values import (
    Customer,
    Delivery,
    DeliveryLine,
    Item,
    ItemKind,
    OrderLine,
    OrderStatus,
    Price,
    PriceBreak,
    Problem,
    QuoteLine,
    QuoteReceipt,
    QuoteStatus,
    RemoteOrder,
    RemoteQuote,
    Totals,
)

QUOTE_WORDS = {
    **{status.value: status for status in QuoteStatus},
    **dict.fromkeys(("", "new", "draft", "pending", "open"), QuoteStatus.SUBMITTED),
    **dict.fromkeys(("quoted", "sent", "offered"), QuoteStatus.PRICED),
    "approved": QuoteStatus.ACCEPTED,
    "rejected": QuoteStatus.DECLINED,
    "canceled": QuoteStatus.CANCELLED,
    "converted": QuoteStatus.ORDERED,
}
"""Words of databases that are not in the standard schema, which knows the first ones alone."""
ORDER_WORDS = {
    **{status.value: status for status in OrderStatus if status is not OrderStatus.DRAFT},
    **dict.fromkeys(("new", "received", "confirmed", "open"), OrderStatus.PENDING),
    **dict.fromkeys(("in_progress", "in_production", "production"), OrderStatus.PROCESSING),
    "sent": OrderStatus.SHIPPED,
    **dict.fromkeys(("completed", "done"), OrderStatus.DELIVERED),
    "canceled": OrderStatus.CANCELLED,
}


def quote_status(value: Any) -> QuoteStatus:
    return choice(QUOTE_WORDS.__getitem__, _word(value), "status")


def _word(value: Any) -> str:
    word = text(value, "status").strip().lower()
    if word not in QUOTE_WORDS and word not in ORDER_WORDS:
        raise InvalidValueError("status", "not_a_choice", "is not one of the known values")
    return word


def order_status(value: Any) -> OrderStatus:
    word = _word(value)
    if word not in ORDER_WORDS:
        raise InvalidValueError("status", "not_a_choice", "is not one of the known values")
    return ORDER_WORDS[word]


def item(row: Record, key: str, currency: str, read_at: datetime) -> Item | Problem:
    """key: the column that names it. read_at: the time of its change, where the table keeps none."""
    ref = item_ref(row["kind"], row[key])
    return attempt(
        ref,
        row,
        lambda: Item(
            ref=ref,
            code=text(row.get("code", row[key]), "code"),
            name=row["name"],
            kind=choice(ItemKind, row["kind"], "kind"),
            category=text(row.get("category"), "category"),
            unit=text(row.get("unit"), "unit"),
            price=number(row["price"], "price"),
            currency=currency,
            tax_rate=number(row.get("tax_rate", 0), "tax_rate"),
            active=bool(row.get("is_active", True)),
            updated_at=moment(row["updated_at"], "updated_at") if "updated_at" in row else read_at,
            description=text(row.get("description"), "description"),
        ),
    )


def price(
    row: Record, key: str, quantity: Decimal, entries: Sequence[Record], own: Record | None, currency: str, as_of: datetime
) -> Price | Problem:
    """The customer's own price with the largest break that `quantity` reaches, else the item's list price."""
    ref = item_ref(row["kind"], row[key])

    def build() -> Price:
        fitting = [entry for entry in entries if number(entry["min_quantity"], "min_quantity") <= quantity]
        tax_rate = number(row.get("tax_rate", 0), "tax_rate")
        if not fitting or own is None:
            return Price(ref, quantity, number(row["price"], "price"), currency, None, as_of, tax_rate)
        # Among entries of one break (several validity dates at once) the customer pays the lowest.
        best = min(
            fitting,
            key=lambda entry: (-number(entry["min_quantity"], "min_quantity"), number(entry["price"], "price")),
        )
        return Price(ref, quantity, number(best["price"], "price"), own["currency"], own["name"], as_of, tax_rate)

    return attempt(ref, row, build)


def steps(
    row: Record, parsed: tuple[str, str], entries: Sequence[Record], own: Record | None, currency: str
) -> list[PriceBreak] | Problem:
    """The customer's own steps for the item; below the first of them, and without any, the list price."""

    def build() -> list[PriceBreak]:
        found: dict[Decimal, Decimal] = {}
        for entry in entries:
            if (entry["item_kind"], entry["item_code"]) == parsed:
                at, asked = number(entry["min_quantity"], "min_quantity"), number(entry["price"], "price")
                found[at] = min(asked, found.get(at, asked))
        made = [PriceBreak(at, found[at], own["currency"], own["name"]) for at in sorted(found)] if own else []
        if not made or made[0].min_quantity > 0:
            made.insert(0, PriceBreak(Decimal(0), number(row["price"], "price"), currency, None))
        return made

    return attempt(item_ref(*parsed), row, build)


def customer(row: Record, key: str, currency: str, read_at: datetime) -> Customer | Problem:
    ref = text(row[key], "code")
    return attempt(
        ref,
        row,
        lambda: Customer(
            ref=ref,
            code=ref,
            name=row["name"],
            email=text(row.get("email"), "email"),
            currency=row.get("currency") or currency,
            price_list=row.get("price_list"),
            active=bool(row.get("is_active", True)),
            updated_at=moment(row["updated_at"], "updated_at") if "updated_at" in row else read_at,
            claim_code=row.get("claim_code") or None,
        ),
    )


def receipt(row: Record) -> QuoteReceipt:
    """Raises InvalidValueError."""
    ref = text(row["id"], "id")
    return QuoteReceipt(text(row.get("number"), "number") or ref, ref, quote_status(row["status"]))


def quote_line(row: Record) -> QuoteLine:
    asked = row.get("unit_price")
    return QuoteLine(
        ref=item_ref(row.get("item_kind"), row.get("item_code")),
        name=text(row.get("name"), "name"),
        quantity=number(row.get("quantity"), "quantity"),
        unit=text(row.get("unit"), "unit"),
        unit_price=None if asked is None else number(asked, "unit_price"),
        tax_rate=number(row.get("tax_rate") or 0, "tax_rate"),
        note=text(row.get("note"), "note"),
    )


def document(row: Record) -> Record:
    """The quote as one document."""
    found = row.get("quote_data")
    if not isinstance(found, dict):
        raise InvalidValueError("quote_data", "missing" if found is None else "not_a_choice", "an object is needed")
    return found


def quote(
    row: Record, lines: Sequence[Record] | None, customer_ref: str | None, currency: str, read_at: datetime
) -> RemoteQuote | Problem:
    """lines: None when they are inside of the quote's document, as is all that the row itself does not say."""
    ref = text(row["id"], "id")

    def build() -> RemoteQuote:
        whole = row if lines is not None else {**document(row), **{k: v for k, v in row.items() if v is not None}}
        parts = records(document(row).get("lines"), "lines") if lines is None else lines
        own_currency = whole.get("currency") or currency
        made = [quote_line(line) for line in parts]
        created = whole.get("created_at") or whole.get("submitted_at")
        created_at = moment(created, "created_at") if created else read_at
        return RemoteQuote(
            ref=ref,
            reference=whole.get("portal_reference"),
            number=text(whole.get("number"), "number") or ref,
            customer_ref=text(customer_ref, "customer_ref"),
            status=quote_status(row["status"]),
            currency=own_currency,
            lines=tuple(made),
            totals=_totals(whole, made, own_currency),
            valid_until=day(whole.get("valid_until"), "valid_until"),
            reason=text(whole.get("reason"), "reason"),
            created_at=created_at,
            updated_at=moment(row["updated_at"], "updated_at") if "updated_at" in row else created_at,
            note=text(whole.get("note"), "note"),
            po_number=whole.get("po_number"),
        )

    return attempt(ref, row, build)


def _totals(row: Record, lines: Sequence[QuoteLine], currency: str) -> Totals:
    """As the company states them; where it states none, out of lines that all have a price."""
    if row.get("gross_total") is not None:
        return Totals(
            number(row.get("net_total"), "net_total"),
            number(row.get("tax_total"), "tax_total"),
            number(row["gross_total"], "gross_total"),
        )
    return totals([(line.quantity, line.unit_price or Decimal(0), line.tax_rate) for line in lines], currency)


def line_item(row: Record) -> str | None:
    """The item of a line; None where it names something outside of the catalogue."""
    return item_ref(row["item_kind"], row["item_code"]) if row.get("item_kind") and row.get("item_code") else None


def order_line(row: Record) -> OrderLine:
    return OrderLine(
        ref=line_item(row),
        name=row["name"],
        quantity=number(row["quantity"], "quantity"),
        unit=text(row["unit"], "unit"),
        unit_price=number(row["unit_price"], "unit_price"),
        tax_rate=number(row["tax_rate"], "tax_rate"),
        total=number(row["line_total"], "line_total"),
    )


def quoted_line(line: QuoteLine, currency: str) -> OrderLine:
    """The line of an order that has none of its own: as the quote has it."""
    if line.unit_price is None:
        raise InvalidValueError("unit_price", "missing", "an order needs a price")
    total = line_total(line.quantity, line.unit_price, currency)
    return OrderLine(line.ref, line.name, line.quantity, line.unit, line.unit_price, line.tax_rate, total)


def delivery(row: Record, lines: Sequence[Record]) -> Delivery:
    return Delivery(
        number=text(row["number"], "number"),
        shipped_at=optional_moment(row["shipped_at"], "shipped_at"),
        delivered_at=optional_moment(row["delivered_at"], "delivered_at"),
        carrier=text(row["carrier"], "carrier"),
        tracking_number=text(row["tracking_number"], "tracking_number"),
        tracking_url=row["tracking_url"] or None,
        lines=tuple(
            DeliveryLine(line_item(line), line.get("name") or "?", number(line["quantity"], "quantity")) for line in lines
        ),
        note=text(row["note"], "note"),
    )


def order(
    row: Record,
    lines: Sequence[Record],
    deliveries: Sequence[Record],
    contents: Mapping[Any, Sequence[Record]],
    customer_ref: str | None,
) -> RemoteOrder | Problem:
    """`contents`: lines of deliveries by the id of their delivery. row: with `quote_number`."""
    ref = text(row["id"], "id")
    return attempt(
        ref,
        row,
        lambda: RemoteOrder(
            ref=ref,
            number=text(row["number"], "number"),
            customer_ref=text(customer_ref, "customer_ref"),
            status=order_status(row["status"]),
            currency=row["currency"],
            lines=tuple(order_line(line) for line in lines),
            deliveries=tuple(delivery(sent, contents.get(sent["id"], ())) for sent in deliveries),
            totals=_totals(row, (), row["currency"]),
            quote_ref=None if row["quote_id"] is None else text(row["quote_id"], "quote_id"),
            quote_number=row.get("quote_number"),
            ordered_at=moment(row.get("ordered_at") or row.get("created_at"), "ordered_at"),
            expected_on=day(row.get("expected_on"), "expected_on"),
            updated_at=moment(row["updated_at"], "updated_at"),
            po_number=row.get("po_number"),
            note=text(row.get("note"), "note"),
        ),
    )


def order_of_quote(row: Record, quote: RemoteQuote | Problem | None, read_at: datetime) -> RemoteOrder | Problem:
    """An order that is no more than a status and the quote that it came from: lines and totals are the quote's."""
    ref = text(row["id"], "id")

    def build() -> RemoteOrder:
        if not isinstance(quote, RemoteQuote):
            raise InvalidValueError("quote_data", "missing", "the quote of the order cannot be read")
        changed = moment(row["updated_at"], "updated_at") if "updated_at" in row else read_at
        ordered = row.get("ordered_at") or row.get("created_at")
        return RemoteOrder(
            ref=ref,
            number=text(row.get("number"), "number") or ref,
            customer_ref=quote.customer_ref,
            status=order_status(row["status"]),
            currency=quote.currency,
            lines=tuple(quoted_line(line, quote.currency) for line in quote.lines),
            deliveries=(),
            totals=quote.totals,
            quote_ref=quote.ref,
            quote_number=quote.number,
            ordered_at=moment(ordered, "ordered_at") if ordered else quote.updated_at,
            expected_on=day(row.get("expected_on"), "expected_on"),
            updated_at=changed,
            po_number=text(row.get("po_number"), "po_number") or quote.po_number,
            note=text(row.get("note"), "note"),
        )

    return attempt(ref, row, build)
