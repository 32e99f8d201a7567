"""The HTTP side of live events: `GET /events`, server-sent events for one signed-in session."""

from __future__ import annotations

import asyncio
import logging
import random

from starlette.types import Receive, Scope, Send

from portico.web.live import Hub, Listener, TooManyStreamsError
from portico.web.uploads import RefusedError

logger = logging.getLogger(__name__)

_SEND_S = 30.0
_STREAM = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store"),
           (b"x-accel-buffering", b"no"), (b"x-content-type-options", b"nosniff")]


class LiveEndpoint:
    """Last-Event-ID is ignored: nothing is replayed, a page that comes back refreshes what it shows."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        site = next((value for name, value in scope["headers"] if name == b"sec-fetch-site"), b"same-origin")
        if scope["method"] != "GET":
            return await _refuse(send, 405)
        if site not in (b"same-origin", b"none"):
            return await _refuse(send, 403)
        try:
            allowed = await self.hub.authorise(scope)
            if allowed is None:
                return await _refuse(send, 401)
            listener = self.hub.subscribe(allowed)
        except TooManyStreamsError as error:
            return await _refuse(send, 429 if error.of_session else 503, error.retry_after_s)
        except Exception:
            logger.exception("a live stream could not be authorised")
            return await _refuse(send, 503, 5)
        gone = asyncio.create_task(_wait_for_disconnect(receive))
        gone.add_done_callback(lambda _: listener.close())
        try:
            await self._stream(listener, send)
        except TimeoutError:
            pass  # the client takes nothing any more; the server closes the connection
        finally:
            gone.cancel()
            self.hub.unsubscribe(listener)

    async def _stream(self, listener: Listener, send: Send) -> None:
        loop = asyncio.get_running_loop()
        ends = loop.time() + self.hub.max_age_s * random.uniform(0.8, 1.0)
        await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
        # Spread, so that the listeners of a process that ends do not come back in one moment.
        chunk: bytes | None = b"retry: %d\n\n" % random.randint(2000, 5000)
        while chunk is not None and loop.time() < ends:
            if chunk:
                async with asyncio.timeout(_SEND_S):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            chunk = await listener.take(min(self.hub.ping_s, max(0.01, ends - loop.time())))
        await send({"type": "http.response.body", "body": b""})


async def _refuse(send: Send, status: int, retry_after_s: int | None = None) -> None:
    await RefusedError(status, retry_after_s=retry_after_s).answer(send)


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
