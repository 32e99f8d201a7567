"""The pages of orders. They hold no queries: each asks `reading`, and `services` where something is to be
done.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.connections.freshness import freshness
from portico.documents import giving
from portico.errors import InvalidError
from portico.exports.answer import FORMATS
from portico.web.flash import flash
from portico.web.i18n import translate
from portico.web.params import text_param
from portico_orders import calendar, documents, exporting, filters, items, lead_times, reading, reordering, services
from portico_orders.cells import cells
from portico_orders.entity import NAME
from portico_orders.errors import OrderNotFoundError
from portico_orders.history import entries
from portico_orders.i18n import _
from portico_orders.progress import shipments
from portico_orders.reading import today
from portico_orders.statuses import LOOKS, NOT_SENT, OPEN
from portico_orders.timeline import steps
from portico_orders.tracking import safe_link
from portico_orders.visibility import hidden

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
    accounts = reading.accounts(request.db) if staff and not part else []
    return {
        "rows": cells(request, page.rows),
        "filters": asked,
        "base": base,
        "kept": {name: value for name, value in kept.items() if name != "limit"},
        "staff": staff,
        "sizes": SIZES,
        "tabs": [(title, _address(base, kept, status=status), status == asked.status) for title, status in _TABS],
        "older": _address(base, kept, after=page.next) if page.next else "",
        "newer": _address(base, kept, before=page.previous) if page.previous else "",
        "here": _address(base, kept, after=asked.after, before=asked.before),
        "freshness": freshness(request.db, NAME),
        "hidden": hidden(request.scope),
        "searched": _searched(request, asked, accounts) if not page.rows else [],
        "accounts": accounts,
    }


def _searched(request: Request, asked: filters.Filters, accounts: list[Any]) -> list[tuple[Any, Any]]:
    """What an empty list was narrowed by, to be read out: (name, value); days as dates."""
    found: list[tuple[Any, Any]] = []
    if asked.search:
        found.append((_("Order, PO, quote, delivery or tracking number"), f"“{asked.search}”"))
    if asked.status:
        found.append((_("Status"), _("Open orders") if asked.status == "open" else LOOKS[asked.status].title))
    if asked.since:
        found.append((_("Ordered from"), asked.since))
    if asked.until:
        found.append((_("Ordered to"), asked.until))
    if asked.account_id:
        staff = request.scope.kind != "customer"
        known = {one.id: one.name for one in accounts or (reading.accounts(request.db) if staff else [])}
        found.append((_("Customer"), known.get(asked.account_id, str(asked.account_id))))
    return found


_TABS: list[tuple[Any, str]] = [
    (_("All orders"), ""),
    (_("Open orders"), "open"),
    *((look.title, status) for status, look in LOOKS.items() if status != "draft"),
]


def _address(base: str, kept: dict[str, str], **changed: str | None) -> str:
    """This list with something else asked for; the page within it starts anew unless it is given."""
    query = {name: value for name, value in {**kept, **changed}.items() if value}
    return f"{base}?{urlencode(query)}" if query else base


def _forecast(request: Request, order: Any, lines: Any) -> lead_times.Forecast | None:
    if order.status not in OPEN:
        return None
    return lead_times.predict(request.db, request.tenant, order, lines, today(request.tenant))


def export(context: None, request: Request) -> Response:
    """POST, as it leaves a mark in the trail. What the list could not read is no filter here either, but refused."""
    asked = filters.read({name: text_param(request, name) for name in (*_KEPT, "format")})
    if asked.errors:
        raise InvalidError(fields={f"/{name}": text for name, text in asked.errors.items()})
    form = text_param(request, "format") or FORMATS[0]
    if form not in FORMATS:
        raise InvalidError(fields={"/format": _("There is no such format.")})
    return exporting.export(request, asked, form)


def detail(context: Any, request: Request) -> dict[str, Any]:
    found = reading.detail(request.db, context)
    return {
        "order": context,
        "detail": found,
        "look": LOOKS[context.status],
        "open": context.status in OPEN,
        "late": context.expected_on is not None and context.expected_on < today(request.tenant),
        "forecast": _forecast(request, context, found.lines),
        "steps": steps(context.status, found.changes),
        "history": entries(found.changes),
        # A company that records no deliveries says nothing of how far a line is.
        "code_of": items.code,
        "shipments": shipments(found) if found.deliveries and context.status not in NOT_SENT else {},
        "trackable": {one.id: one.tracking_url for one in found.deliveries if safe_link(one.tracking_url)},
        "freshness": freshness(request.db, NAME),
        "staff": request.scope.kind != "customer",
        "may_reorder": reordering.offered(request, context),
        # "order:…" is what came of this order, and not the order itself.
        "references": [f"order:{context.id}", *(one for one in (context.quote_ref, context.quote_number) if one)],
    }


def reorder(context: Any, request: Request) -> Response:
    """On to the draft, which says line by line what became of the order's."""
    draft = reordering.reorder(request, context)
    return HTTPSeeOther(request.route_path(draft.route, **draft.route_params))


def confirmation(context: Any, request: Request) -> Response:
    return giving.send(request, documents.KIND, context)


def expected(context: Any, request: Request) -> Response:
    """The expected day for a calendar. Raises OrderNotFoundError for an order of which no day is known."""
    if context.expected_on is None:
        raise OrderNotFoundError
    tell = partial(translate, request.locale_name)
    title = _("Order ${number} is expected", mapping={"number": context.number})
    note = _("As the company says. The order's page has the newest state.")
    address = request.registry.portico.tenant_url(request.tenant) + f"/orders/{context.id}"
    body = calendar.event(context, company=request.tenant.name, address=address, title=tell(title), note=tell(note))
    response = Response(body, content_type=calendar.MEDIA_TYPE, charset="utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="order-{context.id}.ics"'
    return response


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
