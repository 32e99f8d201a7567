"""Fixtures of the browser tests. A console error, a script error, a refusal by the content security policy or an answer
of 500 and above fails whichever test meets it.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.browser.records import records
from tests.browser.site import PASSWORD, Site
from tests.together import BROWSER

from portico.pluginhost import toggles

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync"]
MUST_RUN = os.environ.get("CI") == "true" or os.environ.get("PORTICO_TESTS_MUST_RUN") == "1"
PATIENCE_MS = 30_000
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A group of them in one worker: they share an installation, and some change it; see tests/together.py. As the largest
    groups they are begun first."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.enable_socket)
            item.add_marker(pytest.mark.timeout(600))  # the first has to start the installation


class _Loop:
    """Playwright marks its event loop as running in this thread as long as its browser lives, and every `asyncio.run`
    of another test in this process would be refused: so the mark is taken away between tests of the browser.
    """

    loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def mark(cls) -> None:
        asyncio._set_running_loop(cls.loop)

    @classmethod
    def put_away(cls) -> None:
        asyncio._set_running_loop(None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None and not MUST_RUN:
        pytest.skip("there is no Chromium on this machine (apt-get install chromium)")
    assert path, "there is no Chromium on this machine, and these tests must run"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        _Loop.loop = asyncio.get_running_loop()
        expect.set_options(timeout=PATIENCE_MS)
        yield browser
        _Loop.mark()
        browser.close()
    _Loop.loop = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """Nothing of a browser waits to be collected in the middle of a test of something else."""
    result = yield
    if nextitem is None or "tests/browser/" not in nextitem.nodeid:
        gc.collect()
    _Loop.put_away()
    return result


@pytest.fixture(autouse=True)
def _browser_loop(chromium: Browser) -> Iterator[None]:
    _Loop.mark()
    yield
    _Loop.put_away()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    with ExitStack() as stack:
        if request.config.getoption("loadgroup", default=False):
            stack.enter_context(one_of_the_groups(tmp_path_factory.getbasetemp().parent))
        try:
            site.start()
            yield site
        finally:
            site.stop()


@contextmanager
def one_of_the_groups(folder: Path) -> Iterator[None]:
    """Of all workers of this run: one more than there are groups would show that tests which share a site are not kept
    together."""
    for number in range(len(BROWSER)):
        with (folder / f"site-{number}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield
            return
    pytest.fail("more workers run tests of the browser than there are groups of them")


class People:
    """Browsers of this test, and what went wrong in them. Signing in happens once per person and session of tests."""

    sessions: dict[tuple[str, str], Any] = {}

    def __init__(self, chromium: Browser, site: Site) -> None:
        self.chromium, self.site = chromium, site
        self.contexts: list[BrowserContext] = []
        self.problems: list[str] = []
        self.expected: tuple[str, ...] = ()

    def browser(self, **options: Any) -> BrowserContext:
        """A new browser, signed in nowhere."""
        context = self.chromium.new_context(**{"viewport": DESK, "reduced_motion": "reduce", "locale": "en-GB"} | options)
        context.set_default_timeout(PATIENCE_MS)
        context.on("page", self._watch)
        self.contexts.append(context)
        return context

    def anonymous(self, path: str, **options: Any) -> Page:
        page = self.browser(**options).new_page()
        page.goto(self.site.url + path)
        return page

    def page(self, role: str, slug: str, path: str = "/", **options: Any) -> Page:
        """A page of somebody who is signed in: customer, agent or admin of a company, or the operator.
        Or "specimen", the owner of an organisation that has what the demo's customer lacks."""
        page = self.browser(storage_state=self.state(role, slug), **options).new_page()
        page.goto(self.site.path(slug, path))
        return page

    def fresh(self, role: str, slug: str, path: str = "/", **options: Any) -> Page:
        """As `page`, in a session of its own, which the test may end."""
        page = self.browser(**options).new_page()
        sign_in(page, self.site.path(slug, "/sign-in"), f"{role}@{slug}.example")
        page.goto(self.site.path(slug, path))
        return page

    def state(self, role: str, slug: str) -> Any:
        key = (role, "" if role == "operator" else slug)
        if role == "specimen":
            return records(self.site, slug).state
        if key not in self.sessions:
            page = self.browser().new_page()
            address = "operator@portico.example" if role == "operator" else f"{role}@{slug}.example"
            sign_in(page, self.site.path(key[1], "/sign-in"), address)
            self.sessions[key] = page.context.storage_state()
            page.context.close()
        return self.sessions[key]

    def cookies(self, role: str, slug: str) -> dict[str, str]:
        if role == "anonymous":
            return {}
        return {one["name"]: one["value"] for one in self.state(role, slug)["cookies"] if one["name"] == "portico"}

    def close(self) -> None:
        for context in self.contexts:
            context.close()

    def _watch(self, page: Page) -> None:
        page.on("console", lambda m: self._note(f"console: {m.text} ({m.location.get('url')})") if m.type == "error" else None)
        page.on("pageerror", lambda error: self._note(f"script: {error}"))
        page.on("response", lambda r: self._note(f"{r.status} {r.url}") if r.status >= 500 else None)

    def _note(self, problem: str) -> None:
        self.problems.append(problem)


@pytest.fixture
def unsigned(site: Site) -> Iterator[None]:
    """The demo's company that asks for signatures takes answers without, as the others do."""
    turn = partial(set_plugin, site, "turinova", "portico_signatures")
    turn(on=False)
    yield
    turn(on=True)


def set_plugin(site: Site, slug: str, plugin: str, on: bool) -> None:
    with site.system(slug) as db:
        toggles.switch(db, site.parts, plugin, on, also=True)


@pytest.fixture
def people(chromium: Browser, site: Site) -> Iterator[People]:
    """`people.expected`: words of console messages that a test provokes, such as a wrong password's 401."""
    site.forget_attempts()  # all browsers of the tests are one address, which may try only so often in a quarter of an hour
    people = People(chromium, site)
    yield people
    people.close()
    unexpected = [problem for problem in people.problems if not any(words in problem for words in people.expected)]
    assert not unexpected, "\n".join(unexpected)


def sign_in(page: Page, address: str, email: str, password: str = PASSWORD) -> None:
    page.goto(address)
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
