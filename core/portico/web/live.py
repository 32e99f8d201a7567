"""Live events: PostgreSQL's NOTIFY, heard once per process, handed to the event streams that may know of it.

A message says that something changed, never what: {"tenant", "account", "keys", "user", "staff", "kind", "subject":
[type, id], "id"}; `keys` open its record within the account (docs/decisions/0017). The page then asks for what
changed, through the gates of every page. A lost message does no harm as long as the loss is noticed: whoever may have
missed one is sent the kind `resync`.
The HTTP side is in `live_endpoint`, the PostgreSQL side in `live_source`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.types import Scope

logger = logging.getLogger(__name__)

PING = b": ping\n\n"
RESYNC = b'event: portico\ndata: {"kind":"resync"}\n\n'


@dataclass(frozen=True)
class LiveScope:
    """What a stream's session may hear. `kinds`: exact kinds or `orders.*`, or a predicate over the kind."""

    tenant_id: UUID
    user_id: UUID | None
    session_id: UUID
    accounts: frozenset[UUID]
    staff: bool
    kinds: frozenset[str] | Callable[[str], bool]
    keys: frozenset[UUID] = frozenset()

    def allows(self, kind: str) -> bool:
        if callable(self.kinds):
            return self.kinds(kind)
        return kind in self.kinds or kind.partition(".")[0] + ".*" in self.kinds


Source = Callable[[], AsyncIterator[str | None]]
"""Yields None each time it has (re)connected, then payloads; raises when the connection is lost."""
Authorise = Callable[[Scope], LiveScope | None]
"""ASGI scope of a request → what it may hear; None: not signed in here. Runs in a thread."""
Revalidate = Callable[[list[UUID]], Collection[UUID]]
"""Of these sessions, those still valid: one query. Runs in a thread."""


class TooManyStreamsError(Exception):
    """`retry_after_s` says when to ask again; `of_session`: it is this session that has too many."""

    def __init__(self, retry_after_s: int, of_session: bool) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s
        self.of_session = of_session


class Listener:
    """One open stream: a bounded queue of ready-made chunks."""

    def __init__(self, scope: LiveScope, limit: int) -> None:
        self.scope = scope
        self.tenant = str(scope.tenant_id)
        self.user = str(scope.user_id) if scope.user_id else None
        self.accounts = frozenset(map(str, scope.accounts))
        self.keys = frozenset(map(str, scope.keys))
        self.limit = limit
        self.closed = False
        self.missed = False
        self._pending: deque[bytes] = deque()
        self._wake = asyncio.Event()

    def may_hear(self, message: dict[str, Any]) -> bool:
        if message.get("tenant") != self.tenant or not self.scope.allows(message["kind"]):
            return False
        account, user = message.get("account"), message.get("user")
        return ((self.scope.staff and message.get("staff") is not False)
                or (account in self.accounts and not self.keys.isdisjoint(message.get("keys") or (account,)))
                or (user is not None and user == self.user))

    def offer(self, chunk: bytes) -> None:
        if len(self._pending) >= self.limit:  # a slow reader: one resync stands for all
            self._pending.clear()
            chunk = RESYNC
        self._pending.append(chunk)
        self._wake.set()

    def close(self) -> None:
        self.closed = True
        self._wake.set()

    async def take(self, ping_s: float) -> bytes | None:
        """What is due, or a ping after so long without. None once closed, whatever is pending."""
        if not self._wake.is_set():
            try:
                async with asyncio.timeout(ping_s):
                    await self._wake.wait()
            except TimeoutError:
                return PING
        self._wake.clear()
        if self.closed:
            return None
        chunk = b"".join(self._pending)
        self._pending.clear()
        return chunk


class Hub:
    """All streams of one process. Made before the fork, `running()` after it."""

    def __init__(self, source: Source, authorise: Authorise, revalidate: Revalidate, *, streams: int = 5000,
                 streams_per_session: int = 6, queue: int = 100, check_s: float = 4.0, ping_s: float = 20.0,
                 max_age_s: float = 300.0) -> None:
        """`max_age_s`: a stream ends then, and its successor is authorised afresh."""
        self.source, self._authorise, self._revalidate = source, authorise, revalidate
        self.streams, self.streams_per_session, self.queue = streams, streams_per_session, queue
        self.check_s, self.ping_s, self.max_age_s = check_s, ping_s, max_age_s
        self.closed = False
        self._listeners: dict[str, set[Listener]] = {}  # by tenant
        self._sessions: dict[UUID, set[Listener]] = {}
        self._confirmed = float("-inf")  # when the sessions were last known to be valid
        self._waiting = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self._authorisers = ThreadPoolExecutor(2, "live-authorise")
        self._checker = ThreadPoolExecutor(1, "live-check")
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._check())]
        try:
            yield
        finally:
            self.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._authorisers.shutdown(wait=False, cancel_futures=True)
            self._checker.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """End all streams and take no new ones; browsers come back, to another process."""
        self.closed = True
        _close(self._all())

    # -- streams -------------------------------------------------------------------------------------------

    async def authorise(self, scope: Scope) -> LiveScope | None:
        if self.closed or self._waiting >= 200:
            raise TooManyStreamsError(5, of_session=False)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._authorisers, self._authorise, scope)
        finally:
            self._waiting -= 1

    def subscribe(self, scope: LiveScope) -> Listener:
        if self.closed or sum(map(len, self._sessions.values())) >= self.streams:
            raise TooManyStreamsError(5, of_session=False)
        if len(self._sessions.get(scope.session_id, ())) >= self.streams_per_session:
            raise TooManyStreamsError(30, of_session=True)
        listener = Listener(scope, self.queue)
        self._listeners.setdefault(listener.tenant, set()).add(listener)
        self._sessions.setdefault(scope.session_id, set()).add(listener)
        return listener

    def unsubscribe(self, listener: Listener) -> None:
        _remove(self._listeners, listener.tenant, listener)
        _remove(self._sessions, listener.scope.session_id, listener)

    def _all(self) -> list[Listener]:
        return [listener for group in self._sessions.values() for listener in group]

    # -- messages ------------------------------------------------------------------------------------------

    def publish(self, payload: str) -> None:
        message = _parse(payload)
        if message is None:
            logger.error("a live event is no valid message: %.200r", payload)
            return
        if message["kind"] in ("session.revoked", "access.changed"):
            _close(self._concerned(message))
            return
        chunk = _chunk(message["kind"], message.get("subject"), message.get("id"))
        sure = self._is_confirmed()
        for listener in self._listeners.get(message.get("tenant") or "", ()):
            if listener.may_hear(message):
                if sure:
                    listener.offer(chunk)
                else:
                    listener.missed = True

    def _concerned(self, message: dict[str, Any]) -> list[Listener]:
        """Streams of the session that is the subject, or else all of the user's (in the tenant, if named)."""
        subject, user, tenant = message.get("subject"), message.get("user"), message.get("tenant")
        if isinstance(subject, list) and len(subject) == 2 and subject[0] == "session":
            return [listener for listener in self._all() if str(listener.scope.session_id) == subject[1]]
        return [listener for listener in self._all()
                if user is not None and listener.user == user and tenant in (None, listener.tenant)]

    async def _listen(self) -> None:
        delay_s = 0.5
        while True:
            try:
                async with contextlib.aclosing(self.source()) as payloads:  # type: ignore[type-var]
                    async for payload in payloads:
                        if payload is None:
                            delay_s = 0.5
                            for listener in self._all():  # what was sent in between went past us
                                listener.offer(RESYNC)
                        else:
                            self.publish(payload)
            except Exception as error:
                logger.warning("live events: not listening (%s), trying again in %.1f s", error, delay_s)
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, 15.0)

    # -- still allowed? ------------------------------------------------------------------------------------

    def _is_confirmed(self) -> bool:
        return asyncio.get_running_loop().time() - self._confirmed < self.check_s + 1

    async def _check(self) -> None:
        """While nobody can say which sessions are valid, nothing is delivered; a resync makes up for it."""
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            sessions = list(self._sessions)
            try:
                if sessions:
                    valid = set(await loop.run_in_executor(self._checker, self._revalidate, sessions))
                    _close(listener for session in sessions if session not in valid
                           for listener in self._sessions.get(session, ()))
                self._confirmed = started
                for listener in self._all():
                    if listener.missed:
                        listener.missed = False
                        listener.offer(RESYNC)
            except Exception as error:
                logger.warning("live events: cannot check sessions, holding back events: %s", error)
            await asyncio.sleep(max(0.0, started + self.check_s - loop.time()))


def _parse(payload: str) -> dict[str, Any] | None:
    try:
        message = json.loads(payload)
    except ValueError:
        return None
    if not isinstance(message, dict) or not isinstance(message.get("kind"), str):
        return None
    names = [message.get(key) for key in ("tenant", "account", "user")]
    keys = message.get("keys") or []
    names += keys if isinstance(keys, list) else [keys, b""]
    return message if all(name is None or isinstance(name, str) for name in names) else None


def _chunk(kind: str, subject: Any, event_id: Any) -> bytes:
    data = json.dumps({"kind": kind, "subject": subject, "id": event_id}, separators=(",", ":"))
    name = str(event_id) if event_id is not None else ""
    line = f"id: {name}\n" if name.isascii() and name.replace("-", "").isalnum() else ""
    return f"{line}event: portico\ndata: {data}\n\n".encode()


def _close(listeners: Iterable[Listener]) -> None:
    for listener in listeners:
        listener.close()


def _remove(index: dict[Any, set[Listener]], key: Any, listener: Listener) -> None:
    group = index.get(key, set())
    group.discard(listener)
    if not group:
        index.pop(key, None)
