"""The page of devices, and the same for programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.identity import service as identity
from portico.identity.cookies import clear_session_cookie
from portico.identity.devices import places, service
from portico.identity.personal import service as personal
from portico.web.flash import flash
from portico.web.i18n import _, translate
from portico.web.params import uuid_param

METHODS = {
    "password": _("Password"),
    "passkey": _("Passkey"),
    "totp": _("Authenticator app"),
    "recovery": _("Recovery code"),
    "link": _("Link by mail"),
    "sso": _("The company's own sign-in"),
    "handoff": _("On from another host of this portal"),
    "see-as": _("The company's staff, as you"),
}


def listing(context: None, request: Request) -> dict[str, Any]:
    return {
        "devices": service.devices(request.db),
        "place_of": lambda device: places.words(device.place, request.locale_name),
        "method_names": lambda device: [
            translate(request.locale_name, METHODS[one]) if one in METHODS else one for one in device.methods
        ],
        "tokens": personal.tokens(request.db) if request.scope.is_member else [],
    }


def end(context: UUID, request: Request) -> Response:
    """The own session too: that is signing out."""
    if context == request.scope.session_id:
        identity.end_session(request.db, context)
        response = HTTPSeeOther(request.application_url + "/")
        clear_session_cookie(request, response)
        return response
    service.end(request.db, context)
    flash(request, _("Signed out there."))
    return HTTPSeeOther(request.route_path("identity.devices"))


def end_others(context: None, request: Request) -> Response:
    service.end_others(request.db)
    flash(request, _("Signed out everywhere else."))
    return HTTPSeeOther(request.route_path("identity.devices"))


def api_list(context: None, request: Request) -> dict[str, Any]:
    shown = ("id", "kind", "address", "place", "created_at", "last_seen_at", "second_factor", "current")
    return {
        "items": [
            {name: getattr(one, name) for name in shown}
            | {"browser": one.agent.browser, "system": one.agent.system, "methods": list(one.methods)}
            for one in service.devices(request.db)
        ]
    }


def api_end(context: UUID, request: Request) -> None:
    service.end(request.db, context)


def session_id(request: Request) -> UUID:
    """Context: an id from the path; whose it is, the service checks."""
    return uuid_param(request, "session_id")
