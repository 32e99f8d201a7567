"""Payments as JSON: the same reading and rules as the pages."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.api.schema import money
from portico.documents import giving
from portico_payments import documents, filters, reading, states


def list_payments(context: None, request: Request) -> dict[str, Any]:
    page = reading.payments(request.db, filters.checked(request.query_data))
    return {"items": [_item(row) for row in page.rows], "next_cursor": page.next}


def get_payment(context: Any, request: Request) -> dict[str, Any]:
    return _item(context) | {
        "reference": context.reference,
        "settles": [
            {
                "invoice_id": one.invoice_id,
                "invoice_number": one.number,
                "amount": money(one.amount, context.currency),
            }
            for one in reading.settled(request.db, context.id)
        ],
    }


def get_receipt(context: Any, request: Request) -> Response:
    return giving.send(request, documents.RECEIPT, context)


def _item(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "state": states.of(row),
        "paid_on": row.paid_on,
        "method": row.method,
        "currency": row.currency,
        "amount": money(row.amount, row.currency),
        "assigned": money(row.allocated, row.currency),
        "account": getattr(row, "account", None),
    }
