"""What records look like: fields and the kinds of their values, to hold the simulator against a real Odoo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portico_odoo import reader

MODELS = {
    reader.PRODUCTS: reader.PRODUCT_FIELDS, reader.PARTNERS: reader.PARTNER_FIELDS, reader.ORDERS: reader.ORDER_FIELDS, reader.LINES: reader.LINE_FIELDS,
    reader.PICKINGS: ("name", "state", "date_done", "write_date"),
    "stock.move": ("picking_id", "product_id", "product_uom_qty", "quantity_done", "state"),
    "product.pricelist": ("name", "currency_id"), "account.tax": ("amount", "amount_type", "price_include"),
}  # fmt: skip


def kind(value: Any) -> str:
    if isinstance(value, list):
        reference = len(value) == 2 and isinstance(value[0], int) and isinstance(value[1], str)
        return "reference" if reference else "references"
    if isinstance(value, str) and len(value) == 19 and value[4] == value[7] == "-" and value[13] == ":":
        return "time"
    return type(value).__name__


def recorded(call: Callable[..., Any]) -> dict[str, dict[str, list[str]]]:
    """model → field → kinds that occur. False stands for nothing, in fields of any kind."""
    found: dict[str, dict[str, list[str]]] = {}
    for model, wanted in MODELS.items():
        known = call(model, "fields_get", [], attributes=["type"])
        fields = [name for name in wanted if name in known]
        rows = call(model, "search_read", [], fields, context={"active_test": False}, limit=200)
        found[model] = {name: sorted({kind(row[name]) for row in rows}) for name in fields}
    return found
