"""A message for the next page: "Saved.", kept in a signed cookie until it was shown."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, Literal, TypeAlias, get_args

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.session import SignedCookieSessionFactory

from portico.web.i18n import translate

LONGEST, MOST = 400, 2_500
"""Characters of a message, and of all that wait as JSON: signed and encoded, a cookie holds no more (RFC 6265 §6.1)."""


Kind: TypeAlias = Literal["success", "info", "warning", "error"]


def flash(request: Request, message: Any, kind: Kind = "success") -> None:
    """Where nobody looks at a page for long, as a program does not, the oldest messages are forgotten."""
    request.session.flash(translate(request.locale_name, message)[:LONGEST], kind)
    waiting = [request.session.peek_flash(one) for one in get_args(Kind)]
    while len(json.dumps(waiting)) > MOST:
        max(waiting, key=len).pop(0)


def cookie_name(settings: Any) -> str:
    return "__Host-portico_flash" if settings.secure else "portico_flash"


def may_wait(request: Any) -> bool:
    """Whether it makes sense to look for a message. Without its cookie there is none, and opening the session to see so
    costs 1 % of a page."""
    return "session" in vars(request) or cookie_name(request.registry.portico.settings) in request.cookies


def includeme(config: Configurator) -> None:
    settings = config.registry.portico.settings
    secret = hmac.new(settings.master_key, b"flash messages", hashlib.sha256).hexdigest()
    config.set_session_factory(
        SignedCookieSessionFactory(
            secret,
            cookie_name=cookie_name(settings),
            httponly=True,
            secure=settings.secure,
            samesite="Lax",
            timeout=600,
            reissue_time=None,
        )
    )
