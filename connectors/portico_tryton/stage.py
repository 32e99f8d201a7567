"""Plays the company's people past the connector, on a real Tryton with the company of tests/tryton/seed.py or on the simulator:
a stage for the contract.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from portico_erp.conformance import Loopback, Recorder
from portico_erp.errors import (
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)
from portico_erp.values import Address
from portico_tryton.connector import Tryton
from portico_tryton.rpc import Rpc
from portico_tryton.settings import TrytonSettings
from portico_tryton.simulator.server import DATABASE, PASSWORD, simulated
from portico_tryton.simulator.staff import SimulatedStaff

RECORDED = Path(__file__).parent / "data" / "recorded_answers.json"
"""Shapes of the answers of the real Tryton of tests/tryton."""


class Company:
    """What staff do, by the calls that Tryton's own client would make."""

    def __init__(self, config: Mapping[str, Any], secrets: Mapping[str, str], egress: Any) -> None:
        settings = TrytonSettings.read(config, secrets)
        self.rpc = Rpc(replace(settings, user="staff"), egress)
        # The wizard that pays wants a password that was given just now.
        token = base64.b64encode(f"staff:{settings.password}".encode()).decode("ascii")
        self.rpc._session = replace(self.rpc.session(), header=f"Basic {token}")

    def close(self) -> None:
        self.rpc.close()

    def sale(self, reference: str) -> int:
        (found,) = self.rpc.call("model.sale.sale.search", [["description", "=", reference]])
        return int(found)

    def template(self, ref: str) -> int:
        (row,) = self.rpc.call("model.product.product.read", [int(ref)], ["template"])
        return int(row["template"])

    def count_sales(self, reference: str) -> int:
        found: int = self.rpc.call("model.sale.sale.search_count", [["description", "=", reference]])
        return found

    def shipment_address(self, reference: str) -> int:
        (row,) = self.rpc.call("model.sale.sale.search_read", [["description", "=", reference]], 0, 1, None, ["shipment_address"])
        return int(row["shipment_address"])

    def sells(self, ref: str, **values: Any) -> None:
        self.rpc.call("model.product.template.write", [self.template(ref)], values)

    def list_price(self, ref: str) -> Decimal:
        (row,) = self.rpc.call("model.product.product.read", [int(ref)], ["list_price_used"])
        found: Decimal = row["list_price_used"]
        return found

    def replace(self, ref: str) -> None:
        """A copy under another id takes the product's place."""
        template = self.template(ref)
        self.rpc.call("model.product.template.copy", [template])
        self.rpc.call("model.product.template.delete", [template])

    def add_address(self, code: str, city: str) -> int:
        (party,) = self.rpc.call("model.party.party.search", [["code", "=", code]])
        (made,) = self.rpc.call("model.party.address.create", [{"party": party, "city": city}])
        return int(made)

    def quote(self, sale_id: int, days: int = 30) -> None:
        self.rpc.call("model.sale.sale.write", [sale_id], {"quotation_validity": timedelta(days=days)})
        self.rpc.call("model.sale.sale.quote", [sale_id])

    def revise(self, sale_id: int) -> None:
        self.rpc.call("model.sale.sale.draft", [sale_id])
        self.quote(sale_id, days=20)

    def confirm(self, sale_id: int) -> None:
        self.rpc.call("model.sale.sale.confirm", [sale_id])

    def process(self, sale_id: int) -> None:
        self.rpc.call("model.sale.sale.process", [sale_id])

    def take_back(self, sale_id: int) -> None:
        """Only a sale that was not processed yet can be."""
        for step in ("draft", "cancel"):
            self.rpc.call(f"model.sale.sale.{step}", [sale_id])

    def shipments(self, sale_id: int) -> list[int]:
        (row,) = self.rpc.call("model.sale.sale.read", [sale_id], ["shipments"])
        return list(row["shipments"])

    def ship(self, sale_id: int) -> None:
        for step in ("assign_force", "pick", "pack", "ship", "do"):
            self.rpc.call(f"model.stock.shipment.out.{step}", self.shipments(sale_id))
        self.process(sale_id)


    def count_stock(self, product: int, available: Decimal, expected_on: date | None) -> None:
        """So much is in the storage zone beyond what orders are still to take, and more is to come on that day."""
        (warehouse,) = self.rpc.call("model.stock.location.search", [["type", "=", "warehouse"]])
        (store,) = self.rpc.call("model.stock.location.search", [["code", "=", "STO"]])
        (supplier,) = self.rpc.call("model.stock.location.search", [["type", "=", "supplier"]])
        today = self.rpc.now().date()

        def lying(place: int) -> float:
            context = {"locations": [place], "with_childs": True, "stock_date_end": today}
            (row,) = self.rpc.call("model.product.product.read", [product], ["quantity"], context=context)
            return float(row["quantity"])

        waiting = self.rpc.call(
            "model.sale.line.search_read",
            [["product", "=", product], ["sale.state", "=", "processing"], ["sale.shipment_state", "!=", "sent"]],
            0, None, None, ["quantity"],
        )  # fmt: skip
        owed = sum(row["quantity"] for row in waiting)
        wanted = float(available) + owed - (lying(warehouse) - lying(store))
        line = {"product": product, "quantity": wanted}
        (inventory,) = self.rpc.call("model.stock.inventory.create", [{"location": store, "lines": [["create", [line]]]}])
        self.rpc.call("model.stock.inventory.confirm", [inventory])
        (own,) = self.rpc.call("model.product.product.read", [product], ["default_uom"])
        domain = [["product", "=", product], ["from_location", "=", supplier], ["state", "=", "draft"]]
        self.rpc.call("model.stock.move.delete", self.rpc.call("model.stock.move.search", domain))
        if expected_on is not None:
            awaited = {"product": product, "quantity": 5.0, "unit": own["default_uom"], "from_location": supplier,
                       "to_location": store, "planned_date": expected_on, "unit_price": Decimal(1), "currency": 1, "company": 1}
            self.rpc.call("model.stock.move.create", [awaited])

    def wizard(self, name: str, record: int, model: str, *steps: tuple[str, dict[str, Any]]) -> None:
        """Steps: (state, what is typed into the form before it); a form begins with Tryton's own defaults."""
        context = {"active_id": record, "active_ids": [record], "active_model": model}
        session, start, _end = self.rpc.call(f"wizard.{name}.create", context=context)
        typed: dict[str, Any] = {}
        form = start
        for state, values in (("", {}), *steps):
            if state:
                typed[form] = {**typed.get(form, {}), **values}
            shown = self.rpc.call(f"wizard.{name}.execute", session, typed, state or start, context=context)
            if shown.get("view"):
                form = shown["view"]["state"]
                defaults = shown["view"].get("defaults") or {}
                typed[form] = {key: value for key, value in defaults.items() if not key.endswith(".")}
        self.rpc.call(f"wizard.{name}.delete", session)

    def bill(self, sale_id: int) -> int:
        self.process(sale_id)
        (row,) = self.rpc.call("model.sale.sale.read", [sale_id], ["invoices"])
        self.rpc.call("model.account.invoice.post", row["invoices"])
        return int(row["invoices"][0])

    def pay(self, invoice_id: int, amount: Decimal) -> None:
        (method,) = self.rpc.call("model.account.invoice.payment.method.search", [])
        start = {"amount": amount, "payment_method": method, "date": self.rpc.now().date()}
        (row,) = self.rpc.call("model.account.invoice.read", [invoice_id], ["amount_to_pay"])
        part = [("pay", {"type": "partial"})] if row["amount_to_pay"] != amount else []
        self.wizard("account.invoice.pay", invoice_id, "account.invoice", ("choice", start), *part)

    def credit(self, invoice_id: int) -> int:
        self.wizard("account.invoice.credit", invoice_id, "account.invoice", ("credit", {"with_refund": False}))
        (note,) = self.rpc.call("model.account.invoice.search", [["origin_invoices", "=", invoice_id]])
        self.rpc.call("model.account.invoice.post", [note])
        return int(note)


def by_method(_method: str, _url: str, content: bytes | None) -> str:
    """All calls go to one address; what is called stands in the body."""
    return str(json.loads(content or b"{}").get("method"))


def plain_json(body: bytes) -> Any:
    """As it came, with the classes of Tryton's values; long answers come compressed."""
    return json.loads(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body)


class TrytonStage:
    """`ConnectorContract`'s stage."""

    connector = Tryton()
    customer_ref = "C1"
    customer_email = "buyer@customer.example"
    item_count = 24
    own_price = ("1", Decimal(12), Decimal("0.8765"))

    def __init__(self, port: int, database: str, password: str, company: Any = None) -> None:
        self.config: dict[str, Any] = {
            "host": "127.0.0.1", "port": port, "protocol": "http", "database": database, "user": "portico", "language": "en",
            "accessories": "Fittings", "fees": "Charges", "claim_prefix": "PORTAL-",
        }  # fmt: skip
        self.secrets, self.egress = {"password": password}, Loopback()
        self.company = company or Company(self.config, self.secrets, self.egress)
        self.recorder = Recorder(RECORDED, "Tryton 8.2", by_method, plain_json)
        self.address, self.speaks_http = ("127.0.0.1", port), True
        self.invalid = [
            (self.config, {"password": "wr0ng-secret"}, ConnectorUnauthorisedError),
            (self.config | {"user": "no_such"}, self.secrets, ConnectorUnauthorisedError),
            (self.config | {"database": "no_such"}, self.secrets, ConnectorRejectedError),
            (self.config | {"port": 1}, self.secrets, ConnectorUnavailableError),
            (self.config | {"protocol": "https"}, self.secrets, ConnectorUnavailableError),
            (self.config | {"host": "127.0.0.1/other"}, self.secrets, ConnectorRejectedError),
            (self.config | {"database": "erp/../x"}, self.secrets, ConnectorRejectedError),
            (self.config | {"surprise": "1"}, self.secrets, ConnectorRejectedError),
            (self.config, {}, ConnectorRejectedError),
        ]

    def set_price(self, ref: str, price: Decimal) -> None:
        self.company.sells(ref, list_price=price)

    @contextmanager
    def retired(self, ref: str) -> Iterator[None]:
        self.company.sells(ref, salable=False)
        try:
            yield
        finally:
            self.company.sells(ref, salable=True)

    @contextmanager
    def spoil(self, ref: str) -> Iterator[None]:
        before = self.company.list_price(ref)
        self.set_price(ref, Decimal(-1))
        try:
            yield
        finally:
            self.set_price(ref, before)

    def price_quote(self, reference: str) -> None:
        self.company.quote(self.company.sale(reference))

    def revise_quote(self, reference: str) -> None:
        self.company.revise(self.company.sale(reference))

    def behind(self, host: str, port: int) -> Mapping[str, Any]:
        return {**self.config, "host": host, "port": port}

    @contextmanager
    def deleted(self, ref: str) -> Iterator[None]:
        """A copy under another id takes its place, so that there are as many items as before."""
        self.company.replace(ref)
        yield

    def order_from(self, reference: str) -> str:
        sale_id = self.company.sale(reference)
        self.company.confirm(sale_id)
        return str(sale_id)

    def cancel_order(self, order_ref: str) -> None:
        self.company.take_back(int(order_ref))

    def ship(self, order_ref: str) -> None:
        self.company.process(int(order_ref))
        self.company.ship(int(order_ref))

    def invoice_of(self, order_ref: str) -> str:
        return str(self.company.bill(int(order_ref)))

    def credit(self, invoice_ref: str) -> str:
        return str(self.company.credit(int(invoice_ref)))

    def pay(self, invoice_ref: str, amount: Decimal) -> str:
        self.company.pay(int(invoice_ref), amount)
        return ""

    def add_address(self, city: str) -> str:
        return str(self.company.add_address(self.customer_ref, city))

    def set_stock(self, ref: str, available: Decimal, expected_on: date | None) -> None:
        self.company.count_stock(int(ref), available, expected_on)

    def known_destination(self, client: Any) -> Address:
        made = self.company.add_address(self.customer_ref, "Lyon 9")
        self._known = next(one for one in client.addresses(self.customer_ref) if one.ref == str(made))
        return replace(self._known, ref=None)

    def destination_of(self, reference: str) -> tuple[Address | None, date | None]:
        there = self.company.shipment_address(reference) == int(self._known.ref or 0)
        return (replace(self._known, ref=None) if there else None), None

    def count_quotes(self, reference: str) -> int:
        return int(self.company.count_sales(reference))

    @contextmanager
    def losing_the_answer(self, client: Any) -> Iterator[None]:
        """The sale is made; then the connection is gone."""
        post = client.rpc._post

        def post_and_vanish(header: str, method: str, params: list[Any]) -> Any:
            answer = post(header, method, params)
            if method.endswith(".create"):
                raise ConnectorUnavailableError("the server closed the connection")
            return answer

        client.rpc._post = post_and_vanish
        try:
            yield
        finally:
            client.rpc._post = post


@contextmanager
def open_stage(folder: Path, live: bool) -> Iterator[TrytonStage]:
    """live: on the Tryton that the environment names: TRYTON_TEST_PORT, _DATABASE, _PASSWORD."""
    if not live:
        with simulated() as (books, port):
            staff = SimulatedStaff(books)
            staff.first_order()
            yield TrytonStage(port, DATABASE, PASSWORD, staff)
        return
    at, database, password = (os.environ[f"TRYTON_TEST_{name}"] for name in ("PORT", "DATABASE", "PASSWORD"))
    stage = TrytonStage(int(at), database, password)
    try:
        yield stage
    finally:
        stage.company.close()
