"""Orders as JSON: the same reading and rules as the pages."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.api.schema import money
from portico_orders import filters, reading, services


def list_orders(context: None, request: Request) -> dict[str, Any]:
    page = reading.orders(request.db, filters.checked(request.query_data))
    return {"items": [_item(row) for row in page.rows], "next_cursor": page.next}


def get_order(context: Any, request: Request) -> dict[str, Any]:
    found = reading.detail(request.db, context)
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
        "lines": [_line(row, context.currency) for row in found.lines],
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
        "history": [{"at": one.at, "kind": one.kind, "status": one.status} for one in found.changes],
        "synced_at": context.synced_at,
    }


def refresh(context: Any, request: Request) -> dict[str, str]:
    queued = services.refresh(request.db, context.id)
    return {"state": "queued" if queued else "fresh"}


def _line(row: Any, currency: str) -> dict[str, Any]:
    amounts = {name: money(getattr(row, name), currency) for name in ("unit_price", "total")}
    return row._asdict() | amounts


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
