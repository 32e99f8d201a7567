"""Answers as ERPNext does, for what the connector and its stage ask: enough of its records, no more.

By the public documentation of Frappe's REST interface and the published definitions of ERPNext's kinds of documents (names of
fields, statuses, which of them a submission changes). It was never held against a running ERPNext.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from portico_erp.conformance.serving import Answering, serving
from portico_erpnext.simulator.documents import CHILDREN, FIELDS, TABLES, SimulatedError, matches, sort_key

KEY, SECRET, USER = "portal-key", "portal-secret", "portal@company.example"
ZONE = ZoneInfo("Asia/Kolkata")
Doc = dict[str, Any]


class SimulatedErpNext:
    """Its documents: kind → name → values; rows of tables are documents of their own that name their parent."""

    def __init__(self) -> None:
        self.docs: dict[str, dict[str, Doc]] = {kind: {} for kind in FIELDS}
        self.fields = {kind: set(names) for kind, names in FIELDS.items()}
        self.unique: dict[str, set[str]] = {}
        self._numbers = itertools.count(1)
        self._last = datetime.min
        self.lock = threading.RLock()

    def now(self) -> str:
        """The site's own time, to the microsecond and never twice the same."""
        self._last = max(datetime.now(ZONE).replace(tzinfo=None), self._last + timedelta(microseconds=1))
        return self._last.isoformat(sep=" ", timespec="microseconds")

    # -- documents

    def insert(self, kind: str, values: Doc) -> Doc:
        """As `frappe.new_doc(kind, **values).insert()`."""
        if kind not in self.docs:
            raise SimulatedError(404, "DoesNotExistError", f"DocType {kind} not found")
        name = str(values.get("name") or self._autoname(kind, values))
        if name in self.docs[kind]:
            raise SimulatedError(409, "DuplicateEntryError", f"{kind} {name} already exists")
        self._check_unique(kind, name, values)
        tables = {field: values.get(field) or [] for field in TABLES.get(kind, {})}
        made = self.now()
        doc = dict.fromkeys(self.fields[kind]) | {"docstatus": 0} | {k: v for k, v in values.items() if k not in tables}
        doc |= {"name": name, "creation": made, "modified": made}
        prepare = getattr(self, f"_prepare_{kind.lower().replace(' ', '_')}", None)
        if prepare:
            prepare(doc, tables)
        self.docs[kind][name] = doc
        for field, rows in tables.items():
            for idx, row in enumerate(rows, 1):
                self._add_row(doc, kind, field, idx, row)
        return self.whole(kind, name)

    def _add_row(self, doc: Doc, kind: str, field: str, idx: int, row: Doc) -> None:
        table = TABLES[kind][field]
        key = f"row{next(self._numbers)}"
        owner = {
            "parent": doc["name"],
            "parenttype": kind,
            "parentfield": field,
            "idx": idx,
            "docstatus": doc["docstatus"],
        }
        times = {"creation": doc["modified"], "modified": doc["modified"]}
        self.docs[table][key] = dict.fromkeys(self.fields[table]) | row | owner | times | {"name": key}

    def _autoname(self, kind: str, values: Doc) -> str:
        match kind:
            case "Item":
                return str(values["item_code"])
            case "Customer":
                return str(values["customer_name"])
            case "Custom Field":
                return f"{values['dt']}-{values['fieldname']}"
        return f"{''.join(word[0] for word in kind.split())}-2026-{next(self._numbers):05}"

    def _check_unique(self, kind: str, name: str, values: Doc) -> None:
        for field in self.unique.get(kind, ()):
            value = values.get(field)
            if value and any(one[field] == value for key, one in self.docs[kind].items() if key != name):
                raise SimulatedError(417, "UniqueValidationError", f"{field} must be unique")

    def whole(self, kind: str, name: str) -> Doc:
        doc = self.docs[kind].get(name)
        if doc is None:
            raise SimulatedError(404, "DoesNotExistError", f"{kind} {name} not found")
        return doc | {field: self.rows(kind, name, field) for field in TABLES.get(kind, {})}

    def rows(self, kind: str, name: str, field: str) -> list[Doc]:
        table = TABLES[kind][field]
        found = [
            one
            for one in self.docs[table].values()
            if (one["parenttype"], one["parent"], one["parentfield"]) == (kind, name, field)
        ]
        return sorted(found, key=lambda one: one["idx"])

    def save(self, kind: str, name: str, values: Doc) -> Doc:
        doc = self.docs[kind].get(name)
        if doc is None:
            raise SimulatedError(404, "DoesNotExistError", f"{kind} {name} not found")
        if values.get("modified", doc["modified"]) != doc["modified"]:
            raise SimulatedError(417, "TimestampMismatchError", "Document has been modified after you have opened it")
        values = {field: value for field, value in values.items() if field != "modified"}
        self._check_unique(kind, name, values)
        if doc["docstatus"] == 1 and values.get("docstatus", 1) == 1:
            frozen = [field for field in values if field not in self.changeable(kind)]
            if frozen:
                raise SimulatedError(
                    417, "UpdateAfterSubmitError", f"Not allowed to change {frozen[0]} after submission"
                )
        self.db_set(kind, name, values)
        return self.whole(kind, name)

    def changeable(self, kind: str) -> set[str]:
        custom = self.docs["Custom Field"].values()
        return {"docstatus"} | {one["fieldname"] for one in custom if one["dt"] == kind and one["allow_on_submit"]}

    def db_set(self, kind: str, name: str, values: Doc) -> None:
        doc = self.docs[kind][name]
        doc |= values
        doc["modified"] = self.now()
        for table in TABLES.get(kind, {}).values():
            for row in self.docs[table].values():
                if (row["parenttype"], row["parent"]) == (kind, name):
                    row |= {"modified": doc["modified"], "docstatus": doc["docstatus"]}

    def delete(self, kind: str, name: str) -> None:
        del self.docs[kind][name]

    # -- what the kinds do by themselves

    def _prepare_custom_field(self, doc: Doc, tables: dict[str, list[Doc]]) -> None:
        self.fields[doc["dt"]].add(doc["fieldname"])
        for one in self.docs[doc["dt"]].values():
            one.setdefault(doc["fieldname"], None)
        if doc["unique"]:
            self.unique.setdefault(doc["dt"], set()).add(doc["fieldname"])

    def _prepare_quotation(self, doc: Doc, tables: dict[str, list[Doc]]) -> None:
        if doc["party_name"] not in self.docs["Customer"]:
            raise SimulatedError(417, "LinkValidationError", f"Could not find Party: {doc['party_name']}")
        doc["status"] = "Draft"
        self._priced(doc, tables, doc["party_name"])

    def _prepare_sales_order(self, doc: Doc, tables: dict[str, list[Doc]]) -> None:
        doc |= {"status": "Draft", "per_delivered": 0.0}
        self._priced(doc, tables, doc["customer"])

    _prepare_sales_invoice = _prepare_sales_order

    def _priced(self, doc: Doc, tables: dict[str, list[Doc]], customer: str) -> None:
        """Lines get what the item says, and the sums are worked out."""
        net = 0.0
        for row in tables["items"]:
            item = self.docs["Item"].get(row["item_code"])
            if item is None:
                raise SimulatedError(417, "LinkValidationError", f"Could not find Row #1: Item: {row['item_code']}")
            rate = float(row["rate"]) if row.get("rate") else self.price(row["item_code"], customer, float(row["qty"]))
            amount = round(float(row["qty"]) * rate, 2)
            row |= {
                "item_name": item["item_name"],
                "uom": item["stock_uom"],
                "net_rate": rate,
                "net_amount": amount,
                "item_tax_rate": "{}",
            }
            net += amount
        net = round(net, 2)
        tax = round(sum(net * float(row["rate"]) / 100 for row in tables["taxes"]), 2)
        doc |= {
            "net_total": net,
            "total_taxes_and_charges": tax,
            "grand_total": round(net + tax, 2),
            "rounded_total": 0.0,
        }

    def price(self, item: str, customer: str, quantity: float, price_list: str | None = None) -> float:
        chosen = price_list or self.docs["Customer"][customer]["default_price_list"] or "Standard Selling"
        found = [
            one for one in self.docs["Item Price"].values() if (one["item_code"], one["price_list"]) == (item, chosen)
        ]
        rules = [
            one
            for one in self.docs["Pricing Rule"].values()
            if one["item_code"] == item
            and one["for_price_list"] == chosen
            and not one["disable"]
            and float(one["min_qty"]) <= quantity
        ]
        best = max(rules, key=lambda one: one["min_qty"], default=None)
        return float(best["rate"] if best else found[0]["price_list_rate"] if found else 0)

    def declare_lost(self, name: str, reason: str) -> None:
        if self.docs["Quotation"][name]["status"] in ("Ordered", "Partially Ordered"):
            raise SimulatedError(417, "ValidationError", "Cannot set as Lost as Sales Order is made.")
        self.db_set("Quotation", name, {"status": "Lost", "order_lost_reason": reason or None})

    # -- questions

    def list(self, asked: dict[str, Any]) -> list[Doc]:
        kind = asked["doctype"]
        if kind not in self.docs:
            raise SimulatedError(404, "DoesNotExistError", f"DocType {kind} not found")
        if kind in CHILDREN and not asked.get("parent"):
            raise SimulatedError(403, "PermissionError", "")
        fields = asked.get("fields") or ["name"]
        for field in fields:
            self.known(kind, field)
        found = [one for one in self.docs[kind].values() if matches(self, kind, one, asked.get("filters") or [])]
        found.sort(key=lambda one: sort_key(one, asked.get("order_by") or "modified desc"))
        start, length = int(asked.get("limit_start") or 0), int(asked.get("limit_page_length") or 20)
        return [{field: one.get(field) for field in fields} for one in found[start : start + length]]

    def known(self, kind: str, field: str) -> None:
        if field not in self.fields[kind]:
            raise SimulatedError(
                500, "OperationalError", "", exception=f"(1054, \"Unknown column '{field}' in 'field list'\")"
            )

    def method(self, name: str, asked: dict[str, Any]) -> Any:
        match name:
            case "frappe.client.get_list":
                return self.list(asked)
            case "frappe.client.get_count":
                return len(self.list(asked | {"fields": ["name"], "limit_page_length": 10**9, "parent": "x"}))
            case "frappe.client.get_time_zone":
                return {"time_zone": ZONE.key}
            case "frappe.client.has_permission":
                return {"has_permission": True}
            case "frappe.auth.get_logged_user":
                return USER
            case "erpnext.stock.get_item_details.get_item_details":
                one = asked["args"]
                rate = self.price(one["item_code"], one["customer"], float(one["qty"]), one["price_list"])
                return {
                    "item_code": one["item_code"],
                    "price_list_rate": rate,
                    "discount_percentage": 0.0,
                    "discount_amount": 0.0,
                }
        raise SimulatedError(417, "ValidationError", f"Failed to get method for command {name}")


PDF = b"%PDF-1.4\n%simulated\n"


@contextmanager
def simulated() -> Iterator[tuple[SimulatedErpNext, int]]:
    """An ERPNext, and its port."""
    site = SimulatedErpNext()

    class Handler(Answering):
        def do_GET(self) -> None:
            self._answered("GET")

        do_POST = lambda self: self._answered("POST")  # noqa: E731
        do_PUT = lambda self: self._answered("PUT")  # noqa: E731

        def _answered(self, method: str) -> None:
            body = json.loads(self.body() or b"{}")
            parts = urlsplit(self.path)
            steps = [unquote(one) for one in parts.path.strip("/").split("/")]
            try:
                if steps[:2] not in (["api", "method"], ["api", "resource"]):
                    return self.answer(404, b"<html></html>", "text/html")
                if self.headers.get("Authorization") != f"token {KEY}:{SECRET}":
                    raise SimulatedError(401, "AuthenticationError", "")
                with site.lock:
                    return self._route(
                        method, steps[1], steps[2:], body | {k: v[0] for k, v in parse_qs(parts.query).items()}
                    )
            except SimulatedError as error:
                messages = json.dumps([json.dumps({"message": error.message, "indicator": "red"})])
                said = {"exception": error.exception, "exc_type": error.kind, "_server_messages": messages}
                return self.answer(error.status, json.dumps(said).encode())

        def _route(self, method: str, branch: str, steps: list[str], asked: dict[str, Any]) -> None:
            if branch == "method":
                if steps[0] == "frappe.utils.print_format.download_pdf":
                    site.whole(asked["doctype"], asked["name"])
                    return self.answer(200, PDF, "application/pdf")
                found = site.method(steps[0], asked)
                return self._said({"message": found} if found or found == 0 else {})
            kind = steps[0]
            if len(steps) == 1:
                return self._said({"data": site.insert(kind, asked)})
            if method == "POST":
                site.whole(kind, steps[1])
                if asked.get("run_method") != "declare_enquiry_lost":
                    raise SimulatedError(403, "PermissionError", "Method Not Allowed")
                site.declare_lost(steps[1], asked.get("detailed_reason") or "")
                return self._said({"data": None})
            return self._said(
                {"data": site.save(kind, steps[1], asked) if method == "PUT" else site.whole(kind, steps[1])}
            )

        def _said(self, value: Any) -> None:
            self.answer(200, json.dumps(value).encode())

    with serving(Handler) as port:
        yield site, port
