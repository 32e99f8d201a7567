"""Finds the route of a path among those whose first segments are the path's, not among all: with the plugins that come
with the portal there are hundreds, and trying each in turn cost 4 % of a list page."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import URLDecodeError
from pyramid.interfaces import IRoutesMapper
from pyramid.request import Request
from pyramid.urldispatch import Route, RoutesMapper

_API = "api/"
_API_SEGMENTS = 4
"""/api/v1/portal/orders: what distinguishes the routes of an API comes fourth."""


def key_of(path: str) -> str:
    """The literal beginning by which routes are kept; empty for a pattern that begins with a placeholder."""
    path = path.lstrip("/")
    segments = path.split("/", _API_SEGMENTS)[:_API_SEGMENTS] if path.startswith(_API) else path.split("/", 1)[:1]
    key = "/".join(segments)
    return "" if "{" in key or "*" in key or ":" in key else key


class FirstSegmentMapper(RoutesMapper):
    """Like Pyramid's, route for route: the first in order of registration that fits and whose predicates agree."""

    def __init__(self) -> None:
        super().__init__()
        self._order: dict[Route, int] = {}
        self._by_key: dict[str, list[Route]] = {}
        self._found: dict[str, tuple[Route, ...]] = {}

    def connect(self, name: str, pattern: str, *args: Any, static: bool = False, **named: Any) -> Route:
        former = self.routes.get(name)  # Pyramid lets a later route take an earlier one's name
        if former in self._order:
            self._by_key[key_of(former.pattern)].remove(former)
        route = super().connect(name, pattern, *args, static=static, **named)
        if not static:
            self._order[route] = len(self._order)
            self._by_key.setdefault(key_of(route.pattern), []).append(route)
            self._found.clear()
        return route

    def candidates(self, path: str) -> tuple[Route, ...]:
        """In order of registration. Only keys that routes have are remembered, so that no visitor fills the memory."""
        key = key_of(path)
        if key not in self._by_key:
            key = ""
        known = self._found.get(key)
        if known is None:
            routes = {*self._by_key.get(key, ()), *self._by_key.get("", ())}
            known = self._found[key] = tuple(sorted(routes, key=self._order.__getitem__))
        return known

    def __call__(self, request: Request) -> dict[str, Any]:
        try:
            path = request.path_info
        except UnicodeDecodeError as error:
            raise URLDecodeError(error.encoding, error.object, error.start, error.end, error.reason) from None
        for route in self.candidates(path or "/"):
            match = route.match(path or "/")
            if match is not None:
                info = {"match": match, "route": route}
                if all(predicate(info, request) for predicate in route.predicates):
                    return info
        return {"route": None, "match": None}


def includeme(config: Configurator) -> None:
    config.registry.registerUtility(FirstSegmentMapper(), IRoutesMapper)
