"""To the company's own sign-in and back. The way back always ends in a redirect: what came in the address is used once
and stays in no history."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico import audit
from portico.connections.errors import ConnectorError
from portico.connections.target import NoConnectionError
from portico.db.types import now
from portico.identity import service as identity
from portico.identity.onward import safe_next, wanted_path
from portico.identity.sso import ceremonies, people, problems, protocol, saml_views, service
from portico.identity.sso.ceremonies import problem_page, refused
from portico.identity.sso.client import SERVICE, Redeem
from portico.identity.sso.protocol import SsoRefusedError
from portico.identity.views import start
from portico.web import outside

PATIENCE_S = 10.0
_TOLD = {"access_denied": "cancelled", "login_required": "cancelled", "consent_required": "cancelled",
         "interaction_required": "cancelled", "temporarily_unavailable": "unavailable", "server_error": "unavailable"}
"""What a provider says instead of a code (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6) → our words."""


def begin(context: None, request: Request) -> Response:
    """Sends the browser to the provider. `fresh`: it shall ask anew who sits there."""
    home = request.registry.portico.tenant_url(request.tenant)
    if request.application_url != home:  # the provider knows one address to come back to, and cookies are the host's
        if request.params.get("moved"):
            return problem_page(request, "off", "")
        there = {"moved": "yes"}
        if request.tenant.host and (path := wanted_path(request).removeprefix(request.script_name)):
            there["next"] = path  # as the company's own host has it
        return HTTPSeeOther(f"{home}/sign-in/sso?{ceremonies.again(request, **there)}")
    provider = service.offered(request.db)
    if provider is None:
        return problem_page(request, "off", safe_next(request, ""))
    beginning, fresh = protocol.Beginning.new(), request.params.get("fresh") == "yes"
    kept: dict[str, Any] = {
        "nonce": beginning.nonce,
        "verifier": beginning.verifier,
        "provider": str(provider.id),
        "version": provider.version,
        "issuer": provider.issuer,
        "browser": ceremonies.browser(request),
        "fresh": fresh,
        "next": safe_next(request, ""),
    }
    if provider.kind == "saml":
        return HTTPSeeOther(saml_views.asked(request, provider, kept))
    try:
        metadata = outside.call(request, provider.id, SERVICE, "discover", timeout_s=PATIENCE_S)
    except (ConnectorError, NoConnectionError) as error:
        return refused(request, error, safe_next(request, ""))
    ceremonies.keep(request, beginning.state, kept | {"names_itself": metadata.names_itself})
    return HTTPSeeOther(
        protocol.authorization_address(metadata, provider.client_id, _redirect_uri(request), beginning, fresh=fresh)
    )


def finish(context: None, request: Request) -> Response:
    """The provider sends the browser back: with a code, or with the reason why there is none."""
    state = request.params.get("state", "")
    try:
        kept = ceremonies.begun(request, state)
        ceremonies.check_browser(request, kept)
    except SsoRefusedError as error:
        return refused(request, error, "")
    try:
        who = saml_views.answered(request, kept) if "who" in kept else _answered(request, kept)
        ceremonies.take(request, state)
        return _let_in(request, who, kept)
    except (ConnectorError, NoConnectionError) as error:
        ceremonies.take(request, state, must=False)
        return refused(request, error, kept["next"], fresh=kept["fresh"])


def _answered(request: Request, kept: Any) -> protocol.Who:
    """Raises SsoRefusedError, ConnectorError."""
    protocol.check_issuer(kept["issuer"], request.params.get("iss"), required=kept["names_itself"])
    if error := request.params.get("error"):
        raise SsoRefusedError(_TOLD.get(error, "refused"))
    code = request.params.get("code", "")
    if not 1 <= len(code) <= 4000:
        raise SsoRefusedError("token")
    provider = ceremonies.asked_provider(request, kept)
    sent = Redeem(code, kept["verifier"], kept["nonce"], _redirect_uri(request), kept["fresh"])
    who: protocol.Who = outside.call(request, provider.id, SERVICE, "redeem", sent, timeout_s=PATIENCE_S)
    return who


def _let_in(request: Request, who: protocol.Who, kept: Any) -> Response:
    """Raises SsoRefusedError."""
    portico = request.registry.portico
    scope = portico.system_scope(request.tenant, request.request_id)
    with portico.sessions.scoped(scope) as db:
        provider = service.offered(db)
        if provider is None:
            raise SsoRefusedError("off")
        person = people.admit(db, provider, who)
    if kept["fresh"] and request.scope.user_id not in (None, person.id):
        raise SsoRefusedError("fresh")
    proved_at = dt.datetime.fromtimestamp(who.authenticated_at, dt.UTC) if who.authenticated_at else identity.NEVER
    until = dt.datetime.fromtimestamp(who.until, dt.UTC) if who.until is not None else None
    way_in = identity.WayIn(("sso",), proved_at=min(proved_at, now()), until=until)
    target = kept["next"] or request.application_url + "/"
    response = start(request, person, target, way_in, tenant_id=request.tenant.id)
    audit.record(
        request.db, "sso.signed-in", subject=("user", person.id), after={"issuer": who.issuer, "subject": who.subject},
        by=(person.id, person.email),
    )
    return response


def problem(context: None, request: Request) -> dict[str, Any]:
    """Why it did not work, and what to do now."""
    code = problems.known(request.params.get("why", ""))
    provider = service.offered(request.db)
    return {
        "words": problems.PROBLEMS[code],
        "code": code,
        "provider": provider,
        "again": request.route_path("identity.sso_start") + "?" + ceremonies.again(request),
        "fallback": provider is None or not provider.staff_must,
    }


def signed_out(context: None, request: Request) -> dict[str, Any]:
    """everywhere: whoever signed out had come from the portal's own host, and is signed out there, too."""
    if request.params.get("everywhere") == "yes":
        return {"provider": None, "portal": urlsplit(request.registry.portico.settings.public_url).hostname}
    provider = service.offered(request.db)
    return {"provider": provider if provider is not None and provider.signs_out else None, "portal": ""}


def leave(context: None, request: Request) -> Response:
    """On to the provider's own signing out (OpenID Connect RP-Initiated Logout 1.0)."""
    provider, back = service.offered(request.db), request.registry.portico.tenant_url(request.tenant) + "/sign-in"
    if provider is None:
        return HTTPSeeOther(back)
    try:
        metadata = outside.call(request, provider.id, SERVICE, "discover", timeout_s=PATIENCE_S)
    except (ConnectorError, NoConnectionError):
        return HTTPSeeOther(back)
    if not metadata.end_session_endpoint:
        return HTTPSeeOther(back)
    return HTTPSeeOther(protocol.sign_out_address(metadata.end_session_endpoint, provider.client_id, back))


def _redirect_uri(request: Request) -> str:
    """From what is stored, never from the request: exactly the one that the provider was told."""
    return request.registry.portico.tenant_url(request.tenant) + service.CALLBACK
