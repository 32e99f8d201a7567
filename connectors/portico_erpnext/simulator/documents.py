"""The kinds of documents of the simulated ERPNext: their fields as ERPNext's published definitions name them, and how lists are
filtered."""

from __future__ import annotations

import re
from typing import Any

_ALL = {"name", "creation", "modified", "docstatus"}
_ROW = _ALL | {"parent", "parenttype", "parentfield", "idx"}
_MONEY = {
    "company",
    "currency",
    "net_total",
    "total_taxes_and_charges",
    "grand_total",
    "rounded_total",
    "status",
    "conversion_rate",
    "selling_price_list",
}
_LINE = _ROW | {"item_code", "item_name", "qty", "uom", "rate", "net_rate", "net_amount", "item_tax_rate"}

FIELDS: dict[str, set[str]] = {
    "Company": _ALL | {"default_currency"},
    "Price List": _ALL | {"currency", "enabled", "selling"},
    "Item": _ALL
    | {
        "item_code",
        "item_name",
        "item_group",
        "stock_uom",
        "description",
        "is_stock_item",
        "is_sales_item",
        "disabled",
        "has_variants",
        "standard_rate",
    },
    "Item Price": _ALL
    | {
        "item_code",
        "price_list",
        "price_list_rate",
        "currency",
        "uom",
        "customer",
        "valid_from",
        "valid_upto",
        "selling",
    },
    "Pricing Rule": _ALL | {"item_code", "for_price_list", "min_qty", "rate", "selling", "disable"},
    "Bin": _ALL | {"item_code", "warehouse", "actual_qty", "reserved_qty"},
    "Purchase Order": _ALL | {"supplier"},
    "Purchase Order Item": _ROW | {"item_code", "qty", "received_qty", "schedule_date"},
    "Customer Group": _ALL | {"default_price_list"},
    "Customer": _ALL
    | {"customer_name", "customer_group", "email_id", "default_currency", "default_price_list", "disabled"},
    "Country": _ALL | {"code"},
    "Address": _ALL
    | {
        "address_title",
        "address_type",
        "address_line1",
        "address_line2",
        "city",
        "state",
        "pincode",
        "country",
        "phone",
        "email_id",
        "is_primary_address",
        "is_shipping_address",
        "disabled",
    },
    "Dynamic Link": _ROW | {"link_doctype", "link_name"},
    "Sales Taxes and Charges Template": _ALL | {"is_default", "disabled", "company"},
    "Sales Taxes and Charges": _ROW | {"charge_type", "account_head", "description", "rate", "included_in_print_rate"},
    "Quotation": _ALL
    | _MONEY
    | {
        "quotation_to",
        "party_name",
        "transaction_date",
        "valid_till",
        "order_lost_reason",
        "order_type",
        "ignore_pricing_rule",
    },
    "Quotation Item": _LINE,
    "Sales Order": _ALL | _MONEY | {"customer", "transaction_date", "delivery_date", "po_no", "per_delivered"},
    "Sales Order Item": _LINE | {"prevdoc_docname"},
    "Delivery Note": _ALL
    | {"customer", "is_return", "posting_date", "posting_time", "transporter_name", "lr_no", "instructions"},
    "Delivery Note Item": _ROW | {"item_code", "item_name", "qty", "against_sales_order"},
    "Sales Invoice": _ALL
    | _MONEY
    | {
        "customer",
        "posting_date",
        "due_date",
        "is_return",
        "return_against",
        "outstanding_amount",
        "party_account_currency",
        "po_no",
        "per_delivered",
    },
    "Sales Invoice Item": _LINE | {"sales_order"},
    "Payment Entry": _ALL
    | {
        "payment_type",
        "party_type",
        "party",
        "company",
        "posting_date",
        "mode_of_payment",
        "paid_amount",
        "received_amount",
        "paid_from_account_currency",
        "paid_to_account_currency",
    },
    "Payment Entry Reference": _ROW | {"reference_doctype", "reference_name", "allocated_amount"},
    "Custom Field": _ALL
    | {"dt", "fieldname", "label", "fieldtype", "options", "unique", "no_copy", "read_only", "allow_on_submit"},
}
TABLES: dict[str, dict[str, str]] = {
    "Quotation": {"items": "Quotation Item", "taxes": "Sales Taxes and Charges"},
    "Sales Order": {"items": "Sales Order Item", "taxes": "Sales Taxes and Charges"},
    "Sales Invoice": {"items": "Sales Invoice Item", "taxes": "Sales Taxes and Charges"},
    "Delivery Note": {"items": "Delivery Note Item"},
    "Payment Entry": {"references": "Payment Entry Reference"},
    "Purchase Order": {"items": "Purchase Order Item"},
    "Sales Taxes and Charges Template": {"taxes": "Sales Taxes and Charges"},
    "Address": {"links": "Dynamic Link"},
}
"""Kind → field → the kind of its rows."""
CHILDREN = {table for tables in TABLES.values() for table in tables.values()}


class SimulatedError(Exception):
    """As Frappe tells an exception: by its status, its Python name, and words for people."""

    def __init__(self, status: int, kind: str, message: str, *, exception: str = "") -> None:
        super().__init__(message)
        self.status, self.kind, self.message, self.exception = (
            status,
            kind,
            message,
            exception or f"frappe.exceptions.{kind}: {message}",
        )


def matches(site: Any, kind: str, doc: dict[str, Any], filters: list[list[Any]]) -> bool:
    """[field, operator, value], or of a table of parts: [its kind, field, operator, value]."""
    for one in filters:
        table, field, operator, wanted = one if len(one) == 4 else (kind, *one)
        site.known(table, field)
        rows = (
            [doc]
            if table == kind
            else [row for row in site.docs[table].values() if (row["parenttype"], row["parent"]) == (kind, doc["name"])]
        )
        if not any(_fits(row.get(field), operator, wanted) for row in rows):
            return False
    return True


def _fits(value: Any, operator: str, wanted: Any) -> bool:
    """MariaDB tells neither case apart nor nothing from an empty text, as Frappe asks it."""
    if isinstance(wanted, list):
        return operator == "in" and _same(value) in [_same(one) for one in wanted]
    if operator == "like":
        pattern = "".join({"%": ".*", "_": "."}.get(one) or re.escape(one) for one in str(wanted))
        return value is not None and re.fullmatch(pattern, str(value), re.IGNORECASE | re.DOTALL) is not None
    left, right = _same(value), _same(wanted)
    if isinstance(right, int | float) and not isinstance(left, int | float):
        left = 0
    match operator:
        case "=":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case ">":
            return value is not None and left > right
        case ">=":
            return value is not None and left >= right
    raise SimulatedError(417, "ValidationError", f"Operator must be one of =, !=, >, >=, in, like: {operator}")


def _same(value: Any) -> Any:
    return "" if value is None else value.casefold() if isinstance(value, str) else value


def sort_key(doc: dict[str, Any], order: str) -> tuple[Any, ...]:
    return tuple(_same(doc.get(part.split()[0])) for part in order.split(","))
