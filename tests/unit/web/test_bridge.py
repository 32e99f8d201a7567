import asyncio
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from portico.web import outside
from portico.web.bridge import BridgeError, WSGIBridge
from portico.web.environ import BadRequestError, build_environ
from portico.web.uploads import Limits

HOST = (b"host", b"portal.example")


def scope_of(
    path: bytes = b"/", method: str = "GET", headers: tuple = (HOST,), **more: Any
) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path.decode("latin1"),
        "raw_path": path,
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "server": ("127.0.0.1", 80),
        "client": ("198.51.100.7", 1234),
        "headers": list(headers),
        **more,
    }


class Client:
    """One request: what is put into `incoming` arrives; `hang_up` disconnects; `sent` is what came back."""

    def __init__(self, **scope: Any) -> None:
        self.scope = scope_of(**scope)
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.slow = False

    async def receive(self) -> dict[str, Any]:
        return await self.incoming.get()

    async def send(self, message: dict[str, Any]) -> None:
        if self.slow:
            await asyncio.sleep(3600)
        self.sent.append(message)

    def give(self, body: bytes, more: bool = False) -> None:
        self.incoming.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def hang_up(self) -> None:
        self.incoming.put_nowait({"type": "http.disconnect"})

    async def ask(self, bridge: WSGIBridge, body: bytes | None = b"") -> "Client":
        if body is not None:
            self.give(body)
        await bridge(self.scope, self.receive, self.send)
        return self

    @property
    def status(self) -> int:
        return self.sent[0]["status"]

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    body = environ["wsgi.input"].read()
    start_response(
        "200 OK", [("Content-Type", "application/octet-stream"), ("X-Length", environ["CONTENT_LENGTH"])]
    )
    return [body]


def answering(body: bytes, *headers: tuple[str, str], status: str = "200 OK") -> Callable[..., list[bytes]]:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response(status, list(headers))
        return [body]

    return app


@pytest.fixture
def bridge() -> Iterator[WSGIBridge]:
    made = WSGIBridge(echo, threads=2)
    yield made
    made.close()


def run(coroutine: Any) -> Any:
    async def limited() -> Any:
        async with asyncio.timeout(40):
            return await coroutine

    return asyncio.run(limited())


# -- environ -------------------------------------------------------------------------------------------


def test_environ_of_a_request_below_a_prefix() -> None:
    environ = build_environ(
        scope_of(b"/c/acme/ordre/%C3%A9", root_path="/c/acme", **{"portico.slug": "acme"})
    )
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/c/acme", "/ordre/\xc3\xa9")
    assert environ["portico.slug"] == "acme"
    assert environ["REMOTE_ADDR"] == "198.51.100.7"
    assert environ["HTTP_HOST"] == "portal.example"


def test_repeated_cookies_are_joined_as_cookies() -> None:
    environ = build_environ(
        scope_of(
            headers=(HOST, (b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"accept", b"x/y"), (b"accept", b"z/z"))
        )
    )
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_ACCEPT"] == "x/y, z/z"


@pytest.mark.parametrize("name", [b"x_user", b"content_length", b"proxy"])
def test_headers_that_pass_for_others_are_dropped(name: bytes) -> None:
    environ = build_environ(scope_of(headers=(HOST, (name, b"forged"))))
    assert "forged" not in environ.values()


@pytest.mark.parametrize("name", [b"host", b"content-length", b"content-type", b"authorization", b"origin"])
def test_a_repeated_header_that_decides_something_is_refused(name: bytes) -> None:
    with pytest.raises(BadRequestError):
        build_environ(scope_of(headers=(HOST, (name, b"1"), (name, b"1"))))


@pytest.mark.parametrize(
    "host", [b"", b"a b", b"a/b", b"user@evil", b"a:b:c", b"a,b", b"\xff", b"portal:123456"]
)
def test_a_host_that_is_none_is_refused(host: bytes) -> None:
    with pytest.raises(BadRequestError):
        build_environ(scope_of(headers=((b"host", host),)))


def test_without_host_only_the_oldest_clients_are_served() -> None:
    with pytest.raises(BadRequestError):
        build_environ(scope_of(headers=()))
    assert "HTTP_HOST" not in build_environ(scope_of(headers=(), http_version="1.0"))


@pytest.mark.parametrize("more", [{"path": b"/a%00b"}, {"query_string": b"q=%00"}])
def test_nul_never_reaches_the_database(more: dict) -> None:
    with pytest.raises(BadRequestError):
        build_environ(scope_of(**more))


def test_what_is_ambiguous_is_answered_400_and_the_connection_closed(bridge: WSGIBridge) -> None:
    client = run(Client(headers=(HOST, HOST)).ask(bridge))
    assert client.status == 400
    assert client.headers["connection"] == "close"


# -- bodies --------------------------------------------------------------------------------------------


def test_a_body_arrives_whole_whatever_its_size(bridge: WSGIBridge) -> None:
    for size in (0, 1, 1 << 17, (1 << 20) + 1):
        body = b"x" * size
        client = run(
            Client(method="POST", headers=(HOST, (b"content-length", b"%d" % size))).ask(bridge, body)
        )
        assert client.body == body
        assert client.headers["x-length"] == client.headers["content-length"] == str(size)


def test_a_chunked_body_gets_its_real_length(bridge: WSGIBridge) -> None:
    client = Client(method="POST", headers=(HOST, (b"transfer-encoding", b"chunked")))
    client.give(b"ab", more=True)
    run(client.ask(bridge, b"c"))
    assert (client.body, client.headers["x-length"]) == (b"abc", "3")


def test_a_body_over_the_limit_is_refused_declared_or_not() -> None:
    bridge = WSGIBridge(echo, limits=Limits(body=10))
    declared = Client(method="POST", headers=(HOST, (b"content-length", b"11")))
    assert run(declared.ask(bridge, None)).status == 413  # nothing was received: no 100 Continue went out
    chunked = Client(method="POST", headers=(HOST, (b"transfer-encoding", b"chunked")))
    chunked.give(b"x" * 11, more=True)
    assert run(chunked.ask(bridge, None)).status == 413
    assert (
        run(Client(method="POST", headers=(HOST, (b"content-length", b"10"))).ask(bridge, b"x" * 10)).status
        == 200
    )


def test_a_stalled_body_is_given_up_without_having_taken_a_thread() -> None:
    bridge = WSGIBridge(echo, threads=1, limits=Limits(body_s=0.2))

    async def story() -> None:
        stalled = Client(method="POST", headers=(HOST, (b"content-length", b"5")))
        stalled.give(b"x", more=True)
        waiting = asyncio.create_task(stalled.ask(bridge, None))
        await asyncio.sleep(0.05)
        assert (await Client().ask(bridge)).status == 200
        assert (await waiting).status == 408
        assert stalled.headers["connection"] == "close"

    run(story())


def test_a_slow_body_that_keeps_coming_is_awaited() -> None:
    bridge = WSGIBridge(echo, limits=Limits(body_s=2, body_rate=1))

    async def story() -> None:
        client = Client(method="POST", headers=(HOST, (b"content-length", b"5")))
        waiting = asyncio.create_task(client.ask(bridge, None))
        for left in range(4, -1, -1):
            await asyncio.sleep(0.45)
            client.give(b"x", more=left > 0)
        assert (await waiting).body == b"xxxxx"

    run(story())


def test_one_address_cannot_take_all_places_for_uploads() -> None:
    bridge = WSGIBridge(echo, limits=Limits(uploads=3, uploads_per_address=2))

    def upload(address: str) -> Client:
        return Client(method="POST", client=(address, 1), headers=(HOST, (b"content-length", b"1")))

    async def story() -> None:
        first = [upload("2001:db8::1"), upload("2001:db8::ffff")]
        tasks = [asyncio.create_task(client.ask(bridge, None)) for client in first]
        await asyncio.sleep(0)
        assert (await upload("2001:db8::2").ask(bridge)).status == 429
        assert (await Client(client=("2001:db8::2", 1)).ask(bridge)).status == 200  # no body, no place needed
        other = upload("2001:db8:0:1::1")
        tasks.append(asyncio.create_task(other.ask(bridge, None)))
        await asyncio.sleep(0)
        full = await upload("198.51.100.9").ask(bridge)
        assert (full.status, full.headers["retry-after"]) == (503, "2")
        for client in [*first, other]:
            client.give(b"x")
        await asyncio.gather(*tasks)
        assert (await upload("198.51.100.9").ask(bridge)).status == 200

    run(story())


def test_a_client_that_leaves_half_way_costs_nothing() -> None:
    calls: list[str] = []
    bridge = WSGIBridge(lambda environ, start: calls.append("called") or echo(environ, start))
    client = Client(method="POST", headers=(HOST, (b"content-length", b"9")))
    client.give(b"half", more=True)
    client.hang_up()
    run(client.ask(bridge, None))
    assert (client.sent, calls) == ([], [])


# -- threads -------------------------------------------------------------------------------------------


class Gate:
    """A WSGI application that waits inside until it is let go."""

    def __init__(self) -> None:
        self.open, self.entered = threading.Event(), threading.Semaphore(0)
        self.calls = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        self.calls += 1
        self.entered.release()
        assert self.open.wait(40)
        return answering(b"ok")(environ, start_response)


def test_what_exceeds_threads_and_backlog_is_told_to_come_back() -> None:
    gate = Gate()
    bridge = WSGIBridge(gate, threads=1, limits=Limits(backlog=1))

    async def story() -> None:
        running = [asyncio.create_task(Client().ask(bridge)) for _ in range(2)]
        await asyncio.to_thread(gate.entered.acquire)
        refused = await Client().ask(bridge)
        assert (refused.status, refused.headers["retry-after"]) == (503, "2")
        gate.open.set()
        assert [(await task).status for task in running] == [200, 200]
        await asyncio.sleep(0.01)
        assert (await Client().ask(bridge)).status == 200

    run(story())


def test_waiting_for_a_thread_has_an_end() -> None:
    gate = Gate()
    bridge = WSGIBridge(gate, threads=1, limits=Limits(queue_s=0.5))

    async def story() -> None:
        running = asyncio.create_task(Client().ask(bridge))
        await asyncio.to_thread(gate.entered.acquire)
        assert (await Client().ask(bridge)).status == 503
        gate.open.set()
        assert (await running).status == 200  # what already runs may take its time
        assert gate.calls == 1

    run(story())


def test_a_queued_request_of_a_client_that_left_never_runs() -> None:
    gate = Gate()
    bridge = WSGIBridge(gate, threads=1)

    async def story() -> None:
        running = asyncio.create_task(Client().ask(bridge))
        await asyncio.to_thread(gate.entered.acquire)
        left = Client()
        queued = asyncio.create_task(left.ask(bridge))
        await asyncio.sleep(0.02)
        left.hang_up()
        await queued
        gate.open.set()
        assert (await running).status == 200
        assert (await Client().ask(bridge)).status == 200
        assert gate.calls == 2

    run(story())


def test_a_thread_takes_the_next_request_only_after_the_loop_took_its_answer() -> None:
    calls: list[int] = []

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        calls.append(1)
        return answering(b"ok")(environ, start_response)

    async def story() -> None:
        bridge = WSGIBridge(app, threads=1)
        tasks = [asyncio.create_task(Client().ask(bridge)) for _ in range(3)]
        while not calls:
            await asyncio.sleep(0)
        time.sleep(0.1)  # the loop is busy; threads with a queue of their own would have done all three
        assert len(calls) == 1
        await asyncio.gather(*tasks)
        assert len(calls) == 3

    run(story())


def test_an_answer_in_the_making_ends_when_the_client_leaves() -> None:
    closed = threading.Event()

    def endless(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            while True:
                time.sleep(0.005)
                yield b"x"
        finally:
            closed.set()

    async def story() -> None:
        client = Client()
        task = asyncio.create_task(client.ask(WSGIBridge(endless, threads=1)))
        await asyncio.sleep(0.05)
        client.hang_up()
        await task
        assert await asyncio.to_thread(closed.wait, 30)

    run(story())


def test_a_slow_reader_holds_no_thread_and_is_given_up() -> None:
    bridge = WSGIBridge(answering(b"x" * 1_000_000), threads=1, limits=Limits(send_s=0.2))

    async def story() -> None:
        slow = Client()
        slow.slow = True
        task = asyncio.create_task(slow.ask(bridge))
        await asyncio.sleep(0.05)
        assert len((await Client().ask(bridge)).body) == 1_000_000
        await task
        assert slow.sent == []  # the server hangs up on an answer that is not completed

    run(story())


# -- answers -------------------------------------------------------------------------------------------


def test_an_answer_is_sent_with_its_length_in_as_few_messages_as_possible(bridge: WSGIBridge) -> None:
    client = run(Client(method="POST", headers=(HOST, (b"content-length", b"3"))).ask(bridge, b"abc"))
    assert [message["type"] for message in client.sent] == ["http.response.start", "http.response.body"]
    assert client.sent[1]["more_body"] is False


def test_a_wrong_length_of_the_application_is_corrected() -> None:
    client = run(Client().ask(WSGIBridge(answering(b"abc", ("Content-Length", "99")))))
    assert (client.headers["content-length"], client.body) == ("3", b"abc")


def test_head_keeps_the_length_and_sends_nothing() -> None:
    client = run(Client(method="HEAD").ask(WSGIBridge(answering(b"", ("Content-Length", "99")))))
    assert (client.headers["content-length"], client.body) == ("99", b"")


@pytest.mark.parametrize("status", ["304 Not Modified", "204 No Content"])
def test_answers_that_have_no_body_send_none(status: str) -> None:
    client = run(Client().ask(WSGIBridge(answering(b"zzz", ("Content-Length", "3"), status=status))))
    assert (client.body, "content-length" in client.headers) == (b"", False)


def test_hop_by_hop_headers_stay_here() -> None:
    client = run(
        Client().ask(
            WSGIBridge(
                answering(b"", ("Connection", "keep-alive"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))
            )
        )
    )
    assert "connection" not in client.headers
    assert [value for name, value in client.sent[0]["headers"] if name == b"set-cookie"] == [b"a=1", b"b=2"]


def test_text_is_compressed_in_the_thread() -> None:
    html = answering(b"<p>hello</p>" * 500, ("Content-Type", "text/html"), ("ETag", '"1"'))
    packed = run(Client(headers=(HOST, (b"accept-encoding", b"gzip"))).ask(WSGIBridge(html)))
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] == 'W/"1"'
    assert gzip.decompress(packed.body) == b"<p>hello</p>" * 500
    assert int(packed.headers["content-length"]) == len(packed.body)
    plain = run(Client().ask(WSGIBridge(html)))
    assert (plain.headers["vary"], plain.headers["etag"]) == ("Accept-Encoding", '"1"')
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "headers",
    [
        [("Content-Type", "application/pdf")],
        [("Content-Type", "text/event-stream")],
        [("Content-Type", "text/html"), ("Content-Encoding", "br")],
        [("Content-Type", "text/html"), ("Cache-Control", "no-transform")],
    ],
)
def test_what_must_stay_as_it_is_stays(headers: list) -> None:
    client = run(
        Client(headers=(HOST, (b"accept-encoding", b"gzip"))).ask(
            WSGIBridge(answering(b"x" * 5000, *headers))
        )
    )
    assert client.body == b"x" * 5000


def test_an_error_in_the_application_reaches_the_server_and_frees_the_thread() -> None:
    def broken(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        raise ZeroDivisionError

    bridge = WSGIBridge(broken, threads=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            run(Client().ask(bridge))


def test_a_late_error_replaces_the_answer() -> None:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        start_response("200 OK", [])
        start_response("500 Oh", [("X-Late", "1")], (ValueError, ValueError(), None))
        yield b"oh"

    client = run(Client().ask(WSGIBridge(app)))
    assert (client.status, client.headers["x-late"]) == (500, "1")


@pytest.mark.parametrize(
    "app",
    [
        lambda environ, start: [b"x"],
        lambda environ, start: start("200 OK", []) and start("200 OK", []) and [b""],
        answering(b"x" * 101),
    ],
)
def test_broken_applications_are_an_error_of_their_own(app: Any) -> None:
    with pytest.raises(BridgeError):
        run(Client().ask(WSGIBridge(app, limits=Limits(answer=100))))


def test_the_iterable_is_closed_once_whatever_happens() -> None:
    closed: list[int] = []

    class Chunks:
        def __iter__(self) -> Iterator[bytes]:
            yield b"a"
            raise ZeroDivisionError

        def close(self) -> None:
            closed.append(1)

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        start_response("200 OK", [])
        return Chunks()

    with pytest.raises(ZeroDivisionError):
        run(Client().ask(WSGIBridge(app)))
    assert closed == [1]


# -- calls to the outside --------------------------------------------------------------------------------


def asking(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Asks for one call, as `outside.call` does, then answers with its outcome and the body."""
    ledger = environ.setdefault(outside.ENVIRON, outside.Ledger())
    body = environ["wsgi.input"].read()
    if not ledger.outcomes:
        ledger.wanted = outside.OutsideCall(uuid4(), uuid4(), 1, "prices", "price", (), 1.0)
        return answering(b"thrown away")(environ, start_response)
    _, answer, error = ledger.outcomes[0]
    return answering(f"{answer} {error} ".encode() + body)(environ, start_response)


def test_an_outside_call_holds_no_thread_and_the_body_is_read_again() -> None:
    async def story() -> None:
        called, answered = asyncio.Event(), asyncio.Event()

        async def make_call(wanted: outside.OutsideCall) -> str:
            called.set()
            await answered.wait()
            return wanted.method

        bridge = WSGIBridge(asking, threads=1, make_call=make_call)
        client = Client(method="POST", headers=(HOST, (b"content-length", b"4")))
        waiting = asyncio.create_task(client.ask(bridge, b"body"))
        await called.wait()
        assert not bridge._free.locked()
        answered.set()
        assert (await waiting).body == b"price None body"

    run(story())


def test_a_failed_outside_call_is_the_views_to_handle() -> None:
    async def make_call(wanted: outside.OutsideCall) -> str:
        raise ConnectionError("down")

    assert run(Client().ask(WSGIBridge(asking, make_call=make_call))).body == b"None down "


def test_a_client_that_leaves_during_an_outside_call_ends_it() -> None:
    async def story() -> None:
        called, cancelled = asyncio.Event(), asyncio.Event()

        async def make_call(wanted: outside.OutsideCall) -> None:
            called.set()
            try:
                await asyncio.sleep(3600)
            finally:
                cancelled.set()

        client = Client()
        waiting = asyncio.create_task(client.ask(WSGIBridge(asking, make_call=make_call)))
        await called.wait()
        client.hang_up()
        await waiting
        await asyncio.wait_for(cancelled.wait(), 1)
        assert client.sent == []

    run(story())
