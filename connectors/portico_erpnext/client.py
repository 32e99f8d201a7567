"""One company's ERPNext behind the contract's capabilities: lets the parts read, map and write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from portico_erp import questions
from portico_erp.connector import Egress
from portico_erp.cursors import Cursor
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError, InvalidValueError
from portico_erp.flaws import say
from portico_erp.records import split
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
    RemotePayment,
    RemoteQuote,
    SetupReport,
    StockAnswer,
)
from portico_erpnext import billing, check, mapping, pricing, setup, submission
from portico_erpnext.i18n import _
from portico_erpnext.reader import CLAIM, INVOICE, Read, Reader
from portico_erpnext.rest import Record, Rest
from portico_erpnext.settings import ErpNextSettings
from portico_erpnext.submission import is_name

MOST_ROWS = 500
"""Records in one page, whatever was asked for."""
T = TypeVar("T")


class ErpNextClient:
    """Implements every capability that `ErpNext` declares. Thread-safe; connects at the first call."""

    def __init__(self, settings: ErpNextSettings, egress: Egress) -> None:
        self.settings = settings
        self.rest = Rest(settings, egress)
        self.reader = Reader(self.rest, timedelta(seconds=settings.overlap_s), settings.company, settings.price_list)

    def close(self) -> None:
        self.rest.close()

    def test(self) -> Sequence[CapabilityReport]:
        self.reader.forget()
        return check.reports(self.reader)

    def set_up(self) -> SetupReport:
        return setup.set_up(self.rest)

    def _today(self) -> date:
        """The site's day, by its own clock."""
        zone = self.rest.zone()
        return self.rest.clock.astimezone(zone).date()

    # -- catalogue, prices, stock

    def items(self, cursor: str | None, limit: int) -> Page[Item]:
        read = self.reader.changed_items(Cursor.parse(cursor), _bounded(limit))
        if not read.records:
            return Page([], read.cursor.format(), read.more, [])
        taxes, currency = self.reader.usual_taxes(), self.reader.price_list_currency(self.reader.price_list)
        today, zone = self._today(), self.rest.zone()
        return _page(read, lambda one: mapping.item(one, taxes, currency, today, zone))

    def prices(self, customer_ref: str | None, wanted: Sequence[tuple[str, Decimal]]) -> PriceAnswer:
        questions.require_prices(wanted)
        customer = None if customer_ref is None else self._known_customer(customer_ref)
        items = self._on_sale(ref for ref, _quantity in wanted)
        known = [(ref, quantity) for ref, quantity in wanted if ref in items]
        as_of, today = datetime.now(UTC), self._today()
        if customer is None:
            said = pricing.list_prices(self.reader, known, items, today, as_of)
        else:
            said = pricing.own_prices(self.reader, customer, known, items, today, as_of)
        prices, problems = split(said)
        return PriceAnswer(prices, tuple(dict.fromkeys(ref for ref, _quantity in wanted if ref not in items)), problems)

    def stock(self, wanted: Sequence[str]) -> StockAnswer:
        questions.require_stock(wanted)
        items = self._on_sale(wanted)
        levels, problems = split(pricing.stock(self.reader, items, self._today(), datetime.now(UTC)))
        return StockAnswer(levels, tuple(dict.fromkeys(ref for ref in wanted if ref not in items)), problems)

    def _on_sale(self, refs: Any) -> dict[str, Record]:
        """The items among these that are sold, by exactly these refs: ERPNext's database does not tell case apart."""
        asked = {ref for ref in refs if is_name(ref)}
        found = self.reader.items(asked)
        return {one["name"]: one for one in found if one["name"] in asked and one["is_sales_item"] and not one["disabled"]}

    # -- quotes

    def submit(self, request: QuoteRequest) -> QuoteReceipt:
        record = submission.find(self.reader, request.reference)
        if record is None:
            submission.write(self.reader, request, self._customer(request.customer_ref), self._today())
            record = submission.find(self.reader, request.reference)
        if record is None:
            raise ConnectorUnavailableError(_("The quote was written but cannot be read back yet."))
        if record["party_name"] != request.customer_ref:
            raise ConnectorRejectedError(
                "reference", _("The reference belongs to another customer's quote."), code="conflict"
            )
        return self._receipt(record)

    def find_quote(self, reference: str) -> QuoteReceipt | None:
        record = submission.find(self.reader, reference)
        return None if record is None else self._receipt(record)

    def decide(self, decided: QuoteDecision) -> QuoteReceipt:
        return self._receipt(submission.decide(self.reader, decided, self._today()))

    def changed_quotes(self, cursor: str | None, limit: int) -> Page[RemoteQuote]:
        read = self.reader.changed_quotations(Cursor.parse(cursor), _bounded(limit))
        today, zone = self._today(), self.rest.zone()
        return _page(read, lambda one: mapping.quote(one, today, zone))

    def _receipt(self, record: Record) -> QuoteReceipt:
        try:
            return mapping.receipt(record, self._today())
        except InvalidValueError as error:
            raise ConnectorRejectedError(None, say(error), code=error.code) from error

    # -- orders, invoices, payments

    def changed_orders(self, cursor: str | None, limit: int) -> Page[RemoteOrder]:
        read = self.reader.changed_orders(Cursor.parse(cursor), _bounded(limit))
        zone = self.rest.zone()
        return _page(read, lambda one: mapping.order(one, zone))

    def order(self, ref: str) -> RemoteOrder | None:
        found = [one for one in self.reader.orders([ref]) if one["name"] == ref] if is_name(ref) else []
        return _sound(mapping.order(found[0], self.rest.zone())) if found else None

    def changed_invoices(self, cursor: str | None, limit: int) -> Page[RemoteInvoice]:
        read = self.reader.changed_invoices(Cursor.parse(cursor), _bounded(limit))
        zone = self.rest.zone()
        return _page(read, lambda one: billing.invoice(one, zone))

    def invoice(self, ref: str) -> RemoteInvoice | None:
        found = [one for one in self.reader.invoices([ref]) if one["name"] == ref] if is_name(ref) else []
        return _sound(billing.invoice(found[0], self.rest.zone())) if found else None

    def invoice_document(self, ref: str) -> Document:
        if self.invoice(ref) is None:
            raise ConnectorRejectedError("ref", _("The company does not know this invoice."), code="unknown")
        content = self.rest.document(INVOICE, ref)
        name = "".join(one if one.isalnum() or one in "-_. " else "-" for one in ref).lstrip(".") or "invoice"
        try:
            return Document(f"{name}.pdf", "application/pdf", content)
        except InvalidValueError as error:
            raise ConnectorRejectedError(None, _("ERPNext gave no usable document."), code="document") from error

    def changed_payments(self, cursor: str | None, limit: int) -> Page[RemotePayment]:
        read = self.reader.changed_payments(Cursor.parse(cursor), _bounded(limit))
        zone = self.rest.zone()
        return _page(read, lambda one: billing.payment(one, zone))

    # -- customers

    def _customer(self, ref: str) -> Record | None:
        found = self.reader.customers([["name", "=", ref]], limit=2) if is_name(ref) else []
        return next((one for one in found if one["name"] == ref), None)

    def _known_customer(self, ref: str) -> Record:
        found = self._customer(ref)
        if found is None:
            raise ConnectorRejectedError("customer_ref", _("The company does not know this customer."), code="unknown")
        return found

    def find_customer(
        self, *, code: str | None = None, email: str | None = None, claim_code: str | None = None
    ) -> Customer | None:
        asked = [given for given in (code, email, claim_code) if given is not None]
        # An empty claim code must never find the customers that have none.
        if not asked or not all(given.strip() and given.isprintable() and len(given) <= 140 for given in asked):
            return None
        wanted = {"name": code, "email_id": email and email.strip(), CLAIM: claim_code and claim_code.strip()}
        # "like" for databases that tell case apart; whatever its signs may stand for, only what equals is taken.
        filters = [["disabled", "=", 0], *([field, "like", value] for field, value in wanted.items() if value is not None)]
        found = [one for one in self.reader.customers(filters) if _is_who(one, wanted)]
        if len(found) != 1:
            return None
        return _sound(mapping.customer(found[0], self._currency(), self.rest.zone()))

    def changed_customers(self, cursor: str | None, limit: int) -> Page[Customer]:
        read = self.reader.changed_customers(Cursor.parse(cursor), _bounded(limit))
        currency, zone = self._currency(), self.rest.zone()
        return _page(read, lambda one: mapping.customer({**one, CLAIM: None}, currency, zone))

    def _currency(self) -> str:
        return str(self.reader.company()["default_currency"])

    def addresses(self, customer_ref: str) -> Sequence[Address]:
        self._known_customer(customer_ref)
        records = self.reader.addresses(customer_ref)
        countries = self.reader.countries(str(one["country"] or "") for one in records)
        found = []
        for one in records:
            try:
                found.append(mapping.address(one, countries))
            except InvalidValueError:
                continue
        return found


def _is_who(record: Record, wanted: dict[str, str | None]) -> bool:
    """A code is told apart by its case, the others are not."""
    return all(
        value is None or (record["name"] == value if field == "name" else str(record[field] or "").casefold() == value.casefold())
        for field, value in wanted.items()
    )


def _page(read: Read, build: Callable[[Record], T | Problem]) -> Page[T]:
    good, problems = split(build(one) for one in read.records)
    return Page(good, read.cursor.format(), read.more, problems)


def _sound(found: T | Problem) -> T:
    if isinstance(found, Problem):
        raise ConnectorRejectedError(None, found.message, code=found.code)
    return found


def _bounded(limit: int) -> int:
    return max(1, min(limit, MOST_ROWS))
