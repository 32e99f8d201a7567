"""A company's people at work in their Odoo, past the connector, over Odoo's own interface: a stage for the contract."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from portico_erp.conformance.recordings import Recorder
from portico_erp.conformance.stage import Loopback
from portico_erp.errors import (
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)
from portico_erp.values import Address
from portico_odoo.connector import Odoo
from portico_odoo.simulator.administrator import administrator
from portico_odoo.simulator.server import simulated

Call = Callable[..., Any]
"""(model, method, *arguments, **named) as the administrator; what Odoo returns."""
CLAIM = "x_portal_claim"
RECORDED = Path(__file__).parent / "data" / "recorded_answers.json"
"""Shapes of the answers of the real Odoo 14 of `make odoo14`."""


def by_model(_method: str, _url: str, content: bytes | None) -> str:
    """All calls of the older dialect go to one address; what is called stands in the body."""
    told = json.loads(content or b"{}").get("params", {})
    called = told.get("args", [])[3:5] if told.get("method") == "execute_kw" else [told.get("method")]
    return ".".join(map(str, called))


def without_field_names(body: bytes) -> Any:
    """What Odoo says of each field is a shape; which fields it has, hundreds of them, is not."""
    found = json.loads(body)
    result = found.get("result")
    if isinstance(result, dict) and result and all(isinstance(one, dict) and "type" in one for one in result.values()):
        found["result"] = list(result.values())
    return found


class OdooStage:
    """Plays on any Odoo: the real one, or what stands for it. `call`: the administrator's way in. `later`: lets a second pass,
    where that is in our hands.
    """

    connector = Odoo()
    speaks_http = True
    item_count = 24
    customer_email = "buyer@customer.example"

    def __init__(
        self,
        port: int,
        call: Call,
        *,
        later: Callable[[], None] = lambda: None,
        database: str = "portal",
        login: str = "admin",
        key: str = "admin",
    ) -> None:
        self.later = later
        self.recorder = Recorder(RECORDED, "Odoo 14.0", by_model, without_field_names)
        self.call, self.address, self.egress = call, ("127.0.0.1", port), Loopback()
        self.config: dict[str, Any] = {
            "url": f"http://127.0.0.1:{port}",
            "database": database,
            "login": login,
            "claim_field": CLAIM,
        }
        self.secrets = {"key": key}
        self.invalid = [
            (self.config, {"key": "wr0ng-secret"}, ConnectorUnauthorisedError),
            (self.config | {"login": "nobody"}, self.secrets, ConnectorUnauthorisedError),
            (self.config | {"url": "http://127.0.0.1:1"}, self.secrets, ConnectorUnavailableError),
            (self.config | {"url": "ftp://erp.example"}, self.secrets, ConnectorRejectedError),
            (self.config | {"url": f"http://127.0.0.1:{port}/nothing/here"}, self.secrets, ConnectorRejectedError),
            (self.config | {"claim_field": "A B"}, self.secrets, ConnectorRejectedError),
            (self.config | {"surprise": "1"}, self.secrets, ConnectorRejectedError),
            (self.config, {}, ConnectorRejectedError),
        ]
        self._numbers = itertools.count(1)
        self.customer_ref, self.own_price = self._seed()

    def _seed(self) -> tuple[str, tuple[str, Decimal, Decimal]]:
        """Things to sell, a customer with a price list, done once: a stage that was there before is taken as it is."""
        known = self.call("res.partner", "search_read", [["ref", "=", "C1"]], ["property_product_pricelist"])
        if known:
            first = self.call("product.product", "search", [["default_code", "=", "M1"]])
            return str(known[0]["id"]), (str(first[0]), Decimal(12), Decimal("0.88"))
        (partner_model,) = self.call("ir.model", "search", [["model", "=", "res.partner"]])
        self.call(
            "ir.model.fields",
            "create",
            {
                "name": CLAIM,
                "model_id": partner_model,
                "field_description": "Claim code",
                "ttype": "char",
                "state": "manual",
            },
        )
        products = [
            self.call(
                "product.product",
                "create",
                {
                    "name": f"Material {n}",
                    "default_code": f"M{n}",
                    "list_price": n + 0.99,
                    "type": "service" if n > 20 else "consu",
                    "invoice_policy": "order",
                },
            )
            for n in range(1, 25)
        ]
        pricelist = self.call("product.pricelist", "create", {"name": "Gold 2026"})
        for quantity, price in ((0, 0.95), (10, 0.88), (100, 0.5)):
            self.call(
                "product.pricelist.item",
                "create",
                {
                    "pricelist_id": pricelist,
                    "applied_on": "0_product_variant",
                    "product_id": products[0],
                    "min_quantity": quantity,
                    "compute_price": "fixed",
                    "fixed_price": price,
                },
            )
        customer = self.call(
            "res.partner",
            "create",
            {
                "name": "Société Générique",
                "ref": "C1",
                "email": "Buyer@Customer.example",
                "customer_rank": 1,
                "is_company": True,
                "property_product_pricelist": pricelist,
                CLAIM: "CLAIM-1",
            },
        )
        for n in range(2, 10):
            self.call("res.partner", "create", {"name": f"Customer {n}", "ref": f"C{n}", "customer_rank": 1})
        return str(customer), (str(products[0]), Decimal(12), Decimal("0.88"))

    def behind(self, host: str, port: int) -> Mapping[str, Any]:
        return self.config | {"url": f"http://{host}:{port}"}

    def set_price(self, ref: str, price: Decimal) -> None:
        self.call("product.product", "write", [int(ref)], {"list_price": float(price)})

    @contextmanager
    def retired(self, ref: str) -> Iterator[None]:
        self.call("product.product", "write", [int(ref)], {"active": False})
        try:
            yield
        finally:
            self.call("product.product", "write", [int(ref)], {"active": True})

    @contextmanager
    def spoil(self, ref: str) -> Iterator[None]:
        (product,) = self.call("product.product", "read", [int(ref)], ["list_price"])
        self.set_price(ref, Decimal("-1"))
        try:
            yield
        finally:
            self.set_price(ref, Decimal(str(product["list_price"])))

    def _order(self, reference: str) -> int:
        (found,) = self.call("sale.order", "search", [["origin", "=like", f"{reference}%"]])
        return int(found)

    def price_quote(self, reference: str) -> None:
        self._offer(reference, days=30)

    def revise_quote(self, reference: str) -> None:
        self._offer(reference, days=20)

    def _offer(self, reference: str, *, days: int) -> None:
        until = (date.today() + timedelta(days=days)).isoformat()
        order = self._order(reference)
        (before,) = self.call("sale.order", "read", [order], ["write_date"])
        # Odoo tells times in whole seconds: people are not as fast as a test.
        self.later()
        while self.call("sale.order", "read", [order], ["write_date"]) == [before]:
            self.call("sale.order", "write", [order], {"state": "sent", "validity_date": until})

    def order_from(self, reference: str) -> str:
        order = self._order(reference)
        self.call("sale.order", "action_confirm", [order])
        return str(order)

    def cancel_order(self, order_ref: str) -> None:
        self.call("sale.order", "action_cancel", [int(order_ref)])

    def ship(self, order_ref: str) -> None:
        for picking in self.call("stock.picking", "search", [["sale_id", "=", int(order_ref)]]):
            for move in self.call("stock.move", "search_read", [["picking_id", "=", picking]], ["product_uom_qty"]):
                self.call("stock.move", "write", [move["id"]], {"quantity_done": move["product_uom_qty"]})
            self.call("stock.picking", "button_validate", [picking])

    @contextmanager
    def deleted(self, ref: str) -> Iterator[None]:
        """A copy under another id takes its place, so that there are as many items as before."""
        self.call("product.product", "copy", [int(ref)])
        self.call("product.product", "unlink", [int(ref)])
        yield

    def _wizard(self, model: str, button: str, about: tuple[str, int], **values: Any) -> None:
        """What a person fills in, and the button that is pressed, on that record."""
        context = {"active_model": about[0], "active_ids": [about[1]], "active_id": about[1]}
        made = self.call(model, "create", values, context=context)
        self.call(model, button, [made], context=context)

    def invoice_of(self, order_ref: str) -> str:
        order = int(order_ref)
        self._wizard(
            "sale.advance.payment.inv", "create_invoices", ("sale.order", order), advance_payment_method="delivered"
        )
        ((invoice,),) = [one["invoice_ids"] for one in self.call("sale.order", "read", [order], ["invoice_ids"])]
        self.call("account.move", "action_post", [invoice])
        return str(invoice)

    def credit(self, invoice_ref: str) -> str:
        about = int(invoice_ref)
        told = {"refund_method": "refund", "reason": "Sent back"}
        self._wizard("account.move.reversal", "reverse_moves", ("account.move", about), **told)
        (note,) = self.call("account.move", "search", [["reversed_entry_id", "=", about]])
        self.call("account.move", "action_post", [note])
        return str(note)

    def pay(self, invoice_ref: str, amount: Decimal) -> str:
        about = ("account.move", int(invoice_ref))
        self._wizard("account.payment.register", "action_create_payments", about, amount=float(amount))
        return ""

    def destination_of(self, reference: str) -> tuple[Address | None, date | None]:
        (order,) = self.call("sale.order", "read", [self._order(reference)], ["commitment_date"])
        return None, date.fromisoformat(order["commitment_date"][:10]) if order["commitment_date"] else None

    def count_quotes(self, reference: str) -> int:
        return int(self.call("sale.order", "search_count", [["origin", "=like", f"{reference}%"]]))

    @contextmanager
    def losing_the_answer(self, client: Any) -> Iterator[None]:
        """The call that makes the quotation is answered, and nobody hears of it."""
        really = client.rpc.call

        def losing(model: str, method: str, *arguments: Any, **named: Any) -> Any:
            found = really(model, method, *arguments, **named)
            if method == "create":
                raise ConnectorUnavailableError("gone")
            return found

        client.rpc.call = losing
        try:
            yield
        finally:
            client.rpc.call = really


@contextmanager
def open_stage(folder: Path, live: bool) -> Iterator[OdooStage]:
    """live: on the Odoo 14 to 18 at the port ODOO_PORT of this machine; database portal, user admin with the password admin."""
    if live:
        port = int(os.environ["ODOO_PORT"])
        yield OdooStage(port, administrator(port))
        return
    with simulated(14) as (odoo, port):
        yield OdooStage(port, administrator(port), later=odoo.later)
