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
OVERRIDABLE = frozenset({"Content-Security-Policy", "X-Frame-Options", "Cache-Control", "Referrer-Policy"})
"""What a view may say otherwise: a preview that is framed, a picture that may be kept, an address that nobody is to be told."""
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


class _Ours:
    """Headers, sorted into what no view may change and the rest. They are added to the plain list of an answer's: WebOb's
    mapping of that list goes through all of it for each name."""

    def __init__(self, wanted: dict[str, str]) -> None:
        self._fixed = {name.lower(): (name, value) for name, value in wanted.items() if name not in OVERRIDABLE}
        self._unless_said = [(name.lower(), (name, value)) for name, value in wanted.items() if name in OVERRIDABLE]

    def add_to(self, headers: list[tuple[str, str]]) -> None:
        said = {name.lower() for name, _value in headers}
        if not said.isdisjoint(self._fixed):
            headers[:] = [pair for pair in headers if pair[0].lower() not in self._fixed]
        headers += self._fixed.values()
        headers += [pair for name, pair in self._unless_said if name not in said]
        headers.append(("Vary", "Cookie"))


def headers_tween_factory(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    wanted = standard(registry.portico.settings)
    of_documents = _Ours(wanted)
    of_others = _Ours({name: value for name, value in wanted.items() if name not in OF_DOCUMENTS})

    def tween(request: Request) -> Response:
        response = handler(request)
        ours = of_documents if response.content_type == "text/html" else of_others
        ours.add_to(response.headerlist)
        return response

    return tween
