"""One dead or slow system holds up nobody but itself, and its calls fail in three ways only."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from portico.connections.host import ConnectionHost
from portico.connections.target import NoConnectionError, Target
from portico.pluginhost.values import ConnectorType
from portico.settings import Settings
from portico_erp import deadline
from portico_erp.errors import (
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)

PATIENCE_S = 30


class Client:
    """Does what the call says."""

    def __init__(self, release: threading.Event, secrets: Any) -> None:
        self.release, self.secrets, self.closed = release, secrets, False

    def answer(self, value: Any = "answer") -> Any:
        return value

    def hang(self) -> None:
        self.release.wait(60)

    def remaining(self) -> float | None:
        return deadline.remaining_s()

    def give_up(self) -> None:
        """Says so itself before the call's time is over, as a connector should."""
        self.release.wait((deadline.remaining_s() or 0) / 10)
        raise ConnectorUnavailableError("gave up in time")

    def fail(self, error: Exception) -> None:
        raise error

    def close(self) -> None:
        self.closed = True


class Connector:
    name = "fake"
    title = "Fake"
    capabilities = frozenset({"things"})
    secret_fields = ()

    def __init__(self) -> None:
        self.release = threading.Event()
        self.opened: list[Client] = []

    def settings_schema(self) -> Any: ...

    def open(self, config: Any, secrets: Any, *, egress: Any) -> Any:
        self.opened.append(Client(self.release, secrets))
        return self.opened[-1]


@pytest.fixture
def connector() -> Iterator[Connector]:
    connector = Connector()
    yield connector
    connector.release.set()


@pytest.fixture
def host(connector: Connector) -> Iterator[ConnectionHost]:
    host = ConnectionHost(Settings())
    host.register(
        [
            (
                SimpleNamespace(name="fake_plugin"),
                [ConnectorType("fake", "Fake", lambda: connector)],
            )
        ],
        [],
    )
    yield host
    host.close()


def a_target(version: int = 1, connection_id: Any = None) -> Target:
    return Target(uuid4(), connection_id or uuid4(), "fake", "Fake", version, {}, {"password": "hidden"})


def test_answer_comes_back_and_the_client_is_kept(host: ConnectionHost, connector: Connector) -> None:
    target = a_target()
    assert host.call(target, "things", "answer", 7) == 7
    assert asyncio.run(host.call_async(target, "things", "answer")) == "answer"
    assert len(connector.opened) == 1


def test_dead_system_holds_up_no_other(host: ConnectionHost) -> None:
    dead, alive = a_target(), a_target()
    fill(host, dead)
    for _turn in range(50):
        assert host.call(alive, "things", "answer", timeout_s=PATIENCE_S) == "answer"
    assert occupied(host, dead) == (4, 16)


def test_full_bulkhead_says_so_at_once(host: ConnectionHost) -> None:
    dead = a_target()
    fill(host, dead)
    with pytest.raises(ConnectorUnavailableError, match="busy"):
        host.call(dead, "things", "answer", timeout_s=PATIENCE_S)
    assert occupied(host, dead) == (4, 16), "it did not wait for a place"


def fill(host: ConnectionHost, target: Target) -> None:
    """All threads of its bulkhead hang, and all places to wait are taken."""
    for calls, full in ((4, (4, 0)), (16, (4, 16))):
        for _n in range(calls):
            threading.Thread(target=_ignore, args=(host, target, "hang", 60), daemon=True).start()
        eventually(partial(is_occupied, host, target, full))


def is_occupied(host: ConnectionHost, target: Target, full: tuple[int, int]) -> bool:
    return occupied(host, target) == full


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def occupied(host: ConnectionHost, target: Target) -> tuple[int, int] | None:
    """(busy, waiting)."""
    state = host.state(target.connection_id)
    return (state.busy, state.waiting) if state is not None else None


def lost(host: ConnectionHost, target: Target) -> int:
    state = host.state(target.connection_id)
    assert state is not None
    return state.lost


def _ignore(host: ConnectionHost, target: Target, method: str, timeout_s: float) -> None:
    try:
        host.call(target, "things", method, timeout_s=timeout_s)
    except ConnectorUnavailableError:
        pass


def test_slow_call_is_given_up_in_time_and_lost_threads_are_replaced(
    host: ConnectionHost, connector: Connector
) -> None:
    target = a_target()
    for _n in range(4):
        with pytest.raises(ConnectorUnavailableError, match="too long"):
            host.call(target, "things", "hang", timeout_s=0.5)
    assert host.call(target, "things", "answer", timeout_s=PATIENCE_S) == "answer"
    assert lost(host, target) == 4
    connector.release.set()
    eventually(lambda: lost(host, target) == 0)


def test_async_call_holds_no_event_loop(host: ConnectionHost, connector: Connector) -> None:
    dead, alive = a_target(), a_target()

    async def both() -> None:
        slow = asyncio.create_task(host.call_async(dead, "things", "hang", timeout_s=PATIENCE_S))
        assert await host.call_async(alive, "things", "answer", timeout_s=PATIENCE_S) == "answer"
        assert not slow.done()
        connector.release.set()
        await slow

    asyncio.run(both())


def test_cancelled_async_call_gives_its_place_back(host: ConnectionHost, connector: Connector) -> None:
    target = a_target()

    async def cancel() -> None:
        task = asyncio.create_task(host.call_async(target, "things", "hang", timeout_s=PATIENCE_S))
        while occupied(host, target) != (1, 0):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    state = host.state(target.connection_id)
    assert state is not None
    assert (state.busy, state.lost, state.breaker) == (0, 1, "closed")


def test_call_that_waits_for_a_forgotten_connection_is_told_so(host: ConnectionHost, connector: Connector) -> None:
    target = a_target()

    async def forget() -> None:
        busy = [asyncio.create_task(host.call_async(target, "things", "hang", timeout_s=PATIENCE_S)) for _ in range(4)]
        while occupied(host, target) != (4, 0):
            await asyncio.sleep(0.01)
        waiting = asyncio.create_task(host.call_async(target, "things", "answer", timeout_s=PATIENCE_S))
        blocking = asyncio.create_task(asyncio.to_thread(host.call, target, "things", "answer", timeout_s=PATIENCE_S))
        while occupied(host, target) != (4, 2):
            await asyncio.sleep(0.01)
        host.forget(target.connection_id)
        for one in (waiting, blocking):
            with pytest.raises(ConnectorUnavailableError, match="changed in the meantime"):
                await one
        connector.release.set()
        await asyncio.gather(*busy)

    asyncio.run(forget())


def test_connector_learns_how_long_it_has(host: ConnectionHost) -> None:
    told = host.call(a_target(), "things", "remaining", timeout_s=PATIENCE_S)
    assert PATIENCE_S / 2 < told <= PATIENCE_S


def test_connectors_own_word_arrives_if_it_gives_up_in_time(host: ConnectionHost) -> None:
    target = a_target()
    with pytest.raises(ConnectorUnavailableError, match="gave up in time"):
        host.call(target, "things", "give_up", timeout_s=10)  # a tenth of it is waited for; the rest is for a busy machine
    assert lost(host, target) == 0, "its thread came back by itself"


def test_breaker_refuses_after_failures_without_calling(host: ConnectionHost, connector: Connector) -> None:
    target = a_target()
    for _n in range(5):
        with pytest.raises(ConnectorUnavailableError):
            host.call(target, "things", "fail", ConnectorUnavailableError("down"))
    with pytest.raises(ConnectorUnavailableError) as caught:
        host.call(target, "things", "answer")
    assert caught.value.retry_after_s is not None
    assert host.call(a_target(), "things", "answer") == "answer"


@pytest.mark.parametrize(
    "error", [ConnectorRejectedError("price", "absurd"), ConnectorUnauthorisedError("no")]
)
def test_refusals_pass_through_and_do_not_open_the_breaker(host: ConnectionHost, error: Exception) -> None:
    target = a_target()
    for _n in range(10):
        with pytest.raises(type(error)):
            host.call(target, "things", "fail", error)
    assert host.call(target, "things", "answer") == "answer"


def test_bug_of_a_connector_is_unavailable_and_not_shown(host: ConnectionHost) -> None:
    with pytest.raises(ConnectorUnavailableError) as caught:
        host.call(a_target(), "things", "fail", ZeroDivisionError("secret detail"))
    assert "secret detail" not in str(caught.value)


def test_changed_settings_open_a_new_client_and_close_the_old(
    host: ConnectionHost, connector: Connector
) -> None:
    first = a_target()
    host.call(first, "things", "answer")
    host.call(a_target(2, first.connection_id), "things", "answer")
    assert [client.closed for client in connector.opened] == [True, False]


def test_undeclared_capability_is_no_call(host: ConnectionHost, connector: Connector) -> None:
    with pytest.raises(NoConnectionError):
        host.call(a_target(), "other", "answer")
    assert connector.opened == []


def test_database_session_does_not_travel(host: ConnectionHost) -> None:
    with pytest.raises(TypeError, match="session"):
        host.call(a_target(), "things", "answer", Session())


def test_secrets_do_not_show() -> None:
    assert "hidden" not in repr(a_target())


def test_idle_threads_end(host: ConnectionHost) -> None:
    def threads() -> int:
        return sum(thread.name == "connection Idle" for thread in threading.enumerate())

    target = replace(a_target(), name="Idle")
    host.call(target, "things", "answer")
    assert threads() == 1
    host.lane(target).bulkhead.idle_s = 0.05
    host.call(target, "things", "answer")
    eventually(lambda: threads() == 0)
    assert host.call(target, "things", "answer") == "answer"


def test_connection_can_do_what_its_settings_let_it(connector: Connector) -> None:
    connector.capabilities_of = lambda config: frozenset(config["can"])  # type: ignore[attr-defined]
    host = ConnectionHost(Settings())
    host.register([(SimpleNamespace(name="fakes"), [ConnectorType("fake", "Fake", lambda: connector, "")])], [])
    able, unable = (
        Target(uuid4(), uuid4(), "fake", "Fake", 1, {"can": can}, {}) for can in (["things"], ["others"])
    )
    assert host.capabilities("fake", able.config) == {"things"}
    assert host.capabilities("gone", able.config) == frozenset()
    assert host.call(able, "things", "answer") == "answer"
    with pytest.raises(NoConnectionError):
        host.call(unable, "things", "answer")
    host.close()


def test_settings_that_a_connector_cannot_read_any_more_can_do_nothing(connector: Connector) -> None:
    def refuse(config: Any) -> Any:
        raise ConnectorRejectedError("mapping", "no more")

    connector.capabilities_of = refuse  # type: ignore[attr-defined]
    host = ConnectionHost(Settings())
    host.register([(SimpleNamespace(name="fakes"), [ConnectorType("fake", "Fake", lambda: connector, "")])], [])
    assert host.capabilities("fake", {}) == frozenset()
