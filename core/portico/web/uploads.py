"""Takes in request bodies before a thread is taken for them, within a size, a deadline and a fair share."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from starlette.types import Receive, Send

Header = tuple[bytes, bytes]
CLOSE: Header = (b"connection", b"close")


@dataclass(frozen=True)
class Limits:
    """What one process grants. Sizes in bytes."""

    body: int = 16 << 20
    form: int = 16 << 20  # of a body that can hold files: multipart/form-data
    answer: int = 256 << 20
    memory: int = 1 << 17  # of one body or answer; the rest goes to disk
    compressed: int = 4 << 20  # above this an answer is sent as it is
    backlog: int = 64  # requests that may wait for a thread
    uploads: int = 256  # bodies in arrival
    uploads_per_address: int = 16
    body_s: float = 30  # for a body to arrive, plus its size at `body_rate`
    body_rate: int = 16 << 10  # bytes a second
    queue_s: float = 10  # in the backlog
    send_s: float = 60  # for a client to take 64 KB


class RefusedError(Exception):
    """Answered without the application."""

    def __init__(self, status: int, *headers: Header, retry_after_s: int | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.headers = list(headers)
        if retry_after_s is not None:
            self.headers.append((b"retry-after", b"%d" % retry_after_s))

    async def answer(self, send: Send) -> None:
        text = HTTPStatus(self.status).phrase.encode()
        headers = [*self.headers, (b"content-type", b"text/plain"), (b"content-length", b"%d" % len(text)),
                   (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": text})


class GoneError(Exception):
    """The client hung up: there is nobody to answer."""


class Uploads:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._arriving: Counter[str] = Counter()  # bodies by address

    async def read(self, environ: dict[str, Any], receive: Receive) -> IO[bytes]:
        """The whole body, rewound. Sets CONTENT_LENGTH to what really came."""
        declared = int(environ.get("CONTENT_LENGTH") or 0)  # the server let only digits through
        chunked = environ.pop("HTTP_TRANSFER_ENCODING", None)
        most = self._most(environ)
        if declared > most:  # before receive(), so that no 100 Continue goes out
            raise RefusedError(413, CLOSE)
        if not declared and not chunked:  # most requests: nothing to wait for, nothing to time
            return await _without_body(environ, receive)
        body = cast(IO[bytes], SpooledTemporaryFile(self.limits.memory))
        try:
            with self._share_of(environ["REMOTE_ADDR"]):
                await self._spool(receive, body, most)
        except BaseException:
            body.close()
            raise
        environ["CONTENT_LENGTH"] = str(body.tell())
        body.seek(0)
        return body

    @contextlib.contextmanager
    def _share_of(self, address: str) -> Iterator[None]:
        source = _network(address)
        if self._arriving.total() >= self.limits.uploads:
            raise RefusedError(503, CLOSE, retry_after_s=2)
        if self._arriving[source] >= self.limits.uploads_per_address:
            raise RefusedError(429, CLOSE, retry_after_s=5)
        self._arriving[source] += 1
        try:
            yield
        finally:
            self._arriving[source] -= 1
            if not self._arriving[source]:
                del self._arriving[source]

    def _most(self, environ: dict[str, Any]) -> int:
        """Only what parses as a form with files may be as large as these."""
        kind = str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
        return max(self.limits.body, self.limits.form) if kind == "multipart/form-data" else self.limits.body

    async def _spool(self, receive: Receive, body: IO[bytes], most: int) -> None:
        started = asyncio.get_running_loop().time()
        more = True
        try:
            async with asyncio.timeout(self.limits.body_s) as deadline:
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise GoneError
                    body.write(message.get("body", b""))
                    more = message.get("more_body", False)
                    size = body.tell()
                    if size > most:
                        raise RefusedError(413, CLOSE)
                    deadline.reschedule(started + self.limits.body_s + size / self.limits.body_rate)
        except TimeoutError:
            raise RefusedError(408, CLOSE) from None


async def _without_body(environ: dict[str, Any], receive: Receive) -> IO[bytes]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise GoneError
    if message.get("body") or message.get("more_body"):  # HTTP/1.1 knows no body that nobody announced
        raise RefusedError(411, CLOSE)
    environ["CONTENT_LENGTH"] = "0"
    return io.BytesIO()


def _network(address: str) -> str:
    """Who counts as one client: an IPv4 address, or the /64 that one IPv6 customer has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)
