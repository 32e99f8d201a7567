"""uvicorn's HTTP connection with what it lacks: limits on headers' size and time, and words for what it refuses itself."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from portico.web.refusals import Asked, Refusals

MAX_HEADERS = 32 << 10
"""Bytes of request line and headers."""
HEADERS_S = 20.0
"""Seconds from the first byte (or from the connection, if none comes) to the end of the headers."""


class Connection(HttpToolsProtocol):
    refusals: Refusals
    _timer: asyncio.TimerHandle | None = None
    _in_headers = False
    _began_here = False
    _unfinished = 0  # bytes of headers in earlier reads
    _too_large = False
    _read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._headers_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._began_here = False
        self._read = data
        super().data_received(data)
        if self._in_headers and not self._began_here:
            self._unfinished += len(data)
            if self._unfinished > MAX_HEADERS:
                self._refuse(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_headers = self._began_here = True
        self._unfinished = 0
        self._await_headers()

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._headers_came()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEADERS:
            self._too_large = True
            raise ValueError("headers too large")  # the parser says so by `send_400_response`
        super().on_headers_complete()

    def _await_headers(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEADERS_S, self._refuse, 408)

    def _headers_came(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: int) -> None:
        self._headers_came()
        if self.transport.is_closing():
            return
        if self._in_headers and self._may_answer():
            self._say(status)
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """What the parser could not read. uvicorn would say so in English, without any header."""
        self._headers_came()
        if not self.transport.is_closing() and self._may_answer():
            self._say(431 if self._too_large else 400)
        self.transport.close()

    def _may_answer(self) -> bool:
        """Nothing may come between an answer that is on its way."""
        return self.cycle is None or self.cycle.response_complete

    def _say(self, status: int) -> None:
        headers, body = self.refusals.answer(status, legible(self._read))
        lines = [*headers, (b"content-length", b"%d" % len(body)), (b"connection", b"close")]
        head = b"".join(name + b": " + value + b"\r\n" for name, value in lines)
        self.transport.write(STATUS_LINE[status] + head + b"\r\n" + body)


def legible(data: bytes) -> Asked:
    """What can be made out of a request that no parser took: only to choose the language and form of the refusal."""
    first, *lines = data[:MAX_HEADERS].partition(b"\r\n\r\n")[0].split(b"\r\n")
    path, _, query = (first.split(b" ") + [b"/"])[1].partition(b"?")
    pairs = (line.partition(b":")[::2] for line in lines)
    return Asked(path, query, [(name.lower(), value.strip()) for name, value in pairs])


def connection_class(refusals: Refusals) -> type[asyncio.Protocol]:
    """Typed for uvicorn's `http` option, which makes the connections itself."""
    chosen: Any = type("PorticoConnection", (Connection,), {"refusals": refusals})
    return chosen
