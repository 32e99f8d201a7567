"""The records of the simulated Odoo: their fields, what these refer to, and how a domain chooses among them."""

from __future__ import annotations

import re
from typing import Any

_TIMES = "create_date write_date"
FIELDS: dict[str, list[str]] = {
    model: f"{names} {_TIMES}".split()
    for model, names in {
        "res.currency": "name",
        "res.company": "name currency_id",
        "res.users": "name login company_id",
        "uom.uom": "name",
        "product.category": "name",
        "ir.model": "name model",
        "ir.model.fields": "name model_id field_description ttype state",
        "account.tax": "name amount amount_type price_include",
        "product.pricelist": "name currency_id",
        "product.pricelist.item": "pricelist_id applied_on product_id min_quantity compute_price fixed_price",
        "product.template": "name",
        "product.product": "default_code name lst_price list_price price uom_id categ_id type active sale_ok taxes_id "
        "description_sale product_tmpl_id",
        "res.partner": "name ref email active parent_id customer_rank is_company property_product_pricelist",
        "sale.order": "name state partner_id client_order_ref origin currency_id amount_untaxed amount_tax amount_total "
        "validity_date date_order commitment_date note order_line picking_ids pricelist_id invoice_ids",
        "sale.order.line": "name order_id sequence display_type product_id product_uom_qty product_uom price_unit discount "
        "tax_id "
        "price_subtotal",
        "stock.picking": "name state date_done sale_id picking_type_code",
        "stock.move": "name picking_id product_id product_uom_qty quantity_done state",
        "account.move": "name move_type state posted_before commercial_partner_id currency_id amount_untaxed amount_tax "
        "amount_total amount_residual invoice_date invoice_date_due ref narration reversed_entry_id line_ids invoice_line_ids "
        "access_token",
        "account.move.line": "name move_id sequence display_type product_id quantity product_uom_id price_unit discount tax_ids "
        "price_subtotal sale_line_ids",
        "sale.advance.payment.inv": "advance_payment_method active_ids",
        "account.payment.register": "amount active_ids",
        "account.move.reversal": "refund_method reason active_ids",
        "ir.actions.report": "name report_name",
        "mail.template": "name model report_template",
    }.items()
}
RELATIONS = {
    ("res.company", "currency_id"): "res.currency",
    ("res.users", "company_id"): "res.company",
    ("product.pricelist", "currency_id"): "res.currency",
    ("product.product", "uom_id"): "uom.uom",
    ("product.product", "categ_id"): "product.category",
    ("product.product", "product_tmpl_id"): "product.template",
    ("res.partner", "property_product_pricelist"): "product.pricelist",
    ("sale.order", "partner_id"): "res.partner",
    ("sale.order", "currency_id"): "res.currency",
    ("sale.order", "order_line"): "sale.order.line",
    ("sale.order", "picking_ids"): "stock.picking",
    ("sale.order.line", "order_id"): "sale.order",
    ("sale.order.line", "product_id"): "product.product",
    ("sale.order.line", "product_uom"): "uom.uom",
    ("sale.order.line", "product_uom_id"): "uom.uom",
    ("stock.move", "picking_id"): "stock.picking",
    ("stock.move", "product_id"): "product.product",
    ("account.move", "commercial_partner_id"): "res.partner",
    ("account.move", "currency_id"): "res.currency",
    ("account.move", "reversed_entry_id"): "account.move",
    ("account.move", "line_ids"): "account.move.line",
    ("account.move", "invoice_line_ids"): "account.move.line",
    ("account.move.line", "move_id"): "account.move",
    ("account.move.line", "product_id"): "product.product",
    ("account.move.line", "product_uom_id"): "uom.uom",
    ("account.move.line", "sale_line_ids"): "sale.order.line",
    ("mail.template", "report_template"): "ir.actions.report",
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "product.product": {"active": True, "sale_ok": True, "uom_id": 1, "categ_id": 1, "taxes_id": [1], "type": "consu"},
    "product.pricelist": {"currency_id": 1},
    "res.partner": {"active": True, "customer_rank": 0, "property_product_pricelist": 1},
    "sale.order": {
        "state": "draft",
        "currency_id": 1,
        "picking_ids": [],
        "note": "",
        "date_order": "2026-01-01 00:00:00",
    },
    "sale.order.line": {
        "sequence": 10,
        "product_uom_qty": 0.0,
        "price_unit": 0.0,
        "price_subtotal": 0.0,
        "discount": 0.0,
        "tax_id": [],
        "tax_ids": [],
    },
    "account.move.line": {
        "sequence": 10,
        "quantity": 0.0,
        "price_unit": 0.0,
        "discount": 0.0,
        "price_subtotal": 0.0,
        "tax_ids": [],
        "sale_line_ids": [],
    },
}


class SimulatedError(Exception):
    """As Odoo tells an exception: by its Python name."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name, self.message = name, message


def matches(odoo: Any, model: str, row: dict[str, Any], domain: list[Any]) -> bool:
    """Polish notation; terms that no operator joins are all needed."""
    rest = list(domain)

    def one() -> bool:
        term = rest.pop(0)
        if term in ("&", "|"):
            left, right = one(), one()
            return (left and right) if term == "&" else (left or right)
        return _term(odoo, model, row, *term)

    results = []
    while rest:
        results.append(one())
    return all(results)


def _values(odoo: Any, model: str, row: dict[str, Any], path: str) -> list[Any]:
    name, _dot, rest = path.partition(".")
    if name not in odoo.fields[model] and name != "id":
        raise SimulatedError("builtins.ValueError", f"Invalid field {model}.{name} in leaf")
    found = row.get(name)
    if not rest:
        return found if isinstance(found, list) and found else [None if found == [] else found]
    target = RELATIONS[model, name]
    return [
        value
        for one in (found if isinstance(found, list) else [found] if found else [])
        for value in _values(odoo, target, odoo.rows[target][one], rest)
    ]


def _term(odoo: Any, model: str, row: dict[str, Any], path: str, operator: str, wanted: Any) -> bool:
    found = [
        value or False if value is not False and value is None else value for value in _values(odoo, model, row, path)
    ]
    match operator:
        case "=":
            return any(value == wanted for value in found)
        case "!=":
            return all(value != wanted for value in found)
        case "in":
            return any(value in wanted for value in found)
        case ">" | ">=":
            return any(
                value not in (False, None) and (value > wanted if operator == ">" else value >= wanted)
                for value in found
            )
        case "=like" | "=ilike":
            flags = re.IGNORECASE if operator == "=ilike" else 0
            return any(
                isinstance(value, str) and re.fullmatch(_pattern(wanted), value, flags | re.DOTALL) for value in found
            )
    raise SimulatedError("builtins.ValueError", f"Invalid operator {operator!r} in domain")


def _pattern(like: str) -> str:
    parts = re.findall(r"\\.|.", like, re.DOTALL)
    return "".join({"%": ".*", "_": "."}.get(part) or re.escape(part[-1]) for part in parts)


def sort_key(row: dict[str, Any], order: str) -> tuple[Any, ...]:
    return tuple(row[name.strip()] for name in order.split(","))
