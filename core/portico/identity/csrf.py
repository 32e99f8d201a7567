"""Cross-site request forgery: a token bound to the session, and the browser's own word on where a request comes from.

Pyramid checks the origin only on https; here it is checked on every scheme. The API takes no cookies and needs neither.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from pyramid.csrf import bytes_
from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.interfaces import ICSRFStoragePolicy
from pyramid.request import Request
from zope.interface import implementer

from portico.errors import MalformedError
from portico.identity.cookies import anonymous_token, session_token

HEADER, FIELD = "X-CSRF-Token", "csrf_token"


@implementer(ICSRFStoragePolicy)
class SessionCSRF:
    """token = mask ‖ mask xor HMAC(key, session). Masked anew in each page, so that compression tells nothing (BREACH)."""

    def new_csrf_token(self, request: Request) -> str:
        return self.get_csrf_token(request)

    def get_csrf_token(self, request: Request) -> str:
        secret = self._secret(request)
        mask = secrets.token_bytes(len(secret))
        return (mask + _xor(mask, secret)).hex()

    def check_csrf_token(self, request: Request, supplied: str) -> bool:
        try:
            raw = bytes.fromhex(supplied)
        except ValueError:
            return False
        secret = self._secret(request)
        if len(raw) != 2 * len(secret):
            return False
        mask, masked = raw[: len(secret)], raw[len(secret) :]
        return hmac.compare_digest(_xor(mask, masked), secret)

    def _secret(self, request: Request) -> bytes:
        scope = getattr(request, "scope", None)
        bound = session_token(request) if scope is not None and scope.signed_in else None
        value = bound or anonymous_token(request)
        keyed = _keyed(request.registry.portico.settings.master_key).copy()
        keyed.update(b"form " + bytes_(value))
        return keyed.digest()[:16]


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> hmac.HMAC:
    """To be copied: OpenSSL takes longer to find out what HMAC is than to compute one."""
    return hmac.new(key, digestmod=hashlib.sha256)


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))


def check_origin(request: Request) -> None:
    """Refuse what another site made the browser send. Raises BadCSRFOrigin.

    Sec-Fetch-Site is set by every current browser and cannot be set by a script; Origin stands in for the others.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise BadCSRFOrigin(f"a request from {site}")
    origin = request.headers.get("Origin")
    if origin is not None and origin != "null":
        sent = urlsplit(origin)
        if sent.netloc.lower() != request.host.lower():
            raise BadCSRFOrigin(f"origin {origin}")
    elif origin == "null" and site is None:
        raise BadCSRFOrigin("an opaque origin")


def check_form(request: Request) -> None:
    """Read the form that came, once for everybody after us. Raises MalformedError for one that is in no form at all.

    WebOb raises a bare ValueError for a broken boundary, and a warning for another charset than UTF-8.
    """
    try:
        request.POST  # noqa: B018
    except UnicodeDecodeError:
        raise
    except (ValueError, Warning) as error:
        raise MalformedError from error


def csrf_deriver(view: Any, info: Any) -> Any:
    """A view deriver: every unsafe request to a view that is not the API's passes both checks, without being asked to.

    What other sites' pages post (`from_elsewhere`) cannot; tests/walls/test_gates.py names each such view with its proof.
    """
    if info.options.get("portico_api"):
        return view

    def checked(context: Any, request: Request) -> Any:
        if request.method not in ("GET", "HEAD", "OPTIONS") and not getattr(request, "exception", None):
            if info.options.get("portico_from_elsewhere"):
                check_form(request)
                return view(context, request)
            check_origin(request)
            check_form(request)
            supplied = request.headers.get(HEADER) or request.POST.get(FIELD, "")
            if not isinstance(supplied, str) or not request.registry.portico.csrf.check_csrf_token(request, supplied):
                raise BadCSRFToken("the form's token does not fit")
        return view(context, request)

    return checked


csrf_deriver.options = ("portico_api", "portico_from_elsewhere")  # type: ignore[attr-defined]
