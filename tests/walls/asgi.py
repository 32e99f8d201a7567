"""The whole application as the server runs it, without a socket: each request is one ASGI call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from portico.testing.client import any_address
from portico.testing.portal import Portal
from portico.web.asgi import Application, asgi_application

HOST = b"localhost:6543"
Header = tuple[bytes, bytes]


@dataclass(frozen=True)
class Sent:
    """A request as it arrives: nothing of it is corrected on the way."""

    path: bytes
    method: str = "GET"
    query: bytes = b""
    headers: Sequence[Header] = ()
    host: bytes | None = HOST
    body: bytes = b""

    def scope(self) -> dict[str, Any]:
        host = [(b"host", self.host)] if self.host is not None else []
        return {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "scheme": "http",
                "method": self.method, "path": self.path.decode("latin1"), "raw_path": self.path, "query_string": self.query,
                "root_path": "", "headers": [*host, *self.headers, (b"content-length", b"%d" % len(self.body))],
                "server": ("127.0.0.1", 6543), "client": (any_address(), 1)}


@dataclass(frozen=True)
class Got:
    status: int
    headers: dict[str, str]
    text: str


class Whole:
    """Answers many requests at once."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def ask(self, *requests: Sent) -> list[Got]:
        return asyncio.run(self._ask(requests))

    async def _ask(self, requests: Sequence[Sent]) -> list[Got]:
        app = asgi_application(self.portal.wsgi, _without_streams(self.portal.parts), threads=4)
        try:
            return await asyncio.gather(*(one_answer(app, one) for one in requests))
        finally:
            app.bridge.close()


async def one_answer(app: Application, sent: Sent) -> Got:
    messages: list[dict[str, Any]] = []
    body = [{"type": "http.request", "body": sent.body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if body:
            return body.pop()
        await asyncio.sleep(3600)
        raise AssertionError

    async def send(message: Any) -> None:
        messages.append(message)

    call: Callable[..., Awaitable[None]] = app
    try:
        await call(sent.scope(), receive, send)
    except Exception:
        if not messages:  # the server would say 500 without a word of ours
            raise
    headers: dict[str, str] = {}
    for name, value in messages[0]["headers"]:
        key = name.decode().lower()
        headers[key] = f"{headers[key]}, {value.decode()}" if key in headers else value.decode()
    content = b"".join(message.get("body", b"") for message in messages[1:])
    return Got(messages[0]["status"], headers, content.decode())


def _without_streams(parts: Any) -> Any:
    """What the server needs of the parts, but nobody listens for events."""

    class Parts:
        live = None

        def __getattr__(self, name: str) -> Any:
            return getattr(parts, name)

    return Parts()


def raw(path: str) -> bytes:
    return quote(path).encode()
