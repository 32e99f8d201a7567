"""Runs a page once and keeps what it asked the database and what it gave to its template: what the floor repeats."""

from __future__ import annotations

import gc
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event

import portico
from bench.world import HOST
from portico.app import Portico, build
from portico.branding.template_globals import rendering
from portico.settings import Settings
from portico.web.prefix import WSGIPrefixMiddleware
from portico.web.server import GC_THRESHOLD

App = Callable[..., Any]


@dataclass
class Captured:
    """statements: with their parameters, as the driver got them. draw: the same template with the same values again."""

    body: bytes
    content_type: str
    statements: list[tuple[str, Any]] = field(default_factory=list)
    draw: Callable[[], bytes] = bytes


class Stack:
    """The application in this process, as the server would call it, on one thread."""

    def __init__(self, settings: Settings) -> None:
        self.parts: Portico = build(settings)
        self.wsgi = portico.make_app(self.parts)
        self.parts.themes.compile()
        gc.collect()  # as the server does before it forks, and in its children
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLD)
        self.app = WSGIPrefixMiddleware(self.wsgi, settings.apex_hosts)

    def call(self, path: str, headers: tuple[tuple[str, str], ...]) -> tuple[str, list[tuple[str, str]], bytes]:
        head: list[Any] = []
        chunks = self.app(environ(path, headers), lambda status, pairs, exc_info=None: head.extend((status, pairs)))
        body = b"".join(chunks)
        getattr(chunks, "close", lambda: None)()
        if not head[0].startswith("200"):
            raise RuntimeError(f"{head[0]} for {path}: {body[:300]!r}")
        return head[0], head[1], body

    def capture(self, path: str, headers: tuple[tuple[str, str], ...]) -> Captured:
        """The second run is the one kept: the first fills what a process holds."""
        self.call(path, headers)
        with _statements(self.parts.engine) as statements, _drawing(self.parts.themes) as drawn:
            _status, pairs, body = self.call(path, headers)
        again = drawn[-1] if drawn else lambda: body
        return Captured(body, {k.lower(): v for k, v in pairs}["content-type"], statements, again)

    def backends(self) -> list[int]:
        """The database's processes that serve this process' pool; call it while the pool is idle."""
        with self.parts.engine.connect() as connection:
            return [connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()]

    def close(self) -> None:
        self.parts.connections.close()
        self.parts.engine.dispose()


class Floor:
    """The same statements by the bare driver, in one transaction on a connection of the calling thread's."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._local = threading.local()

    @property
    def connection(self) -> psycopg.Connection[Any]:
        if not hasattr(self._local, "connection"):
            self._local.connection = psycopg.connect(self.url)
        found: psycopg.Connection[Any] = self._local.connection
        return found

    def ask(self, captured: Captured) -> None:
        with self.connection.cursor() as cursor:
            for statement, parameters in captured.statements:
                cursor.execute(statement, parameters)
                if cursor.description:
                    cursor.fetchall()
        self.connection.rollback()

    def page(self, captured: Captured) -> bytes:
        self.ask(captured)
        return captured.draw()


def environ(path: str, headers: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    path, _, query = path.partition("?")
    given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers}
    return {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": HOST,
            "SERVER_PORT": "443", "HTTP_HOST": HOST, "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "HTTP_ACCEPT_LANGUAGE": "en", "wsgi.version": (1, 0), "wsgi.url_scheme": "https", "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(), "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
            **given}


@contextmanager
def _statements(engine: sa.Engine) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def _drawing(themes: Any) -> Iterator[list[Callable[[], bytes]]]:
    """What is rendered meanwhile, each to be rendered again from the values that were given."""
    drawn: list[Callable[[], bytes]] = []
    environments = themes.environments
    originals = {name: environment.get_template for name, environment in environments.items()}

    def spying(get: Any) -> Any:
        def get_template(name: Any, *rest: Any, **named: Any) -> Any:
            template = get(name, *rest, **named)
            state = rendering.get(None)
            return _Spy(template, state, drawn) if state is not None else template

        return get_template

    for name, environment in environments.items():
        environment.get_template = spying(originals[name])
    try:
        yield drawn
    finally:
        for environment in environments.values():
            del environment.get_template


class _Spy:
    def __init__(self, template: Any, state: Any, drawn: list[Callable[[], bytes]]) -> None:
        self._template, self._state, self._drawn = template, state, drawn

    def __getattr__(self, name: str) -> Any:
        return getattr(self._template, name)

    def render(self, values: dict[str, Any]) -> str:
        def again() -> bytes:
            token = rendering.set(self._state)
            try:
                text: str = self._template.render(values)
                return text.encode()
            finally:
                rendering.reset(token)

        self._drawn.append(again)
        text: str = self._template.render(values)
        return text
