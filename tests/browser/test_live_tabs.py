"""live.js in a real browser: one stream for all tabs, handed over when the tab that has it closes."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

import portico
from portico.branding.themes import Themes
from portico.web.asgi import Application, AsyncRoutes
from portico.web.assets import Assets
from portico.web.bridge import WSGIBridge
from portico.web.live import Hub, LiveScope
from portico.web.refusals import Refusals
from portico.web.server import Server, listen

TENANT, ACCOUNT, SESSION = uuid4(), uuid4(), uuid4()
PAGE = """<!doctype html><title>live</title>
<meta name="portico-live" content="/events">
<p data-live="orders.*" data-live-subject="order:7" hx-trigger="live" id="seven">
<p data-live="orders.*" hx-trigger="live" id="all"><p data-live="quotes.priced" hx-trigger="live" id="quotes">
<script src="/spy.js"></script><script type="module" src="/static/portico/js/live.js"></script>"""
SPY = """window.heard = []; window.refreshed = [];
window.htmx = { trigger: (e, n) => refreshed.push(e.id + " " + n) };
document.addEventListener("portico:event", (e) => heard.push(e.detail.kind));"""


def pages(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    script = environ["PATH_INFO"] == "/spy.js"
    start_response("200 OK", [("Content-Type", "text/javascript" if script else "text/html"),
                              ("Content-Security-Policy", "default-src 'self'")])
    return [(SPY if script else PAGE).encode()]


class Site:
    def __init__(self) -> None:
        self.scope: LiveScope | None = LiveScope(TENANT, None, SESSION, frozenset({ACCOUNT}), False,
                                                 frozenset({"orders.*", "quotes.*"}), frozenset({ACCOUNT}))
        self.hub = Hub(self.silence, lambda _: self.scope, self.valid, check_s=0.5)
        static = Path(portico.__file__).parent / "static"
        refusals = Refusals(Themes([], []), SimpleNamespace(static_base="", secure=False))
        app = Application(WSGIBridge(pages), Assets({"portico": static}), AsyncRoutes(), self.hub, refusals,
                          apex_hosts=["localhost"], trusted_proxies=())
        self.server = Server(app, 2)
        self.socket = listen("127.0.0.1", 0)
        self.url = f"http://localhost:{self.socket.getsockname()[1]}/"
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],))

    async def silence(self) -> AsyncIterator[str | None]:
        self.loop = asyncio.get_running_loop()
        yield None
        await asyncio.Event().wait()

    def valid(self, sessions: list[UUID]) -> set[UUID]:
        return set(sessions)

    def streams(self) -> int:
        return sum(map(len, self.hub._sessions.values()))

    def publish(self, kind: str, subject: tuple[str, str]) -> None:
        message = {"tenant": str(TENANT), "account": str(ACCOUNT), "kind": kind, "subject": subject}
        self.loop.call_soon_threadsafe(self.hub.publish, json.dumps(message))


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    site.thread.start()
    wait_for(lambda: site.server.started)
    yield site
    site.server.should_exit = True
    site.thread.join(10)


@pytest.fixture
def browser(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    yield context
    context.close()


def wait_for(condition: Callable[[], bool], page: Page | None = None, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        page.wait_for_timeout(50) if page else time.sleep(0.05)


def wait_for_event(page: Page, kind: str) -> None:
    wait_for(lambda: kind in page.evaluate("heard"), page)


def open_tab(browser: BrowserContext, site: Site) -> Page:
    page = browser.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(site.url)
    return page


def test_all_tabs_hear_through_one_stream_that_outlives_its_tab(site: Site, browser: BrowserContext) -> None:
    first = open_tab(browser, site)
    wait_for(lambda: site.streams() == 1, first)
    second, third = open_tab(browser, site), open_tab(browser, site)
    third.wait_for_timeout(300)
    assert site.streams() == 1
    site.publish("orders.shipped", ("order", "8"))
    for page in (first, second, third):
        wait_for_event(page, "orders.shipped")
    first.close(run_before_unload=True)
    second.wait_for_timeout(300)
    wait_for(lambda: site.streams() == 1, second)
    site.publish("orders.paid", ("order", "8"))
    for page in (second, third):
        wait_for_event(page, "orders.paid")


def test_only_elements_that_show_the_subject_are_refreshed(site: Site, browser: BrowserContext) -> None:
    page = open_tab(browser, site)
    wait_for(lambda: site.streams() == 1, page)
    for _ in range(3):
        site.publish("orders.shipped", ("order", "8"))
    wait_for(lambda: page.evaluate("refreshed"), page)
    page.wait_for_timeout(300)
    assert page.evaluate("refreshed") == ["all live"]
    site.publish("orders.shipped", ("order", "7"))
    wait_for(lambda: "seven live" in page.evaluate("refreshed"), page)
    assert "quotes live" not in page.evaluate("refreshed")


def test_a_refused_stream_is_asked_for_again(site: Site, browser: BrowserContext) -> None:
    scope, site.scope = site.scope, None
    page = open_tab(browser, site)
    page.wait_for_timeout(500)
    assert site.streams() == 0
    site.scope = scope
    wait_for(lambda: site.streams() == 1, page)
    wait_for(lambda: "quotes live" in page.evaluate("refreshed"), page)
