"""One company's database behind the contract's capabilities: lets the parts read, map and write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from portico_erp import questions
from portico_erp.connector import Egress
from portico_erp.cursors import Cursor
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError, InvalidValueError
from portico_erp.flaws import say
from portico_erp.records import item_ref, parse_item_ref, split
from portico_erp.values import (
    CapabilityReport,
    Customer,
    Item,
    Page,
    PriceAnswer,
    PriceBreak,
    Problem,
    QuoteDecision,
    QuoteReceipt,
    QuoteRequest,
    RemoteInvoice,
    RemoteOrder,
    RemotePayment,
    RemoteQuote,
)
from portico_supabase import billing, check, decision, mapping, submission
from portico_supabase.i18n import _
from portico_supabase.reader import Reader, may_be_id
from portico_supabase.rest import MissingColumnError, Rest, Row
from portico_supabase.settings import RestSettings
from portico_supabase.shape import Shape

MOST_ROWS = 1000
"""Rows in one page, whatever was asked for."""
T = TypeVar("T")


class SupabaseClient:
    """Implements every capability that `Supabase` declares. Thread-safe; connects at the first call."""

    def __init__(self, settings: RestSettings, egress: Egress) -> None:
        self.settings = settings
        self.rest = Rest(settings, egress)
        self.shape = Shape(self.rest)
        self.reader = Reader(self.rest, self.shape, timedelta(seconds=settings.overlap_s))

    def close(self) -> None:
        self.rest.close()

    def test(self) -> Sequence[CapabilityReport]:
        self.shape.forget()
        return check.reports(self.reader, self.settings)

    def _known(self, call: Callable[[], T]) -> T:
        """A column that was there is gone: what is known of the tables is out of date, and the next call asks anew."""
        try:
            return call()
        except MissingColumnError:
            self.shape.forget()
            raise

    # -- catalogue and prices

    def items(self, cursor: str | None, limit: int) -> Page[Item]:
        read = self._known(lambda: self.reader.changed_items(Cursor.parse(cursor), _bounded(limit)))
        kinds, now = self.shape.kinds(), datetime.now(UTC)
        items, problems = split(
            mapping.item(row, self.shape.key(kinds[row["kind"]]), self.settings.currency, now) for row in read.rows
        )
        return Page(items, read.cursor.format(), read.more, problems)

    def prices(self, customer_ref: str | None, wanted: Sequence[tuple[str, Decimal]]) -> PriceAnswer:
        questions.require_prices(wanted)
        customer = None if customer_ref is None else self.reader.customer(code=customer_ref)
        if customer_ref is not None and customer is None:
            raise ConnectorRejectedError("customer_ref", _("The company does not know this customer."), code="unknown")
        asked = [parsed for ref, _quantity in wanted if (parsed := parse_item_ref(ref))]
        rows = self._known(lambda: self.reader.items_by_key(asked))
        own, entries = self.reader.own_prices((customer or {}).get("price_list"), [key for _kind, key in asked])
        return self._answer(wanted, rows, own, entries)

    def _answer(
        self, wanted: Sequence[tuple[str, Decimal]], rows: Sequence[Row], own: Row | None, entries: Sequence[Row]
    ) -> PriceAnswer:
        as_of, kinds = datetime.now(UTC), self.shape.kinds()
        keys = {kind: self.shape.key(table) for kind, table in kinds.items()}
        on_sale = {item_ref(row["kind"], row[keys[row["kind"]]]): row for row in rows if row.get("is_active", True)}
        of_item: dict[str, list[Row]] = {}
        for entry in entries:
            of_item.setdefault(item_ref(entry["item_kind"], entry["item_code"]), []).append(entry)
        prices, problems = split(
            mapping.price(
                on_sale[ref], keys[on_sale[ref]["kind"]], quantity, of_item.get(ref, ()), own, self.settings.currency, as_of
            )
            for ref, quantity in wanted
            if ref in on_sale
        )
        missing = dict.fromkeys(ref for ref, _quantity in wanted if ref not in on_sale)
        return PriceAnswer(prices, tuple(missing), problems)

    def price_breaks(self, customer_ref: str | None, item_ref: str) -> Sequence[PriceBreak]:
        customer = None if customer_ref is None else self.reader.customer(code=customer_ref)
        if customer_ref is not None and customer is None:
            raise ConnectorRejectedError("customer_ref", _("The company does not know this customer."), code="unknown")
        parsed = parse_item_ref(item_ref)
        rows = [row for row in self.reader.items_by_key([parsed]) if row.get("is_active", True)] if parsed else []
        if parsed is None or not rows:
            raise ConnectorRejectedError("item_ref", _("The company does not sell this item."), code="unknown")
        own, entries = self.reader.own_prices((customer or {}).get("price_list"), [parsed[1]])
        steps = mapping.steps(rows[0], parsed, entries, own, self.settings.currency)
        if isinstance(steps, Problem):
            raise ConnectorRejectedError(None, steps.message, code=steps.code)
        return steps

    # -- quotes

    def submit(self, request: QuoteRequest) -> QuoteReceipt:
        submission.write(self.reader, request)
        row = submission.find(self.reader, request.reference)
        if row is None:
            raise ConnectorUnavailableError(_("The quote was written but cannot be read back yet."))
        if self.reader.customer_refs([row["customer_id"]]).get(row["customer_id"]) != request.customer_ref:
            raise ConnectorRejectedError(
                "reference", _("The reference belongs to another customer's quote."), code="conflict"
            )
        return _receipt(row)

    def find_quote(self, reference: str) -> QuoteReceipt | None:
        row = submission.find(self.reader, reference)
        return None if row is None else _receipt(row)

    def decide(self, decided: QuoteDecision) -> QuoteReceipt:
        return _receipt(decision.write(self.reader, decided, lambda row: self._offer(row)))

    def changed_quotes(self, cursor: str | None, limit: int) -> Page[RemoteQuote]:
        read = self._known(lambda: self.reader.changed("quotes", Cursor.parse(cursor), _bounded(limit)))
        quotes, problems = split(self._quotes(read.rows))
        return Page(quotes, read.cursor.format(), read.more, problems)

    def _offer(self, row: Row) -> RemoteQuote | Problem:
        found = self._quotes([row])
        return found[0] if found else Problem(str(row["id"]), "lines", "")

    def _quotes(self, rows: Sequence[Row]) -> list[RemoteQuote | Problem]:
        documents, now = self.shape.documents, datetime.now(UTC)
        refs = self.reader.customer_refs([row["customer_id"] for row in rows])
        lines = {} if documents else self.reader.quote_lines([row["id"] for row in rows])
        return [
            mapping.quote(
                row,
                None if documents else lines.get(row["id"], ()),
                refs.get(row["customer_id"]),
                self.settings.currency,
                now,
            )
            for row in rows
            # Half of a quote of ours: it comes with its lines.
            if documents or row["id"] in lines or not row.get("portal_reference")
        ]

    # -- orders

    def changed_orders(self, cursor: str | None, limit: int) -> Page[RemoteOrder]:
        read = self._known(lambda: self.reader.changed("orders", Cursor.parse(cursor), _bounded(limit)))
        orders, problems = split(self._orders(read.rows))
        return Page(orders, read.cursor.format(), read.more, problems)

    def _orders(self, rows: Sequence[Row]) -> list[RemoteOrder | Problem]:
        now = datetime.now(UTC)
        quotes = self.reader.by_id("quotes", [row.get("quote_id") for row in rows])
        if not self.shape.has("order_lines"):
            made = dict(zip(quotes, self._quotes(list(quotes.values())), strict=True))
            return [mapping.order_of_quote(row, made.get(row.get("quote_id")), now) for row in rows]
        refs = self.reader.customer_refs([row["customer_id"] for row in rows])
        lines, sent, contents = self.reader.order_parts([row["id"] for row in rows])
        return [
            mapping.order(
                {**row, "quote_number": quotes.get(row["quote_id"], {}).get("number")},
                lines.get(row["id"], ()),
                sent.get(row["id"], ()),
                contents,
                refs.get(row["customer_id"]),
            )
            for row in rows
        ]

    def _one(self, table: str, ref: str) -> Row | None:
        if not may_be_id(ref):
            return None
        try:
            rows = self.rest.rows(table, self.shape.columns(table), [("id", f"eq.{ref}")]).rows
        except ConnectorRejectedError as error:
            if error.code == "refused":  # an id of the other kind
                return None
            raise
        return rows[0] if rows else None

    def order(self, ref: str) -> RemoteOrder | None:
        row = self._one("orders", ref)
        if row is None:
            return None
        (order,) = self._orders([row])
        if isinstance(order, Problem):
            raise ConnectorRejectedError(None, order.message, code=order.code)
        return order

    # -- invoices and payments

    def changed_invoices(self, cursor: str | None, limit: int) -> Page[RemoteInvoice]:
        read = self._known(lambda: self.reader.changed("invoices", Cursor.parse(cursor), _bounded(limit)))
        invoices, problems = split(self._invoices(read.rows))
        return Page(invoices, read.cursor.format(), read.more, problems)

    def _invoices(self, rows: Sequence[Row]) -> list[RemoteInvoice | Problem]:
        now, refs = datetime.now(UTC), self.reader.customer_refs([row["customer_id"] for row in rows])
        lines = self.reader.parts("invoice_lines", "invoice_id", [row["id"] for row in rows], "id")
        return [
            billing.invoice(
                row,
                sorted(lines.get(row["id"], ()), key=lambda line: line["position"]),
                refs.get(row["customer_id"]),
                now,
            )
            for row in rows
        ]

    def invoice(self, ref: str) -> RemoteInvoice | None:
        row = self._one("invoices", ref)
        if row is None:
            return None
        (invoice,) = self._invoices([row])
        if isinstance(invoice, Problem):
            raise ConnectorRejectedError(None, invoice.message, code=invoice.code)
        return invoice

    def changed_payments(self, cursor: str | None, limit: int) -> Page[RemotePayment]:
        read = self._known(lambda: self.reader.changed("payments", Cursor.parse(cursor), _bounded(limit)))
        now, refs = datetime.now(UTC), self.reader.customer_refs([row["customer_id"] for row in read.rows])
        payments, problems = split(billing.payment(row, refs.get(row["customer_id"]), now) for row in read.rows)
        return Page(payments, read.cursor.format(), read.more, problems)

    # -- customers

    def find_customer(
        self, *, code: str | None = None, email: str | None = None, claim_code: str | None = None
    ) -> Customer | None:
        row = self._known(lambda: self.reader.customer(code=code, email=email, claim_code=claim_code))
        if row is None:
            return None
        found = mapping.customer(row, self.shape.key("customers"), self.settings.currency, datetime.now(UTC))
        if isinstance(found, Problem):
            raise ConnectorRejectedError(None, found.message, code=found.code)
        return found

    def changed_customers(self, cursor: str | None, limit: int) -> Page[Customer]:
        read = self._known(lambda: self.reader.changed("customers", Cursor.parse(cursor), _bounded(limit)))
        key, now = self.shape.key("customers"), datetime.now(UTC)
        customers, problems = split(mapping.customer(row, key, self.settings.currency, now) for row in read.rows)
        return Page(customers, read.cursor.format(), read.more, problems)


def _receipt(row: Row) -> QuoteReceipt:
    try:
        return mapping.receipt(row)
    except InvalidValueError as error:
        raise ConnectorRejectedError(None, say(error), code=error.code) from error


def _bounded(limit: int) -> int:
    return max(1, min(limit, MOST_ROWS))
