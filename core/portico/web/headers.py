"""Headers that every answer carries: what a browser may load, embed, remember and tell others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
OVERRIDABLE = frozenset({"Content-Security-Policy", "X-Frame-Options", "Cache-Control"})
"""What a view may say otherwise: a preview that is framed, a picture that may be kept."""
OF_DOCUMENTS = frozenset({"Permissions-Policy", "Cross-Origin-Opener-Policy"})
"""What only a page has a use for: left out elsewhere, for a first view fetches ten files."""


def standard(settings: Any) -> dict[str, str]:
    """Of every answer, from the application or from before it."""
    base = settings.static_base.rstrip("/")
    found = {
        "Content-Security-Policy": CSP.replace("'self'", f"'self' {base}") if base else CSP,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cache-Control": "no-store",
    }
    if settings.secure:
        found["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return found


def headers_tween_factory(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    wanted = standard(registry.portico.settings)

    def tween(request: Request) -> Response:
        response = handler(request)
        headers = response.headers
        document = (response.content_type or "") == "text/html"
        for name, value in wanted.items():
            if name in OF_DOCUMENTS and not document:
                continue
            if name in OVERRIDABLE:
                headers.setdefault(name, value)
            else:
                headers[name] = value
        headers.add("Vary", "Cookie")
        return response

    return tween
