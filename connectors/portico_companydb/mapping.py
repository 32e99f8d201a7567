"""Rows of the standard schema → values of the contract. Pure: no I/O, no clock, and no row makes it crash."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from portico_companydb.i18n import _
from portico_erp import flaws
from portico_erp.errors import InvalidValueError
from portico_erp.values import (
    Address,
    Contact,
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
    StockLevel,
    Totals,
)

Row = Mapping[Any, Any]
T = TypeVar("T")

FIELDS = {
    "category": _("Category"),
    "code": _("Code"),
    "answer_until": _("Last day for an answer"),
    "country": _("Country"),
    "created_at": _("Time of making"),
    "currency": _("Currency"),
    "delivered_at": _("Time of delivery"),
    "email": _("E-mail address"),
    "ends_on": _("Last day"),
    "gross": _("Total"),
    "gross_total": _("Total"),
    "kind": _("Kind"),
    "line_total": _("Total of the line"),
    "min_quantity": _("Quantity of the price break"),
    "name": _("Name"),
    "net": _("Total before tax"),
    "net_total": _("Total before tax"),
    "number": _("Number"),
    "phone": _("Telephone"),
    "postcode": _("Postal code"),
    "notice_days": _("Days of notice"),
    "ordered_at": _("Time of the order"),
    "price": _("Price"),
    "quantity": _("Quantity"),
    "renewal_months": _("Months of renewal"),
    "shipped_at": _("Time of shipping"),
    "starts_on": _("First day"),
    "status": _("Status"),
    "tax": _("Tax"),
    "tax_rate": _("Tax rate"),
    "tax_total": _("Tax"),
    "terms": _("Terms"),
    "title": _("Title"),
    "unit": _("Unit"),
    "unit_price": _("Unit price"),
    "updated_at": _("Time of the last change"),
    "valid_until": _("Last day of validity"),
    "value": _("Value"),
    "value_per": _("Time that the value is for"),
}
"""What people call the columns that go wrong; another one is named as the schema does."""


def attempt(ref: str, row: Row, build: Callable[[], T]) -> T | Problem:
    """What `build` returns, or the record's problem in a sentence with the row beside it."""
    try:
        return build()
    except InvalidValueError as error:
        return Problem(ref[:200], error.code, flaws.say(error, FIELDS), payload(row))


def split(results: Sequence[T | Problem]) -> tuple[list[T], list[Problem]]:
    good = [result for result in results if not isinstance(result, Problem)]
    return good, [result for result in results if isinstance(result, Problem)]


def payload(row: Row) -> dict[str, Any]:
    """The row as JSON-able texts, long ones cut; a claim code is a secret and stays out."""
    return {
        str(name): None if value is None else str(value)[:200]
        for name, value in row.items()
        if name != "claim_code"
    }


def item_ref(kind: Any, code: Any) -> str:
    """How the portal names an item: "material:STEEL-1"."""
    return f"{kind}:{code}"


def parse_item_ref(ref: str) -> tuple[str, str] | None:
    """(kind, code), or None for a text that is no reference of ours."""
    kind, colon, code = ref.partition(":")
    known = kind in {member.value for member in ItemKind}
    return (kind, code) if colon and code and known and "\x00" not in code else None


def number(value: Any, field: str) -> Decimal:
    """A Decimal out of whatever number type the column has. Floats pass by their shortest text, never by
    their bits.
    """
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    raise InvalidValueError(field, "missing" if value is None else "not_a_number", "a number is needed")


def utc(value: Any, field: str) -> datetime:
    """An aware moment, turned to UTC."""
    if not isinstance(value, datetime):
        raise InvalidValueError(
            field, "missing" if value is None else "out_of_range", "a point in time is needed"
        )
    if value.tzinfo is None:
        raise InvalidValueError(field, "no_time_zone", "has no time zone")
    return value.astimezone(UTC)


def optional_utc(value: Any, field: str) -> datetime | None:
    return None if value is None else utc(value, field)


def day(value: Any, field: str) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise InvalidValueError(field, "out_of_range", "a date is needed")


def choice(enum: Callable[[Any], T], value: Any, field: str) -> T:
    try:
        return enum(value)
    except ValueError as error:
        raise InvalidValueError(field, "not_a_choice", "is not one of the known values") from error


def string(value: Any, default: str = "") -> Any:
    return default if value is None else value


def item(row: Row, currency: str) -> Item | Problem:
    ref = item_ref(row["kind"], row["code"])
    return attempt(
        ref,
        row,
        lambda: Item(
            ref=ref,
            code=row["code"],
            name=row["name"],
            kind=choice(ItemKind, row["kind"], "kind"),
            category=string(row["category"]),
            unit=string(row["unit"]),
            price=number(row["price"], "price"),
            currency=currency,
            tax_rate=number(row["tax_rate"], "tax_rate"),
            active=bool(row["is_active"]),
            updated_at=utc(row["updated_at"], "updated_at"),
            description=string(row["description"]),
        ),
    )


def price(
    row: Row, quantity: Decimal, entries: Sequence[Row], currency: str, as_of: datetime
) -> Price | Problem:
    """The customer's own price with the largest break that `quantity` reaches, else the item's list price."""
    ref = item_ref(row["kind"], row["code"])

    def build() -> Price:
        fitting = [entry for entry in entries if number(entry["min_quantity"], "min_quantity") <= quantity]
        tax_rate = number(row["tax_rate"], "tax_rate")
        if not fitting:
            return Price(ref, quantity, number(row["price"], "price"), currency, None, as_of, tax_rate)
        # Among entries of one break (several validity dates at once) the customer pays the lowest.
        best = min(fitting, key=lambda entry: (-entry["min_quantity"], number(entry["price"], "price")))
        return Price(
            ref,
            quantity,
            number(best["price"], "price"),
            best["list_currency"],
            best["list_name"],
            as_of,
            tax_rate,
        )

    return attempt(ref, row, build)


def stock_level(row: Row, counted: Row | None, as_of: datetime) -> StockLevel | Problem:
    """Of an item; counted: its row of stock, None = the company does not count it."""
    ref = item_ref(row["kind"], row["code"])

    def build() -> StockLevel:
        unit = string(row["unit"])
        if counted is None:
            return StockLevel(ref, None, unit, None, as_of)
        available = max(number(counted["available"], "available"), Decimal(0))
        return StockLevel(ref, available, unit, day(counted["expected_on"], "expected_on"), as_of)

    return attempt(ref, row, build)


def customer(row: Row) -> Customer | Problem:
    return attempt(
        str(row["code"]),
        row,
        lambda: Customer(
            ref=row["code"],
            code=row["code"],
            name=row["name"],
            email=string(row["email"]),
            currency=row["currency"],
            price_list=row["price_list"],
            active=bool(row["is_active"]),
            updated_at=utc(row["updated_at"], "updated_at"),
            claim_code=row["claim_code"] or None,
        ),
    )


def address(row: Row) -> Address | Problem:
    ref = str(row["id"])
    return attempt(
        ref,
        row,
        lambda: Address(
            ref=ref,
            name=row["name"],
            street=row["street"],
            postcode=row["postcode"],
            city=row["city"],
            region=row["region"],
            country=row["country"],
            billing=bool(row["is_billing"]),
            delivery=bool(row["is_delivery"]),
            phone=row["phone"],
            email=row["email"],
            reference=row["portal_reference"] or None,
        ),
    )


def contact(row: Row) -> Contact | Problem:
    return attempt(
        "", row, lambda: Contact(name=row["contact_name"], email=row["contact_email"], phone=row["contact_phone"])
    )


def _totals(row: Row) -> Totals:
    return Totals(
        number(row["net_total"], "net_total"),
        number(row["tax_total"], "tax_total"),
        number(row["gross_total"], "gross_total"),
    )


def quote_line(row: Row) -> QuoteLine:
    price = row["unit_price"]
    return QuoteLine(
        ref=item_ref(row["item_kind"], row["item_code"]),
        name=row["name"],
        quantity=number(row["quantity"], "quantity"),
        unit=string(row["unit"]),
        unit_price=None if price is None else number(price, "unit_price"),
        tax_rate=number(row["tax_rate"], "tax_rate"),
        note=string(row["note"]),
    )


def quote(row: Row, lines: Sequence[Row]) -> RemoteQuote | Problem:
    ref = str(row["id"])
    return attempt(
        ref,
        row,
        lambda: RemoteQuote(
            ref=ref,
            reference=row["portal_reference"],
            number=row["number"],
            customer_ref=row["customer"],
            status=choice(QuoteStatus, row["status"], "status"),
            currency=row["currency"],
            lines=tuple(quote_line(line) for line in lines),
            totals=_totals(row),
            valid_until=day(row["valid_until"], "valid_until"),
            reason=string(row["reason"]),
            created_at=utc(row["created_at"], "created_at"),
            updated_at=utc(row["updated_at"], "updated_at"),
            note=string(row["note"]),
            po_number=row["po_number"],
        ),
    )


def receipt(row: Row) -> QuoteReceipt:
    """Raises InvalidValueError; the row is our own and has just been written."""
    return QuoteReceipt(row["number"], str(row["id"]), choice(QuoteStatus, row["status"], "status"))


def _line_item(row: Row) -> str | None:
    return item_ref(row["item_kind"], row["item_code"]) if row["item_kind"] and row["item_code"] else None


def order_line(row: Row) -> OrderLine:
    return OrderLine(
        ref=_line_item(row),
        name=row["name"],
        quantity=number(row["quantity"], "quantity"),
        unit=string(row["unit"]),
        unit_price=number(row["unit_price"], "unit_price"),
        tax_rate=number(row["tax_rate"], "tax_rate"),
        total=number(row["line_total"], "line_total"),
    )


def delivery(row: Row, lines: Sequence[Row]) -> Delivery:
    return Delivery(
        number=row["number"],
        shipped_at=optional_utc(row["shipped_at"], "shipped_at"),
        delivered_at=optional_utc(row["delivered_at"], "delivered_at"),
        carrier=string(row["carrier"]),
        tracking_number=string(row["tracking_number"]),
        tracking_url=row["tracking_url"] or None,
        lines=tuple(
            DeliveryLine(_line_item(line), line["name"], number(line["quantity"], "quantity"))
            for line in lines
        ),
        note=string(row["note"]),
    )


def order(
    row: Row, lines: Sequence[Row], deliveries: Sequence[Row], contents: Mapping[int, Sequence[Row]]
) -> RemoteOrder | Problem:
    """`contents`: delivery lines by the id of their delivery."""
    ref = str(row["id"])
    return attempt(
        ref,
        row,
        lambda: RemoteOrder(
            ref=ref,
            number=row["number"],
            customer_ref=row["customer"],
            status=choice(OrderStatus, row["status"], "status"),
            currency=row["currency"],
            lines=tuple(order_line(line) for line in lines),
            # An id of another type could be one that no dictionary takes.
            deliveries=tuple(
                delivery(sent, contents.get(sent["id"], ()) if isinstance(sent["id"], int) else ()) for sent in deliveries
            ),
            totals=_totals(row),
            quote_ref=None if row["quote_id"] is None else str(row["quote_id"]),
            quote_number=row["quote_number"] or None,
            ordered_at=utc(row["ordered_at"], "ordered_at"),
            expected_on=day(row["expected_on"], "expected_on"),
            updated_at=utc(row["updated_at"], "updated_at"),
            po_number=row["po_number"],
            note=string(row["note"]),
        ),
    )
