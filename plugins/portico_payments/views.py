"""The pages of payments. They hold no queries: each asks `reading`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request
from pyramid.response import Response

from portico.connections.freshness import freshness
from portico.documents import giving
from portico.errors import InvalidError
from portico.exports.answer import FORMATS
from portico.web.params import text_param
from portico_payments import documents, exporting, filters, reading, states
from portico_payments.cells import cells
from portico_payments.entity import NAME
from portico_payments.i18n import _

SIZES = (10, 25, 50, 100)
_KEPT = ("q", "state", "from", "to", "account", "limit")
_TABS: list[tuple[Any, str]] = [
    (_("All payments"), ""), *((states.LOOKS[state].title, state) for state in states.SHOWN),
]  # fmt: skip


def list_payments(context: None, request: Request) -> dict[str, Any]:
    asked = filters.read(request.GET)
    page = reading.payments(request.db, asked)
    part = bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")
    if part:
        request.override_renderer = "portico_payments/rows.jinja2"
        request.response.vary = ["HX-Request"]
    base = request.route_path("payments.list")
    kept = {name: value for name, value in request.GET.items() if name in _KEPT and value}
    staff = request.scope.kind != "customer"
    return {
        "rows": cells(request, page.rows),
        "filters": asked,
        "base": base,
        "kept": {name: value for name, value in kept.items() if name != "limit"},
        "staff": staff,
        "sizes": SIZES,
        "tabs": [(title, address(base, kept, state=state), state == asked.state) for title, state in _TABS],
        "older": address(base, kept, after=page.next) if page.next else "",
        "newer": address(base, kept, before=page.previous) if page.previous else "",
        "here": address(base, kept, after=asked.after, before=asked.before),
        "freshness": freshness(request.db, NAME),
        "accounts": reading.accounts(request.db) if staff and not part else [],
    }


def address(base: str, kept: dict[str, str], **changed: str | None) -> str:
    """This page with something else asked for; the part within it starts anew unless it is given."""
    query = {name: value for name, value in {**kept, **changed}.items() if value}
    return f"{base}?{urlencode(query)}" if query else base


def export(context: None, request: Request) -> Response:
    """POST, as it leaves a mark in the trail. What the list could not read is no filter here either, but refused."""
    asked = filters.read({name: text_param(request, name) for name in (*_KEPT, "format")})
    if asked.errors:
        raise InvalidError(fields={f"/{name}": text for name, text in asked.errors.items()})
    return exporting.export(request, asked, form_of(request, FORMATS))


def form_of(request: Request, forms: tuple[str, ...]) -> str:
    """The format that a form asks for, the first if it asks for none. Raises InvalidError."""
    form = text_param(request, "format") or forms[0]
    if form not in forms:
        raise InvalidError(fields={"/format": _("There is no such format.")})
    return form


def detail(context: Any, request: Request) -> dict[str, Any]:
    return {
        "payment": context,
        "settled": reading.settled(request.db, context.id),
        "rest": abs(context.amount) - context.allocated,
        "look": states.LOOKS[states.of(context)],
        "counts": context.state == "confirmed",
        "freshness": freshness(request.db, NAME),
        "staff": request.scope.kind != "customer",
    }


def receipt(context: Any, request: Request) -> Response:
    return giving.send(request, documents.RECEIPT, context)
