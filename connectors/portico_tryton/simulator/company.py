"""A company's books in the simulated Tryton: products, prices, sales, shipments, invoices, and what its people do with them.

The company is that of tests/tryton/seed.py; what Tryton works out (prices of a party, taxes, numbers, states) is worked out here
alike.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from portico_tryton.simulator.records import Records, Row, user_error

PORTAL, STAFF = 2, 3
"""Ids of users."""
CENT = Decimal("0.01")
PDF = b"%PDF-1.7\n%simulated\n"
STEPS = {Decimal(100): Decimal("0.5"), Decimal(10): Decimal("0.8765"), Decimal(0): Decimal("0.95")}
"""Of the price list Gold: what the first product costs from so many on, as part of its list price."""


def today() -> date:
    return datetime.now(UTC).date()


class Books(Records):
    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        euro = self.make("currency.currency", code="EUR", name="Euro")
        self.make("company.company", currency=euro, name="Deco Manufacturing GmbH")
        self.country = self.make("country.country", code="DE")
        self.tax = self.make("account.tax", type="percentage", rate=Decimal("0.19"), childs=[])
        units = [self.make("product.uom", symbol=symbol, name=name, digits=digits, factor=1.0, rec_name=name)
                 for symbol, name, digits in (("m²", "Square meter", 2), ("u", "Unit", 0), ("h", "Hour", 2))]  # fmt: skip
        self.shelf = {name: self.make("product.category", name=name, customer_taxes_used=[self.tax] if name == "Standard" else [])
                      for name in ("Standard", "Sheets", "Fittings", "Work", "Charges")}  # fmt: skip
        self.warehouse, self.customer_place, self.supplier = (
            self.make("stock.location", type=kind) for kind in ("warehouse", "customer", "supplier")
        )
        self.gold = self.make("product.price_list", rec_name="Gold")
        for n in range(1, 18):
            self._product(f"M{n}", f"Sheet {n}", "goods", units[0], f"{n}.99", "Sheets", 1000.0 if n < 5 else 0.0)
        for n in range(1, 6):
            self._product(f"A{n}", f"Fitting {n}", "goods", units[1], str(n), "Fittings", 0.0)
        self._product("S1", "Installation", "service", units[2], "80", "Work", 0.0)
        self._product("F1", "Packing", "service", units[1], "12.50", "Charges", 0.0)
        self.make("party.party", code="1", name="Deco Manufacturing GmbH", **self._person("", None))
        for code, name, mail, claim in (
            ("C1", "Société Générique", "Buyer@Customer.example", "PORTAL-1a2B"),
            ("C2", "Other Ltd", "other@customer.example", None),
        ):
            self._customer(code, name, mail, claim)
        for name in ("sale", "stock", "product", "party", "account_product", "account_invoice", "sale_price_list"):
            self.make("ir.module", name=name, state="activated")
        self.make("ir.action.report", report_name="account.invoice", extension="pdf")

    # -- what there is from the start

    def _product(self, code: str, name: str, kind: str, unit: int, price: str, on: str, stored: float) -> None:
        template = self.make(
            "product.template", code=code, name=name, type=kind, sale_uom=unit, default_uom=unit, list_price=Decimal(price),
            salable=True, active=1, categories=[self.shelf[on]], account_category=self.shelf["Standard"], consumable=False,
            description=None,
        )  # fmt: skip
        product = self.make("product.product", template=template, active=1, stored=stored, code=code)
        self.write("product.product", [product])

    def _person(self, mail: str, claim: str | None) -> Row:
        mechanisms = [self.make("party.contact_mechanism", type="email", value=mail)] if mail else []
        self.write("party.contact_mechanism", mechanisms)
        return {
            "email": mail, "active": 1, "contact_mechanisms": mechanisms, "customer_currency": None, "customer_tax_rule": None,
            "identifiers": [self.make("party.identifier", code=claim, type=None)] if claim else [], "sale_price_list": None,
        }  # fmt: skip

    def _customer(self, code: str, name: str, mail: str, claim: str | None) -> None:
        party = self.make("party.party", code=code, name=name, **self._person(mail, claim))
        self.write("party.party", [party], sale_price_list=self.gold if code == "C1" else None)
        self.address(party, "Hamburg", "Hauptstr. 5", self.country)

    def address(self, party: int, city: str, street: str | None = None, country: int | None = None) -> int:
        return self.make(
            "party.address", party=party, city=city, street=street, country=country, party_name=None, postal_code=None,
            subdivision=None, invoice=0, delivery=0,
        )  # fmt: skip

    # -- what Tryton works out

    def seen(self, model: str, row: Row, context: Mapping[str, Any]) -> Row:
        if model == "product.product":
            template = self.row("product.template", row["template"])
            own = {name: row[name] for name in ("id", "active", "write_date", "create_date", "create_uid", "template")}
            price = self.price(row, context.get("price_list"), Decimal(str(context.get("quantity") or 0)))
            return {**template, **own, "sale_price_uom": price, "quantity": row["stored"]}
        if model == "sale.sale":
            validity = row["quotation_validity"]
            expires = row["quotation_date"] + validity if row["quotation_date"] and validity is not None else None
            return {**row, **self.amounts(row["lines"], "sale.line"), "quotation_expire": expires}
        if model == "account.invoice":
            sums = self.amounts(row["lines"], "account.invoice.line")
            left = sums["total_amount"] - row["paid"] if row["state"] == "posted" else Decimal(0)
            return {**row, **sums, "amount_to_pay": left}
        return row

    def price(self, product: Row, price_list: int | None, quantity: Decimal) -> Decimal:
        """In four digits, as Tryton rounds prices of units."""
        listed: Decimal = self.row("product.template", product["template"])["list_price"]
        if price_list is not None and product["id"] == 1:
            return next(share for step, share in STEPS.items() if quantity >= step).quantize(Decimal("0.0001"))
        return listed.quantize(Decimal("0.0001"))

    def amounts(self, lines: list[int], model: str) -> Row:
        net = sum((self.row(model, line)["amount"] for line in lines), Decimal("0.00"))
        tax = (net * Decimal("0.19")).quantize(CENT, ROUND_HALF_EVEN)
        return {"untaxed_amount": net, "tax_amount": tax, "total_amount": net + tax}

    def amount(self, quantity: float, price: Decimal) -> Decimal:
        return (Decimal(repr(quantity)) * price).quantize(CENT, ROUND_HALF_EVEN)

    # -- sales

    def sale(self, number: int, *states: str, button: str = "") -> Row:
        found = self.row("sale.sale", number)
        if states and found["state"] not in states:
            raise user_error(f'You can not call "{button}" on "{found["number"] or ""}" of "Sale".')
        return found

    def quote(self, number: int) -> None:
        sale = self.sale(number, "draft", button="quote")
        self.write("sale.sale", [number], state="quotation", quotation_date=today(), number=sale["number"] or str(number))

    def draft(self, number: int) -> None:
        self.sale(number, "quotation", "confirmed", "cancelled", button="draft")
        self.write("sale.sale", [number], state="draft")

    def cancel(self, number: int) -> None:
        self.sale(number, "draft", "quotation", button="cancel")
        self.write("sale.sale", [number], state="cancelled")

    def confirm(self, number: int) -> None:
        self.sale(number, "quotation", button="confirm")
        self.write("sale.sale", [number], state="confirmed", sale_date=today())

    def process(self, number: int) -> None:
        """Makes the shipment and the invoice, once."""
        sale = self.sale(number, "confirmed", "processing", "done", button="process")
        if sale["state"] != "confirmed":
            return
        moves = []
        for line in (self.row("sale.line", one) for one in sale["lines"]):
            move = self.move(line["product"], line["quantity"], self.warehouse, self.customer_place, today())
            self.write("stock.move", [move], origin=f"sale.line,{line['id']}")
            self.write("sale.line", [line["id"]], moves=[move])
            moves.append(move)
        shipment = self.make(
            "stock.shipment.out", number=None, reference=None, state="waiting", planned_date=today(), effective_date=None,
            outgoing_moves=moves,
        )  # fmt: skip
        self.write("stock.shipment.out", [shipment], number=str(shipment))
        lines = [(self.row("sale.line", one), 1) for one in sale["lines"]]
        invoice = self._invoice(sale, lines, sales=[number], origin_invoices=[])
        known = {"shipments": [shipment], "invoices": [invoice], "shipment_state": "waiting"}
        self.write("sale.sale", [number], state="processing", **known)

    def move(self, product: int, quantity: float, source: int, goal: int, planned_on: date) -> int:
        return self.make(
            "stock.move", product=product, quantity=quantity, internal_quantity=quantity, state="draft", from_location=source,
            to_location=goal, planned_date=planned_on, origin=None,
        )  # fmt: skip

    def ship(self, number: int) -> None:
        sale = self.sale(number)
        for shipment in sale["shipments"]:
            for move in self.row("stock.shipment.out", shipment)["outgoing_moves"]:
                row = self.row("stock.move", move)
                self.row("product.product", row["product"])["stored"] -= row["quantity"]
                self.write("stock.move", [move], state="done")
            self.write("stock.shipment.out", [shipment], state="done", effective_date=today())
        self.write("sale.sale", [number], shipment_state="sent")

    # -- invoices

    def _invoice(self, of: Row, lines: list[tuple[Row, int]], **parts: Any) -> int:
        made = [
            self.make("account.invoice.line", type="line", description=None, sequence=None,
                      **{name: line[name] for name in ("product", "unit", "unit_price", "taxes")},
                      quantity=sign * line["quantity"], amount=sign * line["amount"])
            for line, sign in lines
        ]  # fmt: skip
        move = self.make("account.move", lines=[])
        return self.make(
            "account.invoice", type="out", state="draft", number=None, company=1, party=of["party"], currency=of["currency"],
            lines=made, invoice_date=None, reference=None, comment=None, lines_to_pay=[], payment_lines=[], move=move,
            paid=Decimal(0), **parts,
        )  # fmt: skip

    def post(self, number: int) -> None:
        posted = sum(1 for one in self.table("account.invoice").values() if one["number"]) + 1
        due = self.make("account.move.line", maturity_date=today() + timedelta(days=30))
        self.write("account.move", [self.row("account.invoice", number)["move"]], lines=[due])
        named = {"number": f"INV-{today().year}-{posted:05}", "invoice_date": today(), "lines_to_pay": [due]}
        self.write("account.invoice", [number], state="posted", **named)

    def settle(self, number: int, amount: Decimal) -> None:
        invoice = self.row("account.invoice", number)
        line = self.make("account.move.line", maturity_date=None)
        paid = invoice["paid"] + amount
        left = self.seen("account.invoice", invoice, {})["total_amount"] - paid
        state = "posted" if left else "paid"
        self.write("account.invoice", [number], paid=paid, payment_lines=[*invoice["payment_lines"], line], state=state)

    def credited(self, number: int) -> int:
        invoice = self.row("account.invoice", number)
        lines = [(self.row("account.invoice.line", one), -1) for one in invoice["lines"]]
        note = self._invoice(invoice, lines, sales=[], origin_invoices=[number])
        self.post(note)
        return note
