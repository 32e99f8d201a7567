"""Contracts as JSON: the same reading and rules as the pages."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.api.schema import money
from portico.documents import giving
from portico_contracts import answering, documents, filters, reading
from portico_contracts.statuses import OFFERED

_SHOWN = ("id", "number", "title", "state", "account", "currency", "per", "starts_on", "ends_on", "answer_until")
_FURTHER = ("version", "renewal_months", "notice_days", "terms", "reason", "answered_by", "answered_at", "answer", "taken_at")


def list_contracts(context: None, request: Request) -> dict[str, Any]:
    page = reading.contracts(request.db, filters.checked(request.query_data))
    return {"items": [_item(row) for row in page.rows], "next_cursor": page.next}


def get_contract(context: Any, request: Request) -> dict[str, Any]:
    lines = [
        line._asdict() | {"unit_price": money(line.unit_price, context.currency)}
        for line in reading.lines(request.db, context.id)
    ]
    can = context.state == OFFERED and answering.possible(request.registry.portico.connections, request.tenant, context)
    return _item(context) | {name: getattr(context, name) for name in _FURTHER} | {"lines": lines, "can_answer": can}


def get_document(context: Any, request: Request) -> Response:
    return giving.send(request, documents.KIND, context)


def agree(context: Any, request: Request) -> dict[str, Any]:
    return _answer(context, request, agreed=True)


def decline(context: Any, request: Request) -> dict[str, Any]:
    return _answer(context, request, agreed=False, reason=request.body_data["reason"].strip())


def _answer(context: Any, request: Request, *, agreed: bool, reason: str = "") -> dict[str, Any]:
    answering.require_possible(request.registry.portico.connections, request.tenant, context)
    answering.answer(request.db, context, agreed=agreed, seen=request.body_data["version"], reason=reason)
    return get_contract(reading.contract(request.db, context.id), request)


def _item(row: Any) -> dict[str, Any]:
    value = None if row.value is None else money(row.value, row.currency)
    return {name: getattr(row, name) for name in _SHOWN} | {"value": value}
