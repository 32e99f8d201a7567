"""One company's Tryton behind the contract's capabilities: lets the parts ask, map and write."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from portico_erp import questions
from portico_erp.connector import Egress
from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import (
    Address,
    CapabilityReport,
    Customer,
    Document,
    Item,
    Page,
    PriceAnswer,
    Problem,
    QuoteDecision,
    QuoteReceipt,
    QuoteRequest,
    RemoteInvoice,
    RemoteOrder,
    RemoteQuote,
    StockAnswer,
)
from portico_tryton import billing, check, fields, levels, mapping, pricing, reader, submission
from portico_tryton.cursors import Cursor
from portico_tryton.i18n import _
from portico_tryton.reader import Record
from portico_tryton.rpc import Rpc
from portico_tryton.settings import TrytonSettings

MOST_ROWS = 1000
"""Records in one page, whatever was asked for."""

KEPT_S = 300.0
"""How long what hardly ever changes is not asked for again: taxes, currency, modules."""

T = TypeVar("T")


class TrytonClient:
    """Implements every capability that `Tryton` declares. Thread-safe; connects at the first call."""

    def __init__(self, settings: TrytonSettings, egress: Egress) -> None:
        self.settings = settings
        self.rpc = Rpc(settings, egress)
        self._overlap = timedelta(seconds=settings.overlap_s)
        self._kinds = mapping.Kinds.of(settings)
        self._turns = submission.Turns()
        self._kept: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        self.rpc.close()

    def test(self) -> Sequence[CapabilityReport]:
        return check.reports(self.rpc, self.settings)

    # -- what hardly ever changes

    def _keep(self, name: str, ask: Callable[[], T]) -> T:
        with self._lock:
            kept = self._kept.get(name)
        if kept is not None and time.monotonic() - kept[0] < KEPT_S:
            found: T = kept[1]
            return found
        found = ask()
        with self._lock:
            self._kept[name] = (time.monotonic(), found)
        return found

    def _taxes(self) -> Mapping[int, reader.Record]:
        return self._keep("taxes", lambda: reader.taxes(self.rpc))

    def _currency(self) -> str:
        """Of the company that the user works for."""
        return self._keep("currency", lambda: check.currency(self.rpc))

    def _price_lists(self) -> bool:
        return self._keep("price_lists", lambda: "sale_price_list" in check.modules(self.rpc))

    # -- catalogue and prices

    def items(self, cursor: str | None, limit: int) -> Page[Item]:
        read = reader.changed_products(self.rpc, Cursor.parse(cursor), _bounded(limit), self._overlap)
        taxes, currency = self._taxes(), self._currency()
        items, problems = fields.split(
            [mapping.item(row, self._kinds, taxes, currency, reader.product_changed(row)) for row in read.records]
        )
        return Page(items, read.cursor.format(), read.more, problems)

    def prices(self, customer_ref: str | None, wanted: Sequence[tuple[str, Decimal]]) -> PriceAnswer:
        questions.require_prices(wanted)
        terms = None
        currency = self._currency()
        if customer_ref is not None:
            party = pricing.known_party(self.rpc, customer_ref, price_lists=self._price_lists())
            terms = pricing.terms(self.rpc, party)
            currency = (party.get("customer_currency.") or {}).get("code") or currency
        rows = {
            (product_id, quantity): row
            for quantity, ids in pricing.by_quantity(wanted).items()
            for product_id, row in reader.products(self.rpc, ids, terms.context(quantity) if terms else {}).items()
        }
        return self._answer(wanted, rows, terms, currency)

    def _answer(
        self,
        wanted: Sequence[tuple[str, Decimal]],
        rows: Mapping[tuple[int, Decimal], reader.Record],
        terms: pricing.Terms | None,
        currency: str,
    ) -> PriceAnswer:
        as_of, taxes = datetime.now(UTC), self._taxes()
        found: list[Any] = []
        missing: dict[str, None] = {}
        for ref, quantity in wanted:
            row = rows.get((reader.record_id(ref) or 0, quantity))
            if row is None:
                missing[ref] = None
                continue
            own = terms.taxes(self.rpc, row) if terms else fields.product_taxes(row)
            found.append(
                mapping.price(
                    row, quantity, fields.rate(own, taxes), currency, terms.price_list if terms else None, as_of
                )
            )
        prices, problems = fields.split(found)
        return PriceAnswer(prices, tuple(missing), problems)

    def stock(self, wanted: Sequence[str]) -> StockAnswer:
        questions.require_stock(wanted)
        ids = {ref: product_id for ref in wanted if (product_id := reader.record_id(ref)) is not None}
        rows = reader.in_stock(self.rpc, list(ids.values()))
        planned: dict[int, list[reader.Record]] = {}
        for move in reader.moves(self.rpc, list(rows)) if rows else ():
            planned.setdefault(move["product"], []).append(move)
        as_of = datetime.now(UTC)
        found, problems = fields.split(
            [levels.level(row, planned.get(product_id, ()), as_of) for product_id, row in rows.items()]
        )
        missing = dict.fromkeys(ref for ref in wanted if ids.get(ref) not in rows)
        return StockAnswer(found, tuple(missing), problems)

    # -- quotes

    def submit(self, request: QuoteRequest) -> QuoteReceipt:
        with self._turns.of(request.reference):
            return submission.submit(self.rpc, request, price_lists=self._price_lists())

    def find_quote(self, reference: str) -> QuoteReceipt | None:
        found = submission.find(self.rpc, reference)
        return None if found is None else mapping.receipt(found)

    def decide(self, decision: QuoteDecision) -> QuoteReceipt:
        return submission.decide(self.rpc, decision, lambda sale: self._quotes([sale])[0])

    def changed_quotes(self, cursor: str | None, limit: int) -> Page[RemoteQuote]:
        read = reader.changed_quotes(self.rpc, Cursor.parse(cursor), _bounded(limit), self._overlap)
        quotes, problems = fields.split(self._quotes(read.records))
        return Page(quotes, read.cursor.format(), read.more, problems)

    def _quotes(self, rows: Sequence[Record]) -> list[RemoteQuote | Problem]:
        notes, taxes, us = reader.notes(self.rpc, rows), self._taxes(), self.rpc.session().user_id
        return [
            mapping.quote(row, notes.get(row["id"], ""), taxes, reader.sale_changed(row), ours=row["create_uid"] == us)
            for row in rows
        ]

    # -- orders

    def changed_orders(self, cursor: str | None, limit: int) -> Page[RemoteOrder]:
        limit = _bounded(limit)
        read = reader.changed_orders(self.rpc, Cursor.parse(cursor), limit, self._overlap)
        orders, problems = fields.split(self._orders(read.records))
        if not read.more:
            problems += self._stuck(limit - len(read.records))
        return Page(orders, read.cursor.format(), read.more, problems)

    def order(self, ref: str) -> RemoteOrder | None:
        sale_id = reader.record_id(ref)
        if sale_id is None:
            return None
        records = reader.sales(self.rpc, [["id", "=", sale_id], ["sale_date", "!=", None]])
        found = next(iter(self._orders(records)), None)
        if isinstance(found, Problem):
            raise ConnectorRejectedError(None, found.message, code=found.code)
        return found

    def _orders(self, records: Sequence[reader.Record]) -> list[RemoteOrder | Problem]:
        shipments, taxes = reader.shipments(self.rpc, records), self._taxes()
        return [mapping.order(row, shipments, taxes, reader.order_changed(row)) for row in records]

    def _stuck(self, most: int) -> list[Problem]:
        """Sales that Tryton was to process by its queue and did not: told to staff, as Tryton tells nobody."""
        if most <= 0:
            return []
        before = self.rpc.now() - timedelta(seconds=self.settings.patience_s)
        return [
            Problem(str(row["id"]), "stuck", check.stuck_words(mapping.sale_number(row)), fields.payload(row))
            for row in reader.stuck(self.rpc, before, most)
        ]

    # -- invoices

    def changed_invoices(self, cursor: str | None, limit: int) -> Page[RemoteInvoice]:
        read = reader.changed_invoices(self.rpc, Cursor.parse(cursor), _bounded(limit), self._overlap)
        taxes = self._taxes()
        invoices, problems = fields.split(
            [billing.invoice(row, taxes, reader.invoice_changed(row)) for row in read.records]
        )
        return Page(invoices, read.cursor.format(), read.more, problems)

    def _invoice(self, ref: str) -> reader.Record | None:
        invoice_id = reader.record_id(ref)
        return next(iter(reader.invoices(self.rpc, invoice_id)), None) if invoice_id is not None else None

    def invoice(self, ref: str) -> RemoteInvoice | None:
        row = self._invoice(ref)
        if row is None:
            return None
        found = billing.invoice(row, self._taxes(), reader.invoice_changed(row))
        if isinstance(found, Problem):
            raise ConnectorRejectedError(None, found.message, code=found.code)
        return found

    def invoice_document(self, ref: str) -> Document:
        row = self._invoice(ref)
        if row is None:
            raise ConnectorRejectedError("ref", _("The company does not know this invoice."), code="unknown")
        try:
            found = reader.report(self.rpc, row["id"])
        except ConnectorRejectedError as error:
            if not error.is_fault:
                raise
            raise billing.no_pdf("-") from error
        return billing.document(found, str(row["number"]))

    # -- customers

    def addresses(self, customer_ref: str) -> Sequence[Address]:
        party = pricing.known_party(self.rpc, customer_ref, price_lists=self._price_lists())
        rows = reader.addresses(self.rpc, party["id"])
        return fields.split([billing.address(row, party.get("name") or customer_ref) for row in rows])[0]

    def find_customer(
        self, *, code: str | None = None, email: str | None = None, claim_code: str | None = None
    ) -> Customer | None:
        asked = [given for given in (code, email, claim_code) if given is not None]
        if not asked or not all(given.strip() and "\x00" not in given for given in asked):
            return None
        domain: list[Any] = []
        if code is not None:
            domain.append(["code", "=", code])
        if email is not None:
            has = [["type", "=", "email"], ["value", "ilike", email.strip()]]
            domain.append(["contact_mechanisms", "where", has])
        if claim_code is not None:
            domain.append(["identifiers.code", "ilike", claim_code.strip()])
        found = [
            row
            for row in reader.parties(self.rpc, domain, self._price_lists())
            if self._is(row, email=email, claim_code=claim_code)
        ]
        if len(found) != 1:
            return None
        customer = self._customer(found[0])
        return None if isinstance(customer, Problem) else customer

    def _is(self, row: reader.Record, *, email: str | None, claim_code: str | None) -> bool:
        """A text may hold what the server takes for a pattern, so what it found is compared again."""
        if email is not None and email.strip().casefold() not in {one.casefold() for one in mapping.emails(row)}:
            return False
        if claim_code is None:
            return True
        own = mapping.claim_code(row, self.settings.claim_prefix)
        return own is not None and own.casefold() == claim_code.strip().casefold()

    def _customer(self, row: reader.Record) -> Customer | Problem:
        return mapping.customer(row, self._currency(), self.settings.claim_prefix, reader.party_changed(row))

    def changed_customers(self, cursor: str | None, limit: int) -> Page[Customer]:
        read = reader.changed_parties(
            self.rpc, Cursor.parse(cursor), _bounded(limit), self._overlap, self._price_lists()
        )
        customers, problems = fields.split([self._customer(row) for row in read.records])
        return Page(customers, read.cursor.format(), read.more, problems)


def _bounded(limit: int) -> int:
    return max(1, min(limit, MOST_ROWS))
