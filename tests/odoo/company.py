"""A company's people at work in their Odoo, past the connector, over Odoo's own interface."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from portico_erp.conformance.stage import Loopback
from portico_erp.errors import (
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)
from portico_odoo.connector import Odoo

Call = Callable[..., Any]
"""(model, method, *arguments, **named) as the administrator; what Odoo returns."""
CLAIM = "x_portal_claim"


class OdooStage:
    """Plays on any Odoo: the real one, or what stands for it. `call`: the administrator's way in. `later`: lets a second pass, where
    that is in our hands.
    """

    connector = Odoo()
    speaks_http = True
    item_count = 24
    customer_email = "buyer@customer.example"

    def __init__(
        self, port: int, call: Call, *, later: Callable[[], None] = lambda: None, database: str = "portal", login: str = "admin",
        key: str = "admin",
    ) -> None:
        self.later = later
        self.call, self.address, self.egress = call, ("127.0.0.1", port), Loopback()
        self.config: dict[str, Any] = {
            "url": f"http://127.0.0.1:{port}", "database": database, "login": login, "claim_field": CLAIM,
        }  # fmt: skip
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
        self.call("ir.model.fields", "create", {
            "name": CLAIM, "model_id": partner_model, "field_description": "Claim code", "ttype": "char", "state": "manual",
        })  # fmt: skip
        products = [
            self.call("product.product", "create", {
                "name": f"Material {n}", "default_code": f"M{n}", "list_price": n + 0.99, "type": "service" if n > 20 else "consu",
            })
            for n in range(1, 25)
        ]  # fmt: skip
        pricelist = self.call("product.pricelist", "create", {"name": "Gold 2026"})
        for quantity, price in ((0, 0.95), (10, 0.88), (100, 0.5)):
            self.call("product.pricelist.item", "create", {
                "pricelist_id": pricelist, "applied_on": "0_product_variant", "product_id": products[0],
                "min_quantity": quantity, "compute_price": "fixed", "fixed_price": price,
            })  # fmt: skip
        customer = self.call("res.partner", "create", {
            "name": "Société Générique", "ref": "C1", "email": "Buyer@Customer.example", "customer_rank": 1, "is_company": True,
            "property_product_pricelist": pricelist, CLAIM: "CLAIM-1",
        })  # fmt: skip
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
