"""Answers as Tryton's JSON-RPC does, for what the connector asks: enough of it, no more.

What answers look like is held against those of a real Tryton (`data/recorded_answers.json`).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from portico_erp.conformance.serving import Answering, serving
from portico_tryton import wire
from portico_tryton.simulator.company import PDF, PORTAL, Books
from portico_tryton.simulator.records import Row, SimulatedError, user_error

DATABASE, USER, PASSWORD = "erp", "portico", "only for tests 1"
MOST_BYTES = 32 << 20
_LOCALE = {
    "date": "%m/%d/%Y", "grouping": [3, 3, 0], "decimal_point": ".", "thousands_sep": ",", "mon_grouping": [3, 3, 0],
    "mon_decimal_point": ".", "mon_thousands_sep": ",", "p_sign_posn": 1, "n_sign_posn": 1, "positive_sign": "",
    "negative_sign": "-", "p_cs_precedes": 1, "n_cs_precedes": 1, "p_sep_by_space": 0, "n_sep_by_space": 0,
}  # fmt: skip
PREFERENCES = {
    "company_filter": "all", "employees": [], "companies": [1], "company": 1, "company.rec_name": "Deco Manufacturing GmbH",
    "language": "en", "language_direction": "ltr", "administrator": 0, "groups": [5, 15, 9], "locale": _LOCALE,
}  # fmt: skip
_COUNTED_RIGHTS = ("party.", "ir.note")
"""Models that no rule guards say yes and no; others count the rules that allow it."""


class Calls:
    """The methods of Tryton's models, by their own names, on the company's books."""

    def __init__(self, books: Books) -> None:
        self.books = books

    def run(self, method: str, params: list[Any]) -> Any:
        *arguments, context = params
        kind, _dot, rest = method.partition(".")
        model, _dot, name = rest.rpartition(".")
        if method == "report.account.invoice.execute":
            return ["pdf", PDF, False, "Invoice"]
        if kind != "model":
            raise SimulatedError(f"'{method}'")
        own = getattr(self, f"_{model.replace('.', '_')}_{name}", None) or getattr(self, f"_{name}", None)
        if own is None:
            raise SimulatedError(f"'{name}'")
        with self.books.lock:
            return own(model, context, *arguments)

    # -- of every model

    def _search_read(
        self, model: str, context: Any, domain: list[Any], offset: int, limit: int | None, order: Any, names: Sequence[str]
    ) -> list[Row]:
        rows = self.books.search(model, domain, context)[offset:]
        return [self.books.read(model, row, names, context) for row in rows[:limit]]

    def _search(self, model: str, context: Any, domain: list[Any]) -> list[int]:
        return [row["id"] for row in self.books.search(model, domain, context)]

    def _search_count(self, model: str, context: Any, domain: list[Any]) -> int:
        return len(self.books.search(model, domain, context))

    def _read(self, model: str, context: Any, ids: list[int], names: Sequence[str]) -> list[Row]:
        return [self.books.read(model, self.books.row(model, one), names, context) for one in ids]

    def _ir_note_create(self, model: str, context: Any, values: list[Row]) -> list[int]:
        return [self.books.make(model, PORTAL, **one) for one in values]

    def _res_user_get_preferences(self, model: str, context: Any, only: bool) -> Row:
        return PREFERENCES

    def _ir_model_access_get_access(self, model: str, context: Any, models: list[str]) -> Row:
        rights = ("read", "write", "create", "delete")
        return {one: dict.fromkeys(rights, True if one.startswith(_COUNTED_RIGHTS) else 1) for one in models}

    # -- of sales

    def _sale_sale_default_get(self, model: str, context: Any, names: list[str], with_names: bool) -> Row:
        known = {"company": 1, "currency": 1, "invoice_method": "order", "shipment_method": "order"}
        return {name: {**known, "warehouse": self.books.warehouse}.get(name) for name in names}

    def _sale_sale_on_change(self, model: str, context: Any, values: Row, changed: list[str]) -> Row:
        party = self.books.row("party.party", values["party"])
        address = self.books.search("party.address", [["party", "=", party["id"]]], context)[0]["id"]
        filled = {
            **values, "payment_term": 1, "invoice_address": address, "shipment_address": address, "invoice_party": None,
            "shipment_party": None, "price_list": party["sale_price_list"],
        }  # fmt: skip
        named = ("company", "payment_term", "shipment_address", "price_list", "invoice_address", "currency", "warehouse", "party")
        return filled | {f"{name}.": {"rec_name": str(filled[name])} for name in named if filled[name] is not None}

    def _sale_line_on_change(self, model: str, context: Any, values: Row, changed: list[str]) -> Row:
        product = self.books.row("product.product", values["product"])
        template = self.books.row("product.template", product["template"])
        quantity, unit = values["quantity"], template["sale_uom"]
        price = self.books.price(product, values["sale"].get("price_list"), Decimal(repr(quantity)))
        taxes = self.books.row("product.category", template["account_category"])["customer_taxes_used"]
        return {
            "type": "line", "product": product["id"], "product.": {"rec_name": template["name"]}, "quantity": quantity,
            "unit": unit, "unit.": {"rec_name": self.books.row("product.uom", unit)["name"]}, "unit_price": price,
            "amount": self.books.amount(quantity, price), "taxes": {"add": [[0, {"id": one}] for one in taxes]},
        }  # fmt: skip

    def _sale_sale_create(self, model: str, context: Any, values: list[Row]) -> list[int]:
        return [self._sale(dict(one)) for one in values]

    def _sale(self, values: Row) -> int:
        ((_create, lines),) = values.pop("lines")
        made = []
        for line in lines:
            ((_add, taxes),) = line["taxes"]
            amount = self.books.amount(line["quantity"], line["unit_price"])
            further = {"taxes": taxes, "amount": amount, "description": None, "sequence": None, "moves": []}
            made.append(self.books.make("sale.line", PORTAL, **{**line, **further}))
        # Tryton writes lines again once it knows what they amount to.
        self.books.write("sale.line", made)
        nothing = dict.fromkeys(("number", "sale_date", "shipping_date", "quotation_date", "quotation_validity"))
        sale = {"state": "draft", "shipment_state": "none", "shipments": [], "invoices": [], "lines": made}
        number = self.books.make("sale.sale", PORTAL, **{**nothing, **values, **sale})
        self.books.write("sale.sale", [number])
        return number

    def _sale_sale_write(self, model: str, context: Any, ids: list[int], values: Row) -> None:
        self._check_unchanged(context, ids)
        self.books.write("sale.sale", ids, **values)

    def _sale_sale_delete(self, model: str, context: Any, ids: list[int]) -> None:
        if any(self.books.row("sale.sale", one)["state"] not in ("draft", "cancelled") for one in ids):
            raise user_error("To delete a sale you must cancel it first.")
        self.books.delete("sale.sale", ids)

    def _sale_sale_confirm(self, model: str, context: Any, ids: list[int]) -> None:
        self._check_unchanged(context, ids)
        for one in ids:
            self.books.confirm(one)

    def _sale_sale_cancel(self, model: str, context: Any, ids: list[int]) -> None:
        self._check_unchanged(context, ids)
        for one in ids:
            self.books.cancel(one)

    def _check_unchanged(self, context: Mapping[str, Any], ids: list[int]) -> None:
        known = context.get("_timestamp") or {}
        for one in ids:
            seen = known.get(f"sale.sale,{one}")
            if seen is not None and seen != self.books.timestamp(self.books.row("sale.sale", one)):
                raise SimulatedError("ConcurrencyException", "Record was modified")


@contextmanager
def simulated() -> Iterator[tuple[Books, int]]:
    """Books of a company, and the port at which the portal's user reaches them."""
    books = Books()
    calls, sessions = Calls(books), set[str]()

    class Handler(Answering):
        def do_POST(self) -> None:
            content = self.body()
            if self.path != f"/{DATABASE}/rpc/":
                return self.answer(404, b"<html></html>", "text/html")
            asked = wire.decode(content, MOST_BYTES)
            method, params = asked["method"], asked["params"]
            if method == "common.db.login":
                if params[:2] != [USER, {"password": PASSWORD}]:
                    return self.answer(401, b"<html></html>", "text/html")
                token = secrets.token_hex(32)
                sessions.add(token)
                return self._say({"id": asked["id"], "result": [PORTAL, token, None]})
            if self._token() not in sessions:
                return self.answer(401, b"<html></html>", "text/html")
            try:
                return self._say({"id": asked["id"], "result": calls.run(method, params)})
            except SimulatedError as error:
                return self._say({"id": asked["id"], "error": error.said})

        def _token(self) -> str:
            try:
                kind, _space, packed = (self.headers.get("Authorization") or "").partition(" ")
                name, number, token = base64.b64decode(packed).decode().split(":")
            except (binascii.Error, ValueError):
                return ""
            return token if (kind, name, number) == ("Session", USER, str(PORTAL)) else ""

        def _say(self, value: Any) -> None:
            self.answer(200, wire.encode(value))

    with serving(Handler) as port:
        yield books, port
