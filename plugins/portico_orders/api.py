"""Orders as JSON: the same reading and rules as the pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.api.schema import money
from portico.documents import giving
from portico_orders import documents, filters, lead_times, reading, reordering, services
from portico_orders.progress import Shipment, shipments
from portico_orders.statuses import NOT_SENT, OPEN
from portico_orders.visibility import hidden


def list_orders(context: None, request: Request) -> dict[str, Any]:
    page = reading.orders(request.db, filters.checked(request.query_data))
    since = hidden(request.scope)
    return {"items": [_item(row) for row in page.rows], "next_cursor": page.next, "shown_since": since and since.since}


def get_order(context: Any, request: Request) -> dict[str, Any]:
    found = reading.detail(request.db, context)
    far = shipments(found) if found.deliveries and context.status not in NOT_SENT else {}
    return {
        "id": context.id,
        "number": context.number,
        "status": context.status,
        "account": context.account,
        "ordered_at": context.ordered_at,
        "expected_on": context.expected_on,
        "po_number": context.po_number,
        "quote_number": context.quote_number,
        "note": context.note,
        "currency": context.currency,
        "totals": {name: money(getattr(context, name), context.currency) for name in ("net", "tax", "gross")},
        "lines": [_line(row, context.currency, far.get(row.position)) for row in found.lines],
        "deliveries": [
            {
                "number": one.number,
                "shipped_at": one.shipped_at,
                "delivered_at": one.delivered_at,
                "carrier": one.carrier,
                "tracking_number": one.tracking_number,
                "tracking_url": one.tracking_url,
                "items": [
                    {"item_ref": held.item_ref, "name": held.name, "quantity": held.quantity}
                    for held in found.contents.get(one.id, ())
                ],
            }
            for one in found.deliveries
        ],
        "forecast": _forecast(request, context, found.lines),
        "history": [{"at": one.at, "kind": one.kind, "status": one.status} for one in found.changes],
        "synced_at": context.synced_at,
    }


def get_confirmation(context: Any, request: Request) -> Response:
    return giving.send(request, documents.KIND, context)


def refresh(context: Any, request: Request) -> dict[str, str]:
    queued = services.refresh(request.db, context.id)
    return {"state": "queued" if queued else "fresh"}


def reorder(context: Any, request: Request) -> dict[str, Any]:
    draft = reordering.reorder(request, context)
    return {
        "draft_id": draft.id,
        "currency": draft.currency,
        "currency_then": context.currency,
        "away": draft.away,
        "lines": [
            {
                "item_ref": line.former.item_ref,
                "name": line.former.name,
                "unit": line.former.unit,
                "quantity": line.former.quantity,
                "price_then": money(line.former.unit_price, context.currency),
                "price_now": money(line.unit_price, draft.currency),
                "outcome": line.outcome,
            }
            for line in draft.lines
        ],
    }


def _forecast(request: Request, order: Any, lines: Any) -> dict[str, Any] | None:
    if order.status not in OPEN:
        return None
    found = lead_times.predict(request.db, request.tenant, order, lines, reading.today(request.tenant))
    return asdict(found) if found else None


def _line(row: Any, currency: str, far: Shipment | None) -> dict[str, Any]:
    amounts = {name: money(getattr(row, name), currency) for name in ("unit_price", "total")}
    return row._asdict() | amounts | {"shipped": far and far.shipped, "open": far and far.open}


def _item(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "status": row.status,
        "ordered_at": row.ordered_at,
        "expected_on": row.expected_on,
        "po_number": row.po_number,
        "quote_number": row.quote_number,
        "currency": row.currency,
        "gross": money(row.gross, row.currency),
        "lines": row.line_count,
        "deliveries": row.delivery_count,
        "account": getattr(row, "account", None),
    }
