"""How the browser's cookies are set."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pyramid.request import Request
from pyramid.response import Response

from portico.identity import cookies

SETTERS = {
    "portico": lambda request, response: cookies.set_session_cookie(request, response, "t" * 43),
    "portico_view": lambda request, response: cookies.set_view_cookie(request, response, "t" * 43, 900),
    "portico_device": lambda request, response: cookies.set_device_cookie(request, response, "t" * 43),
    "portico_form": lambda request, response: cookies.anonymous_token(request),
}


def attributes(name: str, *, secure: bool) -> tuple[str, dict[str, str]]:
    """(name, attributes in lower case) of the one cookie that is set."""
    request, response = Request.blank("/c/acme/sign-in"), Response()
    request.registry = SimpleNamespace(portico=SimpleNamespace(settings=SimpleNamespace(secure=secure)))
    SETTERS[name](request, response)
    request._process_response_callbacks(response)
    [header] = response.headers.getall("Set-Cookie")
    first, *rest = (part.strip() for part in header.split(";"))
    return first.partition("=")[0], {part.partition("=")[0].lower(): part.partition("=")[2] for part in rest}


@pytest.mark.parametrize("name", SETTERS)
def test_over_https_cookies_are_this_hosts_alone(name: str) -> None:
    """RFC 6265bis: a browser takes `__Host-` with Secure, the path / and no domain."""
    called, found = attributes(name, secure=True)
    assert called == f"__Host-{name}"
    assert found.keys() >= {"secure", "httponly"}
    assert "domain" not in found
    assert (found["path"], found["samesite"]) == ("/", "Lax")


@pytest.mark.parametrize("name", SETTERS)
def test_without_https_scripts_do_not_read_them_either(name: str) -> None:
    called, found = attributes(name, secure=False)
    assert called == name
    assert "httponly" in found
    assert "secure" not in found
