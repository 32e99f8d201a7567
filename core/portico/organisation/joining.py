"""The page that an invitation's link leads to. GET changes nothing: mail scanners follow links."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.forms.submission import handle
from portico.identity import consents
from portico.identity.permissions import ACCOUNT_ROLES
from portico.identity.service import WayIn
from portico.identity.views import start
from portico.organisation import invitations, schemas
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import link_param


def page(context: None, request: Request) -> Any:
    """Whoever is signed in with the address accepts by a button; who has a login signs in first; who has none makes one."""
    token = link_param(request, "token")[:200]
    offer = invitations.offer(request.db, token)
    here = request.route_path("organisation.invitation") + "?" + urlencode({"token": token})
    settings = request.registry.portico.settings
    shown = {
        "offer": offer,
        "documents": consents.documents(settings),
        "token": token,
        "role": ACCOUNT_ROLES[offer.role],
        "form": None,
        "sign_in": request.route_path("identity.sign_in") + "?" + urlencode({"next": here}),
    }
    if request.scope.signed_in:
        if request.method == "POST":
            return _accept(request, token)
        return {**shown, "way": "accept" if request.scope.user_email == offer.email else "other"}
    if offer.has_login:
        return HTTPSeeOther(shown["sign_in"]) if request.method == "POST" else {**shown, "way": "sign-in"}

    def make(values: dict[str, Any]) -> Response:
        accepted = consents.taken(settings, values)
        person = invitations.enrol(request.db, token, **values, accepted=accepted)
        _welcome(request, offer)
        return start(request, person, request.application_url + "/", WayIn(("link",)))

    schema = consents.asked(schemas.Enrol(), settings)
    answer = handle(request, schema, make, submit=_("Make the login and join"), hidden={"token": token})
    return {**shown, **answer, "way": "new"} if isinstance(answer, dict) else answer


def _accept(request: Request, token: str) -> Response:
    offer = invitations.offer(request.db, token)
    invitations.accept(request.db, token)
    _welcome(request, offer)
    return HTTPSeeOther(request.application_url + "/")


def _welcome(request: Request, offer: invitations.Offer) -> None:
    flash(request, _("Welcome. You act for ${organisation} now.", mapping={"organisation": offer.account}))
