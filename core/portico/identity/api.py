"""Tokens for API clients: password in, short access token and rotating refresh token out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyramid.request import Request

from portico.identity import service
from portico.identity.devices import alerts
from portico.identity.factors import service as factors
from portico.identity.tokens import ACCESS_S, access_token


def token(context: None, request: Request) -> dict[str, Any]:
    body = request.body_data
    person = service.sign_in(request.db, request.registry.portico.sessions, body["email"], body["password"])
    way_in = service.WayIn()
    if factors.confirmed(request.db, person.id):
        if not body["code"]:
            raise factors.SecondFactorNeededError
        portico = request.registry.portico
        method = factors.prove(request.db, portico.sessions, portico.settings.master_key, person.id, body["code"])
        way_in = service.WayIn(("password", method), second_factor=True)
    place = request.registry.portico.places.of(request.scope.address)
    session_id, _unused = service.open_session(request.db, person, kind="api", tenant_id=request.tenant.id,
                                               agent=request.user_agent or "", way_in=replace(way_in, place=place))
    alerts.program_seen(request, person.id, second_factor=way_in.second_factor)
    return _answer(request, session_id, service.new_refresh_token(request.db, session_id))


def refresh(context: None, request: Request) -> dict[str, Any]:
    session_id, tenant_id = service.use_refresh_token(request.registry.portico.sessions, request.scope,
                                                      request.body_data["refresh_token"])
    if tenant_id != request.tenant.id:
        raise service.WrongCredentialsError
    return _answer(request, session_id, service.new_refresh_token(request.db, session_id))


def logout(context: None, request: Request) -> None:
    service.end_session(request.db, request.scope.session_id)


def _answer(request: Request, session_id: Any, refresh_token: str) -> dict[str, Any]:
    key = request.registry.portico.settings.master_key
    return {"access_token": access_token(key, session_id, request.tenant.id), "refresh_token": refresh_token,
            "token_type": "Bearer", "expires_in": ACCESS_S}
