"""What is in stock: products and planned moves of Tryton → levels of the contract. Pure, as `mapping` is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from portico_erp.values import Problem, StockLevel
from portico_tryton import fields
from portico_tryton.fields import Record


def level(record: Record, moves: Sequence[Record], as_of: datetime) -> StockLevel | Problem:
    """`moves`: the planned ones of this product. What customers were promised is taken off, what is awaited is not added."""
    ref = str(record["id"])

    def build() -> StockLevel:
        promised = [one for one in moves if fields.one_of(one, "to_location").get("type") == "customer"]
        coming = [fields.day(one.get("planned_date"), "expected_on") for one in moves if one not in promised]
        awaited = [found for found in coming if found]
        available = None
        if record.get("type") != "service" and not record.get("consumable"):
            left = fields.number(record.get("quantity"), "available")
            left -= sum((fields.number(one.get("internal_quantity"), "available") for one in promised), Decimal(0))
            available = _in_sale_unit(record, max(left, Decimal(0)))
        return StockLevel(ref, available, fields.unit(record, "sale_uom"), min(awaited, default=None), as_of)

    return fields.attempt(ref, record, build)


def _in_sale_unit(record: Record, quantity: Decimal) -> Decimal:
    """Tryton counts in the product's own unit; whole pieces of the one it is sold in, rounded down."""
    own, sold = fields.one_of(record, "default_uom"), fields.one_of(record, "sale_uom")
    if own.get("id") != sold.get("id"):
        quantity = quantity * fields.number(own.get("factor"), "unit") / fields.number(sold.get("factor"), "unit")
    digits = sold.get("digits")
    return quantity.quantize(Decimal(1).scaleb(-digits), ROUND_DOWN) if isinstance(digits, int) else quantity
