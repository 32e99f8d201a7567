"""Finds the pages that a role can reach: every page route without an id, and one page of each route that a link leads
to. New pages are found without a line of test.
"""

from __future__ import annotations

import base64
import re
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from tests.browser.records import records
from tests.browser.site import Site

import portico
from portico.app import build
from portico.settings import Settings
from portico.web.routes import RouteSpec

NOT_FOLLOWED = ("/static/", "/brand/", "/api/", "/events", "/healthz", "/readyz", "/metrics")
PER_ROUTE = 1
"""Pages of one route that are looked at: rows of a list are alike."""


@dataclass(frozen=True)
class Found:
    """A page: the route it belongs to, its path with query below the company, and what it said."""

    route: str
    path: str
    status: int
    html: str


@lru_cache
def page_routes() -> tuple[RouteSpec, ...]:
    key = base64.urlsafe_b64encode(b"k" * 32).decode()
    parts = build(Settings.read({"portico.home": "/nonexistent", "portico.master_key": key, "portico.demo": "true"}, {}))
    portico.make_app(parts)
    return tuple(spec for spec in parts.routes if spec.kind == "page" and spec.method == "GET")


def route_of(path: str, below_company: bool) -> str | None:
    for spec in page_routes():
        if spec.site != ("apex" if below_company else "tenant") and _pattern(spec.pattern).fullmatch(path):
            return spec.name
    return None


@lru_cache
def _pattern(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"({[^}]*})", pattern)
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts))


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        for name in ("href",) if tag == "a" else ("hx-get",):
            if values.get(name) and "download" not in values:
                self.found.append(str(values[name]))


_CRAWLED: dict[tuple[str, str, str, str], list[Found]] = {}


def crawl(site: Site, people: Any, role: str, slug: str, language: str = "") -> list[Found]:
    """HTML pages only, as they were when they were first asked for. `language`: as by the language menu."""
    key = (site.url, role, slug, language)
    if key not in _CRAWLED:
        _CRAWLED[key] = _crawl(site, slug, people.cookies(role, slug), language)
    return _CRAWLED[key]


def _crawl(site: Site, slug: str, cookies: dict[str, str], language: str) -> list[Found]:
    base = f"/c/{slug}" if slug else ""
    fixed = [spec.pattern for spec in page_routes() if not spec.parameters and spec.site != ("apex" if slug else "tenant")]
    if slug:
        fixed += records(site, slug).paths
    site.prove_everybody()
    ahead, known, found = deque(["/", *fixed]), set(), []
    counts: dict[tuple[str, frozenset[str]], int] = {}
    jar = cookies | ({"portico_lang": language} if language else {})
    with httpx.Client(base_url=site.url, cookies=jar, timeout=20) as client:
        while ahead:
            path = ahead.popleft()
            key = kind_of(path, bool(slug))
            if path in known or (path not in fixed and counts.get(key, 0) >= PER_ROUTE):
                continue
            known.add(path)
            answer = client.get(base + path)
            assert answer.status_code < 500, f"{path}: {answer.status_code}, and a link leads there"
            if answer.is_redirect or not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            counts[key] = counts.get(key, 0) + (answer.status_code == 200)
            links = Links()
            links.feed(answer.text)
            ahead.extend(here for here in (_below(site, base, base + path, one) for one in links.found) if here)
            if key[0]:
                found.append(Found(key[0], path, answer.status_code, answer.text))
    return found


def kind_of(path: str, below_company: bool) -> tuple[str, frozenset[str]]:
    """Pages of one kind: the same route. A query that filters is another look at the same page."""
    return route_of(urlsplit(path).path, below_company) or "", frozenset()


def _below(site: Site, base: str, here: str, link: str) -> str | None:
    parts = urlsplit(urljoin(site.url + here, link))
    if f"{parts.scheme}://{parts.netloc}" != site.url or not (parts.path + "/").startswith(base + "/"):
        return None
    path = parts.path.removeprefix(base)
    if path.startswith(NOT_FOLLOWED) or (not base and path.startswith("/c/")) or "lang=" in parts.query:
        return None
    return path + (f"?{parts.query}" if parts.query else "")
