"""A small application for the server's tests: `use = call:sample_portal:make_app` in an ini for pserve."""

import os
import time
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
from starlette.responses import PlainTextResponse

from portico.branding.themes import Themes
from portico.web.asgi import AsyncRoutes
from portico.web.assets import Assets
from portico.web.live import Hub, LiveScope
from portico.web.live_source import postgres_source
from portico.web.prefix import REFUSED
from portico.web.refusals import Refusals

TENANT = UUID("00000000-0000-7000-8000-000000000001")
ACCOUNT = UUID("00000000-0000-7000-8000-000000000002")
HERE = Path(os.environ.get("SAMPLE_HOME", "."))


def authorise(scope: dict[str, Any]) -> LiveScope | None:
    cookies = SimpleCookie(dict(scope["headers"]).get(b"cookie", b"").decode())
    if "session" not in cookies:
        return None
    session = UUID(cookies["session"].value)
    return LiveScope(TENANT, None, session, frozenset({ACCOUNT}), staff=False, kinds=frozenset({"orders.*"}), keys=frozenset({ACCOUNT}))


def revalidate(sessions: list[UUID]) -> set[UUID]:
    revoked = HERE / "revoked"
    return set(sessions) - {UUID(line) for line in (revoked.read_text().split() if revoked.exists() else [])}


async def where(request: Any) -> PlainTextResponse:
    return PlainTextResponse(f"{request.scope['root_path']}|{request.scope['portico.slug']}")


class Application:
    def __init__(self) -> None:
        routes = AsyncRoutes()
        routes.add("/where", where)
        url = os.environ.get("SAMPLE_DATABASE")
        hub = Hub(postgres_source(url), authorise, revalidate, check_s=0.5) if url else None
        settings = SimpleNamespace(apex_hosts=("localhost",), trusted_proxies=(), files_most_mb=25, host="127.0.0.1", port=0,
                                   processes=1, threads=2, static_base="", secure=False)
        self.registry = SimpleNamespace(portico=SimpleNamespace(
            settings=settings, assets=Assets({"portico": HERE / "static"}), async_routes=routes, live=hub,
            refusals=Refusals(Themes([], []), settings),
            connections=SimpleNamespace(make_call_async=None),
            after_fork=lambda: (HERE / f"forked-{os.getpid()}").touch()))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path = environ["PATH_INFO"]
        body = f"pid {os.getpid()} at {environ['SCRIPT_NAME']}|{path}".encode()
        if path == "/slow":
            (HERE / "slow").touch()
            time.sleep(0.8)
        elif path == "/big":
            body = b"x" * (8 << 20)
        elif path == "/length":
            body = str(len(environ["wsgi.input"].read())).encode()
        elif path == "/address":
            body = environ["REMOTE_ADDR"].encode() + b" " + environ["wsgi.url_scheme"].encode()
        elif path == "/fail":
            raise ZeroDivisionError
        elif path == "/notify":
            with psycopg.connect(os.environ["SAMPLE_DATABASE"], autocommit=True) as connection:
                connection.execute("select pg_notify('portico_events', %s)",
                                   (environ["wsgi.input"].read().decode(),))
        status = {400: "400 Bad Request", 404: "404 Not Found"}.get(environ.get(REFUSED), "200 OK")
        start_response(status, [("Content-Type", "application/octet-stream")])
        return [body]


def make_app(global_conf: dict[str, str]) -> Application:
    return Application()
