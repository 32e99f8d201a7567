"""Rows of a foreign table → values of the contract. Pure; what cannot become one is a problem with a sentence for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from portico_companydb import mapping
from portico_companydb.foreign import cells
from portico_companydb.foreign.document import Document, Source
from portico_companydb.foreign.entities import entity
from portico_companydb.foreign.rows import is_gone
from portico_companydb.i18n import _
from portico_erp import flaws
from portico_erp import invariants as check
from portico_erp.errors import InvalidValueError
from portico_erp.totals import line_total, totals
from portico_erp.values import (
    Allocation,
    Customer,
    Delivery,
    DeliveryLine,
    InvoiceKind,
    InvoiceLine,
    InvoiceStatus,
    Item,
    OrderLine,
    OrderStatus,
    Problem,
    QuoteLine,
    QuoteStatus,
    RemoteInvoice,
    RemoteOrder,
    RemotePayment,
    RemoteQuote,
    Totals,
)

T = TypeVar("T")
Row = Mapping[str, Any]
Lookups = Mapping[Any, Mapping[str, Any]]


@dataclass(frozen=True)
class Whole:
    """A row with its parts: lines, and deliveries each with theirs."""

    row: Row
    lines: Sequence[Row] = ()
    deliveries: Sequence[tuple[Row, Sequence[Row]]] = ()


class Builder:
    """lookups: the small tables of all cells. clock: when the rows were read, which is their change where no column says it."""

    def __init__(self, document: Document, lookups: Lookups, clock: datetime) -> None:
        self.document, self.lookups, self.clock = document, lookups, clock

    def source(self, path: str) -> Source:
        head, *rest = path.split(".")
        found = self.document.sources[head]
        for name in rest:
            found = found.parts[name]
        return found

    def ref(self, path: str, row: Row) -> str:
        return cells.key(self.source(path).key, row, self.document.separator)

    def fields(self, path: str, row: Row) -> dict[str, Any]:
        """Every field of the entity by name. Raises InvalidValueError at the first that cannot be."""
        source = self.source(path)
        return {
            name: cells.value(kind, source.fields.get(name), row, name, self.document.zone, self.lookups)
            for name, kind in entity(path).fields.items()
        }

    def changed_at(self, path: str, row: Row) -> datetime | None:
        """None: no column says it, or nothing (that can be read) is in it."""
        cell = self.source(path).changed
        try:
            raw = row[cell.columns[0]] if cell else None
            return cells.moment(raw, cell, row, "updated_at", self.document.zone) if cell else None
        except InvalidValueError:
            return None

    def attempt(self, path: str, ref: str, row: Row, build: Callable[[], T]) -> T | Problem:
        try:
            return build()
        except InvalidValueError as error:
            return Problem(ref[:200] or "?", error.code, sentence(path, error), self._payload(path, row))

    def _payload(self, path: str, row: Row) -> dict[str, Any]:
        cell = self.source(path).fields.get("claim_code")
        secret = set(cell.columns) if cell else set()
        return {name: None if raw is None else (cells.text(raw) or "")[:200] for name, raw in row.items() if name not in secret}

    def item(self, row: Row) -> Item | Problem:
        ref = self.ref("items", row)

        def build() -> Item:
            found = self.fields("items", row)
            found |= {"code": found["code"] or ref, "currency": found["currency"] or self.document.currency}
            found["active"] = found["active"] and not is_gone(self.source("items"), row)
            return Item(ref=ref, updated_at=self.changed_at("items", row) or self.clock, **found)

        return self.attempt("items", ref, row, build)

    def customer(self, row: Row) -> Customer | Problem:
        ref = self.ref("customers", row)

        def build() -> Customer:
            found = self.fields("customers", row)
            del found["discount"]
            found |= {"code": found["code"] or ref, "currency": found["currency"] or self.document.currency}
            found["active"] = found["active"] and not is_gone(self.source("customers"), row)
            return Customer(ref=ref, updated_at=self.changed_at("customers", row) or self.clock, **found)

        return self.attempt("customers", ref, row, build)

    def quote(self, whole: Whole) -> RemoteQuote | Problem:
        row, ref = whole.row, self.ref("quotes", whole.row)

        def build() -> RemoteQuote:
            found, changed = self.fields("quotes", row), self.changed_at("quotes", row) or self.clock
            found["status"] = QuoteStatus.CANCELLED if is_gone(self.source("quotes"), row) else found["status"]
            lines = tuple(map(self._quote_line, whole.lines))
            currency = found["currency"] or self.document.currency
            sums = [(one.quantity, one.unit_price or Decimal(0), one.tax_rate) for one in lines]
            return RemoteQuote(
                ref=ref,
                number=found.pop("number") or ref,
                customer_ref=found.pop("customer"),
                currency=currency,
                lines=lines,
                totals=_totals(found, sums, currency),
                created_at=found.pop("created_at") or changed,
                updated_at=changed,
                **{name: found[name] for name in ("reference", "status", "valid_until", "reason", "note", "po_number")},
            )

        return self.attempt("quotes", ref, row, build)

    def _quote_line(self, row: Row) -> QuoteLine:
        found = self.fields("quotes.lines", row)
        return QuoteLine(ref=found.pop("item"), **found)

    def order(self, whole: Whole) -> RemoteOrder | Problem:
        row, ref = whole.row, self.ref("orders", whole.row)

        def build() -> RemoteOrder:
            found = self.fields("orders", row)
            found["status"] = OrderStatus.CANCELLED if is_gone(self.source("orders"), row) else found["status"]
            currency = found["currency"] or self.document.currency
            lines = tuple(self._order_line(one, currency) for one in whole.lines)
            return RemoteOrder(
                ref=ref,
                number=found.pop("number") or ref,
                customer_ref=found.pop("customer"),
                currency=currency,
                lines=lines,
                deliveries=tuple(self._delivery(sent, contents) for sent, contents in whole.deliveries),
                totals=_totals(found, [(one.quantity, one.unit_price, one.tax_rate) for one in lines], currency),
                quote_ref=found.pop("quote"),
                updated_at=self.changed_at("orders", row) or self.clock,
                **{name: found[name] for name in ("status", "quote_number", "ordered_at", "expected_on", "po_number", "note")},
            )

        return self.attempt("orders", ref, row, build)

    def _order_line(self, row: Row, currency: str) -> OrderLine:
        found = self.fields("orders.lines", row)
        total = found.pop("total")
        check.currency(currency)
        check.quantity(found["quantity"], "quantity")
        check.amount(found["unit_price"], "unit_price")
        if total is None:
            total = line_total(found["quantity"], found["unit_price"], currency)
        return OrderLine(ref=found.pop("item"), total=total, **found)

    def _delivery(self, row: Row, contents: Sequence[Row]) -> Delivery:
        found = self.fields("orders.deliveries", row)
        found["number"] = found["number"] or self.ref("orders.deliveries", row)
        lines = [self.fields("orders.deliveries.lines", one) for one in contents]
        return Delivery(lines=tuple(DeliveryLine(one["item"], one["name"], one["quantity"]) for one in lines), **found)

    def invoice(self, whole: Whole) -> RemoteInvoice | Problem:
        row, ref = whole.row, self.ref("invoices", whole.row)

        def build() -> RemoteInvoice:
            found, currency = self.fields("invoices", row), self.document.currency
            currency = found["currency"] or currency
            check.currency(currency)
            lines = [self._invoice_line(one, currency) for one in whole.lines]
            sums = _totals(found, [(one.quantity, one.unit_price, one.tax_rate) for one in lines], currency)
            # Below zero is how many write a credit note; the contract turns it by its kind alone.
            turned = -1 if sums.gross < 0 else 1
            kind = found["kind"] or (InvoiceKind.CREDIT_NOTE if turned < 0 else InvoiceKind.INVOICE)
            if turned < 0:
                sums = Totals(-sums.net, -sums.tax, -sums.gross)
                lines = [replace(one, quantity=-one.quantity, total=-one.total) for one in lines]
            gone = is_gone(self.source("invoices"), row) or found["status"] is InvoiceStatus.CANCELLED
            left = Decimal(0) if gone else _open(found, sums.gross, turned)
            return RemoteInvoice(
                ref=ref,
                number=found["number"] or ref,
                kind=kind,
                status=InvoiceStatus.of(sums.gross, left, cancelled=gone),
                customer_ref=found["customer"],
                currency=currency,
                lines=tuple(lines),
                totals=sums,
                open_amount=left,
                order_refs=(found["order"],) if found["order"] else (),
                credits_ref=found["credits"] if kind is InvoiceKind.CREDIT_NOTE else None,
                updated_at=self.changed_at("invoices", row) or self.clock,
                **{name: found[name] for name in ("issued_on", "due_on", "po_number", "note")},
            )

        return self.attempt("invoices", ref, row, build)

    def _invoice_line(self, row: Row, currency: str) -> InvoiceLine:
        found = self.fields("invoices.lines", row)
        total = found.pop("total")
        for name, below in (("quantity", check.LARGEST_QUANTITY), ("unit_price", check.LARGEST_AMOUNT)):
            check.amount(found[name], name, signed=True, below=below)
        if total is None:
            total = line_total(found["quantity"], found["unit_price"], currency)
        return InvoiceLine(ref=found.pop("item"), total=total, **found)

    def payment(self, whole: Whole) -> RemotePayment | Problem:
        row, ref = whole.row, self.ref("payments", whole.row)

        def build() -> RemotePayment:
            found = self.fields("payments", row)
            parts = [self.fields("payments.allocations", one) for one in whole.lines]
            settled = [Allocation(one["invoice"], abs(one["amount"])) for one in parts]
            if not settled and found["invoice"] and found["amount"]:
                check.amount(found["amount"], "amount", signed=True)
                settled = [Allocation(found["invoice"], abs(found["amount"]))]
            return RemotePayment(
                ref=ref,
                reference=found["reference"],
                number=found["number"] or ref,
                customer_ref=found["customer"],
                currency=found["currency"] or self.document.currency,
                allocations=tuple(settled),
                cancelled=found["cancelled"] or is_gone(self.source("payments"), row),
                updated_at=self.changed_at("payments", row) or self.clock,
                **{name: found[name] for name in ("amount", "paid_on", "method")},
            )

        return self.attempt("payments", ref, row, build)


def _open(found: dict[str, Any], gross: Decimal, turned: int) -> Decimal:
    """What is still to be paid: as the company says, or what is not paid yet, or by the status alone. Paid too much: nothing."""
    if found["open"] is not None:
        left = found["open"] * turned
    elif found["paid"] is not None:
        left = gross - found["paid"] * turned
    else:
        left = Decimal(0) if found["status"] is InvoiceStatus.PAID else gross
    check.amount(left, "open", signed=True)
    return max(Decimal(0), left)


def _totals(found: dict[str, Any], lines: Sequence[tuple[Decimal, Decimal, Decimal]], currency: str) -> Totals:
    """As the company states them; what it does not state is worked out of the rest, or of the lines."""
    net, tax, gross = (found.pop(name) for name in ("net", "tax", "gross"))
    if net is None and gross is None:
        check.currency(currency)
        return totals(lines, currency)
    if net is None:
        net = gross - (tax or 0)
    if gross is None:
        gross = net + (tax or 0)
    return Totals(net, gross - net if tax is None else tax, gross)


def sentence(path: str, error: InvalidValueError) -> Any:
    kind = entity(path).fields.get(error.field)
    title = kind.title if kind else mapping.FIELDS.get(error.field, error.field)
    if isinstance(error, cells.NotAssignedError):
        return _("${field}: “${value}” is not assigned.", mapping={"field": title, "value": error.value[:100]})
    return flaws.say(error, {error.field: title})


def plain(message: Any) -> str:
    """As it reads in English, with its blanks filled in."""
    interpolate = getattr(message, "interpolate", None)
    return str(interpolate()) if interpolate else str(message)


def told(value: Any) -> str:
    """A value of ours as a short text for a preview."""
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return format(value, "f") if isinstance(value, Decimal) else str(value)
