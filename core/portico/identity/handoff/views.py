"""The way to a company's own host, as the code flow of OAuth with PKCE has it (RFC 7636): that host keeps a secret in a cookie,
the portal's own signs the person in and sends a code back, which is good for a minute with that secret alone.
"""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico import audit
from portico.errors import NotFoundError
from portico.identity.cookies import (
    clear_handoff_cookie,
    clear_onward_cookie,
    handoff_token,
    new_token,
    onward_token,
    set_session_cookie,
)
from portico.identity.handoff import problems, service
from portico.identity.handoff.doors import lead_on, quiet, state_of
from portico.identity.handoff.service import HandoffRefusedError
from portico.identity.onward import Onward, onward, query_of, wanted_path
from portico.identity.views import end_former
from portico.web.limits import SENSITIVE
from portico.web.params import text_param

ARRIVE = "/sign-in/arrive"


def proceed(context: None, request: Request) -> Any:
    """At the portal's own host, for who is signed in there. Whoever signed in on the way to this company goes on; whoever was
    signed in already is asked first, so that no address alone tells a company who they are."""
    on = onward(request)
    if on is None:
        if request.tenant.host is None:  # meanwhile
            return HTTPSeeOther(request.application_url + (wanted_path(request) or "/"))
        raise NotFoundError
    if text_param(request, "fresh") == "yes" and not request.scope.elevated:
        return HTTPSeeOther(request.route_path("identity.reauthenticate", _query={"next": request.path_qs}))
    standing = service.standing(request.db)
    if not standing and (request.method == "POST" or onward_token(request) == on.challenge):
        return _sent_on(request, on)
    lead_on(request, request.response, on.base)
    return {
        "onward": on,
        "words": problems.PROBLEMS[problems.known(standing)] if standing else None,
        "factor": standing == "factor",
        "sso": f"{on.base}/sign-in/sso{query_of(next=on.path)}" if standing == "sso" else "",
        "back": query_of(next=request.path_qs),
    }


def _sent_on(request: Request, on: Onward) -> Response:
    if request.method == "GET":  # a form was counted as what it is already
        request.registry.portico.limits.check(request.scope, SENSITIVE)
    try:
        code = service.begin(request.db, on.host, challenge=on.challenge)
    except HandoffRefusedError as error:
        _refused(request, error)
        return HTTPSeeOther(request.path_qs)  # which says why
    response = HTTPSeeOther(on.base + ARRIVE + query_of(code=code, state=state_of(on.challenge), next=on.path))
    clear_onward_cookie(request, response)
    return quiet(response)


def arrive(context: None, request: Request) -> Response:
    """At the company's own host again. Always ends in a redirect, so that the code stays in no history. Nothing is used up
    without the secret: by who reads the address, a scanner or a prefetcher."""
    state = text_param(request, "state")
    verifier = handoff_token(request, state) or new_token()  # nobody's: a code could be made for the challenge of ""
    path = wanted_path(request) or request.application_url + "/"
    place = request.registry.portico.places.of(request.scope.address)
    try:
        code = text_param(request, "code")
        token = service.take(request.db, code=code, verifier=verifier, agent=request.user_agent or "", place=place)
    except HandoffRefusedError as error:
        if error.live:  # strangers write nothing into the trail
            _refused(request, error)
        elif request.scope.signed_in and not request.scope.gate:  # another tab was first, or somebody went back
            return quiet(HTTPSeeOther(path))
        query = {"why": error.reason, "next": path}
        return quiet(HTTPSeeOther(request.route_path("identity.handoff_problem", _query=query)))
    end_former(request)
    response = HTTPSeeOther(path)
    set_session_cookie(request, response, token)
    clear_handoff_cookie(request, response, state)
    return quiet(response)


def problem(context: None, request: Request) -> dict[str, Any]:
    """Why it did not work, and what to do now."""
    return {"words": problems.PROBLEMS[problems.known(text_param(request, "why"))], "again": query_of(next=wanted_path(request))}


def _refused(request: Request, error: HandoffRefusedError) -> None:
    after = {"reason": error.reason}
    audit.record(request.db, "identity.handoff-refused", subject=("tenant", request.tenant.id), after=after)
