"""A connection's history: its runs, a comparison or a trial by hand, and all problems at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin import health
from portico.admin.connections import entity_titles
from portico.admin.trials import refused as refused_by
from portico.connections import problems, runs, service
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import uuid_param


def listing(context: None, request: Request) -> dict[str, Any]:
    connection = service.get(request.db, uuid_param(request, "connection_id"))
    page = runs.of_connection(request.db, connection.id, request.GET.get("after"))
    refused = next((one for one in page.rows if one.kind == runs.EVERYTHING), None)
    return {
        "connection": connection,
        "page": page,
        "samples": {one.id: refused_by(one) for one in page.rows},
        "titles": entity_titles(request),
        "refused": refused if refused is not None and refused.outcome == runs.REFUSED else None,
    }


def trial(context: None, request: Request) -> Response:
    connection_id = uuid_param(request, "connection_id")
    health.read_all(request.db, connection_id, keep=False)
    flash(request, _("Everything is being read, and nothing of it is kept."), "info")
    if request.POST.get("from") == "connection":
        return HTTPSeeOther(request.route_path("admin.connection", connection_id=connection_id))
    return _back(request)


def compare(context: None, request: Request) -> Response:
    force = request.POST.get("force") == "yes"
    health.read_all(request.db, uuid_param(request, "connection_id"), keep=True, force=force)
    flash(request, _("Everything is being compared. Reload in a moment to see what came."), "info")
    return _back(request)


def problems_of(context: None, request: Request) -> dict[str, Any]:
    """What the synchronisation has against one record, for its own page: `kind` and `id` as the plugin calls it."""
    kind, said = request.GET.get("kind", "")[:50], request.GET.get("id", "")
    try:
        known = request.relay.call("synchronised_records", db=request.db, kind=kind, record_id=UUID(said)) if said else []
    except ValueError:
        known = []
    known_as = [(one.entity, one.ref, one.connection_id) for one in known]
    return {"problems": problems.of_record(request.db, known_as), "again": False}


def try_again(context: None, request: Request) -> dict[str, Any]:
    """The same as on the list of problems, from the record's own page."""
    health.retry_problem(request.db, uuid_param(request, "problem_id"))
    return {"problems": [], "again": True}


def retry_all(context: None, request: Request) -> Response:
    health.retry_all(request.db)
    flash(request, _("All that was left over is being read again."), "info")
    return HTTPSeeOther(request.route_path("admin.sync_problems"))


def dismiss_all(context: None, request: Request) -> Response:
    health.dismiss_all(request.db)
    flash(request, _("Dismissed. What is read again and is still bad comes back."))
    return HTTPSeeOther(request.route_path("admin.sync_problems"))


def _back(request: Request) -> Response:
    return HTTPSeeOther(request.route_path("admin.connection_runs", connection_id=uuid_param(request, "connection_id")))
