"""Addresses of the portal's own pages, as a page has them by the dozen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from pyramid.request import Request
from pyramid.traversal import PATH_SAFE

_quoted = lru_cache(maxsize=1024)(quote)


def path_to(request: Request, route: str, **parts: Any) -> str:
    """The path of a route, below the company that the request is for. Raises KeyError if there is no such route or a
    part is missing."""
    known = simple_path(request, route, parts)
    return str(request.route_path(route, **parts)) if known is None else known


def simple_path(request: Request, route: str, parts: Mapping[str, Any]) -> str | None:
    """The same if it can be had without Pyramid, whose way is ten times as long; else None. Raises KeyError for a part that is
    missing."""
    routes = request.registry.portico.routes
    if not parts:
        pattern = routes.plain.get(route)
        return None if pattern is None else _quoted(request.script_name) + pattern
    form = routes.simple.get(route)
    if form is None or any(name.startswith("_") for name in parts):  # _query, _anchor …
        return None
    filled = {name: quote(str(value), PATH_SAFE) for name, value in parts.items()}
    return _quoted(request.script_name) + str(form % filled)


def has_route(request: Request, route: str) -> bool:
    """Whether this installation has a page of that name."""
    return route in request.registry.portico.routes.by_name
