"""The mapper finds what Pyramid's own would find, having looked at fewer routes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyramid.exceptions import URLDecodeError
from pyramid.request import Request
from pyramid.urldispatch import RoutesMapper

from portico.web.mapper import FirstSegmentMapper

PATTERNS = (
    "/", "/orders", "/orders/{id}", "/orders/{id}/lines/{line}", "/{anything}", "/quotes/{id:[0-9]+}", "/quotes/new",
    "/{kind}/new", "/files/*rest", "/reports.{format}", "/account-{name}", "/:old/style", "/été", "/api/v1/openapi.json",
    "/api/v1/portal/orders", "/api/v1/portal/orders/{id}", "/api/v1/portal/{other}", "/api/{version}/status",
    "/api/v1/portal/orders/{id}/lines", "/orders/", "/c", "/late", "/{late}",
)
SEGMENTS = ("", "orders", "quotes", "new", "7", "x", "files", "reports.csv", "account-me", "été", "api", "v1", "v2", "portal",
            "openapi.json", "status", "lines", "late", "c", "{id}", "..", "*", ":old", "a b", "style")


def no(info: object, request: object) -> bool:
    return False


@pytest.fixture(scope="module")
def both() -> tuple[RoutesMapper, FirstSegmentMapper]:
    mappers = RoutesMapper(), FirstSegmentMapper()
    for mapper in mappers:
        for number, pattern in enumerate(PATTERNS):
            mapper.connect(f"r{number}", pattern, predicates=(no,) if pattern == "/late" else ())
        mapper.connect("far", "https://elsewhere.example/orders", static=True)
    return mappers


def found(mapper: RoutesMapper, path: str) -> tuple[str | None, object]:
    info = mapper(Request.blank("/", environ={"PATH_INFO": path.encode().decode("latin1")}))
    return info["route"] and info["route"].name, info["match"]


@given(st.lists(st.sampled_from(SEGMENTS), max_size=7), st.booleans())
def test_same_route_and_match_as_pyramids(both: tuple[RoutesMapper, FirstSegmentMapper], parts: list[str], slash: bool) -> None:
    path = ("/" if slash else "") + "/".join(parts)
    assert found(both[1], path) == found(both[0], path)


def test_few_routes_are_looked_at(both: tuple[RoutesMapper, FirstSegmentMapper]) -> None:
    looked_at = [route.pattern for route in both[1].candidates("/api/v1/portal/orders/7")]
    assert looked_at.index("/api/v1/portal/orders/{id}") > looked_at.index("/api/v1/portal/orders")
    assert "/quotes/new" not in looked_at
    assert len(both[1].candidates("/orders/7")) < len(PATTERNS)


def test_paths_that_nobody_has_are_not_remembered(both: tuple[RoutesMapper, FirstSegmentMapper]) -> None:
    for number in range(50):
        both[1].candidates(f"/nobody-{number}")
    assert not [key for key in both[1]._found if key.startswith("nobody")]


def test_later_route_takes_the_name_of_an_earlier_one() -> None:
    mapper = FirstSegmentMapper()
    mapper.connect("one", "/before")
    mapper.connect("one", "/after")
    assert found(mapper, "/before") == (None, None)
    assert found(mapper, "/after") == ("one", {})


def test_path_that_is_no_utf8_is_refused_as_pyramid_does() -> None:
    request = Request.blank("/", environ={"PATH_INFO": "/\xff"})
    for mapper in (RoutesMapper(), FirstSegmentMapper()):
        with pytest.raises(URLDecodeError):
            mapper(request)
