"""Approvals as JSON: the same services as the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pyramid.request import Request

from portico.api.schema import money
from portico.approvals import service

FIELDS = ("id", "kind", "subject_type", "subject_id", "account_id", "account", "amount", "currency", "note", "author",
          "approver_id", "status", "reason", "decider", "decided_at", "created_at")


def listing(context: None, request: Request) -> dict[str, Any]:
    asked = request.query_data
    page = service.listing(request.db, open_only=asked["open"], cursor=asked["cursor"], limit=asked["limit"])
    own = service.limits(request.db)
    return {"items": [_answer(request, row, own) for row in page.rows], "next_cursor": page.next}


def get(context: Any, request: Request) -> dict[str, Any]:
    return _told(request, context)


def approve(context: Any, request: Request) -> dict[str, Any]:
    service.decide(request.db, context.id, approve=True)
    return _told(request, service.get(request.db, context.id))


def decline(context: Any, request: Request) -> dict[str, Any]:
    service.decide(request.db, context.id, approve=False, reason=request.body_data["reason"])
    return _told(request, service.get(request.db, context.id))


def withdraw(context: Any, request: Request) -> dict[str, Any]:
    service.withdraw(request.db, context.id)
    return _told(request, service.get(request.db, context.id))


def _told(request: Request, row: Any) -> dict[str, Any]:
    return _answer(request, row, service.limits(request.db))


def _answer(request: Request, row: Any, own: Mapping[UUID, service.Limit]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS} | {
        "amount": money(row.amount, row.currency),
        "may_decide": service.may_decide(request.scope, row, own),
    }
