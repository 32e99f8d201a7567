"""A connection's history: its runs, a comparison or a trial by hand, and all problems at once."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin import health
from portico.admin.connections import entity_titles
from portico.connections import runs, service
from portico.connections.messages import told
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
        "samples": {one.id: [(sample["ref"], told(sample["message"])) for sample in one.samples] for one in page.rows},
        "titles": entity_titles(request),
        "refused": refused if refused is not None and refused.outcome == runs.REFUSED else None,
    }


def trial(context: None, request: Request) -> Response:
    health.read_all(request.db, uuid_param(request, "connection_id"), keep=False)
    flash(request, _("Everything is being read, and nothing of it is kept. Reload in a moment to see what came."), "info")
    return _back(request)


def compare(context: None, request: Request) -> Response:
    force = request.POST.get("force") == "yes"
    health.read_all(request.db, uuid_param(request, "connection_id"), keep=True, force=force)
    flash(request, _("Everything is being compared. Reload in a moment to see what came."), "info")
    return _back(request)


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
