"""What is kept here while somebody is at their company's provider, and the way to the page that says why it did not work."""

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
from portico.identity.cookies import anonymous_token, hash_token
from portico.identity.onward import safe_next
from portico.identity.sso import problems, service
from portico.identity.sso.models import SsoProvider
from portico.identity.sso.protocol import SsoRefusedError
from portico.web.params import text_param

log = logging.getLogger("portico.sso")
PURPOSE = "sso"
TTL = dt.timedelta(minutes=10)


def keep(request: Request, state: str, kept: dict[str, Any], *, purpose: str = PURPOSE) -> None:
    """Under `state`, which the provider gives back, for ten minutes. JSON: kept."""
    request.db.execute(
        sa.select(
            sa.func.ceremony_begin(hash_token(state), purpose, None, None, request.tenant.id, sa.cast(kept, JSONB), TTL)
        )
    )


def begun(request: Request, state: str, *, purpose: str = PURPOSE) -> Any:
    """What was kept. Raises SsoRefusedError("expired")."""
    found = request.db.execute(
        sa.text("SELECT * FROM ceremony_peek(:hash, :purpose)"), {"hash": hash_token(state), "purpose": purpose}
    ).one_or_none()
    if found is None or found.tenant_id != request.tenant.id:
        raise SsoRefusedError("expired")
    return found.data


def check_browser(request: Request, kept: Any) -> None:
    """Only the browser that began may finish: else somebody could be signed in as another without noticing.

    Raises SsoRefusedError.
    """
    if not hmac.compare_digest(kept["browser"], browser(request)):
        raise SsoRefusedError("expired")


def take(request: Request, state: str, *, purpose: str = PURPOSE, must: bool = True) -> None:
    """What was begun is used up. Of two that come back at once, one goes on. Raises SsoRefusedError."""
    taken = request.db.execute(
        sa.text("SELECT 1 FROM ceremony_take(:hash, :purpose)"), {"hash": hash_token(state), "purpose": purpose}
    ).one_or_none()
    if must and taken is None:
        raise SsoRefusedError("expired")


def asked_provider(request: Request, kept: Any) -> SsoProvider:
    """The one that was asked, unchanged since. Raises SsoRefusedError."""
    provider = service.offered(request.db)
    if provider is None or str(provider.id) != kept["provider"] or provider.version != kept["version"]:
        raise SsoRefusedError("off")
    return provider


def refused(request: Request, error: Exception, target: str, *, fresh: bool = False) -> Response:
    """On record with its reason, and in words on a page of its own."""
    code = getattr(error, "code", "unavailable") if isinstance(error, SsoRefusedError) else "unavailable"
    log.info("single sign-on of %s: %s (%s)", request.tenant.slug, code, error)
    audit.record(request.db, "sso.refused", subject=("tenant", request.tenant.id), after={"reason": code})
    return problem_page(request, code, target, fresh=fresh)


def problem_page(request: Request, code: str, target: str, *, fresh: bool = False) -> Response:
    query = {"why": problems.known(code)} | ({"next": target} if target else {}) | ({"fresh": "yes"} if fresh else {})
    return HTTPSeeOther(request.route_path("identity.sso_problem", _query=query))


def browser(request: Request) -> str:
    """A mark of this browser that the address does not show."""
    return hashlib.sha256(b"sso " + anonymous_token(request).encode()).hexdigest()


def again(request: Request, **more: str) -> str:
    """The query with which somebody begins anew, without losing where they wanted to go."""
    target = safe_next(request, "")
    given = {"next": target} if text_param(request, "next") and target else {}
    return urlencode(given | ({"fresh": "yes"} if request.params.get("fresh") == "yes" else {}) | more)
