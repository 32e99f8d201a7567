"""E-invoices for programs: how far one is, and both files."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.web.i18n import translate
from portico_einvoices import checks, giving
from portico_einvoices.models import REFUSED


def state(context: Any, request: Request) -> dict[str, Any]:
    found = checks.state(request.db, context.id)
    if found is None:
        return {"state": "waiting", "reasons": []}
    shown = found.state == REFUSED and request.scope.has("einvoices:manage")
    return {"state": found.state, "reasons": [translate(request, one) for one in checks.told(found.reasons)] if shown else []}


def ubl(context: Any, request: Request) -> Response:
    return giving.ubl(request, context)


def factur_x(context: Any, request: Request) -> Response:
    return giving.factur_x(request, context)
