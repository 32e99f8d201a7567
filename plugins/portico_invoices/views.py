"""The pages of invoices. They hold no queries: each asks `reading`, and `services` where something is to be done."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.connections.freshness import freshness
from portico.errors import InvalidError
from portico.exports.answer import FORMATS
from portico.identity.policy import permits
from portico.web.flash import flash
from portico.web.i18n import localiser
from portico.web.params import text_param
from portico_invoices import documents, exporting, filters, paper, reading, services, taxes
from portico_invoices.cells import cells
from portico_invoices.entity import NAME
from portico_invoices.history import entries
from portico_invoices.i18n import _
from portico_invoices.reading import today
from portico_invoices.states import CREDIT_NOTE, LOOKS, OPEN, OVERDUE, look, state

SIZES = (10, 25, 50, 100)
_KEPT = ("q", "state", "kind", "from", "to", "account", "limit")
_TABS: list[tuple[Any, str]] = [
    (_("All"), ""),
    (_("Not paid"), "unpaid"),
    *((LOOKS[one].title, one) for one in (OVERDUE, "partly_paid", "paid", "cancelled")),
]


def list_invoices(context: None, request: Request) -> dict[str, Any]:
    asked = filters.read(request.GET)
    page = reading.invoices(request.db, asked)
    part = bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")
    if part:
        request.override_renderer = "portico_invoices/rows.jinja2"
        request.response.vary = ["HX-Request"]
    base = request.route_path("invoices.list")
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
        "kinds": list(exporting.KINDS.items()),
        "sums": reading.open_sums(request.db, asked.account_id),
        "tabs": [(title, _address(base, kept, state=name), name == asked.state) for title, name in _TABS],
        "late": _address(base, {}, state=OVERDUE, account=kept.get("account")),
        "older": _address(base, kept, after=page.next) if page.next else "",
        "newer": _address(base, kept, before=page.previous) if page.previous else "",
        "here": _address(base, kept, after=asked.after, before=asked.before),
        "freshness": freshness(request.db, NAME),
        "searched": _searched(request, asked, accounts) if not page.rows else [],
        "accounts": accounts,
        "actions": [] if part else _allowed(request, request.relay.call("invoices_list_actions", scope=request.scope)),
    }


def _searched(request: Request, asked: filters.Filters, accounts: list[Any]) -> list[tuple[Any, Any]]:
    """What an empty list was narrowed by, to be read out: (name, value); days as dates."""
    found: list[tuple[Any, Any]] = []
    if asked.search:
        found.append((_("Invoice, PO or order number, or amount"), f"“{asked.search}”"))
    if asked.state:
        found.append((_("Status"), _("Not paid") if asked.state == "unpaid" else LOOKS[asked.state].title))
    if asked.kind:
        found.append((_("Kind"), exporting.KINDS[asked.kind]))
    if asked.since:
        found.append((_("Issued from"), asked.since))
    if asked.until:
        found.append((_("Issued to"), asked.until))
    if asked.account_id:
        staff = request.scope.kind != "customer"
        known = {one.id: one.name for one in accounts or (reading.accounts(request.db) if staff else [])}
        found.append((_("Customer"), known.get(asked.account_id, str(asked.account_id))))
    return found


def _address(base: str, kept: dict[str, str], **changed: str | None) -> str:
    """This list with something else asked for; the page within it starts anew unless it is given."""
    query = {name: value for name, value in {**kept, **changed}.items() if value}
    return f"{base}?{urlencode(query)}" if query else base


def _allowed(request: Request, added: list[Any], account_id: UUID | None = None) -> list[Any]:
    """What of other plugins' additions this reader may, in the organisation of the invoice if they are about one."""
    return sorted((one for one in added if permits(request.scope, one.permission, account_id)), key=lambda one: one.order)


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
    day, credit = today(request.tenant), context.kind == CREDIT_NOTE
    now = state(context.kind, context.status, context.due_on, day)
    speaker = localiser(request.registry.portico.themes.catalogues, request.locale_name, request.tenant.time_zone)
    open_now = context.status in OPEN
    panels = request.relay.call("invoices_panels", scope=request.scope, invoice=context)
    actions = request.relay.call("invoices_actions", scope=request.scope, invoice=context)
    return {
        "invoice": context,
        "title": documents.title(context),
        "detail": found,
        "credit": credit,
        "look": look(context.kind, now),
        "open": open_now,
        "days": (context.due_on - day).days if open_now and context.due_on and not credit else None,
        "rates": taxes.by_rate(found.lines, context.net, context.tax, context.currency),
        "linked": [(one, look(one.kind, state(one.kind, one.status, one.due_on, day))) for one in found.linked],
        "history": entries(found.changes, context.kind, speaker.money),
        "issued_paper": paper.offered(request),
        "freshness": freshness(request.db, NAME),
        "staff": request.scope.kind != "customer",
        "panels": _allowed(request, panels, context.account_id),
        "actions": _allowed(request, actions, context.account_id),
        "references": [str(one.order_id) for one in found.orders if one.order_id],
        "unknown": [one.order_ref for one in found.orders if not one.order_id],
    }


def latest(context: None, request: Request) -> Response:
    """On to the newest invoice; to the list, which says so, where there is none."""
    page = reading.invoices(request.db, filters.Filters(kind="invoice", limit=1))
    if not page.rows:
        return HTTPSeeOther(request.route_path("invoices.list"))
    return HTTPSeeOther(request.route_path("invoices.detail", invoice_id=page.rows[0].id))


def document(context: Any, request: Request) -> Response:
    return paper.send(request, context, documents.KIND)


def refresh(context: Any, request: Request) -> Response:
    _ask(request, services.refresh(request.db, context.id))
    return HTTPSeeOther(request.route_path("invoices.detail", invoice_id=context.id))


def refresh_all(context: None, request: Request) -> Response:
    _ask(request, services.refresh(request.db))
    return HTTPSeeOther(request.route_path("invoices.list"))


def _ask(request: Request, queued: bool) -> None:
    if queued:
        flash(request, _("Asking the company for news. This page updates by itself."), "info")
    else:
        flash(request, _("This is as fresh as it gets: it was refreshed a few seconds ago."), "info")


def widget(context: None, request: Request) -> dict[str, Any]:
    page = reading.invoices(request.db, filters.Filters(state="unpaid", kind="invoice", limit=3))
    return {
        "sums": reading.open_sums(request.db),
        "rows": cells(request, page.rows),
        "base": request.route_path("invoices.list"),
    }
