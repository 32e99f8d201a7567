"""Believes a reverse proxy about the visitor's address and scheme, and nobody else.

Only X-Forwarded-For and X-Forwarded-Proto are read, and only from a peer that the operator listed. The proxy
has to pass the Host header on: an X-Forwarded-Host that it does not set would be the visitor's own word.
All such headers are removed, so that nothing behind this can be tempted.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network
_EXACT = frozenset({b"forwarded", b"x-real-ip", b"x-client-ip", b"x-original-url", b"x-rewrite-url"})


class ForwardedMiddleware:
    def __init__(self, app: ASGIApp, trusted: Sequence[Network] = ()) -> None:
        self.app = app
        self.trusted = tuple(trusted)
        self._is_trusted = lru_cache(maxsize=4096)(self._lies_within)  # of each request, and few are asked about

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = scope["headers"]
            kept = [pair for pair in headers if not _tells_of_a_proxy(pair[0])]
            if len(kept) != len(headers):
                client = scope.get("client")
                said = self._believed(headers) if client and self._is_trusted(client[0]) else {}
                scope = {**scope, "headers": kept, **said}
        await self.app(scope, receive, send)

    def _lies_within(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        return any(parsed in network for network in self.trusted)

    def _believed(self, headers: Sequence[tuple[bytes, bytes]]) -> dict[str, object]:
        said: dict[str, object] = {}
        # From the right: what our own proxies appended, up to the first stranger, the visitor.
        hops = [hop.strip() for hop in _joined(headers, b"x-forwarded-for").split(",") if hop.strip()]
        for hop in reversed(hops):
            try:
                address = str(ip_address(hop))
            except ValueError:
                break
            said["client"] = (address, 0)
            if not self._is_trusted(address):
                break
        scheme = _joined(headers, b"x-forwarded-proto").rpartition(",")[2].strip().lower()
        if scheme in ("http", "https"):
            said["scheme"] = scheme
        return said


def _joined(headers: Sequence[tuple[bytes, bytes]], wanted: bytes) -> str:
    return ",".join(value.decode("latin1") for name, value in headers if name == wanted)


def _tells_of_a_proxy(name: bytes) -> bool:
    return name.startswith(b"x-forwarded-") or name in _EXACT
