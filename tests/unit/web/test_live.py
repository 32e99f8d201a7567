import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.web.live import PING, RESYNC, Hub, Listener, LiveScope, TooManyStreamsError
from portico.web.live_endpoint import LiveEndpoint

PATIENCE_S = 10
ONE_LOOK_S = 0.5
"""More than reading the sessions of one process takes."""

TENANT, OTHER_TENANT, ACCOUNT, USER = uuid4(), uuid4(), uuid4(), uuid4()


def scope_of(**changes: Any) -> LiveScope:
    values = {"tenant_id": TENANT, "user_id": USER, "session_id": uuid4(), "accounts": frozenset({ACCOUNT}),
              "staff": False, "kinds": frozenset({"orders.*", "quotes.priced"}), "keys": frozenset({USER, ACCOUNT})}
    return LiveScope(**(values | changes))


def message_of(**changes: Any) -> dict[str, Any]:
    return {"tenant": str(TENANT), "account": str(ACCOUNT), "user": None, "staff": True,
            "kind": "orders.shipped", "subject": ["order", "7"], "id": "e1"} | changes


class Fakes:
    """A source that yields what is put into `wire`, and a register of sessions that are no longer valid."""

    def __init__(self, **options: Any) -> None:
        self.wire: asyncio.Queue[str | None | Exception] = asyncio.Queue()
        self.connections = 0
        self.revoked: set[UUID] = set()
        self.asked: list[list[UUID]] = []
        self.fault: Exception | None = None
        self.scope: LiveScope | None = scope_of()
        self.hub = Hub(self.source, lambda _: self.scope, self.revalidate, **({"check_s": 0.05} | options))

    async def source(self) -> AsyncIterator[str | None]:
        self.connections += 1
        yield None
        while True:
            item = await self.wire.get()
            if isinstance(item, Exception):
                raise item
            yield item

    def revalidate(self, sessions: list[UUID]) -> set[UUID]:
        self.asked.append(sessions)
        if self.fault:
            raise self.fault
        return set(sessions) - self.revoked

    def notify(self, **changes: Any) -> None:
        self.wire.put_nowait(json.dumps(message_of(**changes)))


def story(told: Callable[[Fakes], Any], **options: Any) -> None:
    async def main() -> None:
        fakes = Fakes(**options)
        async with asyncio.timeout(40), fakes.hub.running():
            await asyncio.sleep(0.02)
            await told(fakes)

    asyncio.run(main())


# -- who hears what ----------------------------------------------------------------------------------------

@pytest.mark.parametrize(("scope", "message", "hears"), [
    ({}, {}, True),
    ({}, {"tenant": str(OTHER_TENANT)}, False),
    ({}, {"tenant": None}, False),
    ({"staff": True}, {"tenant": str(OTHER_TENANT)}, False),
    ({}, {"account": str(uuid4())}, False),
    ({}, {"account": None}, False),
    ({}, {"account": None, "user": str(USER)}, True),
    ({}, {"account": None, "user": str(uuid4())}, False),
    ({"user_id": None}, {"account": None, "user": None}, False),
    ({"user_id": None}, {"account": None, "user": "None"}, False),
    ({"staff": True, "accounts": frozenset()}, {}, True),
    ({"staff": True, "accounts": frozenset()}, {"staff": False}, False),
    ({"staff": True, "accounts": frozenset()}, {"staff": False, "user": str(USER)}, True),
    ({"keys": frozenset({USER})}, {}, False),  # of the account, and not within reach
    ({"keys": frozenset({USER})}, {"keys": [str(ACCOUNT)]}, False),
    ({"keys": frozenset({USER})}, {"keys": [str(ACCOUNT), str(USER)]}, True),
    ({}, {"keys": [str(ACCOUNT), str(uuid4())]}, True),
    ({"accounts": frozenset({uuid4()})}, {"keys": [str(ACCOUNT), str(USER)]}, False),
    ({}, {"kind": "quotes.priced"}, True),
    ({}, {"kind": "quotes.lost"}, False),
    ({}, {"kind": "orders"}, True),
    ({}, {"kind": "ordersx.shipped"}, False),
    ({"kinds": lambda kind: kind == "a"}, {"kind": "a"}, True),
    ({"kinds": lambda kind: kind == "a"}, {}, False),
])
def test_a_message_is_for_its_tenant_and_there_for_its_account_user_or_staff(
        scope: dict, message: dict, hears: bool) -> None:
    async def main() -> None:
        assert Listener(scope_of(**scope), 9).may_hear(message_of(**message)) is hears

    asyncio.run(main())


def test_what_is_sent_names_neither_tenant_nor_account() -> None:
    async def told(fakes: Fakes) -> None:
        listener = fakes.hub.subscribe(scope_of())
        fakes.notify()
        assert await listener.take(PATIENCE_S) == (
            b'id: e1\nevent: portico\ndata: {"kind":"orders.shipped","subject":["order","7"],"id":"e1"}\n\n')

    story(told)


@given(st.text() | st.integers() | st.none(), st.text())
def test_no_text_can_forge_a_second_event(event_id: Any, kind: str) -> None:
    from portico.web.live import _chunk

    lines = _chunk(kind, ["order", kind], event_id).decode().split("\n")
    assert [line.partition(":")[0] for line in lines if line] in (["id", "event", "data"], ["event", "data"])
    assert lines[-2:] == ["", ""]


@pytest.mark.parametrize("payload", ["", "rubbish", "[]", "null", "{}", '"x"', '{"kind": 1}',
                                     '{"kind": "a", "tenant": [1]}', '{"kind": "a", "keys": 1}',
                                     '{"kind": "a", "keys": [1]}'])
def test_rubbish_on_the_channel_harms_nobody(payload: str) -> None:
    async def told(fakes: Fakes) -> None:
        listener = fakes.hub.subscribe(scope_of())
        fakes.wire.put_nowait(payload)
        fakes.notify()
        assert b"shipped" in (await listener.take(PATIENCE_S) or b"")
        assert fakes.connections == 1

    story(told)


# -- loss is noticed ---------------------------------------------------------------------------------------

def test_a_slow_reader_gets_one_resync_for_what_it_missed() -> None:
    async def told(fakes: Fakes) -> None:
        listener = fakes.hub.subscribe(scope_of())
        for _ in range(5):
            fakes.notify()
        await asyncio.sleep(0.05)
        chunk = await listener.take(PATIENCE_S)
        assert chunk is not None
        assert chunk.startswith(RESYNC)
        assert chunk.count(b"data:") <= 3

    story(told, queue=3)


def test_a_lost_connection_is_made_again_and_all_are_told(caplog: pytest.LogCaptureFixture) -> None:
    async def told(fakes: Fakes) -> None:
        listener = fakes.hub.subscribe(scope_of())
        fakes.wire.put_nowait(OSError("cut"))
        assert await listener.take(PATIENCE_S) == RESYNC
        assert fakes.connections == 2
        fakes.notify()
        assert b"shipped" in (await listener.take(PATIENCE_S) or b"")

    story(told)
    assert "cut" in caplog.text


def test_without_news_there_is_a_ping() -> None:
    async def told(fakes: Fakes) -> None:
        assert await fakes.hub.subscribe(scope_of()).take(0.02) == PING

    story(told)


# -- still allowed? ----------------------------------------------------------------------------------------

def test_a_session_that_is_no_longer_valid_loses_its_streams_and_no_other() -> None:
    async def told(fakes: Fakes) -> None:
        revoked, other = fakes.hub.subscribe(scope_of()), fakes.hub.subscribe(scope_of())
        fakes.revoked.add(revoked.scope.session_id)
        assert await revoked.take(PATIENCE_S) is None
        assert await other.take(0.1) == PING
        assert {len(sessions) for sessions in fakes.asked} == {2}  # one query for all

    story(told)


@pytest.mark.parametrize("kind", ["session.revoked", "access.changed"])
def test_messages_close_at_once_by_session_or_user(kind: str) -> None:
    async def told(fakes: Fakes) -> None:
        user = uuid4()
        mine, here, there = (fakes.hub.subscribe(scope_of(user_id=user, tenant_id=tenant))
                             for tenant in (TENANT, TENANT, OTHER_TENANT))
        stranger = fakes.hub.subscribe(scope_of())
        fakes.notify(kind=kind, tenant=None, account=None, subject=["session", str(mine.scope.session_id)])
        assert await mine.take(PATIENCE_S) is None
        assert not here.closed
        fakes.notify(kind=kind, account=None, subject=None, user=str(user))
        assert await here.take(PATIENCE_S) is None
        assert not there.closed
        fakes.notify(kind=kind, tenant=None, account=None, subject=None, user=str(user))
        assert await there.take(PATIENCE_S) is None
        fakes.notify(kind=kind, tenant=None, account=None, subject=None, user=None)
        await asyncio.sleep(0.02)
        assert not stranger.closed

    story(told, check_s=60)


def test_nothing_pending_is_delivered_after_the_close() -> None:
    async def told(fakes: Fakes) -> None:
        listener = fakes.hub.subscribe(scope_of())
        fakes.notify()
        fakes.notify(kind="session.revoked", subject=["session", str(listener.scope.session_id)])
        await asyncio.sleep(0.02)
        assert await listener.take(PATIENCE_S) is None

    story(told)


def test_while_sessions_cannot_be_checked_events_are_held_back(caplog: pytest.LogCaptureFixture) -> None:
    async def told(fakes: Fakes) -> None:
        listener = fakes.hub.subscribe(scope_of())
        fakes.fault = OSError("database is gone")
        await asyncio.sleep(1.2)  # a confirmation holds for check_s + 1
        fakes.notify()
        assert await listener.take(0.1) == PING
        fakes.fault = None
        assert await listener.take(PATIENCE_S) == RESYNC

    story(told)
    assert "database is gone" in caplog.text


# -- limits and the HTTP side ------------------------------------------------------------------------------

def test_streams_are_limited_by_session_and_in_all() -> None:
    async def told(fakes: Fakes) -> None:
        scope = scope_of()
        first = [fakes.hub.subscribe(scope) for _ in range(2)]
        with pytest.raises(TooManyStreamsError) as refused:
            fakes.hub.subscribe(scope)
        assert refused.value.of_session
        third = fakes.hub.subscribe(scope_of())
        with pytest.raises(TooManyStreamsError) as refused:
            fakes.hub.subscribe(scope_of())
        assert not refused.value.of_session
        for listener in [*first, third]:
            fakes.hub.unsubscribe(listener)
        assert not fakes.hub._sessions
        assert not fakes.hub._listeners
        fakes.hub.subscribe(scope)

    story(told, streams=3, streams_per_session=2)


class Browser:
    def __init__(self, hub: Hub, method: str = "GET", *headers: tuple[bytes, bytes]) -> None:
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.left = asyncio.Event()
        scope = {"type": "http", "method": method, "headers": list(headers)}
        self.task = asyncio.create_task(LiveEndpoint(hub)(scope, self.receive, self.send))

    async def receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.put_nowait(message)

    async def status(self) -> int:
        return int((await self.sent.get())["status"])

    async def text(self) -> bytes:
        return bytes((await self.sent.get())["body"])


def test_a_stream_begins_with_retry_pings_and_ends_with_the_visitor() -> None:
    async def told(fakes: Fakes) -> None:
        browser = Browser(fakes.hub, "GET", (b"last-event-id", b"e0"))
        start = await browser.sent.get()
        assert (start["status"], dict(start["headers"])[b"cache-control"]) == (200, b"no-store")
        assert (await browser.text()).startswith(b"retry: ")
        assert await browser.text() == PING
        browser.left.set()
        await browser.task
        assert not fakes.hub._sessions

    story(told, ping_s=0.03)


def test_a_stream_does_not_outlive_its_authorisation() -> None:
    async def told(fakes: Fakes) -> None:
        browser = Browser(fakes.hub)
        await asyncio.wait_for(browser.task, PATIENCE_S)
        assert not fakes.hub._sessions

    story(told, max_age_s=0.1)


def test_who_may_not_listen_is_told_so() -> None:
    async def told(fakes: Fakes) -> None:
        assert await Browser(fakes.hub, "HEAD").status() == 405
        assert await Browser(fakes.hub, "GET", (b"sec-fetch-site", b"same-site")).status() == 403
        assert await Browser(fakes.hub).status() == 200
        assert await Browser(fakes.hub).status() == 429
        fakes.scope = None
        assert await Browser(fakes.hub).status() == 401
        fakes.hub.close()
        assert await Browser(fakes.hub).status() == 503

    story(told, streams_per_session=1)


def test_a_fault_while_authorising_is_unavailable_not_allowed(caplog: pytest.LogCaptureFixture) -> None:
    async def told(fakes: Fakes) -> None:
        fakes.scope = "no scope at all"  # type: ignore[assignment]
        assert await Browser(fakes.hub).status() == 503

    story(told)
    assert "could not be authorised" in caplog.text


def test_closing_the_hub_ends_every_stream() -> None:
    async def told(fakes: Fakes) -> None:
        browsers = [Browser(fakes.hub) for _ in range(3)]
        await asyncio.sleep(0.05)
        fakes.hub.close()
        await asyncio.wait_for(asyncio.gather(*(browser.task for browser in browsers)), PATIENCE_S)

    story(told)


def test_the_stream_of_an_ended_session_closes_within_five_seconds() -> None:
    """As it is set up when nobody sets anything: whoever reads the sessions anew does so often enough."""
    usual = inspect.signature(Hub).parameters["check_s"].default
    assert usual + ONE_LOOK_S <= 5
