"""Runs a WSGI application under an ASGI server so that no thread ever waits for a client.

The body is spooled before a thread is taken, the answer before it is sent. What exceeds limits is answered
here, without the application. Taking in bodies is in `uploads`, translating the scope in `environ`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from asyncio import FIRST_COMPLETED
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from starlette.types import Message, Receive, Scope, Send

from portico.web import abandoned, outside
from portico.web.compression import MINIMUM, accepts_gzip, compress, is_text
from portico.web.environ import BadRequestError, build_environ
from portico.web.uploads import CLOSE, GoneError, Header, Limits, RefusedError, Uploads

logger = logging.getLogger(__name__)

WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Gone = asyncio.Task[None]

_HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer"})
_CHUNK = 1 << 16


class BridgeError(RuntimeError):
    """The application broke WSGI, or its answer is over the limit; the server logs it and sends 500."""


@dataclass
class Answer:
    status: int
    headers: list[Header]
    body: IO[bytes]
    size: int


class WSGIBridge:
    def __init__(self, app: WSGIApp, threads: int = 4, limits: Limits | None = None,
                 make_call: Callable[[outside.OutsideCall], Awaitable[Any]] | None = None) -> None:
        self.app = app
        self.make_call = make_call
        self.threads = threads
        self.limits = limits or Limits()
        self.uploads = Uploads(self.limits)
        self._pool = ThreadPoolExecutor(threads, "wsgi")
        # A thread is free once the loop has taken its answer, not before: threads that go straight on to the
        # next request keep the interpreter lock so busy that finished answers wait for the loop.
        self._free = asyncio.Semaphore(threads)
        self._waiting = 0

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            environ = build_environ(scope)
            environ["wsgi.input"] = body = await self.uploads.read(environ, receive)
            environ["webob.is_body_seekable"] = True  # it is: WebOb need not copy it
            async with _watching(receive) as gone:
                answer = await self._run_with_calls(environ, body, gone)
                with answer.body:
                    await self._send(answer, send, gone)
        except GoneError:
            return
        except BadRequestError:
            await RefusedError(400, CLOSE).answer(send)
        except RefusedError as refused:
            await refused.answer(send)

    async def _run_with_calls(self, environ: dict[str, Any], body: IO[bytes], gone: Gone) -> Answer:
        """Run the application. An outside call that it asks for is made between two runs, on no thread."""
        kept = dict(environ)
        while True:
            answer = await self._run(environ, body, gone)
            wanted = outside.pending(environ)
            if wanted is None:
                return answer
            answer.body.close()
            outcome: tuple[Any, Exception | None]
            try:
                outcome = (await self._call_outside(wanted, gone), None)
            except GoneError:
                body.close()
                raise
            except Exception as error:
                outcome = (None, error)
            outside.settle(environ, *outcome)
            body.seek(0)
            environ = {**kept, outside.ENVIRON: environ[outside.ENVIRON]}

    async def _call_outside(self, wanted: outside.OutsideCall, gone: Gone) -> Any:
        """The call's answer, or its error. A client that left is not waited for."""
        if self.make_call is None:
            raise BridgeError("this server was given nobody to make outside calls")
        call = asyncio.ensure_future(self.make_call(wanted))
        await asyncio.wait({gone, call}, return_when=FIRST_COMPLETED)
        if not call.done():
            call.cancel()
            raise GoneError
        return call.result()

    async def _run(self, environ: dict[str, Any], body: IO[bytes], gone: Gone) -> Answer:
        """Run the application in a thread. A client that leaves before its turn costs none."""
        try:
            await self._turn(gone)
        except BaseException:
            body.close()
            raise
        work = asyncio.get_running_loop().run_in_executor(self._pool, self._call, environ, gone.done)

        def finished(_: asyncio.Future[Answer]) -> None:
            self._free.release()
            if gone.done() or outside.pending(environ) is None:  # else the body is read once more
                body.close()

        work.add_done_callback(finished)
        either: set[asyncio.Future[Any]] = {gone, work}
        await asyncio.wait(either, return_when=FIRST_COMPLETED)
        if not work.done():
            work.add_done_callback(_discard)
            raise GoneError
        return work.result()

    async def _turn(self, gone: Gone) -> None:
        """Wait for a free thread, in order of arrival."""
        if not self._free.locked():
            await self._free.acquire()  # at once
            return
        if self._waiting >= self.limits.backlog:
            raise RefusedError(503, retry_after_s=2)
        self._waiting += 1
        turn = asyncio.create_task(self._free.acquire())
        try:
            either: set[asyncio.Future[Any]] = {gone, turn}
            await asyncio.wait(either, timeout=self.limits.queue_s, return_when=FIRST_COMPLETED)
            if not turn.done() and not gone.done():
                raise RefusedError(503, retry_after_s=2)
            if gone.done():
                raise GoneError
        except BaseException:
            if not turn.cancel() and not turn.cancelled():
                self._free.release()
            raise
        finally:
            self._waiting -= 1

    def _call(self, environ: dict[str, Any], is_gone: Callable[[], bool]) -> Answer:
        """In a thread: run the application to its end, or until the client has gone."""
        head: list[Any] = []
        body = cast(IO[bytes], SpooledTemporaryFile(self.limits.memory))

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if head and exc_info is None:
                raise BridgeError("start_response was called twice")
            head[:] = status, headers  # nothing was sent yet, so an error can always replace the answer
            return body.write

        try:
            environ[abandoned.ENVIRON] = is_gone
            chunks = self.app(environ, start_response)
            try:
                for chunk in chunks:
                    body.write(chunk)
                    if body.tell() > self.limits.answer:
                        raise BridgeError(f"{environ['PATH_INFO']}: over {self.limits.answer} bytes")
                    if is_gone():
                        raise GoneError
            finally:
                getattr(chunks, "close", lambda: None)()
            if not head:
                raise BridgeError("start_response was not called")
            return self._finish(environ, head[0], head[1], body)
        except abandoned.Abandoned:
            body.close()
            raise GoneError from None
        except BaseException:
            body.close()
            raise

    def _finish(self, environ: dict[str, Any], status: str, pairs: list[tuple[str, str]],
                body: IO[bytes]) -> Answer:
        code, size = int(status[:3]), body.tell()
        headers = [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in pairs]
        headers = [pair for pair in headers if pair[0] not in _HOP_BY_HOP]
        body.seek(0)
        if environ["REQUEST_METHOD"] == "HEAD":
            return Answer(code, headers, body, 0)
        headers = [pair for pair in headers if pair[0] != b"content-length"]
        if code in (204, 304):
            return Answer(code, headers, body, 0)
        if MINIMUM <= size <= self.limits.compressed and _is_compressible(headers):
            headers.append((b"vary", b"Accept-Encoding"))
            if accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
                packed = compress(body.read())
                body.seek(0)
                body.truncate()
                size = body.write(packed)
                body.seek(0)
                headers = [_weaker(pair) for pair in headers] + [(b"content-encoding", b"gzip")]
        return Answer(code, [*headers, (b"content-length", b"%d" % size)], body, size)

    async def _send(self, answer: Answer, send: Send, gone: Gone) -> None:
        """A client that takes too long is left without the rest, upon which the server hangs up."""
        loop, patience = asyncio.get_running_loop(), self.limits.send_s
        try:
            async with asyncio.timeout(patience) as limit:
                for place, message in enumerate(_messages(answer)):
                    if gone.done():
                        return
                    if place > 1:  # the head and the first part, which are all of most answers, share one time
                        limit.reschedule(loop.time() + patience)
                    await send(message)
        except TimeoutError:
            logger.info("a client took longer than %g s for %d bytes", self.limits.send_s, _CHUNK)


def _messages(answer: Answer) -> Iterator[Message]:
    yield {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
    left = answer.size
    while True:
        data = answer.body.read(_CHUNK) if left else b""
        left -= len(data)
        yield {"type": "http.response.body", "body": data, "more_body": left > 0}
        if left <= 0:
            return


def _is_compressible(headers: list[Header]) -> bool:
    names = dict(headers)
    if b"content-encoding" in names or b"no-transform" in names.get(b"cache-control", b""):
        return False
    return is_text(names.get(b"content-type", b"").decode("latin1"))


def _weaker(header: Header) -> Header:
    """An entity tag of the plain bytes is only a weak one for the compressed bytes."""
    name, value = header
    return (name, b"W/" + value) if name == b"etag" and not value.startswith(b"W/") else header


def _discard(work: asyncio.Future[Answer]) -> None:
    """The end of work nobody waits for any more."""
    if not work.cancelled() and work.exception() is None:
        work.result().body.close()


@contextlib.asynccontextmanager
async def _watching(receive: Receive) -> AsyncIterator[Gone]:
    """A task that is done once the client has hung up."""

    async def disconnect() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    gone = asyncio.get_running_loop().create_task(disconnect())
    try:
        yield gone
    finally:
        gone.cancel()
