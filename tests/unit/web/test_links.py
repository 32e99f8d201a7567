"""Paths that are made without Pyramid are those that Pyramid makes."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.request import Request

from portico.web.links import path_to, simple_path
from portico.web.request import PortalRequest
from portico.web.routes import RouteSpec, RouteTable

PATTERNS = {
    "plain.one": "/", "plain.two": "/orders/new.csv", "simple.one": "/orders/{order_id}", "simple.two": "/a/{x}-{y}/{z}.css",
    "other.rest": "/files/*rest", "other.typed": "/pages/{number:[0-9]+}", "other.accent": "/été/{x}",
}
VALUES: tuple[Any, ...] = (
    7, uuid.UUID(int=7), "plain", "a b", "a/b", "été", "100%", "?q=1&x", "#top", "..", "", "~_.-!$'()*+,;=:@", "\u202e",
)


@pytest.fixture(scope="module")
def registry() -> Any:
    config, table = Configurator(), RouteTable()
    for name, pattern in PATTERNS.items():
        spec = RouteSpec(None, name, pattern, "page", "GET", "public", lambda context, request: None)
        table.add(spec)
        config.add_route(name, pattern)
    config.commit()
    config.registry.portico = SimpleNamespace(routes=table)
    return config.registry


@pytest.fixture
def both(registry: Any) -> tuple[Any, Any]:
    made = PortalRequest.blank("/orders"), Request.blank("/orders")
    for one in made:
        one.registry, one.environ["SCRIPT_NAME"] = registry, "/c/acme"
    return made


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("name", PATTERNS)
def test_paths_are_those_of_pyramid(both: tuple[Any, Any], name: str, value: Any) -> None:
    ours, theirs = both
    pattern = PATTERNS[name]
    parts = {part: value for part in ("order_id", "x", "y", "z", "rest", "number") if part in pattern and name[0] != "p"}
    expected = theirs.route_path(name, **parts)
    assert ours.route_path(name, **parts) == path_to(ours, name, **parts) == path_to(theirs, name, **parts) == expected
    assert (simple_path(ours, name, parts) is None) == name.startswith("other.")


@pytest.mark.parametrize("named", [{"_query": {"q": "a b"}}, {"_anchor": "top"}, {"_query": (), "_anchor": ""}])
@pytest.mark.parametrize("elements", [(), ("more", "a b")])
def test_what_is_more_than_a_path_is_left_to_pyramid(both: tuple[Any, Any], named: Any, elements: Any) -> None:
    for name, parts in (("plain.two", {}), ("simple.one", {"order_id": 7})):
        ours, theirs = (one.route_path(name, *elements, **parts, **named) for one in both)
        assert ours == theirs


def test_missing_part_and_unknown_route_are_refused(both: tuple[Any, Any]) -> None:
    for name, parts in (("simple.two", {"x": 1}), ("simple.one", {}), ("nobody.knows", {}), ("nobody.knows", {"x": 1})):
        with pytest.raises(KeyError):
            path_to(both[0], name, **parts)
