"""Pages on the audit trail."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.admin import trail


def listing(context: None, request: Request) -> dict[str, Any]:
    search = trail.Search.read(request.GET)
    return {"page": trail.page(request.db, search, request.tenant.zone, request.GET.get("after")), "search": search}


def export(context: None, request: Request) -> Response:
    """POST: an export leaves a mark in the trail."""
    search = trail.Search.read(request.POST)
    response = Response(
        text=trail.export(request.db, search, request.tenant.zone), content_type="text/csv", charset="utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{request.tenant.slug}.csv"'
    return response


def verify(context: None, request: Request) -> dict[str, Any]:
    return {"result": trail.verify(request.db)}
