"""The company's people at work in the simulated Tryton: what `portico_tryton.stage.Company` does in a real one, by its names."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from portico_tryton.simulator.company import STAFF, Books, today


class SimulatedStaff:
    def __init__(self, books: Books) -> None:
        self.books = books

    def close(self) -> None:
        pass

    def _sales(self, reference: str) -> list[int]:
        return [row["id"] for row in self.books.search("sale.sale", [["description", "=", reference]], {})]

    def sale(self, reference: str) -> int:
        with self.books.lock:
            (found,) = self._sales(reference)
        return found

    def count_sales(self, reference: str) -> int:
        with self.books.lock:
            return len(self._sales(reference))

    def shipment_address(self, reference: str) -> int:
        with self.books.lock:
            (sale,) = self._sales(reference)
            return int(self.books.row("sale.sale", sale)["shipment_address"])

    def template(self, ref: str) -> int:
        return int(self.books.row("product.product", int(ref))["template"])

    def sells(self, ref: str, **values: Any) -> None:
        with self.books.lock:
            self.books.write("product.template", [self.template(ref)], **values)

    def list_price(self, ref: str) -> Decimal:
        found: Decimal = self.books.row("product.template", self.template(ref))["list_price"]
        return found

    def replace(self, ref: str) -> None:
        with self.books.lock:
            product = self.books.row("product.product", int(ref))
            template = self.books.row("product.template", product["template"])
            copied = self.books.make("product.template", STAFF, **template)
            self.books.make("product.product", STAFF, **{**product, "template": copied})
            self.books.delete("product.product", [product["id"]])
            self.books.delete("product.template", [template["id"]])

    def quote(self, sale_id: int, days: int = 30) -> None:
        with self.books.lock:
            self.books.write("sale.sale", [sale_id], quotation_validity=timedelta(days=days))
            self.books.quote(sale_id)

    def revise(self, sale_id: int) -> None:
        with self.books.lock:
            self.books.draft(sale_id)
            self.quote(sale_id, days=20)

    def confirm(self, sale_id: int) -> None:
        with self.books.lock:
            self.books.confirm(sale_id)

    def process(self, sale_id: int) -> None:
        with self.books.lock:
            self.books.process(sale_id)

    def take_back(self, sale_id: int) -> None:
        with self.books.lock:
            self.books.draft(sale_id)
            self.books.cancel(sale_id)

    def ship(self, sale_id: int) -> None:
        with self.books.lock:
            self.books.ship(sale_id)

    def bill(self, sale_id: int) -> int:
        with self.books.lock:
            self.books.process(sale_id)
            (invoice,) = self.books.row("sale.sale", sale_id)["invoices"]
            self.books.post(invoice)
        return int(invoice)

    def pay(self, invoice_id: int, amount: Decimal) -> None:
        with self.books.lock:
            self.books.settle(invoice_id, amount)

    def credit(self, invoice_id: int) -> int:
        with self.books.lock:
            return self.books.credited(invoice_id)

    def add_address(self, code: str, city: str) -> int:
        with self.books.lock:
            (party,) = self.books.search("party.party", [["code", "=", code]], {})
            return self.books.address(party["id"], city)

    def count_stock(self, product: int, available: Decimal, expected_on: date | None) -> None:
        with self.books.lock:
            moves = self.books.search("stock.move", [["product", "=", product], ["state", "=", "draft"]], {})
            owed = sum(one["quantity"] for one in moves if one["to_location"] == self.books.customer_place)
            self.books.row("product.product", product)["stored"] = float(available) + owed
            self.books.delete("stock.move", [one["id"] for one in moves if one["from_location"] == self.books.supplier])
            if expected_on is not None:
                self.books.move(product, 5.0, self.books.supplier, self.books.make("stock.location", type="storage"), expected_on)

    def first_order(self) -> None:
        """As every company has one: a sale that staff made, which the connector only reads."""
        with self.books.lock:
            line = self.books.make(
                "sale.line", STAFF, type="line", product=2, quantity=3.0, unit=1, unit_price=Decimal("2.9900"),
                taxes=[self.books.tax], amount=Decimal("8.97"), note=None, description=None, sequence=None, moves=[],
            )  # fmt: skip
            self.books.write("sale.line", [line])
            sale = self.books.make(
                "sale.sale", STAFF, party=2, company=1, currency=1, state="draft", number=None, reference=None, description=None,
                comment=None, sale_date=None, shipping_date=None, quotation_date=today(), quotation_validity=None,
                shipment_state="none", shipments=[], invoices=[], lines=[line],
            )  # fmt: skip
            self.books.quote(sale)
            self.books.confirm(sale)
            self.books.process(sale)
