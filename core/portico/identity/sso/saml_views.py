"""SAML 2.0: to the provider, and what it posts here. The person is let in by `views.finish`, as with OpenID Connect.

A provider's page posts the answer from another site, so the browser sends no cookie of ours with it. The answer is checked
here, and the browser sent on by GET, with which its cookies come: only there is it known to be the one that began.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.db.types import now
from portico.identity.sso import ceremonies, service
from portico.identity.sso.described import Us
from portico.identity.sso.models import SsoProvider
from portico.identity.sso.protocol import SsoRefusedError, Who
from portico.web.params import text_param

PURPOSE = "sso-saml"
MEDIA_TYPE = "application/samlmetadata+xml"


def asked(request: Request, provider: SsoProvider, kept: dict[str, Any]) -> str:
    """The provider's address with a request in it. kept: see `views.begin`."""
    from portico.identity.sso import saml

    state, request_id = secrets.token_urlsafe(32), "_" + secrets.token_hex(20)
    ceremonies.keep(request, state, kept | {"request": request_id}, purpose=PURPOSE)
    return saml.request_address(provider.entry, _us(request), request_id, state, fresh=kept["fresh"], at=now())


def take_answer(context: None, request: Request) -> Response:
    """The provider's page posts an answer. One that nobody here asked for is not looked at."""
    from portico.identity.sso import saml

    state = text_param(request, "RelayState")
    try:
        kept = ceremonies.begun(request, state, purpose=PURPOSE)
    except SsoRefusedError as error:
        return ceremonies.refused(request, error, "")
    try:
        described = service.described_by(ceremonies.asked_provider(request, kept))
        if described is None:
            raise SsoRefusedError("off")
        who = saml.checked_response(
            text_param(request, "SAMLResponse"), described, _us(request), kept["request"], fresh=kept["fresh"]
        )
        ceremonies.take(request, state, purpose=PURPOSE)
    except SsoRefusedError as error:
        ceremonies.take(request, state, purpose=PURPOSE, must=False)
        return ceremonies.refused(request, error, kept["next"], fresh=kept["fresh"])
    onward = secrets.token_urlsafe(32)
    ceremonies.keep(request, onward, kept | {"who": asdict(who)})
    return HTTPSeeOther(request.route_path("identity.sso_callback", _query={"state": onward}))


def answered(request: Request, kept: Any) -> Who:
    """Who was found in the answer. Raises SsoRefusedError."""
    ceremonies.asked_provider(request, kept)
    return Who(**kept["who"])


def metadata(context: None, request: Request) -> Response:
    """This portal, as a provider is told of it. It says nothing that its address does not."""
    from portico.identity.sso import saml

    return Response(saml.own_metadata(_us(request)), content_type=MEDIA_TYPE)


def _us(request: Request) -> Us:
    return service.us(request.registry.portico.tenant_url(request.tenant))
