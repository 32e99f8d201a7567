"""A company's people at work in their (simulated) ERPNext, past the connector: a stage for the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portico_erp.conformance.stage import Loopback
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError
from portico_erpnext import setup
from portico_erpnext.connector import ErpNext
from portico_erpnext.reader import CLAIM, REFERENCE
from portico_erpnext.simulator.server import KEY, SECRET, ZONE, SimulatedErpNext, simulated

COMPANY, OWN_LIST = "Gadgets Ltd", "Gold"


class ErpNextStage:
    connector = ErpNext()
    egress = Loopback()
    speaks_http = True
    item_count = 24
    customer_ref = "Société Générique"
    customer_email = "buyer@customer.example"
    own_price = ("M1", Decimal(12), Decimal("0.88"))

    def __init__(self, site: SimulatedErpNext, port: int) -> None:
        self.site, self.address = site, ("127.0.0.1", port)
        self.config: dict[str, Any] = {
            "url": f"http://127.0.0.1:{port}",
            "api_key": KEY,
            "company": "",
            "price_list": "Standard Selling",
        }
        self.secrets = {"api_secret": SECRET}
        self.invalid = [
            (self.config, {"api_secret": "wr0ng-secret"}, ConnectorUnauthorisedError),
            (self.config | {"api_key": "nobody"}, self.secrets, ConnectorUnauthorisedError),
            (self.config | {"url": "http://127.0.0.1:1"}, self.secrets, ConnectorUnavailableError),
            (self.config | {"url": "ftp://erp.example"}, self.secrets, ConnectorRejectedError),
            (self.config | {"url": f"http://127.0.0.1:{port}/nothing/here"}, self.secrets, ConnectorRejectedError),
            (self.config | {"company": "No such company"}, self.secrets, ConnectorRejectedError),
            (self.config | {"api_key": "two:keys"}, self.secrets, ConnectorRejectedError),
            (self.config | {"surprise": "1"}, self.secrets, ConnectorRejectedError),
            (self.config, {}, ConnectorRejectedError),
        ]
        with site.lock:
            self._seed()

    def _seed(self) -> None:
        new = self.site.insert
        new("Company", {"name": COMPANY, "default_currency": "USD"})
        for name in ("Standard Selling", OWN_LIST):
            new("Price List", {"name": name, "currency": "USD", "enabled": 1, "selling": 1})
        vat = {
            "charge_type": "On Net Total",
            "account_head": "VAT - G",
            "description": "VAT 15%",
            "rate": 15.0,
            "included_in_print_rate": 0,
        }
        new(
            "Sales Taxes and Charges Template",
            {"name": "VAT", "is_default": 1, "disabled": 0, "company": COMPANY, "taxes": [vat]},
        )
        for kind, name, values in setup.FIELDS:
            new("Custom Field", {"dt": kind, "fieldname": name, **values})
        for n in range(1, 25):
            new(
                "Item",
                {
                    "item_code": f"M{n}",
                    "item_name": f"Material {n}",
                    "item_group": "Products",
                    "stock_uom": "Nos",
                    "is_sales_item": 1,
                    "is_stock_item": int(n <= 20),
                    "disabled": 0,
                    "has_variants": 0,
                    "standard_rate": 0.0,
                    "description": "<p>One &amp; all</p>",
                },
            )
            self._price(f"M{n}", "Standard Selling", n + 0.99)
            self._price(f"M{n}", OWN_LIST, n + 0.5)
        new(
            "Item",
            {"item_code": "TEMPLATE", "item_name": "Of variants", "has_variants": 1, "is_sales_item": 1, "disabled": 0},
        )
        for quantity, rate in ((10, 0.88), (100, 0.5)):
            new(
                "Pricing Rule",
                {
                    "item_code": "M1",
                    "for_price_list": OWN_LIST,
                    "min_qty": quantity,
                    "rate": rate,
                    "selling": 1,
                    "disable": 0,
                },
            )
        new("Customer Group", {"name": "Commercial", "default_price_list": OWN_LIST})
        new(
            "Customer",
            {
                "customer_name": self.customer_ref,
                "customer_group": "Commercial",
                "email_id": "Buyer@Customer.example",
                "disabled": 0,
                CLAIM: "CLAIM-1",
            },
        )
        for n in range(2, 10):
            new("Customer", {"customer_name": f"Customer {n}", "customer_group": "Commercial", "disabled": 0})
        new("Country", {"name": "France", "code": "fr"})

    def _price(self, item: str, price_list: str, rate: float) -> None:
        self.site.insert(
            "Item Price",
            {
                "item_code": item,
                "price_list": price_list,
                "price_list_rate": rate,
                "currency": "USD",
                "uom": "Nos",
                "selling": 1,
            },
        )

    def behind(self, host: str, port: int) -> Mapping[str, Any]:
        return self.config | {"url": f"http://{host}:{port}"}

    # -- items

    def _usual_price(self, ref: str) -> Any:
        found = self.site.docs["Item Price"].values()
        return next(one for one in found if (one["item_code"], one["price_list"]) == (ref, "Standard Selling"))

    def set_price(self, ref: str, price: Decimal) -> None:
        with self.site.lock:
            self.site.db_set("Item Price", self._usual_price(ref)["name"], {"price_list_rate": float(price)})

    @contextmanager
    def retired(self, ref: str) -> Iterator[None]:
        with self.site.lock:
            self.site.db_set("Item", ref, {"disabled": 1})
        try:
            yield
        finally:
            with self.site.lock:
                self.site.db_set("Item", ref, {"disabled": 0})

    @contextmanager
    def spoil(self, ref: str) -> Iterator[None]:
        before = self._usual_price(ref)["price_list_rate"]
        self.set_price(ref, Decimal(-1))
        try:
            yield
        finally:
            self.set_price(ref, Decimal(str(before)))

    @contextmanager
    def deleted(self, ref: str) -> Iterator[None]:
        with self.site.lock:
            gone = self.site.docs["Item"].pop(ref)
        try:
            yield
        finally:
            with self.site.lock:
                self.site.docs["Item"][ref] = gone

    def set_stock(self, ref: str, available: Decimal, expected_on: date | None) -> None:
        with self.site.lock:
            for kind in ("Bin", "Purchase Order", "Purchase Order Item"):
                self.site.docs[kind].clear()
            for warehouse, counted in (("Stores", float(available) + 2), ("Shop", 1.0)):
                reserved = 3.0 if warehouse == "Stores" else 0.0
                self.site.insert(
                    "Bin", {"item_code": ref, "warehouse": warehouse, "actual_qty": counted, "reserved_qty": reserved}
                )
            for on, received in ((expected_on, 0.0), (date.today() + timedelta(days=1), 5.0)):
                if on is not None:  # what was received already is not waited for
                    row = {"item_code": ref, "qty": 5.0, "received_qty": received, "schedule_date": on.isoformat()}
                    self.site.insert("Purchase Order", {"supplier": "Mill", "docstatus": 1, "items": [row]})

    # -- quotations and orders

    def _quotation(self, reference: str) -> str:
        (found,) = [one["name"] for one in self.site.docs["Quotation"].values() if one[REFERENCE] == reference]
        return str(found)

    def price_quote(self, reference: str) -> None:
        until = (date.today() + timedelta(days=30)).isoformat()
        with self.site.lock:
            self.site.save(
                "Quotation", self._quotation(reference), {"docstatus": 1, "status": "Open", "valid_till": until}
            )

    def revise_quote(self, reference: str) -> None:
        until = (date.today() + timedelta(days=20)).isoformat()
        with self.site.lock:
            self.site.db_set("Quotation", self._quotation(reference), {"valid_till": until})

    def order_from(self, reference: str) -> str:
        with self.site.lock:
            quotation = self.site.whole("Quotation", self._quotation(reference))
            lines = [
                {
                    "item_code": row["item_code"],
                    "qty": row["qty"],
                    "rate": row["rate"],
                    "prevdoc_docname": quotation["name"],
                }
                for row in quotation["items"]
            ]
            order = self._issued(
                "Sales Order", quotation["party_name"], lines, quotation["taxes"], "To Deliver and Bill"
            )
            self.site.db_set("Quotation", quotation["name"], {"status": "Ordered"})
            return str(order["name"])

    def _issued(self, kind: str, customer: str, lines: list[Any], taxes: list[Any], status: str, **values: Any) -> Any:
        made = self.site.insert(
            kind,
            {
                "customer": customer,
                "company": COMPANY,
                "currency": "USD",
                "conversion_rate": 1.0,
                "items": lines,
                "taxes": [
                    {name: tax[name] for name in ("charge_type", "account_head", "description", "rate")}
                    for tax in taxes
                ],
                **values,
                "transaction_date": datetime.now(ZONE).date().isoformat(),
            },
        )
        self.site.db_set(kind, made["name"], {"docstatus": 1, "status": status})
        return self.site.whole(kind, made["name"])

    def cancel_order(self, order_ref: str) -> None:
        with self.site.lock:
            self.site.db_set("Sales Order", order_ref, {"docstatus": 2, "status": "Cancelled"})

    def ship(self, order_ref: str) -> None:
        now = datetime.now(ZONE)
        with self.site.lock:
            order = self.site.whole("Sales Order", order_ref)
            lines = [
                {
                    "item_code": row["item_code"],
                    "item_name": row["item_name"],
                    "qty": row["qty"],
                    "against_sales_order": order_ref,
                }
                for row in order["items"]
            ]
            self.site.insert(
                "Delivery Note",
                {
                    "customer": order["customer"],
                    "docstatus": 1,
                    "is_return": 0,
                    "posting_date": now.date().isoformat(),
                    "posting_time": f"{now.hour}:{now:%M:%S.%f}",
                    "transporter_name": "Swift",
                    "lr_no": "TRACK-1",
                    "items": lines,
                },
            )
            self.site.db_set("Sales Order", order_ref, {"per_delivered": 100.0, "status": "To Bill"})

    def count_quotes(self, reference: str) -> int:
        return sum(one[REFERENCE] == reference for one in self.site.docs["Quotation"].values())

    @contextmanager
    def losing_the_answer(self, client: Any) -> Iterator[None]:
        """The call that makes the quotation is answered, and nobody hears of it."""
        really: Callable[..., Any] = client.rest.create

        def losing(doctype: str, values: Any) -> None:
            really(doctype, values)
            raise ConnectorUnavailableError("gone")

        client.rest.create = losing
        try:
            yield
        finally:
            client.rest.create = really

    # -- money

    def invoice_of(self, order_ref: str) -> str:
        today = datetime.now(ZONE).date()
        with self.site.lock:
            order = self.site.whole("Sales Order", order_ref)
            lines = [
                {"item_code": row["item_code"], "qty": row["qty"], "rate": row["rate"], "sales_order": order_ref}
                for row in order["items"]
            ]
            made = self._issued(
                "Sales Invoice",
                order["customer"],
                lines,
                order["taxes"],
                "Unpaid",
                is_return=0,
                posting_date=today.isoformat(),
                due_date=(today + timedelta(days=30)).isoformat(),
                party_account_currency="USD",
            )
            self.site.db_set("Sales Invoice", made["name"], {"outstanding_amount": made["grand_total"]})
            return str(made["name"])

    def credit(self, invoice_ref: str) -> str:
        with self.site.lock:
            invoice = self.site.whole("Sales Invoice", invoice_ref)
            lines = [
                {"item_code": row["item_code"], "qty": -row["qty"], "rate": row["rate"], "sales_order": None}
                for row in invoice["items"]
            ]
            made = self._issued(
                "Sales Invoice",
                invoice["customer"],
                lines,
                invoice["taxes"],
                "Return",
                is_return=1,
                return_against=invoice_ref,
                posting_date=invoice["posting_date"],
                due_date=invoice["due_date"],
                party_account_currency="USD",
            )
            self.site.db_set("Sales Invoice", made["name"], {"outstanding_amount": made["grand_total"]})
            return str(made["name"])

    def pay(self, invoice_ref: str, amount: Decimal) -> str:
        with self.site.lock:
            invoice = self.site.whole("Sales Invoice", invoice_ref)
            row = {
                "reference_doctype": "Sales Invoice",
                "reference_name": invoice_ref,
                "allocated_amount": float(amount),
            }
            made = self.site.insert(
                "Payment Entry",
                {
                    "payment_type": "Receive",
                    "party_type": "Customer",
                    "party": invoice["customer"],
                    "company": COMPANY,
                    "posting_date": datetime.now(ZONE).date().isoformat(),
                    "mode_of_payment": "Bank",
                    "paid_amount": float(amount),
                    "received_amount": float(amount),
                    "paid_from_account_currency": "USD",
                    "paid_to_account_currency": "USD",
                    "references": [row],
                },
            )
            self.site.db_set("Payment Entry", made["name"], {"docstatus": 1})
            left = round(invoice["outstanding_amount"] - float(amount), 2)
            self.site.db_set(
                "Sales Invoice", invoice_ref, {"outstanding_amount": left, "status": "Partly Paid" if left else "Paid"}
            )
            return str(made["name"])

    def add_address(self, city: str) -> str:
        links = [{"link_doctype": "Customer", "link_name": self.customer_ref}]
        with self.site.lock:
            made = self.site.insert(
                "Address",
                {
                    "address_title": "Depot",
                    "address_type": "Shipping",
                    "address_line1": "1 Rue d'Été",
                    "city": city,
                    "country": "France",
                    "disabled": 0,
                    "is_primary_address": 0,
                    "is_shipping_address": 1,
                    "links": links,
                },
            )
            return str(made["name"])


@contextmanager
def open_stage(folder: Path, live: bool) -> Iterator[ErpNextStage]:
    if live:
        pytest.skip("There is no stage for a running ERPNext: the contract is played on the simulator alone.")
    with simulated() as (site, port):
        yield ErpNextStage(site, port)
