"""Invoices as JSON: the same reading and rules as the pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.api.schema import money
from portico_invoices import documents, filters, paper, reading, services, states


def list_invoices(context: None, request: Request) -> dict[str, Any]:
    asked = filters.checked(request.query_data)
    page = reading.invoices(request.db, asked)
    sums = [
        asdict(one) | {name: money(getattr(one, name), one.currency) for name in ("open", "overdue", "credit")}
        for one in reading.open_sums(request.db, asked.account_id)
    ]
    return {"items": [_item(request, row) for row in page.rows], "next_cursor": page.next, "open": sums}


def get_invoice(context: Any, request: Request) -> dict[str, Any]:
    found = reading.detail(request.db, context)
    currency = context.currency
    return _item(request, context) | {
        "note": context.note,
        "totals": {name: money(getattr(context, name), currency) for name in ("net", "tax", "gross")},
        "lines": [
            row._asdict() | {name: money(getattr(row, name), currency) for name in ("unit_price", "total")} for row in found.lines
        ],
        "orders": [{"id": one.order_id, "number": one.number or one.order_ref} for one in found.orders],
        "linked": [_linked(request, one) for one in found.linked],
        "history": [{"at": one.at, "kind": one.kind, "status": one.status} for one in found.changes],
        "synced_at": context.synced_at,
    }


def get_document(context: Any, request: Request) -> Response:
    return paper.send(request, context, documents.KIND)


def refresh(context: Any, request: Request) -> dict[str, str]:
    queued = services.refresh(request.db, context.id)
    return {"state": "queued" if queued else "fresh"}


def _state(request: Request, row: Any) -> str:
    return states.state(row.kind, row.status, row.due_on, reading.today(request.tenant))


def _linked(request: Request, row: Any) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in ("id", "number", "kind", "issued_on", "currency")}
    return found | {"state": _state(request, row), "gross": money(row.gross, row.currency)}


def _item(request: Request, row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "kind": row.kind,
        "state": _state(request, row),
        "issued_on": row.issued_on,
        "due_on": row.due_on,
        "po_number": row.po_number,
        "currency": row.currency,
        "gross": money(row.gross, row.currency),
        "open_amount": money(row.open_amount, row.currency),
        "account": getattr(row, "account", None),
    }
