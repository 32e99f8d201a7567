"""Tells the proxy in front of us for which names it may ask for a certificate: ours, and companies' own domains."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from portico.web.asgi import AsyncRoutes
from portico.web.entry import ENTER

PATH = "/tls/allowed"


def add_routes(routes: AsyncRoutes, parts: Any) -> None:
    async def allowed(request: Request) -> Response:
        """200 or 404. Asked by the proxy itself, which is on this machine or among the trusted ones; others get 404."""
        name = request.query_params.get("domain", "").lower().rstrip(".")
        known = _from_inside(request, parts.settings) and await asyncio.to_thread(is_ours, parts, name)
        return PlainTextResponse("yes" if known else "no", status_code=200 if known else 404)

    routes.add(PATH, allowed)


def is_ours(parts: Any, name: str) -> bool:
    """Whether the portal answers under this host name: the apex, or an active company's own domain."""
    if not 1 <= len(name) <= 253 or not name.isascii():
        return False
    if name in parts.settings.apex_hosts:
        return True
    asked = {"token": None, "session": None, "kind": "browser", "host": name, "slug": None, "known": None, "strict": True}
    with parts.sessions.unscoped() as db:
        return bool(ENTER.rows(db, asked))


def _from_inside(request: Request, settings: Any) -> bool:
    address = ip_address(request.client.host) if request.client else None
    return address is not None and (
        address.is_loopback or any(address in network for network in settings.trusted_proxies)
    )
