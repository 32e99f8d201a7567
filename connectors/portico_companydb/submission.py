"""Writing a quote once: the unique portal_reference decides, whatever was lost on the way."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, inspect, select

from portico_companydb import reader
from portico_companydb import tables as t
from portico_companydb.i18n import _
from portico_companydb.mapping import item_ref, parse_item_ref
from portico_erp.capabilities import NO_PLACE
from portico_erp.errors import ConnectorRejectedError
from portico_erp.totals import totals
from portico_erp.values import QuoteLine, QuoteRequest

MOST_LINES = 2000
_OF_ADDRESS = ("name", "street", "postcode", "city", "region", "country", "phone")


def find(connection: Connection, reference: str) -> RowMapping | None:
    statement = (
        select(t.quotes.c.id, t.quotes.c.number, t.quotes.c.status, t.customers.c.code.label("customer"))
        .outerjoin_from(t.quotes, t.customers, t.customers.c.id == t.quotes.c.customer_id)
        .where(t.quotes.c.portal_reference == reference)
    )
    return connection.execute(statement).mappings().one_or_none()


def write(connection: Connection, request: QuoteRequest) -> None:
    """Insert quote and lines, or nothing when the reference is there: one transaction, the caller's.

    A second submit of the same reference waits in the INSERT until the first has committed, and then does
    nothing.
    """
    if find(connection, request.reference) is not None:
        return
    customer = reader.customer(connection, code=request.customer_ref)
    if customer is None:
        raise ConnectorRejectedError(
            "customer_ref", _("The company does not know this customer."), code="unknown"
        )
    lines, destination = _check_lines(connection, request), _destination(connection, request)
    sums = totals(
        [(line.quantity, line.unit_price or Decimal(0), line.tax_rate) for line in request.lines],
        request.currency,
    )
    values = {
        "portal_reference": request.reference, "customer_id": customer["id"], "status": "submitted", "currency": request.currency,
        "note": request.note, "po_number": request.po_number, "submitted_at": request.submitted_at, "net_total": sums.net,
        "tax_total": sums.tax, "gross_total": sums.gross,
    }  # fmt: skip
    quote_id = reader.insert_once(connection, t.quotes, values)
    if quote_id is not None:
        connection.execute(insert(t.quote_lines), [{"quote_id": quote_id, **line} for line in lines])
        if destination:
            connection.execute(insert(t.quote_destinations).values(quote_id=quote_id, **destination))


def _destination(connection: Connection, request: QuoteRequest) -> dict[str, Any]:
    """Where and when to deliver as columns; empty where nothing was said of it. Tables from before version 5 have no place."""
    given = [name for name in ("delivery_address", "wanted_on") if getattr(request, name) is not None]
    if not given:
        return {}
    if not inspect(connection).has_table(t.quote_destinations.name):
        raise ConnectorRejectedError(given[0], _("The tables have no place for this. Run the set-up."), code=NO_PLACE)
    where = request.delivery_address
    texts = {name: "" if where is None else getattr(where, name) for name in _OF_ADDRESS}
    return {**texts, "wanted_on": request.wanted_on}


def _check_lines(connection: Connection, request: QuoteRequest) -> list[dict[str, Any]]:
    """The lines as columns. Every item must be known and on sale; the error names the line ("lines.2")."""
    if not request.lines:
        raise ConnectorRejectedError("lines", _("The quote has no lines."), code="empty")
    if len(request.lines) > MOST_LINES:
        raise ConnectorRejectedError("lines", _("The quote has too many lines."), code="too_many")
    wanted = [parsed for line in request.lines if (parsed := parse_item_ref(line.ref))]
    on_sale = {
        item_ref(row["kind"], row["code"])
        for row in reader.items_by_code(connection, wanted)
        if row["is_active"]
    }
    columns = []
    for index, line in enumerate(request.lines):
        parsed = parse_item_ref(line.ref)
        if parsed is None or line.ref not in on_sale:
            raise ConnectorRejectedError(
                f"lines.{index}",
                _("“${name}” is no longer sold.", mapping={"name": line.name}),
                code="not_on_sale",
            )
        columns.append(_line_columns(index + 1, parsed, line))
    return columns


def _line_columns(position: int, item: tuple[str, str], line: QuoteLine) -> dict[str, Any]:
    return {
        "position": position,
        "item_kind": item[0],
        "item_code": item[1],
        "name": line.name,
        "unit": line.unit,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "tax_rate": line.tax_rate,
        "note": line.note,
    }
