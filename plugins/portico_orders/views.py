"""The pages of orders. They hold no queries: each asks `reading`, and `services` where something is to be
done.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.connections.freshness import freshness
from portico.web.flash import flash
from portico_orders import filters, reading, services
from portico_orders.cells import cells
from portico_orders.entity import NAME
from portico_orders.history import entries
from portico_orders.i18n import _
from portico_orders.progress import sent
from portico_orders.reading import today
from portico_orders.statuses import LOOKS, OPEN
from portico_orders.timeline import steps

SIZES = (10, 25, 50, 100)
_KEPT = ("q", "status", "from", "to", "account", "limit")


def list_orders(context: None, request: Request) -> dict[str, Any]:
    asked = filters.read(request.GET)
    page = reading.orders(request.db, asked)
    part = bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")
    if part:
        request.override_renderer = "portico_orders/rows.jinja2"
        request.response.vary = ["HX-Request"]
    base = request.route_path("orders.list")
    kept = {name: value for name, value in request.GET.items() if name in _KEPT and value}
    staff = request.scope.kind != "customer"
    return {
        "rows": cells(request, page.rows),
        "filters": asked,
        "base": base,
        "staff": staff,
        "sizes": SIZES,
        "tabs": [(title, _address(base, kept, status=status), status == asked.status) for title, status in _TABS],
        "older": _address(base, kept, after=page.next) if page.next else "",
        "newer": _address(base, kept, before=page.previous) if page.previous else "",
        "here": _address(base, kept, after=asked.after, before=asked.before),
        "freshness": freshness(request.db, NAME),
        "accounts": reading.accounts(request.db) if staff and not part else [],
    }


_TABS: list[tuple[Any, str]] = [
    (_("All orders"), ""),
    (_("Open orders"), "open"),
    *((look.title, status) for status, look in LOOKS.items() if status != "draft"),
]


def _address(base: str, kept: dict[str, str], **changed: str | None) -> str:
    """This list with something else asked for; the page within it starts anew unless it is given."""
    query = {name: value for name, value in {**kept, **changed}.items() if value}
    return f"{base}?{urlencode(query)}" if query else base


def detail(context: Any, request: Request) -> dict[str, Any]:
    found = reading.detail(request.db, context)
    return {
        "order": context,
        "detail": found,
        "look": LOOKS[context.status],
        "open": context.status in OPEN,
        "late": context.expected_on is not None and context.expected_on < today(request.tenant),
        "steps": steps(context.status, found.changes),
        "history": entries(found.changes),
        "sent": sent(found) if found.deliveries else {},
        "freshness": freshness(request.db, NAME),
        "staff": request.scope.kind != "customer",
        "references": [one for one in (context.quote_ref, context.quote_number) if one],
    }


def refresh(context: Any, request: Request) -> Response:
    _ask(request, services.refresh(request.db, context.id))
    return HTTPSeeOther(request.route_path("orders.detail", order_id=context.id))


def refresh_all(context: None, request: Request) -> Response:
    _ask(request, services.refresh(request.db))
    return HTTPSeeOther(request.route_path("orders.list"))


def _ask(request: Request, queued: bool) -> None:
    if queued:
        flash(request, _("Asking the company for news. This page updates by itself."), "info")
    else:
        flash(request, _("This is as fresh as it gets: it was refreshed a few seconds ago."), "info")


def widget(context: None, request: Request) -> dict[str, Any]:
    return {
        "summary": reading.summary(request.db),
        "looks": LOOKS,
        "open": OPEN,
        "base": request.route_path("orders.list"),
    }
