"""Our class of requests says what Pyramid's says, and is one class."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.interfaces import IRequestExtensions, IRequestFactory
from pyramid.request import Request

from portico.web.request import PortalRequest, make_request_class

TEXTS = ("", "/", "/orders", "/c/acme/orders", "/été", "/%20", "/订单", "/a b")


@pytest.mark.parametrize("name", ["script_name", "path_info"])
@pytest.mark.parametrize("text", TEXTS)
def test_paths_are_those_that_pyramid_reads(name: str, text: str) -> None:
    environ = {"SCRIPT_NAME": "", "PATH_INFO": "", name.upper(): text.encode().decode("latin-1")}
    assert getattr(PortalRequest(environ), name) == getattr(Request(environ), name) == text


@pytest.mark.parametrize("name", ["script_name", "path_info"])
def test_paths_can_be_set(name: str) -> None:
    ours, theirs = PortalRequest.blank("/"), Request.blank("/")
    for one in (ours, theirs):
        setattr(one, name, "/été")
    assert getattr(ours, name) == "/été"
    assert ours.environ[name.upper()] == theirs.environ[name.upper()]


def test_path_that_is_no_utf8_is_refused_as_by_pyramid() -> None:
    for kind in (PortalRequest, Request):
        with pytest.raises(UnicodeDecodeError):
            kind({"SCRIPT_NAME": "", "PATH_INFO": "/\xff"}).path_info  # noqa: B018


def test_what_was_added_is_on_one_class() -> None:
    config = Configurator()
    config.add_request_method(lambda request: object(), "kept", reify=True)
    config.add_request_method(lambda request: object(), "anew", property=True)
    config.add_request_method(lambda request, word: (request, word), "method")
    make_request_class(config)
    registry: Any = config.registry
    made = registry.getUtility(IRequestFactory)
    one, other = made.blank("/"), made.blank("/")
    assert registry.queryUtility(IRequestExtensions) is None  # so that Pyramid has nothing to add
    assert type(one) is type(other) is made
    assert one.kept is one.kept is not other.kept
    assert one.anew is not one.anew
    assert one.method("word") == (one, "word")
