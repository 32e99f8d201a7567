"""Draws what the application never gets to see: the page, fragment or problem document for a request refused in front of it.

Whoever is asked here knows no session and no company: the language is the one of the address, the cookie or the browser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from portico.db.types import new_id
from portico.errors import (
    BrokenError,
    BusyError,
    DomainError,
    ForbiddenError,
    HeadersTooLargeError,
    MalformedError,
    MethodError,
    NotFoundError,
    TooLargeError,
    TooManyRequestsError,
    TooSlowError,
    UnauthenticatedError,
)
from portico.web.headers import standard
from portico.web.i18n import LANGUAGE_COOKIE, negotiate, remembered, translate

Header = tuple[bytes, bytes]
PROBLEM = b"application/problem+json; charset=utf-8"
PAGE = b"text/html; charset=utf-8"
_API = re.compile(rb"(?:/c/[a-z0-9-]{1,40})?/+api/")
_ERRORS: dict[int, type[DomainError]] = {
    error.status: error
    for error in (
        MalformedError,
        UnauthenticatedError,
        ForbiddenError,
        NotFoundError,
        MethodError,
        TooSlowError,
        TooLargeError,
        TooManyRequestsError,
        HeadersTooLargeError,
        BrokenError,
        BusyError,
    )
}
_ID = "0" * 32
"""Where a drawn page has the request's id: pages are drawn once for each language and status."""


def below_api(raw_path: bytes) -> bool:
    """Whether whoever asked for this path, as it came in, is a program that reads problem documents."""
    return _API.match(raw_path) is not None


@dataclass(frozen=True)
class Asked:
    """What of a refused request decides how its answer looks. headers: names in lower case."""

    path: bytes = b"/"
    query: bytes = b""
    headers: Iterable[Header] = ()

    def header(self, name: bytes) -> str:
        return next((value.decode("latin1") for key, value in self.headers if key == name), "")


class Refusals:
    """`themes` draws in the portal's own look; `settings` decides about headers."""

    def __init__(self, themes: Any, settings: Any) -> None:
        self.themes = themes
        self.headers = [(name.lower().encode(), value.encode()) for name, value in standard(settings).items()]
        self._drawn: dict[tuple[int, str, str], str] = {}

    def answer(self, status: int, asked: Asked) -> tuple[list[Header], bytes]:
        """(headers, body) without Content-Length and Connection, which are the sender's."""
        request_id = new_id().hex
        locale = self._language(asked)
        if below_api(asked.path):
            kind, text = PROBLEM, self._problem(status, locale)
        else:
            template = "error_fragment" if asked.header(b"hx-request") else "refused"
            kind, text = PAGE, self._page(status, locale, template)
        headers = [(b"content-type", kind), (b"x-request-id", request_id.encode()), (b"vary", b"Accept-Language, Cookie")]
        return [*headers, *self.headers], text.replace(_ID, request_id).encode()

    def _language(self, asked: Asked) -> str:
        chosen = parse_qs(asked.query.decode("latin1")).get("lang", [""])[0]
        try:
            cookies = {name: one.value for name, one in SimpleCookie(asked.header(b"cookie")).items()}
        except CookieError:
            cookies = {}
        offered = ["en", *(code for code in self.themes.catalogues.languages if code != "en")]
        return negotiate([chosen, remembered(cookies, LANGUAGE_COOKIE)], asked.header(b"accept-language"), offered)

    def _problem(self, status: int, locale: str) -> str:
        error = words_for(status)
        problem = {"type": error.address(), "title": translate(locale, error.message), "status": status,
                   "code": error.code, "request_id": _ID}
        return json.dumps(problem, ensure_ascii=False)

    def _page(self, status: int, locale: str, template: str) -> str:
        key = (status, locale, template)
        if key not in self._drawn:
            values = {"status": status, "message": words_for(status).message, "fields": {}, "request_id": _ID}
            self._drawn[key] = self.themes.render(None, f"portico/{template}.jinja2", locale=locale, **values)
        return self._drawn[key]


def words_for(status: int) -> type[DomainError]:
    """What to say about a status that was decided without the application."""
    return _ERRORS.get(status, MalformedError if status < 500 else BrokenError)
