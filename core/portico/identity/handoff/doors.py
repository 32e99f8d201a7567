"""Companies' own hosts sign nobody in: what is a person's own, and every way to sign in, is at the portal's own host.

A company decides where its domain leads, and whoever holds it could take what people type there.
"""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.errors import ForbiddenError, NotFoundError
from portico.identity.cookies import new_token, set_handoff_cookie
from portico.identity.handoff.service import challenge_of
from portico.identity.onward import CONTINUE, onward_next, query_of, wanted_path
from portico.web.headers import standard
from portico.web.i18n import _

SIGN_IN = "identity.sign_in"


class PortalHostError(ForbiddenError):
    code = "portal-host"
    message = _("Nobody signs in at a company's own host. Ask for this at the portal's own: “address” says where.")
    remedy = _(
        "Tokens, accounts and whatever is a person's own are asked for at the portal's own host, below the company's path, and "
        "never at a host that a company brought. “address” is the same address there. Personal tokens work at both."
    )


def start(request: Request, *, fresh: bool = False) -> Response:
    """At a company's own host: sends the browser to sign in at the portal's, with the hash of a secret that it keeps here. Who is
    signed in already just goes on. fresh: only with a proof of the last minutes."""
    portico, scope, path = request.registry.portico, request.scope, wanted_path(request)
    if scope.signed_in and not scope.gate and (scope.elevated or not fresh):
        return HTTPSeeOther(path or request.application_url + "/")
    verifier = new_token()  # for each time, so that tabs do not stand in each other's way
    challenge = challenge_of(verifier)
    query = query_of(challenge=challenge, next=path, fresh="yes" if fresh else "")
    response = HTTPSeeOther(portico.login_url(request.tenant) + CONTINUE + query)
    set_handoff_cookie(request, response, state_of(challenge), verifier)
    return quiet(response)


def state_of(challenge: str) -> str:
    """Which of a browser's secrets it is: tabs may be on the way at once."""
    return challenge[:16]


def quiet(response: Response) -> Response:
    """What stands in this address is nobody else's business."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def lead_on(request: Request, response: Response, base: str) -> None:
    """The page's form ends at the company's host: browsers follow a redirect from a form only to where its page allows."""
    policy = standard(request.registry.portico.settings)["Content-Security-Policy"]
    response.headers["Content-Security-Policy"] = policy.replace("form-action 'self'", f"form-action 'self' {base}")


def home_deriver(view: Any, info: Any) -> Any:
    """A view deriver, in front of permissions: a route that is `home` does nothing at a company's own host but lead to the
    portal's. Staff who look as a customer have no business with a person's own, and are refused as everywhere; the ways to
    sign in are public, and lead away for them, too."""
    whose = info.options.get("portico_home")
    if whose is None:
        return view

    def at_home(context: Any, request: Request) -> Any:
        led_away = request.scope.host is not None and (whose == "public" or request.scope.actor_id is None)
        if led_away and getattr(request, "exception", None) is None:
            return _away(request, api=bool(info.options.get("portico_api")))
        response = view(context, request)
        if on := onward_next(request):
            lead_on(request, response, on.base)
        return response

    return at_home


home_deriver.options = ("portico_home",)  # type: ignore[attr-defined]


def _away(request: Request, *, api: bool) -> Response:
    """Raises PortalHostError, and NotFoundError for what has no page to be led to."""
    portico, route = request.registry.portico, request.matched_route.name
    there = portico.login_url(request.tenant) + request.path_qs
    if api:
        raise PortalHostError(address=there)
    if "GET" not in portico.routes.methods(route):
        raise NotFoundError
    if request.headers.get("HX-Request"):  # a fragment cannot show another site's page: send the whole window there
        return Response(status=204, headers={"HX-Redirect": request.path_qs if route == SIGN_IN else there})
    return start(request) if route == SIGN_IN else HTTPSeeOther(there)
