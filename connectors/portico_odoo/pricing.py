"""What a customer pays: as Odoo works it out itself, by whichever way this Odoo leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from portico_erp.records import attempt
from portico_erp.values import Price, Problem
from portico_odoo import mapping
from portico_odoo.mapping import number
from portico_odoo.reader import LINES, ORDERS, PROBE, PRODUCTS, Reader
from portico_odoo.rpc import Record

Wanted = Sequence[tuple[int, Decimal]]


def list_prices(wanted: Wanted, products: Mapping[int, Record], currency: str, as_of: datetime) -> list[Price | Problem]:
    return [_price(products[one], quantity, products[one]["lst_price"], currency, None, as_of) for one, quantity in wanted]


def own_prices(
    reader: Reader, partner: Record, wanted: Wanted, products: Mapping[int, Record], currency: str, as_of: datetime
) -> list[Price | Problem]:
    """By the customer's price list. Named after it where it says something else than the product itself."""
    pricelist = partner["pricelist"]
    if pricelist is None:
        return list_prices(wanted, products, currency, as_of)
    if "price" in reader.known(PRODUCTS):
        found = _computed(reader, partner["id"], pricelist["id"], wanted)
    else:
        found = _drafted(reader, partner["id"], wanted)
    currency = mapping.named(pricelist["currency_id"]) or currency
    return [
        _price(products[one], quantity, said, currency, str(pricelist["name"]), as_of)
        for (one, quantity), said in zip(wanted, found, strict=True)
    ]


def _price(
    product: Record, quantity: Decimal, said: object, currency: str, pricelist: str | None, as_of: datetime
) -> Price | Problem:
    def build() -> Price:
        listed = number(product["lst_price"], "price")
        price = number(said, "price")
        taxes = product["taxes"]
        own = pricelist if price != listed else None
        return Price(
            str(product["id"]), quantity, mapping.before_tax(price, taxes), currency, own, as_of, mapping.percentage(taxes)
        )

    return attempt(product["id"], product, build)


def _computed(reader: Reader, partner: int, pricelist: int, wanted: Wanted) -> list[object]:
    """Up to Odoo 15 a product has a price by the list, the customer and the quantity of its context."""
    prices: dict[tuple[int, Decimal], object] = {}
    for quantity in dict.fromkeys(quantity for _one, quantity in wanted):
        ids = sorted({one for one, of in wanted if of == quantity})
        context = {"pricelist": pricelist, "partner": partner, "quantity": float(quantity), "active_test": False}
        for found in reader.rpc.search_read(PRODUCTS, [["id", "in", ids]], ["price"], context=context):
            prices[found["id"], quantity] = found["price"]
    return [prices.get(one) for one in wanted]


def _drafted(reader: Reader, partner: int, wanted: Wanted) -> list[object]:
    """Later ones keep that to themselves: a draft order is made, read and deleted."""
    lines = [[0, 0, {"product_id": one, "product_uom_qty": float(quantity)}] for one, quantity in wanted]
    made = reader.rpc.call(ORDERS, "create", first={"vals_list": [{"partner_id": partner, "origin": PROBE, "order_line": lines}]})
    try:
        found = reader.find(LINES, [["order_id", "in", made]], ["price_unit", "discount"])
        return [_less(line) for line in found]
    finally:
        reader.rpc.call(ORDERS, "unlink", made)


def _less(line: Record) -> object:
    discount = number(line["discount"] or 0, "price")
    price = number(line["price_unit"], "price")
    return price * (100 - discount) / 100 if discount else price
