"""One company's Odoo behind the contract's capabilities: lets the parts read, map and write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from portico_erp import questions
from portico_erp.connector import Egress
from portico_erp.cursors import Cursor
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError, InvalidValueError
from portico_erp.flaws import say
from portico_erp.records import split
from portico_erp.values import (
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
)
from portico_odoo import billing, check, mapping, pricing, submission
from portico_odoo.i18n import _
from portico_odoo.reader import Reader
from portico_odoo.rpc import Record, Rpc
from portico_odoo.settings import OdooSettings
from portico_odoo.submission import is_id

MOST_ROWS = 500
"""Records in one page, whatever was asked for."""


class OdooClient:
    """Implements every capability that `Odoo` declares. Thread-safe; connects at the first call."""

    def __init__(self, settings: OdooSettings, egress: Egress) -> None:
        self.settings = settings
        self.rpc = Rpc(settings, egress)
        self.reader = Reader(self.rpc, timedelta(seconds=settings.overlap_s))

    def close(self) -> None:
        self.rpc.close()

    def test(self) -> Sequence[CapabilityReport]:
        self.reader.forget()
        return check.reports(self.reader)

    # -- catalogue and prices

    def items(self, cursor: str | None, limit: int) -> Page[Item]:
        read = self.reader.changed_products(Cursor.parse(cursor), _bounded(limit))
        currency = self.reader.currency() if read.records else ""
        items, problems = split(mapping.item(one, currency) for one in read.records)
        return Page(items, read.cursor.format(), read.more, problems)

    def prices(self, customer_ref: str | None, wanted: Sequence[tuple[str, Decimal]]) -> PriceAnswer:
        questions.require_prices(wanted)
        partner = None if customer_ref is None else self._partner(customer_ref)
        if customer_ref is not None and partner is None:
            raise ConnectorRejectedError("customer_ref", _("The company does not know this customer."), code="unknown")
        found = self.reader.products(int(ref) for ref, _quantity in wanted if is_id(ref))
        products = {one: product for one, product in found.items() if product["active"] and product["sale_ok"]}
        known = [(int(ref), quantity) for ref, quantity in wanted if is_id(ref) and int(ref) in products]
        as_of, currency = datetime.now(UTC), self.reader.currency()
        if partner is None:
            said = pricing.list_prices(known, products, currency, as_of)
        else:
            said = pricing.own_prices(self.reader, partner, known, products, currency, as_of)
        prices, problems = split(said)
        missing = dict.fromkeys(ref for ref, _quantity in wanted if not is_id(ref) or int(ref) not in products)
        return PriceAnswer(prices, tuple(missing), problems)

    # -- quotes

    def submit(self, request: QuoteRequest) -> QuoteReceipt:
        record = submission.find(self.reader, request.reference)
        if record is None:
            partner = self._partner(request.customer_ref)
            submission.write(self.reader, request, partner, self._currency(partner))
            record = submission.find(self.reader, request.reference)
        if record is None:
            raise ConnectorUnavailableError(_("The quote was written but cannot be read back yet."))
        if mapping.key(record["partner_id"]) != request.customer_ref:
            raise ConnectorRejectedError(
                "reference", _("The reference belongs to another customer's quote."), code="conflict"
            )
        return _receipt(record)

    def _currency(self, partner: Record | None) -> str:
        """In which a quotation of this customer would be."""
        pricelist = (partner or {}).get("pricelist") or {}
        return mapping.named(pricelist.get("currency_id")) or self.reader.currency()

    def find_quote(self, reference: str) -> QuoteReceipt | None:
        record = submission.find(self.reader, reference)
        return None if record is None else _receipt(record)

    def decide(self, decided: QuoteDecision) -> QuoteReceipt:
        return _receipt(submission.decide(self.reader, decided, self.rpc.clock.date()))

    def changed_quotes(self, cursor: str | None, limit: int) -> Page[RemoteQuote]:
        read = self.reader.changed_orders([], Cursor.parse(cursor), _bounded(limit))
        quotes, problems = split(mapping.quote(one) for one in read.records)
        return Page(quotes, read.cursor.format(), read.more, problems)

    # -- orders

    def _confirmed(self) -> list[Any]:
        """Orders, and those cancelled of which something was to be delivered: a quotation that was called off is no order."""
        states = ["state", "in", ["sale", "done"]]
        return ["|", states, "&", ["state", "=", "cancel"], ["picking_ids", "!=", False]] if self.reader.has_stock() else [states]

    def changed_orders(self, cursor: str | None, limit: int) -> Page[RemoteOrder]:
        start = Cursor.parse(cursor)
        read = self.reader.changed_orders(self._confirmed(), start, _bounded(limit))
        orders, problems = split(mapping.order(one) for one in read.records)
        return Page(orders, read.cursor.format(), read.more, problems)

    def order(self, ref: str) -> RemoteOrder | None:
        found = self.reader.orders([["id", "=", int(ref)], *self._confirmed()]) if is_id(ref) else []
        if not found:
            return None
        order = mapping.order(found[0])
        if isinstance(order, Problem):
            raise ConnectorRejectedError(None, order.message, code=order.code)
        return order

    # -- invoices

    def changed_invoices(self, cursor: str | None, limit: int) -> Page[RemoteInvoice]:
        read = self.reader.changed_invoices(Cursor.parse(cursor), _bounded(limit))
        invoices, problems = split(billing.invoice(one) for one in read.records)
        return Page(invoices, read.cursor.format(), read.more, problems)

    def _invoice(self, ref: str) -> Record | None:
        return next(iter(self.reader.invoices(int(ref))), None) if is_id(ref) else None

    def invoice(self, ref: str) -> RemoteInvoice | None:
        record = self._invoice(ref)
        if record is None:
            return None
        invoice = billing.invoice(record)
        if isinstance(invoice, Problem):
            raise ConnectorRejectedError(None, invoice.message, code=invoice.code)
        return invoice

    def invoice_document(self, ref: str) -> Document:
        record = self._invoice(ref)
        if record is None:
            raise ConnectorRejectedError("ref", _("The company does not know this invoice."), code="unknown")
        return billing.document(self.reader, record)

    # -- customers

    def _partner(self, ref: str) -> Record | None:
        found = self.reader.partners([["id", "=", int(ref)]], "") if is_id(ref) else []
        return found[0] if found else None

    def find_customer(
        self, *, code: str | None = None, email: str | None = None, claim_code: str | None = None
    ) -> Customer | None:
        asked = [given for given in (code, email, claim_code) if given is not None]
        # An empty claim code must never find the customers that have none.
        if not asked or not all(given.strip() and given.isprintable() for given in asked):
            return None
        field = self.settings.claim_field
        if claim_code is not None and not field:
            return None
        domain: list[Any] = []
        if email is not None:
            domain.append(["email", "=ilike", _literally(email.strip())])
        if claim_code is not None:
            domain.append([field, "=ilike", _literally(claim_code.strip())])
        by_code: list[Any] = [] if code is None else [["ref", "=", code]]
        found = self.reader.partners([*by_code, *domain], field)
        if not found and code is not None and is_id(code):  # a number is what the portal itself was told
            found = self.reader.partners([["id", "=", int(code)], *domain], field)
        if len(found) != 1:
            return None
        customer = mapping.customer(found[0], field, self.reader.currency())
        if isinstance(customer, Problem):
            raise ConnectorRejectedError(None, customer.message, code=customer.code)
        return customer

    def changed_customers(self, cursor: str | None, limit: int) -> Page[Customer]:
        read = self.reader.changed_partners(Cursor.parse(cursor), _bounded(limit))
        currency = self.reader.currency() if read.records else ""
        customers, problems = split(mapping.customer(one, "", currency) for one in read.records)
        return Page(customers, read.cursor.format(), read.more, problems)


def _receipt(record: Record) -> QuoteReceipt:
    try:
        return mapping.receipt(record)
    except InvalidValueError as error:
        raise ConnectorRejectedError(None, say(error), code=error.code) from error


def _literally(value: str) -> str:
    """For `=ilike`, where % and _ stand for anything."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _bounded(limit: int) -> int:
    return max(1, min(limit, MOST_ROWS))
