"""Plays Supabase's gateway before a real PostgREST: the paths, the keys, and the wire's tricks."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt

from portico_erp.conformance.serving import Answering, serving
from portico_supabase.simulator.postgrest import SECRET


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
def gateway(behind: str) -> Iterator[Front]:
    """A front before the interface at `behind`."""
    port = int(behind.rpartition(":")[2])

    class Handler(Answering):
        def _pass(self) -> None:
            body = self.body()
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

    front = Front("")
    with serving(Handler) as own:
        front.url = f"http://127.0.0.1:{own}/rest/v1"
        yield front
