"""The page that asks for the reason, and the end of a view."""

from __future__ import annotations

from typing import Any

import colander
import deform
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin import people
from portico.forms.submission import handle
from portico.identity.cookies import clear_view_cookie, set_view_cookie
from portico.identity.permissions import SEEING
from portico.identity.see_as import service
from portico.web.entry import END_OF_VIEW
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import uuid_param
from portico.web.routes import Routes


class Why(colander.MappingSchema):
    reason = colander.SchemaNode(
        colander.String(),
        title=_("Why?"),
        description=_("Kept in the audit trail with your name."),
        validator=colander.Length(max=service.LONGEST_REASON),
        widget=deform.widget.TextAreaWidget(rows=3),
    )


def ask(context: None, request: Request) -> Any:
    membership = people.get(request.db, uuid_param(request, "membership_id"))

    def begin(values: dict[str, Any]) -> Response:
        token = service.begin(request.db, membership.id, values["reason"], request.user_agent or "")
        response = HTTPSeeOther(request.application_url + "/")
        set_view_cookie(request, response, token, int(service.LASTS.total_seconds()))
        return response

    answer = handle(
        request,
        Why(),
        begin,
        submit=_("Look as this customer"),
        cancel_url=request.route_path("admin.member", membership_id=membership.id),
    )
    return answer | {"member": membership} if isinstance(answer, dict) else answer


def end(context: None, request: Request) -> Response:
    membership_id = service.end(request.db)
    flash(request, _("The view is ended. You are yourself again."), "info")
    to = request.route_path("admin.member", membership_id=membership_id) if membership_id else request.application_url + "/"
    response = HTTPSeeOther(to)
    clear_view_cookie(request, response)
    return response


def add_routes(routes: Routes) -> None:
    routes.page(
        "admin.see_as",
        "/admin/members/{membership_id}/see-as",
        ask,
        permission=service.PERMISSION,
        methods=("GET", "POST"),
        renderer="portico/admin/see_as.jinja2",
    )
    routes.action("identity.see_as_end", END_OF_VIEW, end, permission=SEEING)
