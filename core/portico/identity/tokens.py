"""API access tokens: JWT of 15 minutes that name a session; the session itself is looked up at every call."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import uuid

import jwt
from pyramid.request import Request

from portico.db.types import now
from portico.identity.cookies import hash_token

ACCESS_S = 15 * 60
REFRESH_DAYS = 30
PERSONAL_PREFIX = "portico_pat_"
"""So that scanners for leaked secrets know one when they see it."""
_AUDIENCE, _ALGORITHM = "portico-api", "HS256"


def _key(master_key: bytes) -> bytes:
    return hmac.new(master_key, b"access tokens", hashlib.sha256).digest()


def access_token(master_key: bytes, session_id: uuid.UUID, tenant_id: uuid.UUID) -> str:
    moment = now()
    claims = {"sid": str(session_id), "tid": str(tenant_id), "aud": _AUDIENCE, "typ": "access",
              "iat": moment, "exp": moment + dt.timedelta(seconds=ACCESS_S)}
    return jwt.encode(claims, _key(master_key), algorithm=_ALGORITHM)


def read_access_token(master_key: bytes, token: str) -> uuid.UUID | None:
    """The session that a valid, unexpired access token names; None for anything else."""
    try:
        claims = jwt.decode(token, _key(master_key), algorithms=[_ALGORITHM], audience=_AUDIENCE,
                            options={"require": ["exp", "aud", "sid"]})
        return uuid.UUID(claims["sid"]) if claims.get("typ") == "access" else None
    except (jwt.InvalidTokenError, ValueError):
        return None


def bearer_session(request: Request) -> uuid.UUID | None:
    token = _bearer(request)
    return read_access_token(request.registry.portico.settings.master_key, token) if token else None


def personal_token_hash(request: Request) -> bytes | None:
    """What the database knows of a personal API token; None when the request bears another kind, or none."""
    token = _bearer(request)
    return hash_token(token) if token and token.startswith(PERSONAL_PREFIX) else None


def _bearer(request: Request) -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and len(token) <= 2000 and token.strip() else None
