"""Work for a client that has hung up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from portico.web.abandoned import ENVIRON, Abandoned, stop_if_abandoned, watched
from portico.web.bridge import WSGIBridge


def environ(method: str = "GET", gone: bool = True) -> dict[str, Any]:
    return {"REQUEST_METHOD": method, ENVIRON: lambda: gone}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_ends_once_the_client_is_gone(method: str) -> None:
    with watched(environ(method)), pytest.raises(Abandoned):
        stop_if_abandoned()


def test_a_change_is_made_whoever_leaves() -> None:
    with watched(environ("POST")):
        stop_if_abandoned()


def test_nothing_ends_while_the_client_waits_or_where_nobody_can_say() -> None:
    stop_if_abandoned()
    with watched(environ(gone=False)):
        stop_if_abandoned()
    with watched({"REQUEST_METHOD": "GET"}):
        stop_if_abandoned()


def test_the_next_request_of_the_thread_is_not_ended_too() -> None:
    with pytest.raises(Abandoned), watched(environ()):
        stop_if_abandoned()
    stop_if_abandoned()


def test_no_exception_handler_of_a_page_takes_it_for_an_error() -> None:
    assert not issubclass(Abandoned, Exception)


def test_the_bridge_ends_a_page_between_two_steps_and_sends_nothing() -> None:
    steps: list[str] = []
    arrived, left = asyncio.Event(), asyncio.Event()

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()

        def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            with watched(environ):
                steps.append("query")
                loop.call_soon_threadsafe(arrived.set)
                while not environ[ENVIRON]():
                    pass
                stop_if_abandoned()
                steps.append("rendering")
            return []

        bridge, sent = WSGIBridge(app, 1), list[Any]()
        messages = [{"type": "http.request"}]

        async def receive() -> Any:
            if messages:
                return messages.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "http_version": "1.1",
                 "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
        asking = asyncio.create_task(bridge(scope, receive, send))
        await arrived.wait()
        left.set()
        await asking
        await loop.run_in_executor(bridge._pool, lambda: None)  # its only thread is free again
        bridge.close()
        return sent

    assert asyncio.run(main()) == []
    assert steps == ["query"]
