"""A company's own database behind the contract's capabilities, as its mapping says where everything is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from portico_companydb import mapping, reader
from portico_companydb.database import Database
from portico_companydb.foreign import cells, pricing, report, scan, writing
from portico_companydb.foreign.catalogue import Catalogue, equals
from portico_companydb.foreign.document import Document, empty, parse
from portico_companydb.foreign.explore import Explorable
from portico_companydb.foreign.rows import Row, Rows
from portico_companydb.foreign.values import Builder, Whole
from portico_companydb.i18n import _
from portico_companydb.settings import DatabaseSettings
from portico_erp import questions
from portico_erp.connector import Egress
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError
from portico_erp.values import (
    CapabilityReport,
    Customer,
    Item,
    Page,
    PriceAnswer,
    Problem,
    QuoteReceipt,
    QuoteRequest,
    RemoteInvoice,
    RemoteOrder,
    RemotePayment,
    RemoteQuote,
)

MOST_ROWS = 1000
MOST_LINES = 2000
_OVERLAP = timedelta(minutes=5)


@dataclass(frozen=True)
class Reading:
    """One transaction: rows, and the builder of values out of them."""

    connection: Connection
    rows: Rows
    builder: Builder


class ForeignClient(Explorable):
    """Implements what its mapping declares. Thread-safe; connects at the first call."""

    def __init__(self, settings: DatabaseSettings, egress: Egress) -> None:
        self.settings = settings
        self.document: Document = (
            parse(settings.mapping, settings.currency) if settings.mapping else empty(settings.currency)
        )
        self.database = Database(settings, egress)
        self.catalogue = Catalogue()

    def close(self) -> None:
        self.database.close()

    @contextmanager
    def reading(self, *paths: str, read_only: bool = True) -> Iterator[Reading]:
        """paths: the entities that are read, whose small tables are then at hand."""
        with self.database.transaction(read_only=read_only) as connection:
            yield self._reading(connection, *paths)

    def _reading(self, connection: Connection, *paths: str) -> Reading:
        rows, lookups = Rows(connection, self.catalogue, self.document), dict[Any, Any]()
        builder = Builder(self.document, lookups, reader.clock(connection))
        for path in paths:
            self._need(path)
            lookups |= rows.lookups(builder.source(path))
            for part in builder.source(path).parts.values():
                lookups |= rows.lookups(part)
                for deeper in part.parts.values():
                    lookups |= rows.lookups(deeper)
        return Reading(connection, rows, builder)

    def _need(self, path: str) -> None:
        if path.partition(".")[0] not in self.document.sources:
            raise ConnectorRejectedError(None, _("“${name}” is not mapped.", mapping={"name": path}), code="schema")

    def test(self) -> Sequence[CapabilityReport]:
        return report.reports(self)

    # -- what changed

    def items(self, cursor: str | None, limit: int) -> Page[Item]:
        return self._changed("items", cursor, limit, lambda reading, whole: reading.builder.item(whole.row))

    def changed_customers(self, cursor: str | None, limit: int) -> Page[Customer]:
        return self._changed("customers", cursor, limit, lambda reading, whole: reading.builder.customer(whole.row))

    def changed_quotes(self, cursor: str | None, limit: int) -> Page[RemoteQuote]:
        return self._changed("quotes", cursor, limit, lambda reading, whole: reading.builder.quote(whole))

    def changed_orders(self, cursor: str | None, limit: int) -> Page[RemoteOrder]:
        return self._changed("orders", cursor, limit, lambda reading, whole: reading.builder.order(whole))

    def changed_invoices(self, cursor: str | None, limit: int) -> Page[RemoteInvoice]:
        return self._changed("invoices", cursor, limit, lambda reading, whole: reading.builder.invoice(whole))

    def changed_payments(self, cursor: str | None, limit: int) -> Page[RemotePayment]:
        return self._changed("payments", cursor, limit, lambda reading, whole: reading.builder.payment(whole))

    def _changed(
        self, path: str, cursor: str | None, limit: int, build: Callable[[Reading, Whole], Any | Problem]
    ) -> Page[Any]:
        self._need(path)
        position = scan.Position.parse(cursor, self.fingerprint(path))
        with self.reading(path) as reading:
            source = reading.builder.source(path)

            def read(offset: int, count: int, at: scan.Position) -> list[Whole]:
                return self.wholes(reading, path, reading.rows.chunk(source, offset, count, at))

            done = scan.run(
                position,
                reading.builder.clock,
                max(1, min(limit, MOST_ROWS)),
                _OVERLAP,
                read,
                scan.Kind(
                    key=lambda whole: reading.builder.ref(path, whole.row),
                    content=_content,
                    changed_at=lambda whole: reading.builder.changed_at(path, whole.row),
                    filtered=reading.rows.is_filtered(source),
                ),
            )
            good, problems = mapping.split([build(reading, whole) for whole in done.found])
        return Page(good, done.position.format(), done.more, problems)

    def wholes(self, reading: Reading, path: str, rows: Sequence[Row]) -> list[Whole]:
        """Rows with their parts."""
        source, builder = reading.builder.source(path), reading.builder
        refs = [builder.ref(path, row) for row in rows]
        parts = {name: reading.rows.parts(part, refs) for name, part in source.parts.items()} if refs else {}
        contents: dict[str, list[Row]] = {}
        deliveries = source.parts.get("deliveries")
        if deliveries is not None and "lines" in deliveries.parts:
            sent = [builder.ref(f"{path}.deliveries", row) for group in parts.get("deliveries", {}).values() for row in group]
            contents = reading.rows.parts(deliveries.parts["lines"], sent) if sent else {}
        return [
            Whole(
                row,
                parts.get("allocations" if path == "payments" else "lines", {}).get(ref, ()),
                [
                    (sent, contents.get(builder.ref(f"{path}.deliveries", sent), ()))
                    for sent in parts.get("deliveries", {}).get(ref, ())
                ],
            )
            for ref, row in zip(refs, rows, strict=True)
        ]

    def fingerprint(self, path: str) -> str:
        """Of all that decides what a row becomes: with another mapping everything is read anew."""
        document = self.document
        told = [document.raw.get(path), document.currency, document.zone.key, document.separator]
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:16]

    # -- one by one

    def order(self, ref: str) -> RemoteOrder | None:
        found: RemoteOrder | None = self._one("orders", ref, lambda reading, whole: reading.builder.order(whole))
        return found

    def invoice(self, ref: str) -> RemoteInvoice | None:
        found: RemoteInvoice | None = self._one("invoices", ref, lambda reading, whole: reading.builder.invoice(whole))
        return found

    def _one(self, path: str, ref: str, build: Callable[[Reading, Whole], Any | Problem]) -> Any:
        with self.reading(path) as reading:
            source = reading.builder.source(path)
            rows = reading.rows.by_key(source, source.key, [ref]) if ref else []
            wholes = self.wholes(reading, path, [row for row in rows if reading.builder.ref(path, row) == ref][:1])
            found = build(reading, wholes[0]) if wholes else None
        if isinstance(found, Problem):
            raise ConnectorRejectedError(None, found.message, code=found.code)
        return found

    def find_customer(
        self, *, code: str | None = None, email: str | None = None, claim_code: str | None = None
    ) -> Customer | None:
        asked = {"code": code, "email": email, "claim_code": claim_code}
        wanted = {name: said.strip() for name, said in asked.items() if said is not None}
        if not wanted or not all(wanted.values()):
            return None  # an empty claim code must never find the customers that have none
        with self.reading("customers") as reading:
            rows = self._customer_rows(reading, wanted)
            found = [reading.builder.customer(row) for row in rows]
        good = [one for one in found if not isinstance(one, Problem) and one.active and _is(one, wanted)]
        if good:
            return good[0] if len({one.ref for one in good}) == 1 else None
        for one in found:
            if isinstance(one, Problem):
                raise ConnectorRejectedError(None, one.message, code=one.code)
        return None

    def _customer_rows(self, reading: Reading, wanted: dict[str, str]) -> list[Row]:
        source = reading.builder.source("customers")
        relation, conditions = reading.rows.relation(source), []
        for name, said in wanted.items():
            cell = source.fields.get(name)
            if cell is None and name == "code":
                return reading.rows.by_key(source, source.key, [said])
            if cell is None or not cell.is_plain or len(cell.columns) != 1:
                return []
            if name == "code":
                conditions.append(equals(relation, cell.columns[0], [said], reading.rows.dialect))
            else:
                conditions.append(pricing.same_in_any_case(relation, cell.columns[0], said))
        return reading.rows.where(source, *conditions)

    def prices(self, customer_ref: str | None, wanted: Sequence[tuple[str, Decimal]]) -> PriceAnswer:
        questions.require_prices(wanted)
        paths = ["items", "customers", *(["prices"] if "prices" in self.document.sources else [])]
        with self.reading(*paths) as reading:
            return pricing.answer(reading, customer_ref, wanted, datetime.now(UTC))

    # -- quotes

    def submit(self, request: QuoteRequest) -> QuoteReceipt:
        with self.reading("quotes", "items", "customers", read_only=False) as reading:
            writing.lock(reading.connection)
            if self._by_reference(reading, request.reference) is None:
                self._check(reading, request)
                if self.document.submission is not None:
                    writing.check_undoable(reading.connection, self.catalogue, self.document.submission)

                def parent() -> Row:
                    row = self._by_reference(reading, request.reference)
                    if row is None:
                        raise ConnectorRejectedError(
                            None, _("The quote that was written is not found by its reference."), code="schema"
                        )
                    return row

                writing.write(reading.connection, self.catalogue, self.document, request, parent)
                parent()  # a function that hides what it wrote would be called again by every retry: it is undone
        found = self._found(request.reference)
        if found is None:
            raise ConnectorUnavailableError(_("The quote was written but cannot be read back yet."))
        receipt, customer = found
        if customer != request.customer_ref:
            raise ConnectorRejectedError("reference", _("The reference belongs to another customer's quote."), code="conflict")
        return receipt

    def find_quote(self, reference: str) -> QuoteReceipt | None:
        found = self._found(reference)
        return None if found is None else found[0]

    def _found(self, reference: str) -> tuple[QuoteReceipt, str] | None:
        with self.reading("quotes") as reading:
            row = self._by_reference(reading, reference)
            if row is None:
                return None
            quote = reading.builder.quote(Whole(row))
        if isinstance(quote, Problem):
            raise ConnectorRejectedError(None, quote.message, code=quote.code)
        return QuoteReceipt(quote.number, quote.ref, quote.status), quote.customer_ref

    def _by_reference(self, reading: Reading, reference: str) -> Row | None:
        source = reading.builder.source("quotes")
        rows = reading.rows.by_key(source, source.fields["reference"].columns, [reference])
        return rows[0] if rows else None

    def _check(self, reading: Reading, request: QuoteRequest) -> None:
        """Raises with the field that is wrong, before anything is written."""
        if pricing.customer(reading, request.customer_ref) is None:
            raise ConnectorRejectedError("customer_ref", _("The company does not know this customer."), code="unknown")
        if not request.lines:
            raise ConnectorRejectedError("lines", _("The quote has no lines."), code="empty")
        if len(request.lines) > MOST_LINES:
            raise ConnectorRejectedError("lines", _("The quote has too many lines."), code="too_many")
        on_sale = pricing.on_sale(reading, [line.ref for line in request.lines])
        for index, line in enumerate(request.lines):
            if line.ref not in on_sale:
                raise ConnectorRejectedError(
                    f"lines.{index}", _("“${name}” is no longer sold.", mapping={"name": line.name}), code="not_on_sale"
                )


def _content(whole: Whole) -> bytes:
    def told(row: Row) -> list[tuple[str, str | None]]:
        return [(name, cells.text(raw)) for name, raw in row.items()]

    return scan.digest(
        told(dict(whole.row)),
        [told(dict(one)) for one in whole.lines],
        [(told(dict(one)), [told(dict(each)) for each in contents]) for one, contents in whole.deliveries],
    )


def _is(customer: Customer, wanted: dict[str, str]) -> bool:
    """The database may compare more loosely than we do."""
    told = {"code": customer.code, "email": customer.email, "claim_code": customer.claim_code or ""}
    return all(
        told[name] == said if name == "code" else told[name].lower() == said.lower() for name, said in wanted.items()
    )
