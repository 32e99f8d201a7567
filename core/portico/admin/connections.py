"""Pages on a company's connections: how they stand, their settings, and the test before these are put to use."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico import audit
from portico.admin import connection_form, health, rates, trials
from portico.admin.versions import seen_version
from portico.connections import service
from portico.connections.errors import ConnectorError
from portico.connections.messages import told
from portico.connections.models import DRAFT
from portico.forms.submission import handle
from portico.pluginhost.toggles import ChangedMeanwhileError
from portico.web import formats, outside
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import text_param, uuid_param

TEST_S, SETUP_S, PREVIEW_ROWS = 15.0, 30.0, 5


def listing(context: None, request: Request) -> dict[str, Any]:
    host = request.registry.portico.connections
    return {"connections": health.overview(request.db, host), "connectors": sorted(host.titles.items())}


def detail(context: None, request: Request) -> dict[str, Any]:
    host = request.registry.portico.connections
    found = health.of(request.db, host, uuid_param(request, "connection_id"))
    broken = health.broken(host, found)
    reports = [
        {
            **one,
            "detail": broken.get(one["capability"]) or told(one["detail"]),
            "title": told(one.get("title")) or title_of(host, one["capability"]),
            "ok": one["ok"] and one["capability"] not in broken,
        }
        for one in found.connection.reports
    ]
    return {
        "health": found,
        "reports": reports,
        "lacking": host.lacking(found.connection.connector, found.connection.config),
        "titles": entity_titles(request),
        "pages": host.pages.get(found.connection.connector, ()),
        "trust": _trust(request, found.connection),
        "unproven": host.unproven.get(found.connection.connector, ""),
        "pace": rates.shown(request, found.connection),
        "trials": [] if found.imported else trials.shown(request, found.connection.id),
    }


def title_of(host: Any, capability: str) -> Any:
    """What the contract calls it, for a connector that has no name of its own for it; "" = nobody has."""
    return host.words[capability].title if capability in host.words else ""


def _trust(request: Request, connection: Any) -> str:
    """"opened": nobody checks who answers, in a network that the operator opened; "nobody": the same, elsewhere; else ""."""
    host = request.registry.portico.connections
    opened = host.egress.opened(service.address(connection.config))
    if service.unverified(host.connectors.get(connection.connector), connection.config, opened=opened) is None:
        return ""
    return "opened" if opened else "nobody"


def entity_titles(request: Request) -> dict[str, Any]:
    """What people call that which is synchronised: entity → title."""
    return {name: entity.title for name, (_plugin, entity) in request.registry.portico.connections.entities.items()}


def add(context: None, request: Request) -> Any:
    portico, connector = request.registry.portico, text_param(request, "connector")
    if not connector:
        return HTTPSeeOther(request.route_path("admin.connections"))
    if connector not in portico.connections.connectors:
        raise HTTPNotFound

    schema = connection_form.schema_of(portico.connections, connector)
    schema.add(connection_form.try_first())

    def save(values: dict[str, Any]) -> Response:
        draft_id = connection_form.propose(request.db, portico, connector, values)
        return HTTPSeeOther(request.route_path("admin.connection_test", connection_id=draft_id))

    answer = handle(
        request,
        schema,
        save,
        submit=_("Test it"),
        hidden={"connector": connector},
        cancel_url=request.route_path("admin.connections"),
    )
    page = {"title": portico.connections.titles[connector], "connection": None, "others": [], "moved": False}
    page["unproven"] = portico.connections.unproven.get(connector, "")
    return {**answer, **page} if isinstance(answer, dict) else answer


def edit(context: None, request: Request) -> Any:
    """`connector` in the address: another kind of system takes the connection over, with settings of its own."""
    portico = request.registry.portico
    connection = service.get(request.db, uuid_param(request, "connection_id"))
    connector = text_param(request, "connector") or connection.connector
    moved = connector != connection.connector
    stored = set() if moved else service.known_secrets(request.db, connection.id)

    def save(values: dict[str, Any]) -> Response:
        if seen_version(request) != connection.version:
            raise ChangedMeanwhileError
        draft_id = connection_form.propose(request.db, portico, connector, values, connection.id)
        return HTTPSeeOther(request.route_path("admin.connection_test", connection_id=draft_id))

    if connector not in portico.connections.connectors:
        raise HTTPNotFound
    answer = handle(
        request,
        connection_form.schema_of(portico.connections, connector, stored),
        save,
        initial={"name": connection.name, "settings": {} if moved else dict(connection.config)},
        submit=_("Test it"),
        hidden={"version": str(connection.version)} | ({"connector": connector} if moved else {}),
        cancel_url=request.route_path("admin.connection", connection_id=connection.id),
    )
    if not isinstance(answer, dict):
        return answer
    others = [] if moved else [one for one in sorted(portico.connections.titles.items()) if one[0] != connector]
    page = {"title": connection.name, "connection": connection, "others": others}
    return {**answer, **page, "unproven": portico.connections.unproven.get(connector, ""), "moved": moved}


def test(context: None, request: Request) -> dict[str, Any]:
    """GET: the page that asks for the test. POST: the test, without holding a thread, and its outcome."""
    portico, connection_id = request.registry.portico, uuid_param(request, "connection_id")
    connection = service.get(request.db, connection_id)
    page = {
        "connection": connection,
        "fragment": bool(request.headers.get("HX-Request")),
        "reports": None,
        "error": None,
        "used": None,
        "rows": None,
        "can_set_up": False,
        "held": False,
        "lacking": portico.connections.lacking(connection.connector, connection.config),
        "pages": portico.connections.pages.get(connection.connector, ()),
    }
    if request.method != "POST":
        return page
    was_draft, outcome = connection.status == DRAFT, dict[str, Any]()
    try:
        outcome["reports"] = outside.call(request, connection_id, "check", "test", timeout_s=TEST_S)
    except ConnectorError as error:
        outcome["error"] = error
    rows = None if "error" in outcome else _preview(request, connection, outcome["reports"])
    page["used"] = service.record_test(request.db, portico.cipher, connection_id, **outcome)
    page["held"] = bool(was_draft and page["used"] and service.get(request.db, page["used"]).held)
    if page["held"]:
        health.read_all(request.db, page["used"], keep=False)
    if page["used"] != connection_id:
        portico.connections.forget(connection_id)
    missing = {report.capability for report in outcome.get("reports", ()) if not report.ok}
    return {
        **page,
        "reports": outcome.get("reports", ()),
        "error": getattr(outcome.get("error"), "message", None),
        "field": field_title(portico, connection.connector, outcome.get("error")),
        "rows": rows,
        "was_draft": was_draft,
        "can_set_up": "setup" in missing,
    }


def _preview(request: Request, connection: Any, reports: Any) -> list[dict[str, Any]] | None:
    """The first rows of what is synchronised first, as the connector gives them. None: nothing to show."""
    works = {report.capability for report in reports if report.ok}
    entities = [
        one
        for plugin, one in request.registry.portico.connections.entities.values()
        if one.capability in works and (plugin is None or plugin in request.tenant.plugins)
    ]
    for entity in sorted(entities, key=lambda one: (one.order, one.name))[:1]:
        try:
            page = entity.pull(OutsideClient(request, connection.id, entity.capability), None)
        except ConnectorError:
            return None
        rows = page.items[:PREVIEW_ROWS] if entity.columns else ()
        return [{title: _cell(request, getattr(item, name, None)) for name, title in entity.columns.items()} for item in rows]
    return None


def _cell(request: Request, value: Any) -> str:
    if isinstance(value, Decimal):
        return formats.number(request.locale_name, value, max(0, -int(value.normalize().as_tuple().exponent)))
    return "" if value is None else str(value)


def field_title(portico: Any, connector: str, error: Any) -> Any:
    """What the form calls the setting that a connector complains of; None if it names none of its settings."""
    named = getattr(error, "field", None)
    kind = portico.connections.connectors.get(connector)
    titles = {node.name: node.title for node in kind.settings_schema().children} if kind and named else {}
    return titles.get(named)


class OutsideClient:
    """A capability's client in the middle of a request: each method is an outside call."""

    def __init__(self, request: Request, connection_id: Any, capability: str) -> None:
        self._request, self._connection_id, self._capability = request, connection_id, capability

    def __getattr__(self, method: str) -> Any:
        if method.startswith("_"):
            raise AttributeError(method)
        return lambda *arguments: outside.call(
            self._request, self._connection_id, self._capability, method, *arguments, timeout_s=TEST_S
        )


def set_up(context: None, request: Request) -> Response:
    """Make what the connector needs in an empty database; a refusal is told in the connector's words."""
    connection_id = uuid_param(request, "connection_id")
    service.get(request.db, connection_id)
    try:
        report = outside.call(request, connection_id, "setup", "set_up", timeout_s=SETUP_S)
    except (ConnectorError, LookupError) as error:
        audit.record(request.db, "connections.set-up-failed", subject=("connection", connection_id))
        flash(request, getattr(error, "message", _("This connection cannot be set up from here.")), "error")
        return _to(request, "admin.connection_test", connection_id)
    audit.record(
        request.db,
        "connections.set-up",
        subject=("connection", connection_id),
        after={"created": report.created, "version": report.version},
    )
    flash(request, report.detail)
    return _to(request, "admin.connection_test", connection_id)


def keep(context: None, request: Request) -> Response:
    portico, draft_id = request.registry.portico, uuid_param(request, "connection_id")
    kept = service.keep_paused(request.db, portico.cipher, draft_id)
    flash(request, _("Saved, switched off. Nothing uses it until its test passes and you resume it."), "warning")
    return _to(request, "admin.connection", kept)


def synchronise(context: None, request: Request) -> Response:
    connection_id = uuid_param(request, "connection_id")
    health.synchronise(request.db, connection_id)
    flash(request, _("Synchronisation is under way. Reload in a moment to see what came."), "info")
    return _to(request, "admin.connection", connection_id)


def pause(context: None, request: Request) -> Response:
    connection_id = uuid_param(request, "connection_id")
    service.set_paused(request.db, connection_id, True)
    flash(request, _("Paused. Pages show what was read before, marked as such."))
    return _to(request, "admin.connection", connection_id)


def resume(context: None, request: Request) -> Response:
    connection_id = uuid_param(request, "connection_id")
    health.resume(request.db, connection_id)
    flash(request, _("In use again."))
    return _to(request, "admin.connection", connection_id)


def delete(context: None, request: Request) -> Response:
    connection_id = uuid_param(request, "connection_id")
    service.delete(request.db, connection_id)
    request.registry.portico.connections.forget(connection_id)
    flash(request, _("The connection is deleted. What was read through it stays."))
    return HTTPSeeOther(request.route_path("admin.connections"))


def sync_problems(context: None, request: Request) -> dict[str, Any]:
    return {"page": health.problem_page(request.db, request.GET.get("after")), "titles": entity_titles(request)}


def retry_problem(context: None, request: Request) -> Response:
    health.retry_problem(request.db, uuid_param(request, "problem_id"))
    flash(request, _("It is being read again"), "info")
    return HTTPSeeOther(request.route_path("admin.sync_problems"))


def dismiss_problem(context: None, request: Request) -> Response:
    health.dismiss_problem(request.db, uuid_param(request, "problem_id"))
    flash(request, _("Dismissed."))
    return HTTPSeeOther(request.route_path("admin.sync_problems"))


def _to(request: Request, route: str, connection_id: Any) -> Response:
    return HTTPSeeOther(request.route_path(route, connection_id=connection_id))
