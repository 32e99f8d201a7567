"""To the company's own sign-in and back. The way back always ends in a redirect: what came in the address is used once
and stays in no history."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import logging
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy.dialects.postgresql import JSONB

from portico import audit
from portico.connections.errors import ConnectorError
from portico.connections.target import NoConnectionError
from portico.db.types import now
from portico.identity import service as identity
from portico.identity.cookies import anonymous_token, hash_token
from portico.identity.sso import people, problems, protocol, service
from portico.identity.sso.client import SERVICE, Redeem
from portico.identity.sso.models import SsoProvider
from portico.identity.sso.protocol import SsoRefusedError
from portico.identity.views import safe_next, start
from portico.web import outside

log = logging.getLogger("portico.sso")
PURPOSE = "sso"
TTL = dt.timedelta(minutes=10)
PATIENCE_S = 10.0
_TOLD = {"access_denied": "cancelled", "login_required": "cancelled", "consent_required": "cancelled",
         "interaction_required": "cancelled", "temporarily_unavailable": "unavailable", "server_error": "unavailable"}
"""What a provider says instead of a code (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6) → our words."""


def begin(context: None, request: Request) -> Response:
    """Sends the browser to the provider. `fresh`: it shall ask anew who sits there."""
    home = request.registry.portico.tenant_url(request.tenant)
    if request.application_url != home:  # the provider knows one address to come back to, and cookies are the host's
        if request.params.get("moved"):
            return _problem(request, "off", "")
        return HTTPSeeOther(f"{home}/sign-in/sso?{_query(request, moved='yes')}")
    provider = service.offered(request.db)
    if provider is None:
        return _problem(request, "off", safe_next(request, ""))
    try:
        metadata = outside.call(request, provider.id, SERVICE, "discover", timeout_s=PATIENCE_S)
    except (ConnectorError, NoConnectionError) as error:
        return _refused(request, error, safe_next(request, ""))
    beginning, fresh = protocol.Beginning.new(), request.params.get("fresh") == "yes"
    kept = {
        "nonce": beginning.nonce,
        "verifier": beginning.verifier,
        "provider": str(provider.id),
        "version": provider.version,
        "issuer": provider.issuer,
        "names_itself": metadata.names_itself,
        "browser": _browser(request),
        "fresh": fresh,
        "next": safe_next(request, ""),
    }
    request.db.execute(
        sa.select(
            sa.func.ceremony_begin(
                hash_token(beginning.state), PURPOSE, None, None, request.tenant.id, sa.cast(kept, JSONB), TTL
            )
        )
    )
    return HTTPSeeOther(
        protocol.authorization_address(metadata, provider.client_id, _redirect_uri(request), beginning, fresh=fresh)
    )


def finish(context: None, request: Request) -> Response:
    """The provider sends the browser back: with a code, or with the reason why there is none."""
    found = request.db.execute(
        sa.text("SELECT * FROM ceremony_peek(:hash, :purpose)"),
        {"hash": hash_token(request.params.get("state", "")), "purpose": PURPOSE},
    ).one_or_none()
    # Only the browser that began may finish: else somebody could be signed in as another without noticing.
    if found is None or found.tenant_id != request.tenant.id or not hmac.compare_digest(
        found.data["browser"], _browser(request)
    ):
        return _refused(request, SsoRefusedError("expired"), "")
    try:
        who = _answered(request, found.data)
        _take(request)
        return _let_in(request, who, found.data)
    except (ConnectorError, NoConnectionError) as error:
        _take(request, must=False)
        return _refused(request, error, found.data["next"], fresh=found.data["fresh"])


def _answered(request: Request, kept: Any) -> protocol.Who:
    """Raises SsoRefusedError, ConnectorError."""
    protocol.check_issuer(kept["issuer"], request.params.get("iss"), required=kept["names_itself"])
    if error := request.params.get("error"):
        raise SsoRefusedError(_TOLD.get(error, "refused"))
    code = request.params.get("code", "")
    if not 1 <= len(code) <= 4000:
        raise SsoRefusedError("token")
    provider = _provider(request, kept)
    sent = Redeem(code, kept["verifier"], kept["nonce"], _redirect_uri(request), kept["fresh"])
    who: protocol.Who = outside.call(request, provider.id, SERVICE, "redeem", sent, timeout_s=PATIENCE_S)
    return who


def _provider(request: Request, kept: Any) -> SsoProvider:
    """The one that was asked, unchanged since. Raises SsoRefusedError."""
    provider = service.offered(request.db)
    if provider is None or str(provider.id) != kept["provider"] or provider.version != kept["version"]:
        raise SsoRefusedError("off")
    return provider


def _take(request: Request, *, must: bool = True) -> None:
    """What was begun is used up. Of two that come back at once, one goes on. Raises SsoRefusedError."""
    taken = request.db.execute(
        sa.text("SELECT 1 FROM ceremony_take(:hash, :purpose)"),
        {"hash": hash_token(request.params.get("state", "")), "purpose": PURPOSE},
    ).one_or_none()
    if must and taken is None:
        raise SsoRefusedError("expired")


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
    way_in = identity.WayIn(("sso",), proved_at=min(proved_at, now()))
    target = kept["next"] or request.application_url + "/"
    response = start(request, person, target, way_in, tenant_id=request.tenant.id)
    audit.record(
        request.db, "sso.signed-in", subject=("user", person.id), after={"issuer": who.issuer, "subject": who.subject},
        by=(person.id, person.email),
    )
    return response


def _refused(request: Request, error: Exception, target: str, *, fresh: bool = False) -> Response:
    """On record with its reason, and in words on a page of its own."""
    code = getattr(error, "code", "unavailable") if isinstance(error, SsoRefusedError) else "unavailable"
    log.info("single sign-on of %s: %s (%s)", request.tenant.slug, code, error)
    audit.record(request.db, "sso.refused", subject=("tenant", request.tenant.id), after={"reason": code})
    return _problem(request, code, target, fresh=fresh)


def _problem(request: Request, code: str, target: str, *, fresh: bool = False) -> Response:
    query = {"why": problems.known(code)} | ({"next": target} if target else {}) | ({"fresh": "yes"} if fresh else {})
    return HTTPSeeOther(request.route_path("identity.sso_problem", _query=query))


def problem(context: None, request: Request) -> dict[str, Any]:
    """Why it did not work, and what to do now."""
    code = problems.known(request.params.get("why", ""))
    provider = service.offered(request.db)
    return {
        "words": problems.PROBLEMS[code],
        "code": code,
        "provider": provider,
        "again": request.route_path("identity.sso_start") + "?" + _query(request),
        "fallback": provider is None or not provider.staff_must,
    }


def signed_out(context: None, request: Request) -> dict[str, Any]:
    provider = service.offered(request.db)
    return {"provider": provider if provider is not None and provider.signs_out else None}


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


def _browser(request: Request) -> str:
    """A mark of this browser that the address does not show."""
    return hashlib.sha256(b"sso " + anonymous_token(request).encode()).hexdigest()


def _redirect_uri(request: Request) -> str:
    """From what is stored, never from the request: exactly the one that the provider was told."""
    return request.registry.portico.tenant_url(request.tenant) + service.CALLBACK


def _query(request: Request, **more: str) -> str:
    target = safe_next(request, "")
    given = {"next": target} if request.params.get("next") and target else {}
    return urlencode(given | ({"fresh": "yes"} if request.params.get("fresh") == "yes" else {}) | more)
