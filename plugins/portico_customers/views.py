"""Pages about the company's customers, for its staff."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.pluginhost.account_actions import account_actions
from portico.web.params import uuid_param
from portico_customers import reading


def customer(request: Request) -> Any:
    """The customer that the path names. Raises NotFoundError."""
    return reading.one(request.db, uuid_param(request, "account_id"))


def listing(context: None, request: Request) -> dict[str, Any]:
    text, after = reading.cleaned(request.GET.get("q")), request.GET.get("after")
    return {"page": reading.listing(request.db, text, cursor=after), "text": text, "first": not after}


def detail(context: Any, request: Request) -> dict[str, Any]:
    return {
        "customer": context,
        "people": reading.people(request.db, context.id),
        "actions": account_actions(request),
        "may_see_members": request.scope.has("company:members"),
        "may_manage": request.scope.has("organisation:manage"),
    }
