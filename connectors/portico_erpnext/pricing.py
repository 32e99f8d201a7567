"""What a customer pays, and how much there is.

By the customer's price list, theirs alone before everybody's. Where the company has pricing rules (discounts, quantities),
ERPNext itself is asked for each item, one after the other: nothing else knows what they come to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from portico_erp.errors import ConnectorUnauthorisedError
from portico_erp.records import Record, attempt, day
from portico_erp.records import measured as number
from portico_erp.values import Price, Problem, StockLevel
from portico_erpnext import mapping
from portico_erpnext.reader import Reader

Wanted = Sequence[tuple[str, Decimal]]
_WAITED_FOR = [["docstatus", "=", 1], ["parenttype", "=", "Purchase Order"]]


def list_prices(
    reader: Reader, wanted: Wanted, items: Mapping[str, Record], today: date, as_of: datetime
) -> list[Price | Problem]:
    taxes, currency = reader.usual_taxes(), reader.price_list_currency(reader.price_list)
    return [
        _price(items[ref], quantity, mapping.list_price(items[ref], today), taxes, currency, None, as_of)
        for ref, quantity in wanted
    ]


def own_prices(
    reader: Reader, customer: Record, wanted: Wanted, items: Mapping[str, Record], today: date, as_of: datetime
) -> list[Price | Problem]:
    """Named after the customer's list where it says something else than the usual one."""
    name = customer["price_list"] or reader.price_list
    taxes, currency = reader.usual_taxes(), reader.price_list_currency(name)
    asked = _has_rules(reader)
    prices = {} if asked else reader.prices(items, [name])
    found: list[Price | Problem] = []
    for ref, quantity in wanted:
        if asked:
            said: Record | None = _computed(reader, customer["name"], name, currency, ref, quantity, today)
        else:
            said = mapping.chosen_price(prices.get(ref, ()), items[ref]["stock_uom"], customer["name"], today)
        found.append(_price(items[ref], quantity, said, taxes, currency, mapping.list_price(items[ref], today), as_of, name))
    return found


def _price(
    item: Record, quantity: Decimal, said: Record | None, taxes: Sequence[Record], currency: str, usual: Record | None,
    as_of: datetime, name: str | None = None,
) -> Price | Problem:  # fmt: skip
    def build() -> Price:
        price = number(said["price_list_rate"] if said else item["standard_rate"] or None, "price")
        listed = None if usual is None else number(usual["price_list_rate"], "price")
        own = name if name is not None and price != listed else None
        unit_price = mapping.before_tax(price, taxes)
        return Price(item["name"], quantity, unit_price, currency, own, as_of, mapping.tax_rate(taxes))

    return attempt(item["name"], item, build)


def _has_rules(reader: Reader) -> bool:
    """Whoever may not read them has to ask as if there were some."""
    try:
        return bool(reader.rest.some("Pricing Rule", ["name"], [["disable", "=", 0], ["selling", "=", 1]], limit=1))
    except ConnectorUnauthorisedError:
        return True


def _computed(reader: Reader, customer: str, name: str, currency: str, ref: str, quantity: Decimal, today: date) -> Record:
    """What ERPNext would put into a quotation's line. Its argument is called `ctx` since version 16."""
    asked = {
        "doctype": "Quotation", "item_code": ref, "customer": customer, "qty": quantity, "company": reader.company()["name"],
        "price_list": name, "price_list_currency": currency, "currency": currency, "conversion_rate": 1, "plc_conversion_rate": 1,
        "conversion_factor": 1, "transaction_date": today, "ignore_pricing_rule": 0,
    }  # fmt: skip
    said = reader.rest.method("erpnext.stock.get_item_details.get_item_details", args=asked, ctx=asked)
    said = said if isinstance(said, dict) else {}
    listed = number(said.get("price_list_rate"), "price")
    discount = number(said.get("discount_percentage") or 0, "price")
    less = number(said.get("discount_amount") or 0, "price") if not discount else listed * discount / 100
    return {"price_list_rate": listed - less}


def stock(reader: Reader, items: Mapping[str, Record], today: date, as_of: datetime) -> list[StockLevel | Problem]:
    counted = [ref for ref, one in items.items() if one["is_stock_item"]]
    bins = reader.rest.named("Bin", ["name", "item_code", "actual_qty", "reserved_qty"], counted, by="item_code")
    held: dict[str, Decimal] = {}
    for one in bins:
        left = number(one["actual_qty"] or 0, "available") - number(one["reserved_qty"] or 0, "available")
        held[one["item_code"]] = held.get(one["item_code"], Decimal(0)) + left
    expected = _expected(reader, counted, today)

    def level(ref: str, one: Record) -> StockLevel:
        available = max(held.get(ref, Decimal(0)), Decimal(0)) if one["is_stock_item"] else None
        return StockLevel(ref, available, str(one["stock_uom"]), expected.get(ref), as_of)

    return [attempt(ref, one, lambda ref=ref, one=one: level(ref, one)) for ref, one in items.items()]  # type: ignore[misc]


def _expected(reader: Reader, refs: Sequence[str], today: date) -> dict[str, date]:
    """The next day on which a purchase order promises more; nothing where the portal's user may not read those."""
    coming = [*_WAITED_FOR, ["schedule_date", ">=", today]]
    fields = ["name", "item_code", "qty", "received_qty", "schedule_date"]
    try:
        found = reader.rest.named("Purchase Order Item", fields, refs, by="item_code", parent="Purchase Order", filters=coming)
    except ConnectorUnauthorisedError:
        return {}
    days: dict[str, date] = {}
    for one in found:
        on = day(one["schedule_date"], "expected_on")
        if on is not None and number(one["qty"], "quantity") > number(one["received_qty"] or 0, "quantity"):
            days[one["item_code"]] = min(on, days.get(one["item_code"], on))
    return days
