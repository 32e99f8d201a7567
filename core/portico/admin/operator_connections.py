"""Operators connect a company's system: settings, an empty database set up if asked, the test, the first synchronisation."""

from __future__ import annotations

from typing import Any

import colander
import deform
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico import audit
from portico.admin import connection_form, health, operators
from portico.admin.connections import SETUP_S, TEST_S, field_title
from portico.app import UnknownTenantError
from portico.connections import service
from portico.connections.errors import ConnectorError
from portico.forms.submission import handle
from portico.jobs import enqueue
from portico.web import outside
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import text_param, uuid_param


def add(context: None, request: Request) -> Any:
    portico, connector = request.registry.portico, text_param(request, "connector")
    company = operators.get(request.db, uuid_param(request, "company_id"))
    if connector not in portico.connections.connectors:
        raise HTTPNotFound
    schema = connection_form.schema_of(portico.connections, connector)
    if "setup" in portico.connections.connectors[connector].capabilities:
        schema.add(
            colander.SchemaNode(
                colander.Boolean(),
                name="set_up",
                title=_("It is an empty database: create the tables"),
                missing=False,
                default=False,
                widget=deform.widget.CheckboxWidget(),
                description=_("A database that holds anything else is left alone."),
            )
        )

    def save(values: dict[str, Any]) -> Response:
        with operators.acting(portico, request.scope, company.id) as db:
            draft_id = connection_form.propose(db, portico, connector, values)
        query = {"set_up": "yes"} if values.get("set_up") else {}
        return HTTPSeeOther(
            request.route_path("operator.connection_test", company_id=company.id, connection_id=draft_id, _query=query)
        )

    answer = handle(
        request,
        schema,
        save,
        submit=_("Go on"),
        hidden={"connector": connector},
        initial={"name": company.name},
        cancel_url=request.route_path("operator.company", company_id=company.id),
    )
    return (
        {**answer, "company": company, "title": portico.connections.titles[connector]}
        if isinstance(answer, dict)
        else answer
    )


def test(context: None, request: Request) -> dict[str, Any]:
    """GET: the page that asks for it. POST: set-up if asked, then the test, then a first synchronisation."""
    portico, connection_id = request.registry.portico, uuid_param(request, "connection_id")
    company = operators.get(request.db, uuid_param(request, "company_id"))
    try:
        tenant = portico.tenant(company.id)
    except UnknownTenantError:
        raise operators.SuspendedError from None
    with operators.acting(portico, request.scope, company.id) as db:
        found = service.get(db, connection_id)
        name, connector = found.name, found.connector
    page = {
        "company": company,
        "name": name,
        "connection_id": connection_id,
        "fragment": bool(request.headers.get("HX-Request")),
        "set_up": request.params.get("set_up") == "yes",
        "reports": None,
        "error": None,
        "made": None,
        "used": None,
    }
    if request.method != "POST":
        return page
    outcome: dict[str, Any] = {}
    try:
        if page["set_up"]:
            page["made"] = outside.call(request, connection_id, "setup", "set_up", timeout_s=SETUP_S, tenant=tenant)
        outcome["reports"] = outside.call(request, connection_id, "check", "test", timeout_s=TEST_S, tenant=tenant)
    except (ConnectorError, LookupError) as error:
        outcome["error"] = error
    with operators.acting(portico, request.scope, company.id) as db:
        if page["made"] is not None:
            audit.record(
                db, "connections.set-up", subject=("connection", connection_id), after={"created": page["made"].created}
            )
        page["used"] = service.record_test(db, portico.cipher, connection_id, **outcome)
        if page["used"]:
            enqueue(db, "connections.sync", connection_id=page["used"], unique=f"connections.sync/{page['used']}")
    if page["used"] != connection_id:
        portico.connections.forget(connection_id)
    return {
        **page,
        "reports": outcome.get("reports", ()),
        "error": getattr(outcome.get("error"), "message", None),
        "field": field_title(portico, connector, outcome.get("error")),
    }


def synchronise(context: None, request: Request) -> Response:
    """Have a worker read what changed, now; on record with the company, under the operator's name."""
    company = operators.get(request.db, uuid_param(request, "company_id"))
    with operators.acting(request.registry.portico, request.scope, company.id) as db:
        health.synchronise(db, uuid_param(request, "connection_id"))
    flash(request, _("Synchronisation is under way. Reload in a moment to see what came."), "info")
    return HTTPSeeOther(request.route_path("operator.company", company_id=company.id))
