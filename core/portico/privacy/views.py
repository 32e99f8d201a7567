"""Pages of a person's data: what is held, the archive, and the end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import colander
import deform
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.forms.submission import handle
from portico.identity.permissions import PUBLIC, SIGNED_IN
from portico.privacy import collecting, service
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import link_param, uuid_param
from portico.web.routes import Routes

T = "portico/privacy/"


class Erase(colander.MappingSchema):
    email = colander.SchemaNode(
        colander.String(),
        title=_("Type your e-mail address to confirm"),
        validator=colander.Length(max=254),
        widget=deform.widget.TextInputWidget(attributes={"autocomplete": "off", "inputmode": "email"}),
    )


def add_routes(routes: Routes) -> None:
    signed_in: dict[str, Any] = {"permission": SIGNED_IN, "site": "any"}
    routes.page("identity.data", "/account/data", page, renderer=f"{T}data.jinja2", **signed_in)
    routes.fragment("identity.data_status", "/account/data/status", status, renderer=f"{T}status.jinja2", **signed_in)
    routes.action("identity.data_export", "/account/data/export", export, fresh=True, rate="sensitive", **signed_in)
    routes.page(
        "identity.data_file", "/account/data/{data_request_id}/file", file, context=request_id, rate="read", **signed_in
    )
    routes.page(
        "identity.erase",
        "/account/erase",
        erase,
        methods=("GET", "POST"),
        fresh=True,
        rate="sensitive",
        renderer=f"{T}erase.jinja2",
        **signed_in,
    )
    routes.action("identity.erase_undo", "/account/erase/undo", undo, **signed_in)
    routes.page(
        "identity.erase_undo_link",
        "/account/erase/undo-link",
        undo_link,
        methods=("GET", "POST"),
        permission=PUBLIC,
        site="any",
        home=True,
        renderer=f"{T}undo_link.jinja2",
    )


def page(context: None, request: Request) -> dict[str, Any]:
    without = collecting.locked(request.registry.portico, request.scope.user_id)
    return status(context, request) | {"consents": service.consents(request.db), "without": without}


def status(context: None, request: Request) -> dict[str, Any]:
    """The newest request of each kind; a link to the archive that works for five minutes."""
    newest: dict[str, service.DataRequest] = {}
    for one in service.requests(request.db):
        newest.setdefault(one.kind, one)
    export, erasure = newest.get("export"), newest.get("erasure")
    link = ""
    if export is not None and export.state == "ready":
        key = request.registry.portico.settings.master_key
        token = service.link_token(key, request.scope.user_id, export.id)
        link = request.route_path("identity.data_file", data_request_id=export.id, _query={"token": token})
    return {"export": export, "erasure": erasure, "link": link}


def export(context: None, request: Request) -> Response:
    service.ask_export(request.db)
    flash(request, _("Your archive is being made. You get a mail when it is ready."), "info")
    return HTTPSeeOther(request.route_path("identity.data"))


def file(context: UUID, request: Request) -> Response:
    key = request.registry.portico.settings.master_key
    response = Response(
        body=service.download(request.db, key, context, request.GET.get("token", "")), content_type="application/zip"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response


def erase(context: None, request: Request) -> Any:
    def ask(values: dict[str, Any]) -> Response:
        service.ask_erasure(request.db, request.registry.portico, values["email"])
        flash(request, _("Your account will be erased. We have sent you a mail with a link to take that back."), "warning")
        return HTTPSeeOther(request.route_path("identity.data"))

    button = deform.Button("submit", title=_("Erase my account"), css_class="btn-danger")
    answer = handle(request, Erase(), ask, buttons=(button,), cancel_url=request.route_path("identity.data"))
    if not isinstance(answer, dict):
        return answer
    heirs = service.heirs(request.registry.portico, request.scope.user_id, by_mail=False)
    return {**answer, "kept": service.kept(), "days": service.GRACE.days, "heirs": heirs}


def undo(context: None, request: Request) -> Response:
    service.cancel_erasure(request.db)
    flash(request, _("Your account stays. Nothing was erased."))
    return HTTPSeeOther(request.route_path("identity.data"))


def undo_link(context: None, request: Request) -> Any:
    """GET shows a button: mail scanners follow links, and a link is good once."""
    token = link_param(request, "token")
    if request.method == "POST":
        service.cancel_by_link(request.db, token)
        flash(request, _("Your account stays. Nothing was erased."))
        return HTTPSeeOther(request.application_url + "/")
    return {"token": token}


def request_id(request: Request) -> UUID:
    """Context: an id from the path; whose it is, the service checks."""
    return uuid_param(request, "data_request_id")
