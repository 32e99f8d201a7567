"""The stage on which the kit plays with the reference ERP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.contract.reference import Erp
from tests.contract.reference_client import Line, Reference

from portico_erp.conformance import Loopback
from portico_erp.errors import ConnectorUnauthorisedError, ConnectorUnavailableError
from portico_erp.totals import line_total
from portico_erp.values import (
    Address,
    Allocation,
    ContractLine,
    ContractPer,
    ContractStatus,
    Delivery,
    DeliveryLine,
    InvoiceKind,
    InvoiceLine,
    InvoiceStatus,
    OrderLine,
    OrderStatus,
    QuoteStatus,
    RemoteContract,
    RemoteInvoice,
    RemoteOrder,
    RemoteQuote,
)


class ReferenceStage:
    egress, speaks_http = Loopback(), False
    customer_ref, customer_email, item_count = "C1", "buyer@customer.example", 24
    own_price = ("I1", Decimal(12), Decimal("0.8765"))

    def __init__(self, erp: Erp) -> None:
        self.erp, line = erp, Line(erp)
        self.connector, self.address = Reference(line), line.address
        self.config, self.secrets = self.behind(*line.address), {"key": "right"}
        self.invalid = [
            (self.config, {"key": "wrong-key"}, ConnectorUnauthorisedError),
            (self.config | {"port": 1}, self.secrets, ConnectorUnavailableError),
        ]

    def behind(self, host: str, port: int) -> dict[str, Any]:
        return {"host": host, "port": port}

    def close(self) -> None:
        self.connector.line.listener.close()

    def set_price(self, ref: str, price: Decimal) -> None:
        self.erp.put("item", replace(self.erp.kinds["item"][ref], price=price))

    @contextmanager
    def retired(self, ref: str) -> Iterator[None]:
        item = self.erp.put("item", replace(self.erp.kinds["item"][ref], active=False))
        yield
        self.erp.put("item", replace(item, active=True))

    @contextmanager
    def spoil(self, ref: str) -> Iterator[None]:
        self.erp.absurd.add(ref)
        yield
        self.erp.absurd.discard(ref)

    @contextmanager
    def deleted(self, ref: str) -> Iterator[None]:
        item = self.erp.kinds["item"].pop(ref)
        yield
        self.erp.put("item", item)

    def quote(self, reference: str) -> RemoteQuote:
        return next(one for one in self.erp.kinds["quote"].values() if one.reference == reference)  # type: ignore[no-any-return]

    def price_quote(self, reference: str) -> None:
        soon = datetime.now(UTC).date() + timedelta(days=30)
        self.erp.put("quote", replace(self.quote(reference), status=QuoteStatus.PRICED, valid_until=soon))

    def revise_quote(self, reference: str) -> None:
        later = datetime.now(UTC).date() + timedelta(days=20)
        self.erp.put("quote", replace(self.quote(reference), valid_until=later))

    def order_from(self, reference: str) -> str:
        quote, ref = self.quote(reference), str(next(self.erp.numbers))
        lines = [OrderLine(one.ref, one.name, one.quantity, one.unit, one.unit_price or Decimal(0), one.tax_rate,
                           line_total(one.quantity, one.unit_price or Decimal(0), "EUR")) for one in quote.lines]  # fmt: skip
        self.erp.put("order", RemoteOrder(ref, f"O-{ref}", "C1", OrderStatus.PENDING, "EUR", lines, (), quote.totals, quote.ref,
                                          self.erp.clock, None, self.erp.clock, quote_number=quote.number))  # fmt: skip
        return ref

    def ship(self, order_ref: str) -> None:
        order = self.erp.kinds["order"][order_ref]
        sent = [DeliveryLine(one.ref, one.name, one.quantity) for one in order.lines]
        delivery = Delivery("D-1", datetime.now(UTC), None, "", "", None, sent)
        self.erp.put("order", replace(order, status=OrderStatus.SHIPPED, deliveries=[delivery]))

    def cancel_order(self, order_ref: str) -> None:
        self.erp.put("order", replace(self.erp.kinds["order"][order_ref], status=OrderStatus.CANCELLED))

    def count_quotes(self, reference: str) -> int:
        return sum(one.reference == reference for one in self.erp.kinds["quote"].values())

    @contextmanager
    def losing_the_answer(self, client: Any) -> Iterator[None]:
        def losing(write: Callable[[Any], Any]) -> Callable[[Any], None]:
            def lost(given: Any) -> None:
                write(given)
                raise ConnectorUnavailableError("Nobody answers.")

            return lost

        names = ("submit", "answer_contract")
        for name in names:
            setattr(client, name, losing(getattr(client, name)))
        yield
        for name in names:
            delattr(client, name)

    def set_stock(self, ref: str, available: Decimal, expected_on: date | None) -> None:
        self.erp.levels[ref] = available, expected_on

    def invoice_of(self, order_ref: str) -> str:
        return self.bill(InvoiceKind.INVOICE, self.erp.kinds["order"][order_ref], [order_ref], None)

    def credit(self, invoice_ref: str) -> str:
        return self.bill(InvoiceKind.CREDIT_NOTE, self.erp.kinds["invoice"][invoice_ref], (), invoice_ref)

    def bill(self, kind: InvoiceKind, source: Any, orders: Sequence[str], credits_ref: str | None) -> str:
        ref, today = str(next(self.erp.numbers)), datetime.now(UTC).date()
        lines = [InvoiceLine(one.ref, one.name, one.quantity, one.unit, one.unit_price, one.tax_rate, one.total)
                 for one in source.lines]  # fmt: skip
        self.erp.put("invoice", RemoteInvoice(ref, f"B-{ref}", kind, InvoiceStatus.OPEN, "C1", "EUR", lines, source.totals,
                                              source.totals.gross, today, today, self.erp.clock, orders, credits_ref))  # fmt: skip
        return ref

    def pay(self, invoice_ref: str, amount: Decimal) -> str:
        return self.erp.settle(None, amount, datetime.now(UTC).date(), [Allocation(invoice_ref, amount)])

    def count_payments(self, reference: str) -> int:
        return sum(one.reference == reference for one in self.erp.kinds["payment"].values())

    def offer_contract(self) -> str:
        ref, today = str(next(self.erp.numbers)), datetime.now(UTC).date()
        lines = [ContractLine("I1", "Visit", Decimal(4), "", Decimal(105)), ContractLine(None, "Parts", None, "", Decimal(9))]
        self.erp.put("contract", RemoteContract(ref, f"C-{ref}", "Care", "C1", ContractStatus.OFFERED, "EUR", lines, Decimal(420),
                                                ContractPer.MONTH, today, today + timedelta(days=364), 12, 90,
                                                today + timedelta(days=30), "Terms.", "", self.erp.clock, self.erp.clock))  # fmt: skip
        return ref

    def alter_contract(self, ref: str, **changed: Any) -> None:
        self.erp.put("contract", replace(self.erp.kinds["contract"][ref], **changed))

    def revise_contract(self, ref: str) -> None:
        self.alter_contract(ref, value=self.erp.kinds["contract"][ref].value + 1)

    def set_contract(self, ref: str, status: str) -> None:
        self.alter_contract(ref, status=ContractStatus(status))

    def expire_contract(self, ref: str) -> None:
        self.alter_contract(ref, answer_until=datetime.now(UTC).date() - timedelta(days=2))

    def count_contract_answers(self, reference: str) -> int:
        return int(reference in self.erp.answered)

    def count_activities(self, reference: str) -> int:
        return int(reference in self.erp.noted)

    def add_address(self, city: str) -> str:
        return self.erp.push_address("C1", Address(None, f"Depot {next(self.erp.numbers)}", "", "", city, "", "FR"))
