"""An ERP that keeps the whole contract, in memory: what the kit's own tests are tested on."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from portico_erp import agreement
from portico_erp.capabilities import CAPABILITIES
from portico_erp.errors import ConnectorRejectedError
from portico_erp.totals import totals
from portico_erp.values import (
    Activity,
    Address,
    Allocation,
    CapabilityReport,
    Contact,
    ContractAnswer,
    ContractReceipt,
    ContractStatus,
    Customer,
    Document,
    InvoiceStatus,
    Item,
    ItemKind,
    Page,
    PaymentPosting,
    PaymentReceipt,
    Price,
    PriceAnswer,
    PriceBreak,
    Problem,
    QuoteDecision,
    QuoteReceipt,
    QuoteRequest,
    QuoteStatus,
    RemoteContract,
    RemoteInvoice,
    RemoteOrder,
    RemotePayment,
    RemoteQuote,
    SetupReport,
    StockAnswer,
    StockLevel,
)

BREAKS = ((Decimal(0), Decimal("0.95")), (Decimal(10), Decimal("0.8765")))


def refuse(field: str, code: str = "unknown") -> ConnectorRejectedError:
    return ConnectorRejectedError(field, "The company refuses this.", code=code)


class Erp:
    """Every method of the contract, and the company's own people. One lock: a call is done or not."""

    def __init__(self) -> None:
        self.lock, self.numbers, self.clock = threading.RLock(), itertools.count(1), datetime(2026, 1, 1, tzinfo=UTC)
        self.kinds: dict[str, dict[str, Any]] = {name: {} for name in ("item", "quote", "order", "invoice", "payment", "customer", "contract")}
        self.absurd: set[str] = set()
        self.levels: dict[str, tuple[Decimal, date | None]] = {}
        self.addresses_of: dict[str, dict[str, Address]] = {"C1": {}}
        self.noted: dict[str, str] = {}
        self.answered: dict[str, str] = {}
        self.contacts: dict[str, Contact] = {}
        for n in range(1, 25):
            self.put("item", Item(f"I{n}", f"I-{n}", f"Item {n}", ItemKind.MATERIAL, "", "kg", Decimal(n) + Decimal("0.99"), "EUR",
                                  Decimal(20), True, self.clock))  # fmt: skip
        self.put("customer", Customer("C1", "C1", "Acme", "Buyer@Customer.example", "EUR", "Gold", True, self.clock, "CLAIM-1"))

    def put(self, kind: str, record: Any) -> Any:
        with self.lock:
            self.clock = max(self.clock + timedelta(microseconds=1), datetime.now(UTC))
            self.kinds[kind].pop(record.ref, None)
            self.kinds[kind][record.ref] = replace(record, updated_at=self.clock)
            return self.kinds[kind][record.ref]

    def page(self, kind: str, cursor: str | None, limit: int) -> Page[Any]:
        try:
            since = json.loads(cursor)["since"] if cursor is not None else ""
        except (ValueError, TypeError, KeyError):
            raise refuse("cursor", "cursor") from None
        with self.lock:
            rows = [one for one in self.kinds[kind].values() if one.updated_at.isoformat() > since]
        page, bad = rows[:limit], [one for one in rows[:limit] if one.ref in self.absurd]
        last = page[-1].updated_at.isoformat() if page else since
        problems = [Problem(one.ref, "absurd", "Its price is absurd.") for one in bad]
        return Page([one for one in page if one not in bad], json.dumps({"since": last}), len(rows) > limit, problems)

    def test(self) -> Sequence[CapabilityReport]:
        return [CapabilityReport(name, True, "It works.") for name in CAPABILITIES]

    def set_up(self) -> SetupReport:
        return SetupReport(False, 1, "It is there already.")

    def items(self, cursor: str | None, limit: int) -> Page[Item]:
        return self.page("item", cursor, limit)

    def on_sale(self, ref: str) -> Item | None:
        item = self.kinds["item"].get(ref)
        return item if item is not None and item.active else None

    def prices(self, customer_ref: str | None, wanted: Sequence[tuple[str, Decimal]]) -> PriceAnswer:
        self.known(customer_ref)
        prices, missing, problems = [], [], []
        for ref, quantity in wanted:
            item = self.on_sale(ref)
            if item is None:
                missing.append(ref)
            elif ref in self.absurd:
                problems.append(Problem(ref, "absurd", "Its price is absurd."))
            else:
                step = [one for one in self.price_breaks(customer_ref, ref) if one.min_quantity <= quantity][-1]
                prices.append(Price(ref, quantity, step.unit_price, "EUR", step.price_list, datetime.now(UTC), item.tax_rate))
        return PriceAnswer(prices, tuple(missing), problems)

    def price_breaks(self, customer_ref: str | None, item_ref: str) -> Sequence[PriceBreak]:
        self.known(customer_ref)
        item = self.on_sale(item_ref)
        if item is None:
            raise refuse("item_ref")
        if customer_ref and item_ref == "I1":
            return [PriceBreak(least, price, "EUR", "Gold") for least, price in BREAKS]
        return [PriceBreak(Decimal(0), item.price, "EUR", None)]

    def known(self, customer_ref: str | None) -> None:
        if customer_ref is not None and customer_ref not in self.kinds["customer"]:
            raise refuse("customer_ref")

    def stock(self, wanted: Sequence[str]) -> StockAnswer:
        found = {ref: item for ref in wanted if (item := self.on_sale(ref))}
        levels = [StockLevel(ref, *self.levels.get(ref, (Decimal(0), None))[:1], item.unit, self.levels.get(ref, (0, None))[1],
                             datetime.now(UTC)) for ref, item in found.items()]  # fmt: skip
        return StockAnswer(levels, [ref for ref in wanted if ref not in found])

    # -- quotes and orders

    def find_quote(self, reference: str) -> QuoteReceipt | None:
        found = [one for one in self.kinds["quote"].values() if one.reference == reference]
        return QuoteReceipt(found[0].number, found[0].ref, found[0].status) if found else None

    def submit(self, request: QuoteRequest) -> QuoteReceipt:
        with self.lock:
            if found := self.find_quote(request.reference):
                return found
            self.known(request.customer_ref)
            if not request.lines:
                raise refuse("lines", "empty")
            for index, line in enumerate(request.lines):
                if self.on_sale(line.ref) is None:
                    raise refuse(f"lines.{index}", "not_on_sale")
            ref = str(next(self.numbers))
            sums = totals([(one.quantity, one.unit_price or Decimal(0), one.tax_rate) for one in request.lines], request.currency)
            self.put("quote", RemoteQuote(ref, request.reference, f"Q-{ref}", request.customer_ref, QuoteStatus.SUBMITTED,
                                          request.currency, request.lines, sums, None, "", self.clock, self.clock, request.note,
                                          request.po_number))  # fmt: skip
            return QuoteReceipt(f"Q-{ref}", ref, QuoteStatus.SUBMITTED)

    def changed_quotes(self, cursor: str | None, limit: int) -> Page[RemoteQuote]:
        return self.page("quote", cursor, limit)

    def decide(self, decision: QuoteDecision) -> QuoteReceipt:
        with self.lock:
            quote = self.kinds["quote"].get(decision.quote_ref)
            if quote is None:
                raise refuse("quote_ref")
            wanted = QuoteStatus.ACCEPTED if decision.accepted else QuoteStatus.DECLINED
            if quote.status is QuoteStatus.PRICED:
                agreement.require(decision, quote)
                quote = self.put("quote", replace(quote, status=wanted))
            if quote.status is not wanted:
                raise refuse("quote_ref", "state")
            return QuoteReceipt(quote.number, quote.ref, quote.status)

    def changed_orders(self, cursor: str | None, limit: int) -> Page[RemoteOrder]:
        return self.page("order", cursor, limit)

    def order(self, ref: str) -> RemoteOrder | None:
        return self.kinds["order"].get(ref)

    # -- contracts

    def changed_contracts(self, cursor: str | None, limit: int) -> Page[RemoteContract]:
        return self.page("contract", cursor, limit)

    def contract(self, ref: str) -> RemoteContract | None:
        return self.kinds["contract"].get(ref)

    def answer_contract(self, answer: ContractAnswer) -> ContractReceipt:
        with self.lock:
            contract = self.kinds["contract"].get(answer.contract_ref)
            if contract is None:
                raise refuse("contract_ref")
            if self.answered.get(answer.reference) != contract.ref:
                self.require_open(contract, answer)
                self.answered[answer.reference] = contract.ref
                status = ContractStatus.ACTIVE if answer.agreed else ContractStatus.DECLINED
                contract = self.put("contract", replace(contract, status=status, reason=answer.reason))
            return ContractReceipt(contract.number, contract.ref, contract.status)

    def require_open(self, contract: RemoteContract, answer: ContractAnswer) -> None:
        if contract.status is not ContractStatus.OFFERED:
            raise refuse("contract_ref", "state")
        if answer.agreed and contract.answer_until is not None and contract.answer_until < answer.answered_at.astimezone(UTC).date() - timedelta(days=1):
            raise refuse("contract_ref", "expired")
        if answer.version and answer.version != contract.version:
            raise agreement.changed()

    # -- invoices and payments

    def changed_invoices(self, cursor: str | None, limit: int) -> Page[RemoteInvoice]:
        return self.page("invoice", cursor, limit)

    def invoice(self, ref: str) -> RemoteInvoice | None:
        return self.kinds["invoice"].get(ref)

    def invoice_document(self, ref: str) -> Document:
        if ref not in self.kinds["invoice"]:
            raise refuse("ref")
        return Document(f"{ref}.pdf", "application/pdf", b"%PDF-1.7\n%%EOF")

    def changed_payments(self, cursor: str | None, limit: int) -> Page[RemotePayment]:
        return self.page("payment", cursor, limit)

    def find_payment(self, reference: str) -> PaymentReceipt | None:
        found = [one for one in self.kinds["payment"].values() if one.reference == reference]
        return PaymentReceipt(found[0].number, found[0].ref) if found else None

    def post_payment(self, posting: PaymentPosting) -> PaymentReceipt:
        with self.lock:
            if found := self.find_payment(posting.reference):
                return found
            self.known(posting.customer_ref)
            for index, one in enumerate(posting.allocations):
                if one.invoice_ref not in self.kinds["invoice"]:
                    raise refuse(f"allocations.{index}")
            self.settle(posting.reference, posting.amount, posting.paid_at.date(), posting.allocations)
            return self.find_payment(posting.reference)  # type: ignore[return-value]

    def settle(self, reference: str | None, amount: Decimal, on: date, allocations: Sequence[Allocation]) -> str:
        with self.lock:
            ref = str(next(self.numbers))
            self.put("payment", RemotePayment(ref, reference, f"P-{ref}", "C1", amount, "EUR", on, self.clock, "", allocations))
            for one in allocations:
                bill = self.kinds["invoice"][one.invoice_ref]
                left = bill.open_amount - one.amount
                self.put("invoice", replace(bill, open_amount=left, status=InvoiceStatus.of(bill.totals.gross, left)))
            return ref

    # -- customers

    def find_customer(self, *, code: str | None = None, email: str | None = None, claim_code: str | None = None) -> Customer | None:
        asked = {"code": code, "email": email, "claim_code": claim_code}
        given = {key: value.strip().lower() for key, value in asked.items() if value is not None}
        if not given or not all(given.values()):
            return None
        for one in self.kinds["customer"].values():
            if all((getattr(one, key) or "").lower() == value for key, value in given.items()):
                return one
        return None

    def changed_customers(self, cursor: str | None, limit: int) -> Page[Customer]:
        return self.page("customer", cursor, limit)

    def addresses(self, customer_ref: str) -> Sequence[Address]:
        self.known(customer_ref)
        return list(self.addresses_of[customer_ref].values())

    def push_address(self, customer_ref: str, address: Address) -> str:
        with self.lock:
            held = self.addresses_of[customer_ref]
            if address.ref is not None and address.ref not in held:
                raise refuse("address.ref")
            bare = replace(address, reference=None)
            same = [
                one.ref for one in held.values()
                if address.ref is None
                and (one.reference == address.reference is not None or replace(one, ref=None, reference=None) == bare)
            ]  # fmt: skip
            ref = address.ref or (same[0] if same else f"A{next(self.numbers)}")
            held[ref] = replace(address, ref=ref)
            return str(ref)

    def remove_address(self, customer_ref: str, address_ref: str) -> None:
        self.addresses_of[customer_ref].pop(address_ref, None)

    def contact(self, customer_ref: str) -> Contact:
        self.known(customer_ref)
        return self.contacts.get(customer_ref, Contact())

    def push_contact(self, customer_ref: str, contact: Contact) -> None:
        self.known(customer_ref)
        self.contacts[customer_ref] = contact

    def log_activity(self, activity: Activity) -> str:
        with self.lock:
            self.known(activity.customer_ref)
            return self.noted.setdefault(activity.reference, f"N{next(self.numbers)}")
