"""Starts the server as an operator does, `pserve portal.ini`, and speaks to it over sockets."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httptools
import pytest

from portico.db.embedded import EmbeddedServer
from portico.web.server import ServerError, listen, server_runner

TENANT = "00000000-0000-7000-8000-000000000001"
ACCOUNT = "00000000-0000-7000-8000-000000000002"
GRACE_S = 20
pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(180)]


class Portal:
    def __init__(self, home: Path, processes: int = 1, threads: int = 2, database: str = "",
                 *arguments: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.home = home
        asset = home / "static" / "portico" / "a.css"
        asset.parent.mkdir(parents=True, exist_ok=True)
        asset.write_text("a{}")
        (home / "portal.ini").write_text(
            "[app:main]\nuse = call:sample_portal:make_app\n"
            "[server:main]\nuse = egg:portico#server\nhost = 127.0.0.1\n"
            f"port = {self.port}\nprocesses = {processes}\nthreads = {threads}\ngraceful_s = {GRACE_S}\n")
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "SAMPLE_HOME": str(home),
                       "SAMPLE_DATABASE": database}
        self.log = (home / "log").open("w")
        pserve = Path(sys.executable).with_name("pserve")
        self.process = subprocess.Popen([sys.executable, str(pserve), str(home / "portal.ini"), *arguments],
                                        env=environment, stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL)
        wait_for(lambda: self.get("/")[0] == 200)

    def connect(self, timeout_s: float = 20) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout_s)

    def say(self, data: bytes) -> bytes:
        """All that comes back until the server closes."""
        with self.connect() as client, contextlib.suppress(ConnectionError):
            client.sendall(data)
            return rest_of(client)
        return b""

    def get(self, path: str, *headers: str, method: str = "GET",
            body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        answer = self.say("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        head, _, rest = answer.partition(b"\r\n\r\n")
        first, *fields = head.decode().split("\r\n")
        return int(first.split()[1]), {k.lower(): v for k, v in (f.split(": ", 1) for f in fields)}, rest

    def pids(self) -> set[int]:
        """Of the processes that answer; many connections at once, so that no process takes them all."""
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(self.connect()) for _ in range(20)]
            for client in clients:
                client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return {int(rest_of(client).partition(b"pid ")[2].split()[0]) for client in clients}

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(2 * GRACE_S)
        finally:
            self.process.kill()
            self.process.wait()
            self.log.close()


def rest_of(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


def wait_for(condition: Callable[[], bool], seconds: float = 40, or_else: Callable[[], None] | None = None) -> None:
    """or_else: what is done when time is over, to wait as long once more."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, IndexError, ValueError, UnboundLocalError):
            if condition():
                return
        if or_else is not None and time.monotonic() >= end:
            or_else()
            end, or_else = end + seconds, None
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = EmbeddedServer(tmp_path_factory.mktemp("pg"), {"fsync": "off"})
    server.start()
    yield server.url()
    server.destroy()


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[Portal]:
    portal = Portal(tmp_path_factory.mktemp("one"), 1, 2, database)
    yield portal
    assert portal.stop() == 0


# -- one process -------------------------------------------------------------------------------------------


def test_pages_assets_and_asynchronous_routes_share_one_address(portal: Portal) -> None:
    assert portal.get("/orders")[2].endswith(b"at |/orders")
    assert portal.get("/static/portico/a.css")[2] == b"a{}"
    assert portal.get("/where")[2] == b"|None"
    assert portal.get("/static/portico/none.css")[0] == 404
    assert portal.get("/where", method="POST")[0] == 405


def test_below_a_prefix_all_of_them_know_their_root(portal: Portal) -> None:
    assert portal.get("/c/acme/orders")[2].endswith(b"at /c/acme|/orders")
    assert portal.get("/c/acme/static/portico/a.css")[2] == b"a{}"
    assert portal.get("/c/acme/where")[2] == b"/c/acme|acme"
    status, headers, _ = portal.get("/c/acme?x=1")
    assert (status, headers["location"]) == (307, "/c/acme/?x=1")
    assert portal.get("/c/acme/../where")[0] == 404


def test_stalled_uploads_block_no_page(portal: Portal) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(6):
            client = stack.enter_context(portal.connect())
            client.sendall(b"POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
        assert portal.get("/")[0] == 200  # they stay until it is here


def test_slow_readers_block_no_page(portal: Portal) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(6):
            client = stack.enter_context(portal.connect())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.3)
        assert portal.get("/")[0] == 200  # they read nothing until it is here


def test_clients_that_leave_in_the_middle_leave_nothing_behind(portal: Portal) -> None:
    for request in (b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /sl",
                    b"POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf",
                    b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n"):
        for _ in range(4):
            with portal.connect() as client:
                client.sendall(request)
                time.sleep(0.01)
    wait_for(lambda: portal.get("/")[0] == 200)


def test_large_bodies_and_answers_pass_whole(portal: Portal) -> None:
    assert portal.get("/length", method="POST", body=b"x" * (2 << 20))[2] == str(2 << 20).encode()
    assert len(portal.get("/big")[2]) == 8 << 20


def test_an_error_is_a_500_and_the_server_goes_on(portal: Portal) -> None:
    assert portal.get("/fail")[0] == 500
    assert portal.get("/")[0] == 200


def test_nobody_is_believed_about_addresses_by_default(portal: Portal) -> None:
    headers = ("X-Forwarded-For: 10.1.1.1", "X-Forwarded-Proto: https", "Forwarded: for=10.1.1.1")
    assert portal.get("/address", *headers)[2] == b"127.0.0.1 http"


@pytest.mark.parametrize("data", [
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET /a%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n X: folded\r\n\r\n",
    b"CONNECT evil:80 HTTP/1.1\r\nHost: evil:80\r\n\r\n",
    b"\x16\x03\x01 rubbish\r\n\r\n",
])
def test_ambiguous_requests_are_refused_and_the_connection_closed(portal: Portal, data: bytes) -> None:
    answer = portal.say(data)
    assert answer.split(b" ")[1] in (b"400", b"404"), answer
    assert b"HTTP/1.1 200" not in answer


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"NONSENSE\r\n\r\n", b"400"),
        (b"GET /\xff HTTP/1.1\r\nHost: localhost\r\nAccept-Language: fr\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nA\x00: b\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 40_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
    ],
)
def test_what_the_parser_refuses_is_told_in_form_too(portal: Portal, data: bytes, status: bytes) -> None:
    answer = portal.say(data)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == status, answer
    names = {line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
    assert {b"content-security-policy", b"x-content-type-options", b"x-request-id", b"cache-control"} <= names, head
    assert b"content-type: text/html" in head
    assert b"</html>" in body
    assert (b'<html lang="fr"' in body) == (b"Accept-Language: fr" in data)


def test_below_the_api_the_parser_speaks_json(portal: Portal) -> None:
    answer = portal.say(b"GET /c/acme/api/v1/\xff?lang=fr HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"content-type: application/problem+json" in answer
    assert b'"code": "malformed"' in answer
    assert b"illisible" in answer


def test_endless_headers_are_cut_off(portal: Portal) -> None:
    with portal.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ")
        assert send_until_cut_off(client, b"a" * 8192) < 1 << 20
    status = portal.get("/", *(f"X-{number}: {'a' * 1000}" for number in range(40)))[0]
    assert status == 431
    assert portal.get("/", "X-A: " + "a" * 8000)[0] == 200


def send_until_cut_off(client: socket.socket, data: bytes) -> int:
    sent = 0
    try:
        while sent < 1 << 24:
            client.sendall(data)
            sent += len(data)
            time.sleep(0.001)
    except ConnectionError:
        pass
    return sent


# -- several processes -------------------------------------------------------------------------------------


def test_two_processes_serve_and_a_killed_one_is_replaced(tmp_path: Path, database: str) -> None:
    portal = Portal(tmp_path, 2, 2, database)
    try:
        pids: set[int] = set()
        wait_for(lambda: len(pids.update(portal.pids()) or pids) == 2)
        assert portal.process.pid not in pids
        assert {f"forked-{pid}" for pid in pids} == {path.name for path in tmp_path.glob("forked-*")}
        os.kill(min(pids), signal.SIGKILL)
        wait_for(lambda: len(list(tmp_path.glob("forked-*"))) == 3)
        assert portal.get("/")[0] == 200
        (new,) = {int(path.name.partition("-")[2]) for path in tmp_path.glob("forked-*")} - pids
        pids = pids - {min(pids)} | {new}
    finally:
        assert portal.stop() == 0
    assert not [pid for pid in pids if is_alive(pid)]
    assert "ended with -9" in (tmp_path / "log").read_text()


def test_children_do_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    portal = Portal(tmp_path, 2)
    pids = [int(path.name.partition("-")[2]) for path in tmp_path.glob("forked-*")]
    assert portal.stop(signal.SIGKILL) == -signal.SIGKILL
    wait_for(lambda: not [pid for pid in pids if is_alive(pid)])


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_requests_finish_and_ends_streams(tmp_path: Path, database: str, processes: int,
                                                        number: int) -> None:
    portal = Portal(tmp_path, processes, 2, database)
    with portal.connect() as client, stream_of(portal) as stream:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_for((tmp_path / "slow").exists)
        started = time.monotonic()
        assert portal.stop(number) == 0
        assert time.monotonic() - started < GRACE_S / 2, "the stream was cut off, not ended"
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        assert stream.recv(65536).endswith(b"0\r\n\r\n")


def test_under_reload_nothing_is_forked_and_a_change_restarts(tmp_path: Path) -> None:
    portal = Portal(tmp_path, 2, 2, "", "--reload")
    try:
        before = portal.pids()
        assert len(before) == 1
        assert not list(tmp_path.glob("forked-*"))
        ini = tmp_path / "portal.ini"
        time.sleep(1.2)  # the watcher looks once a second, and must have seen the file once
        os.utime(ini)
        wait_for(lambda: not portal.pids() & before, 20, or_else=lambda: os.utime(ini))  # for a watcher that was late
    finally:
        portal.stop()


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


# -- live events -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def stream_of(portal: Portal, session: str = "", *headers: str) -> Iterator[socket.socket]:
    with portal.connect() as client:
        cookie = f"Cookie: session={session or uuid4()}"
        lines = ["GET /c/acme/events HTTP/1.1", "Host: localhost", cookie, *headers, "", ""]
        client.sendall("\r\n".join(lines).encode())
        received = client.recv(65536)
        while b"retry:" not in received:
            more = client.recv(65536)
            assert more, received
            received += more
        assert received.startswith(b"HTTP/1.1 200"), received
        assert b"content-encoding" not in received
        yield client


def test_an_event_committed_anywhere_reaches_those_who_may_hear_it(portal: Portal) -> None:
    message = {"tenant": TENANT, "account": ACCOUNT, "user": None, "staff": True, "kind": "orders.shipped",
               "subject": ["order", "7"], "id": "e1"}
    with stream_of(portal, "", "Accept-Encoding: gzip", "Last-Event-ID: e0") as stream:
        received = b""

        def heard(identifier: str) -> bool:
            nonlocal received
            with contextlib.suppress(TimeoutError):
                received += stream.recv(65536)
            return f"id: {identifier}\n".encode() in received

        stream.settimeout(1)
        wait_for(lambda: notify(portal, message | {"id": "e0"}) or heard("e0"))  # until the process listens
        for wrong in ({"tenant": str(uuid4())}, {"account": str(uuid4())}, {"kind": "quotes.priced"}):
            notify(portal, message | wrong)
        notify(portal, message)
        wait_for(lambda: heard("e1"))
        assert received.count(b"data:") == received.count(b"shipped") + received.count(b"resync")
        assert b'id: e1\nevent: portico\ndata: {"kind":"orders.shipped","subject":["order","7"]' in received
        assert TENANT.encode() not in received


def notify(portal: Portal, message: dict[str, Any]) -> None:
    portal.get("/notify", method="POST", body=json.dumps(message).encode())


def test_a_revoked_session_loses_its_stream(portal: Portal) -> None:
    session = str(uuid4())
    with stream_of(portal, session) as revoked, stream_of(portal) as other:
        (portal.home / "revoked").write_text(session)
        received = b""
        while more := revoked.recv(65536):
            received += more
            if received.endswith(b"0\r\n\r\n"):
                break
        assert received.endswith(b"0\r\n\r\n")
        other.settimeout(0.3)
        with contextlib.suppress(TimeoutError):
            assert not other.recv(65536).endswith(b"0\r\n\r\n")


def test_a_stranger_gets_no_stream(portal: Portal) -> None:
    assert portal.get("/events")[0] == 401
    assert portal.get("/events", f"Cookie: session={uuid4()}", "Sec-Fetch-Site: cross-site")[0] == 403


def test_a_session_has_so_many_streams_and_no_more(portal: Portal) -> None:
    session = str(uuid4())
    with contextlib.ExitStack() as stack:
        for _ in range(6):
            stack.enter_context(stream_of(portal, session))
        status, headers, _ = portal.get("/events", f"Cookie: session={session}")
        assert (status, "retry-after" in headers) == (429, True)
    wait_for(lambda: bool(stream_of(portal, session).__enter__()))


# -- the runner's own checks -------------------------------------------------------------------------------


def test_an_unknown_setting_is_an_error() -> None:
    with pytest.raises(ServerError, match="workers"):
        server_runner(object(), {}, workers="3")


def test_an_application_without_portico_is_an_error() -> None:
    with pytest.raises(ServerError, match="filters"):
        server_runner(object(), {})


def test_a_taken_port_is_said_in_words() -> None:
    with listen("127.0.0.1", 0) as taken:
        with pytest.raises(ServerError, match="cannot listen on 127.0.0.1 port"):
            listen("127.0.0.1", taken.getsockname()[1])


def test_accepted_connections_inherit_the_time_limit_for_dead_peers() -> None:
    with listen("127.0.0.1", 0) as server, socket.create_connection(server.getsockname()):
        accepted, _ = server.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000


def test_the_parser_has_no_limits_of_its_own() -> None:
    """When this fails, `connection` can be simplified."""

    class Nothing:
        pass

    parser = httptools.HttpRequestParser(Nothing())
    parser.feed_data(b"GET / HTTP/1.1\r\nX: " + b"a" * 1_000_000)
