"""Addresses of the portal's own pages, as a page has them by the dozen."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import quote

from pyramid.request import Request

_quoted = lru_cache(maxsize=1024)(quote)


def path_to(request: Request, route: str, **parts: Any) -> str:
    """The path of a route, below the company that the request is for. Raises KeyError if there is no such route or a
    part is missing. A route without parts is its pattern: Pyramid's way there is ten times as long."""
    pattern = None if parts else request.registry.portico.routes.plain.get(route)
    if pattern is None:
        return str(request.route_path(route, **parts))
    return _quoted(request.script_name) + pattern


def has_route(request: Request, route: str) -> bool:
    """Whether this installation has a page of that name."""
    return route in request.registry.portico.routes.by_name
