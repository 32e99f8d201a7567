"""Writing a quote once, whatever was lost on the way.

With the function `portico_submit_quote` in the database (functions.sql) quote and lines are one transaction. Without it they
are two requests, in an order that can be taken up again: the unique `portal_reference` lets the quote be made once, and the
lines, one statement, follow. A quote of the portal without lines is half of one: it is not found, and the next try completes it.

A quote that is a document is one row. Its id is derived from the reference where ids are UUIDs, so that the primary key lets
it be made once; with other ids it is looked up first.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from portico_erp.errors import ConnectorRejectedError
from portico_erp.records import item_ref, parse_item_ref
from portico_erp.totals import totals
from portico_erp.values import QuoteLine, QuoteRequest, Totals
from portico_supabase.i18n import _
from portico_supabase.reader import Reader
from portico_supabase.rest import Row

MOST_LINES = 2000
FUNCTION = "portico_submit_quote"
_ANY_ID = UUID(int=0)


def find(reader: Reader, reference: str, *, halves: bool = False) -> Row | None:
    """The quote of that reference. halves: also one whose lines have not arrived."""
    if not reference.isprintable():
        return None
    columns = reader.shape.columns("quotes")
    if not reader.shape.documents:
        rows = reader.rest.rows("quotes", columns, [("portal_reference", f"eq.{reference}")]).rows
        return rows[0] if rows and (halves or _has_lines(reader, rows[0])) else None
    if _uuids(reader):
        rows = reader.rest.rows("quotes", columns, [("id", f"eq.{_id(reference)}")]).rows
    else:
        rows = reader.rest.rows("quotes", columns, [("quote_data->>portal_reference", f"eq.{reference}")], order=["id"]).rows
    return rows[0] if rows else None


def _has_lines(reader: Reader, quote: Row) -> bool:
    return bool(reader.rest.rows("quote_lines", ["id"], [("quote_id", f"eq.{quote['id']}")], limit=1).rows)


def write(reader: Reader, request: QuoteRequest) -> None:
    """Make the quote, or complete the half of one; nothing when it is there."""
    there = find(reader, request.reference, halves=True)
    if there is not None and (reader.shape.documents or find(reader, request.reference) is not None):
        return
    customer = reader.customer(code=request.customer_ref)
    if customer is None:
        raise ConnectorRejectedError("customer_ref", _("The company does not know this customer."), code="unknown")
    if there is None:
        lines = _check_lines(reader, request)
    else:
        # They were checked when the quote was made: what was taken off sale since does not stop its other half.
        lines = [_line(position, parse_item_ref(line.ref) or ("", ""), line) for position, line in enumerate(request.lines, 1)]
    sums = totals([(line.quantity, line.unit_price or Decimal(0), line.tax_rate) for line in request.lines], request.currency)
    if reader.shape.documents:
        _write_document(reader, request, customer, lines, sums)
    else:
        _write_rows(reader, request, customer, lines, sums, there)


def _head(request: QuoteRequest, sums: Totals) -> dict[str, Any]:
    return {
        "portal_reference": request.reference,
        "currency": request.currency,
        "note": request.note,
        "po_number": request.po_number,
        "submitted_at": request.submitted_at.isoformat(),
        "net_total": str(sums.net),
        "tax_total": str(sums.tax),
        "gross_total": str(sums.gross),
    }


def _write_rows(
    reader: Reader, request: QuoteRequest, customer: Row, lines: Sequence[Row], sums: Totals, there: Row | None
) -> None:
    quote = {**_head(request, sums), "customer_id": customer["id"], "status": "submitted"}
    if there is None:
        try:
            reader.rest.function(FUNCTION, {"quote": quote, "lines": list(lines)})
            return
        except ConnectorRejectedError as error:
            if error.code != "function":
                raise
        made = reader.rest.insert("quotes", [quote], conflict="portal_reference")
        # Somebody was faster with the same reference: its lines are completed, whoever made the quote.
        there = made[0] if made else find(reader, request.reference, halves=True)
    if there is not None:
        rows = [{**line, "quote_id": there["id"]} for line in lines]
        reader.rest.insert("quote_lines", rows, conflict="quote_id,position")


def _write_document(reader: Reader, request: QuoteRequest, customer: Row, lines: Sequence[Row], sums: Totals) -> None:
    row: dict[str, Any] = {"customer_id": customer["id"], "quote_data": {**_head(request, sums), "lines": list(lines)}}
    if _uuids(reader):
        row["id"] = _id(request.reference)
    reader.rest.insert("quotes", [row], conflict="id")


def _uuids(reader: Reader) -> bool:
    """Whether quotes are named by UUIDs."""
    try:
        reader.rest.rows("quotes", ["id"], [("id", f"eq.{_ANY_ID}")], limit=1)
        return True
    except ConnectorRejectedError as error:
        if error.code == "refused":
            return False
        raise


def _id(reference: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"portico:quote:{reference}"))


def _check_lines(reader: Reader, request: QuoteRequest) -> list[dict[str, Any]]:
    """The lines as columns. Every item must be known and on sale; the error names the line ("lines.2")."""
    if not request.lines:
        raise ConnectorRejectedError("lines", _("The quote has no lines."), code="empty")
    if len(request.lines) > MOST_LINES:
        raise ConnectorRejectedError("lines", _("The quote has too many lines."), code="too_many")
    wanted = [parsed for line in request.lines if (parsed := parse_item_ref(line.ref))]
    kinds = reader.shape.kinds()
    on_sale = {
        item_ref(row["kind"], row[reader.shape.key(kinds[row["kind"]])])
        for row in reader.items_by_key(wanted)
        if row.get("is_active", True)
    }
    columns = []
    for index, line in enumerate(request.lines):
        parsed = parse_item_ref(line.ref)
        if parsed is None or line.ref not in on_sale:
            raise ConnectorRejectedError(
                f"lines.{index}", _("“${name}” is no longer sold.", mapping={"name": line.name}), code="not_on_sale"
            )
        columns.append(_line(index + 1, parsed, line))
    return columns


def _line(position: int, item: tuple[str, str], line: QuoteLine) -> dict[str, Any]:
    return {
        "position": position,
        "item_kind": item[0],
        "item_code": item[1],
        "name": line.name,
        "unit": line.unit,
        "quantity": str(line.quantity),
        "unit_price": None if line.unit_price is None else str(line.unit_price),
        "tax_rate": str(line.tax_rate),
        "note": line.note,
    }
