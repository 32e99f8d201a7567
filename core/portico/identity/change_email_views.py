"""Pages of a change of address."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.forms.submission import handle
from portico.identity import change_email, schemas
from portico.identity.permissions import SIGNED_IN
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import text_param
from portico.web.routes import Routes


def email(context: None, request: Request) -> Any:
    def ask(values: dict[str, Any]) -> Response:
        change_email.ask(request.db, request.registry.portico, values["email"])
        flash(request, _("We have sent a link to the new address. It works for one hour."), "info")
        return HTTPSeeOther(request.route_path("identity.profile"))

    return handle(request, schemas.NewEmail(), ask, submit=_("Send me a link"))


def confirm(context: None, request: Request) -> Any:
    """GET shows a button: mail scanners follow links, and a link is good once. Only who asked for it can use it."""
    token = text_param(request, "token")
    if request.method == "POST":
        address = change_email.confirm(request.db, request.registry.portico, token)
        flash(request, _("Your address is ${email} now.", mapping={"email": address}))
        return HTTPSeeOther(request.route_path("identity.profile"))
    return {"token": token}


def add_routes(routes: Routes) -> None:
    both = ("GET", "POST")
    routes.page(
        "identity.email",
        "/account/email",
        email,
        permission=SIGNED_IN,
        site="any",
        methods=both,
        fresh=True,
        rate="sensitive",
        renderer="portico/identity/email.jinja2",
    )
    routes.page(
        "identity.email_confirm",
        "/account/email/confirm",
        confirm,
        permission=SIGNED_IN,
        site="any",
        methods=both,
        rate="sensitive",
        renderer="portico/identity/email_confirm.jinja2",
    )
