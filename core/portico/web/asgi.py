"""Composes the asynchronous half (live events, static files, what plugins add) and the bridge to Pyramid.

From the outside in: what every answer has, forwarded headers, path prefix, router. What no asynchronous route takes goes
to Pyramid.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portico.web.answers import Answers
from portico.web.assets import PREFIX, Assets
from portico.web.bridge import WSGIApp, WSGIBridge
from portico.web.forwarded import ForwardedMiddleware, Network
from portico.web.live import Hub
from portico.web.live_endpoint import LiveEndpoint
from portico.web.prefix import PrefixMiddleware
from portico.web.refusals import Refusals
from portico.web.uploads import Limits

FIELDS = 1 << 20
"""Bytes that a form may have beside the file in it."""


class RouteTakenError(ValueError):
    """Two asynchronous routes want the same path."""


@dataclass
class AsyncRoutes:
    """Through this, other modules add routes that run beside the pages and take no thread from them.

    Such an endpoint passes no Pyramid gate: it resolves session, tenant, plugin and permission itself.
    """

    _routes: dict[str, Route] = field(default_factory=dict)

    def add(self, path: str, endpoint: Callable[..., Any], *, methods: Collection[str] = ("GET",),
            max_body: int = 64 << 10, compress: bool = False) -> None:
        """`path` in Starlette's notation. `max_body` in bytes. `compress` for text that is sent at once."""
        if path in self._routes or path == "/events" or path.startswith(PREFIX):
            raise RouteTakenError(path)
        middleware = [Middleware(GZipMiddleware, minimum_size=500, compresslevel=5)] if compress else []
        self._routes[path] = Route(path, endpoint, methods=methods, middleware=middleware,
                                   max_body_size=max_body)

    def routes(self) -> list[BaseRoute]:
        return list(self._routes.values())


class Application:
    """The composed application of one process."""

    def __init__(self, bridge: WSGIBridge, assets: Assets, routes: AsyncRoutes, hub: Hub | None,
                 refusals: Refusals, *, apex_hosts: Collection[str], trusted_proxies: Sequence[Network]) -> None:
        self.bridge = bridge
        self.refusals = refusals
        self.hub = hub
        table: list[BaseRoute] = [Route(PREFIX + "{name:path}", assets), *routes.routes()]
        if hub is not None:
            table.append(Route("/events", LiveEndpoint(hub), methods=["GET"]))
        router = Starlette(routes=table, lifespan=self._lifespan)
        router.router.default = bridge
        router.router.redirect_slashes = False
        app: ASGIApp = PrefixMiddleware(Front(router, bridge, table), apex_hosts)
        self._app = Answers(ForwardedMiddleware(app, trusted_proxies), refusals)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def stop(self) -> None:
        """End the open streams: no shutdown would be graceful while they last."""
        if self.hub is not None:
            self.hub.close()

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with self.hub.running() if self.hub is not None else contextlib.nullcontext():
            yield
        self.bridge.close()


class Front:
    """Brings what can be no asynchronous route straight to Pyramid: a page need not pass Starlette's layers first."""

    def __init__(self, router: ASGIApp, bridge: WSGIBridge, table: Iterable[BaseRoute]) -> None:
        self.router, self.bridge = router, bridge
        self.beginnings = tuple(getattr(route, "path", "").partition("{")[0] for route in table)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _below_root(scope).startswith(self.beginnings):
            await self.router(scope, receive, send)
            return
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.bridge(scope, receive, noted)
        except Exception:
            if not begun:  # in words: whatever is around us dresses a bare status
                await send({"type": "http.response.start", "status": 500, "headers": []})
                await send({"type": "http.response.body", "body": b""})
            raise  # for the server's log


def _below_root(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


class Settings(Protocol):
    @property
    def apex_hosts(self) -> Collection[str]: ...
    @property
    def trusted_proxies(self) -> Sequence[Network]: ...
    @property
    def files_most_mb(self) -> int: ...


class Portico(Protocol):
    """What this server needs of the application object."""

    @property
    def settings(self) -> Settings: ...
    @property
    def assets(self) -> Assets: ...
    @property
    def async_routes(self) -> AsyncRoutes: ...
    @property
    def live(self) -> Hub | None: ...
    @property
    def refusals(self) -> Refusals: ...
    @property
    def connections(self) -> Any: ...


def asgi_application(wsgi_app: WSGIApp, portico: Portico, *, threads: int,
                     limits: Limits | None = None) -> Application:
    """One per process, made after the fork. Without `portico.live` there is no /events."""
    settings = portico.settings
    if limits is None:  # a form is its file, and a few fields
        limits = Limits(form=(settings.files_most_mb << 20) + FIELDS)
    bridge = WSGIBridge(wsgi_app, threads, limits, portico.connections.make_call_async)
    return Application(bridge, portico.assets, portico.async_routes, portico.live, portico.refusals,
                       apex_hosts=settings.apex_hosts, trusted_proxies=settings.trusted_proxies)
