"""The pages of contracts. They hold no queries: each asks `reading`, and `answering` where something is to be done."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.api.schema import validate
from portico.connections.freshness import freshness
from portico.documents import giving
from portico.identity.policy import permits
from portico.pluginhost import agreements
from portico.web.flash import flash
from portico.web.i18n import localiser
from portico.web.params import text_param
from portico_contracts import answering, documents, filters, reading, schemas
from portico_contracts.entity import NAME
from portico_contracts.history import entries
from portico_contracts.i18n import _
from portico_contracts.statuses import LOOKS, OFFERED, PER
from portico_contracts.visibility import today

SIZES = (10, 25, 50, 100)
_KEPT = ("q", "state", "account", "limit")
_TABS: list[tuple[Any, str]] = [
    (_("All contracts"), ""), (_("To be answered"), "open"), (_("Running"), "running"), (_("Over"), "over"),
]  # fmt: skip


def list_contracts(context: None, request: Request) -> dict[str, Any]:
    asked = filters.read(request.GET)
    page = reading.contracts(request.db, asked)
    part = bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")
    if part:
        request.override_renderer = "portico_contracts/rows.jinja2"
        request.response.vary = ["HX-Request"]
    base = request.route_path("contracts.list")
    kept = {name: value for name, value in request.GET.items() if name in _KEPT and value}
    staff = request.scope.kind != "customer"
    return {
        "rows": page.rows,
        "looks": LOOKS,
        "per": PER,
        "filters": asked,
        "base": base,
        "staff": staff,
        "sizes": SIZES,
        "tabs": [(title, _address(base, kept, state=state), state == asked.state) for title, state in _TABS],
        "older": _address(base, kept, after=page.next) if page.next else "",
        "newer": _address(base, kept, before=page.previous) if page.previous else "",
        "here": _address(base, kept, after=asked.after, before=asked.before),
        "freshness": freshness(request.db, NAME),
        "accounts": reading.accounts(request.db) if staff and not part else [],
    }


def _address(base: str, kept: dict[str, str], **changed: str | None) -> str:
    """This list with something else asked for; the page within it starts anew unless it is given."""
    query = {name: value for name, value in {**kept, **changed}.items() if value}
    return f"{base}?{urlencode(query)}" if query else base


def detail(context: Any, request: Request) -> dict[str, Any]:
    portico = request.registry.portico
    speaker = localiser(portico.themes.catalogues, request.locale_name, request.tenant.time_zone)
    waits = context.state == OFFERED
    possible = waits and answering.possible(portico.connections, request.tenant, context)
    may_answer = possible and permits(request.scope, "contracts:agree", context.account_id)
    return {
        "contract": context,
        "look": LOOKS[context.state],
        "facts": documents.facts(context, speaker),
        "lines": reading.lines(request.db, context.id),
        "history": entries(context),
        "refused": reading.refused(request.db, context.id) if waits else None,
        "waits": waits,
        "possible": possible,
        "may_answer": may_answer,
        "way": agreements.way(request.db, answering.KIND, context.id) if may_answer else None,
        "begins": context.starts_on is not None and context.starts_on > today(request.scope),
        "staff": request.scope.kind != "customer",
        "freshness": freshness(request.db, NAME),
        "longest_reason": schemas.LONGEST_REASON,
        "references": [str(context.id), context.number],
    }


def document(context: Any, request: Request) -> Response:
    return giving.send(request, documents.KIND, context)


def agree(context: Any, request: Request) -> Response:
    data = _data(request, schemas.Agree, "version")
    return _answer(context, request, agreed=True, seen=data["version"])


def decline(context: Any, request: Request) -> Response:
    data = _data(request, schemas.Decline, "version", "reason")
    return _answer(context, request, agreed=False, seen=data["version"], reason=data["reason"].strip())


def _data(request: Request, schema: Any, *names: str) -> Any:
    return validate(schema, {name: text_param(request, name).replace("\r\n", "\n") for name in names}, request)


def _answer(context: Any, request: Request, *, agreed: bool, seen: int, reason: str = "") -> Response:
    answering.require_possible(request.registry.portico.connections, request.tenant, context)
    answering.answer(request.db, context, agreed=agreed, seen=seen, reason=reason)
    if agreed:
        flash(request, _("You agreed to the contract. The company is told."), "success")
    else:
        flash(request, _("You declined the contract. The company is told."), "info")
    return HTTPSeeOther(request.route_path("contracts.detail", contract_id=context.id))
