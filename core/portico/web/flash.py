"""A message for the next page: "Saved.", kept in a signed cookie until it was shown."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Literal

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.session import SignedCookieSessionFactory

from portico.web.i18n import translate


def flash(request: Request, message: Any, kind: Literal["success", "info", "warning", "error"] = "success") -> None:
    request.session.flash(translate(request.locale_name, message), kind)


def includeme(config: Configurator) -> None:
    settings = config.registry.portico.settings
    secret = hmac.new(settings.master_key, b"flash messages", hashlib.sha256).hexdigest()
    name = "__Host-portico_flash" if settings.secure else "portico_flash"
    config.set_session_factory(
        SignedCookieSessionFactory(
            secret,
            cookie_name=name,
            httponly=True,
            secure=settings.secure,
            samesite="Lax",
            timeout=600,
            reissue_time=None,
        )
    )
