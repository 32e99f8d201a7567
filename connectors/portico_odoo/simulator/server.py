"""Answers as Odoo does, in both of its dialects, for what the connector and its stage ask: enough of its records, no more.

What answers of the older dialect look like is held against those of a real Odoo 14 (`data/recorded_answers.json`). The dialect of
19 and later is by its documentation alone.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from portico_erp.conformance.serving import JSON, Answering, serving
from portico_odoo.simulator import billing
from portico_odoo.simulator.models import DEFAULTS, FIELDS, RELATIONS, SimulatedError, matches, sort_key

DATABASE, LOGIN, KEY, UID = "portal", "admin", "admin", 2


class SimulatedOdoo:
    """Its records: model → id → values, references as bare ids."""

    def __init__(self, version: int) -> None:
        self.version = version
        self._ahead = timedelta()
        self.rows: dict[str, dict[int, dict[str, Any]]] = {model: {} for model in FIELDS}
        self._ids = {model: itertools.count(1) for model in FIELDS}
        self.fields = {model: set(names) for model, names in FIELDS.items()}
        if version >= 19:
            self.fields["product.product"] -= {"price"}
            for model, old, new in (
                ("sale.order.line", "tax_id", "tax_ids"),
                ("sale.order.line", "product_uom", "product_uom_id"),
            ):
                self.fields[model] = self.fields[model] - {old} | {new}
        self._lock = threading.RLock()
        self.make("res.currency", {"name": "USD"})
        self.make("res.company", {"name": "My Company", "currency_id": 1})
        for login in ("", LOGIN):
            self.make("res.users", {"name": login, "login": login, "company_id": 1})
        self.make("uom.uom", {"name": "Units"})
        self.make("product.category", {"name": "All"})
        self.make("account.tax", {"name": "15%", "amount": 15.0, "amount_type": "percent", "price_include": False})
        self.make("product.pricelist", {"name": "Public Pricelist", "currency_id": 1})
        self.make("ir.model", {"name": "Contact", "model": "res.partner"})
        self.make("ir.actions.report", {"name": "Invoices", "report_name": "account.report_invoice_with_payments"})
        self.make("mail.template", {"name": "Invoice: Send by email", "model": "account.move", "report_template": 1})
        self.buttons = billing.BUTTONS | (billing.UP_TO_16 if version < billing.FIRST_IN_PORTAL else billing.FROM_17)

    # -- records

    def make(self, model: str, values: dict[str, Any]) -> int:
        number = next(self._ids[model])
        row = dict.fromkeys(self.fields[model]) | DEFAULTS.get(model, {}) | values
        self.rows[model][number] = row | {"id": number, "create_date": self.now()}
        self.touch(model, number)
        return number

    def clock(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def now(self) -> str:
        return self.clock().strftime("%Y-%m-%d %H:%M:%S")

    def later(self) -> None:
        """A second passes for Odoo: times are told in whole seconds, and people are not as fast as a test."""
        self._ahead += timedelta(seconds=1)

    def touch(self, model: str, number: int) -> None:
        self.rows[model][number]["write_date"] = self.now()

    def value(self, model: str, row: dict[str, Any], name: str) -> Any:
        """As RPC gives it: [id, words] for one record, a list of ids for several, False for nothing."""
        if name not in self.fields[model] and name != "id":
            raise SimulatedError("builtins.ValueError", f"Invalid field {name!r} on model {model!r}")
        target = RELATIONS.get((model, name))
        found = row.get(name)
        if target and not isinstance(found, list):
            return [found, self.rows[target][found]["name"]] if found else False
        return False if found is None else found

    def search(
        self, model: str, domain: list[Any], order: str = "id", limit: int | None = None, active: bool = True
    ) -> list[int]:
        rows = [
            row
            for row in self.rows[model].values()
            if (not active or row.get("active", True) is not False) and matches(self, model, row, domain)
        ]
        return [row["id"] for row in sorted(rows, key=lambda row: sort_key(row, order))][:limit]

    def read(self, model: str, ids: list[int], fields: list[str], context: dict[str, Any]) -> list[dict[str, Any]]:
        gone = [one for one in ids if one not in self.rows[model]]
        if gone:
            raise SimulatedError("odoo.exceptions.MissingError", "Record does not exist or has been deleted.")
        found = []
        for one in ids:
            row = self.rows[model][one]
            if model == "product.product" and "price" in fields:
                row = row | {"price": self.price(one, context.get("pricelist"), context.get("quantity") or 1)}
            found.append({"id": one, **{name: self.value(model, row, name) for name in fields}})
        return found

    def price(self, product: int, pricelist: int | None, quantity: float) -> float:
        rules = [
            rule
            for rule in self.rows["product.pricelist.item"].values()
            if rule["pricelist_id"] == pricelist and rule["product_id"] == product and rule["min_quantity"] <= quantity
        ]
        best = max(rules, key=lambda rule: rule["min_quantity"], default=None)
        return float(best["fixed_price"] if best else self.rows["product.product"][product]["lst_price"])

    # -- what the apps do

    def create(self, model: str, values: dict[str, Any]) -> int:
        if model == "ir.model.fields":
            self.fields["res.partner"].add(values["name"])
        if model == "product.product":
            template = self.make("product.template", {"name": values["name"]})
            price = values.get("list_price", 1.0)
            values = values | {"lst_price": price, "list_price": price, "product_tmpl_id": template}
        if model != "sale.order":
            return self.make(model, values)
        lines = values.pop("order_line", [])
        partner = self.rows["res.partner"][values["partner_id"]]
        number = self.make(model, values | {"pricelist_id": partner["property_product_pricelist"], "order_line": []})
        self.rows[model][number]["name"] = f"S{number:05}"
        for _zero, _none, line in lines:
            self._add_line(number, line)
        self._sum(number)
        return number

    def _add_line(self, order: int, line: dict[str, Any]) -> None:
        row = self.rows["sale.order"][order]
        values: dict[str, Any] = {"order_id": order, **line}
        if not line.get("display_type"):
            product, quantity = self.rows["product.product"][line["product_id"]], float(line["product_uom_qty"])
            values.setdefault("price_unit", self.price(product["id"], row["pricelist_id"], quantity))
            values |= {
                "name": product["name"],
                "product_uom": 1,
                "product_uom_id": 1,
                "tax_id": [1],
                "tax_ids": [1],
                "discount": 0.0,
            }
            values["price_subtotal"] = round(quantity * float(values["price_unit"]), 2)
        row["order_line"].append(self.make("sale.order.line", values))

    def _sum(self, order: int) -> None:
        row = self.rows["sale.order"][order]
        net = round(sum(self.rows["sale.order.line"][one].get("price_subtotal") or 0 for one in row["order_line"]), 2)
        row |= {"amount_untaxed": net, "amount_tax": round(net * 0.15, 2), "amount_total": round(net * 1.15, 2)}

    def write(self, model: str, ids: list[int], values: dict[str, Any]) -> bool:
        if model == "product.product" and "list_price" in values:
            values = values | {"lst_price": values["list_price"]}
        for one in ids:
            self.rows[model][one].update(values)
            self.touch(model, one)
        return True

    def confirm(self, ids: list[int]) -> bool:
        for one in ids:
            order = self.rows["sale.order"][one]
            if order["state"] not in ("draft", "sent"):
                raise SimulatedError("odoo.exceptions.UserError", "It is not allowed to confirm an order in this state")
            picking = self.make(
                "stock.picking", {"sale_id": one, "state": "confirmed", "picking_type_code": "outgoing"}
            )
            self.rows["stock.picking"][picking]["name"] = f"WH/OUT/{picking:05}"
            for line in (self.rows["sale.order.line"][line] for line in order["order_line"]):
                if line["product_id"]:
                    quantity = line["product_uom_qty"]
                    moved = {"picking_id": picking, "product_id": line["product_id"], "product_uom_qty": quantity}
                    self.make("stock.move", moved | {"state": "confirmed", "quantity_done": 0.0})
            self.write("sale.order", [one], {"state": "sale", "picking_ids": [picking], "date_order": self.now()})
        return True

    def validate(self, ids: list[int]) -> bool:
        for one in ids:
            self.write("stock.picking", [one], {"state": "done", "date_done": self.now()})
            moves = self.search("stock.move", [["picking_id", "=", one]])
            self.write("stock.move", moves, {"state": "done"})
        return True

    def cancel(self, ids: list[int]) -> bool:
        for one in ids:
            self.write("sale.order", [one], {"state": "cancel"})
            self.write("stock.picking", self.rows["sale.order"][one]["picking_ids"], {"state": "cancel"})
        return True

    # -- calls

    def call(self, model: str, method: str, ids: list[int] | None, named: dict[str, Any]) -> Any:
        if model not in self.rows:
            raise SimulatedError("odoo.exceptions.UserError", f"Object {model} doesn't exist")
        context = named.get("context") or {}
        with self._lock:
            if button := self.buttons.get((model, method)):
                return button(self, ids or [], named)
            match method:
                case "search_read" | "search" | "search_count":
                    active = context.get("active_test", True)
                    found = self.search(
                        model, named.get("domain") or [], named.get("order") or "id", named.get("limit"), active
                    )
                    if method == "search_read":
                        return self.read(model, found, named.get("fields") or sorted(self.fields[model]), context)
                    return len(found) if method == "search_count" else found
                case "read":
                    return self.read(model, ids or [], named.get("fields") or sorted(self.fields[model]), context)
                case "create":
                    made = named["vals_list"]
                    about = {"active_ids": context["active_ids"]} if "active_ids" in context else {}
                    numbers = [self.create(model, one | about) for one in (made if isinstance(made, list) else [made])]
                    return numbers if isinstance(made, list) else numbers[0]
                case "write":
                    return self.write(model, ids or [], named["vals"])
                case "copy":
                    kept = {name: value for name, value in self.rows[model][(ids or [])[0]].items() if name != "id"}
                    return self.create(model, kept | {"name": f"{kept['name']} (copy)", "default_code": False})
                case "unlink":
                    for one in ids or []:
                        del self.rows[model][one]
                    return True
                case "fields_get":
                    return {name: {"type": "char"} for name in self.fields[model]}
                case "action_confirm":
                    return self.confirm(ids or [])
                case "action_cancel":
                    return self.cancel(ids or [])
                case "button_validate":
                    return self.validate(ids or [])
                case "message_post" | "check_access_rights" | "has_access":
                    return True
                case "context_get":
                    return {"lang": "en_US", "tz": False, "uid": UID}
        raise SimulatedError("builtins.AttributeError", f"type object {model!r} has no attribute {method!r}")


POSITIONS = {
    "search_read": ["domain", "fields"],
    "search": ["domain"],
    "search_count": ["domain"],
    "read": ["fields"],
    "create": ["vals_list"],
    "write": ["vals"],
    "fields_get": ["allfields"],
    "check_access_rights": ["operation"],
    "generate_email": ["res_ids", "fields"],
}
OF_RECORDS = (
    "read", "write", "copy", "unlink", "action_confirm", "action_cancel", "button_validate", "message_post", *billing.OF_RECORDS,
)  # fmt: skip


@contextmanager
def simulated(version: int) -> Iterator[tuple[SimulatedOdoo, int]]:
    """An Odoo of that main version, and its port."""
    odoo = SimulatedOdoo(version)

    class Handler(Answering):
        def do_GET(self) -> None:
            if self.path == "/web/version" and version >= 19:
                return self._answer(200, {"version": f"{version}.0", "version_info": [version, 0, 0, "final", 0, ""]})
            found = billing.in_portal(odoo, self.path) if version >= billing.FIRST_IN_PORTAL else None
            return self.answer(200, found, "application/pdf") if found else self._answer(404, None)

        def do_POST(self) -> None:
            body = json.loads(self.body() or b"{}")
            if self.path == "/jsonrpc" and version < 19:
                return self._answer(200, {"jsonrpc": "2.0", "id": body.get("id"), **self._positional(body["params"])})
            if self.path.startswith("/json/2/") and version >= 19:
                return self._named(body, *self.path.removeprefix("/json/2/").split("/"))
            return self._answer(404, None)

        def _positional(self, told: dict[str, Any]) -> dict[str, Any]:
            arguments = told["args"]
            try:
                if told["method"] == "version":
                    return {
                        "result": {
                            "server_version": f"{version}.0",
                            "server_version_info": [version, 0, 0, "final", 0, ""],
                        }
                    }
                if told["method"] == "authenticate":
                    return {"result": UID if arguments[:3] == [DATABASE, LOGIN, KEY] else False}
                database, uid, key, model, method, positional, named = arguments
                if (database, uid, key) != (DATABASE, UID, KEY):
                    raise SimulatedError("odoo.exceptions.AccessDenied", "Access Denied")
                ids = positional.pop(0) if method in OF_RECORDS else None
                ids = [ids] if isinstance(ids, int) else ids
                by_name = dict(zip(POSITIONS.get(method, []), positional, strict=False)) | named
                return {"result": odoo.call(model, method, ids, by_name)}
            except SimulatedError as error:
                data = {
                    "name": error.name,
                    "message": error.message,
                    "debug": "",
                    "arguments": [error.message],
                    "context": {},
                }
                return {"error": {"code": 200, "message": "Odoo Server Error", "data": data}}

        def _named(self, body: dict[str, Any], model: str, method: str) -> None:
            if self.headers.get("Authorization") != f"bearer {KEY}":
                said = {
                    "name": "werkzeug.exceptions.Unauthorized",
                    "message": "Invalid apikey",
                    "arguments": [],
                    "context": {},
                }
                return self._answer(401, said)
            try:
                return self._answer(200, odoo.call(model, method, body.pop("ids", None), body))
            except SimulatedError as error:
                said = {
                    "name": error.name,
                    "message": error.message,
                    "arguments": [error.message],
                    "context": {},
                    "debug": "",
                }
                return self._answer(404 if "exist" in error.message else 422, said)

        def _answer(self, status: int, value: Any) -> None:
            page = value is None
            self.answer(status, b"<html></html>" if page else json.dumps(value).encode(), "text/html" if page else JSON)

        def clock(self) -> datetime:
            return odoo.clock()

    with serving(Handler) as port:
        yield odoo, port
