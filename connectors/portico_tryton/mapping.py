"""Records of Tryton → values of the contract. Pure: no I/O, no clock, and no record makes it crash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from portico_erp.errors import InvalidValueError
from portico_erp.values import (
    Customer,
    Delivery,
    DeliveryLine,
    Item,
    ItemKind,
    OrderLine,
    OrderStatus,
    Price,
    Problem,
    QuoteLine,
    QuoteReceipt,
    QuoteStatus,
    RemoteOrder,
    RemoteQuote,
    Totals,
)
from portico_tryton.fields import Record, attempt, day, many_of, noon, number, one_of, product_taxes, rate, unit
from portico_tryton.settings import TrytonSettings, names

DECLINED = "Portico: declined"
"""How a note begins that the portal leaves on a sale whose offer the customer declined."""

_QUOTE = {
    "draft": QuoteStatus.SUBMITTED,
    "quotation": QuoteStatus.PRICED,
    "confirmed": QuoteStatus.ACCEPTED,
    "processing": QuoteStatus.ORDERED,
    "done": QuoteStatus.ORDERED,
    "cancelled": QuoteStatus.CANCELLED,
}
_ORDER = {
    "draft": OrderStatus.DRAFT,
    "quotation": OrderStatus.DRAFT,
    "confirmed": OrderStatus.PENDING,
    "processing": OrderStatus.PROCESSING,
    "done": OrderStatus.DELIVERED,
    "cancelled": OrderStatus.CANCELLED,
}
_GONE = ("shipped", "done")


@dataclass(frozen=True)
class Kinds:
    """Which products are accessories and fees: by the names of their categories."""

    accessories: frozenset[str]
    fees: frozenset[str]

    @classmethod
    def of(cls, settings: TrytonSettings) -> Kinds:
        return cls(names(settings.accessories), names(settings.fees))

    def kind(self, record: Record) -> ItemKind:
        among = {str(one.get("name") or "").casefold() for one in many_of(record, "categories")}
        if record.get("type") == "service":
            return ItemKind.FEE if among & self.fees else ItemKind.SERVICE
        if among & self.fees:
            return ItemKind.FEE
        return ItemKind.ACCESSORY if among & self.accessories else ItemKind.MATERIAL


# -- what is sold


def item(
    record: Record, kinds: Kinds, taxes: Mapping[int, Record], currency: str, updated_at: datetime
) -> Item | Problem:
    ref = str(record["id"])
    template = one_of(record, "template")
    on_sale = bool(record.get("active") and record.get("salable") and template.get("active", True))
    categories = many_of(record, "categories")

    def build() -> Item:
        price = record.get("sale_price_uom")
        return Item(
            ref=ref,
            code=record.get("code") or f"#{ref}",
            name=record.get("name") or "",
            kind=kinds.kind(record),
            category=str(categories[0].get("name") or "") if categories else "",
            unit=unit(record, "sale_uom"),
            # What is not sold any more may have no price any more.
            price=number(price if on_sale or price is not None else Decimal(0), "price"),
            currency=currency,
            tax_rate=rate(product_taxes(record), taxes),
            active=on_sale,
            updated_at=updated_at,
            description=record.get("description") or "",
        )

    return attempt(ref, record, build)


def price(
    record: Record, quantity: Decimal, tax_rate: Decimal, currency: str, price_list: str | None, as_of: datetime
) -> Price | Problem:
    ref = str(record["id"])
    return attempt(
        ref,
        record,
        lambda: Price(
            ref, quantity, number(record.get("sale_price_uom"), "unit_price"), currency, price_list, as_of, tax_rate
        ),
    )


# -- customers


def emails(record: Record) -> list[str]:
    found = [one.get("value") for one in many_of(record, "contact_mechanisms") if one.get("type") == "email"]
    return [str(value).strip() for value in found if value]


def claim_code(record: Record, prefix: str) -> str | None:
    """The first identifier without a type that begins as claim codes do."""
    if not prefix:
        return None
    codes = [str(one.get("code") or "") for one in many_of(record, "identifiers") if not one.get("type")]
    return next((code for code in codes if code.casefold().startswith(prefix.casefold())), None)


def customer(record: Record, currency: str, prefix: str, updated_at: datetime) -> Customer | Problem:
    """`currency`: the company's own, of customers that have no other."""
    ref = str(record.get("code") or record["id"])
    return attempt(
        ref,
        record,
        lambda: Customer(
            ref=ref,
            code=ref,
            name=record.get("name") or ref,
            email=next(iter(emails(record)), ""),
            currency=one_of(record, "customer_currency").get("code") or currency,
            price_list=own_list(record),
            active=bool(record.get("active")),
            updated_at=updated_at,
            claim_code=claim_code(record, prefix),
        ),
    )


def own_list(record: Record) -> str | None:
    return one_of(record, "sale_price_list").get("rec_name") or None


# -- quotes and orders


def sale_number(record: Record) -> str:
    """A sale has no number before it is quoted; Tryton itself then shows its id in brackets."""
    return str(record.get("number") or f"({record['id']})")


def receipt(record: Record, status: QuoteStatus | None = None) -> QuoteReceipt:
    return QuoteReceipt(sale_number(record), str(record["id"]), status or quote_status(record, ""))


def quote_status(record: Record, note: str) -> QuoteStatus:
    found = _QUOTE.get(str(record.get("state")))
    if found is None:
        raise InvalidValueError("status", "not_a_choice", "is not one of the known values")
    return QuoteStatus.DECLINED if found is QuoteStatus.CANCELLED and note.startswith(DECLINED) else found


def lines_of(record: Record) -> list[Record]:
    """The lines that sell something, in the order of the paper; titles, comments and subtotals are left out."""
    lines = [one for one in many_of(record, "lines") if one.get("type") == "line" and one.get("quantity")]
    return sorted(lines, key=lambda one: (one.get("sequence") is None, one.get("sequence") or 0, one["id"]))


def line_name(line: Record) -> str:
    described = (str(line.get("description") or "").strip().splitlines() or [""])[0]
    return str(one_of(line, "product").get("name") or described or f"#{line['id']}")[:500]


def _totals(record: Record) -> Totals:
    return Totals(
        number(record.get("untaxed_amount"), "net_total"),
        number(record.get("tax_amount"), "tax_total"),
        number(record.get("total_amount"), "gross_total"),
    )


def quote_line(line: Record, taxes: Mapping[int, Record]) -> QuoteLine:
    return QuoteLine(
        ref=str(line.get("product") or f"line:{line['id']}"),
        name=line_name(line),
        quantity=number(line.get("quantity"), "quantity"),
        unit=unit(line, "unit"),
        unit_price=number(line.get("unit_price"), "unit_price"),
        tax_rate=rate(line.get("taxes") or (), taxes),
        note=line.get("note") or "",
    )


def quote(
    record: Record, note: str, taxes: Mapping[int, Record], updated_at: datetime, *, ours: bool
) -> RemoteQuote | Problem:
    """`note`: what the portal noted when the customer declined, or nothing. `ours`: the portal made the sale."""
    ref = str(record["id"])
    return attempt(
        ref,
        record,
        lambda: RemoteQuote(
            ref=ref,
            reference=(record.get("description") or None) if ours else None,
            number=sale_number(record),
            customer_ref=customer_ref(record),
            status=quote_status(record, note),
            currency=one_of(record, "currency").get("code") or "",
            lines=tuple(quote_line(line, taxes) for line in lines_of(record)),
            totals=_totals(record),
            valid_until=day(record.get("quotation_expire"), "valid_until"),
            reason=reason(note),
            created_at=record.get("create_date") or updated_at,
            updated_at=updated_at,
            note=record.get("comment") or "",
            po_number=record.get("reference") or None,
        ),
    )


def declined_note(by: str, words: str) -> str:
    first = f"{DECLINED} by {by}" if by else DECLINED
    return f"{first}\n{words}" if words else first


def reason(note: str) -> str:
    """The customer's words out of what `declined_note` made."""
    return note.partition("\n")[2] if note.startswith(DECLINED) else ""


def customer_ref(record: Record) -> str:
    party = one_of(record, "party")
    return str(party.get("code") or party.get("id") or "")


def order_line(line: Record, taxes: Mapping[int, Record]) -> OrderLine:
    product = line.get("product")
    return OrderLine(
        ref=str(product) if product else None,
        name=line_name(line),
        quantity=number(line.get("quantity"), "quantity"),
        unit=unit(line, "unit"),
        unit_price=number(line.get("unit_price"), "unit_price"),
        tax_rate=rate(line.get("taxes") or (), taxes),
        total=number(line.get("amount"), "line_total"),
    )


def delivery(record: Record, line_ids: Sequence[int]) -> Delivery:
    """`line_ids`: of the sale's lines, in order. A shipment may hold other sales' goods too; they are left out."""
    places = {f"sale.line,{line_id}": place for place, line_id in enumerate(line_ids)}
    moves = [
        move
        for move in many_of(record, "outgoing_moves")
        if move.get("origin") in places and move.get("state") != "cancelled" and move.get("quantity")
    ]
    # Tryton dates a shipment when it leaves, by day; while it only says "shipped", the day of that change is as near.
    left = record.get("effective_date") or (record["write_date"].date() if record.get("write_date") else None)
    return Delivery(
        number=str(record.get("number") or f"({record['id']})"),
        shipped_at=noon(left, "shipped_at") if record.get("state") in _GONE else None,
        delivered_at=None,
        carrier="",
        tracking_number=record.get("reference") or "",
        tracking_url=None,
        lines=tuple(
            DeliveryLine(
                str(move["product"]) if move.get("product") else None,
                str(one_of(move, "product").get("name") or f"#{move['id']}"),
                number(move.get("quantity"), "quantity"),
            )
            for move in sorted(moves, key=lambda one: (places[one["origin"]], one["id"]))
        ),
    )


def order_status(record: Record) -> OrderStatus:
    found = _ORDER.get(str(record.get("state")))
    if found is None:
        raise InvalidValueError("status", "not_a_choice", "is not one of the known values")
    sent = record.get("shipment_state") == "sent"
    return OrderStatus.SHIPPED if sent and found in (OrderStatus.PROCESSING, OrderStatus.DELIVERED) else found


def _ordered_at(record: Record) -> datetime | None:
    """A sale has the day of its confirmation only; the moment it was made is nearer if that was the same day."""
    made, dated = record.get("create_date"), noon(record.get("sale_date"), "ordered_at")
    if made is not None and (dated is None or dated.date() <= made.date()):
        return made
    return dated


def order(
    record: Record, shipments: Mapping[int, Record], taxes: Mapping[int, Record], updated_at: datetime
) -> RemoteOrder | Problem:
    ref = str(record["id"])
    lines = lines_of(record)
    sent = [shipments[one] for one in record.get("shipments") or () if one in shipments]
    sent = [one for one in sent if one.get("state") != "cancelled"]

    def build() -> RemoteOrder:
        planned = [found for one in sent if (found := day(one.get("planned_date"), "expected_on"))]
        return RemoteOrder(
            ref=ref,
            number=sale_number(record),
            customer_ref=customer_ref(record),
            status=order_status(record),
            currency=one_of(record, "currency").get("code") or "",
            lines=tuple(order_line(line, taxes) for line in lines),
            deliveries=tuple(delivery(one, [line["id"] for line in lines]) for one in sent),
            totals=_totals(record),
            quote_ref=ref,
            quote_number=sale_number(record),
            ordered_at=_ordered_at(record) or updated_at,
            expected_on=max(planned, default=day(record.get("shipping_date"), "expected_on")),
            updated_at=updated_at,
            po_number=record.get("reference") or None,
            note=record.get("comment") or "",
        )

    return attempt(ref, record, build)
