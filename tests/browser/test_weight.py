"""What a first visit costs: bytes over the wire and requests with an empty cache, as the browser counts them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import People
from tests.browser.site import PASSWORD, Site

BY_EVENT_ONLY = "/notices/badge"  # the dashboard brings the bell's number itself
MOST_BYTES, MOST_REQUESTS = 150_000, 10


@dataclass
class Traffic:
    """encodedDataLength of each finished request, headers included. The live stream never finishes: it is not counted, as
    it brings the page nothing; nor is what an event of the demo's worker makes the page ask for once more."""

    bytes: dict[str, int] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, page: Page) -> Traffic:
        seen, cdp = cls(), page.context.new_cdp_session(page)
        cdp.on("Network.requestWillBeSent", seen._asked)
        cdp.on("Network.loadingFinished", seen._finished)
        cdp.send("Network.enable")
        cdp.send("Network.setCacheDisabled", {"cacheDisabled": False})
        return seen

    def _asked(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            self.urls[event["requestId"]] = event["request"]["url"]

    def _finished(self, event: dict[str, Any]) -> None:
        url = self.urls.get(event["requestId"])
        again = url is not None and (url.endswith(BY_EVENT_ONLY) or url in {self.urls[one] for one in self.bytes})
        if url is not None and not again:
            self.bytes[event["requestId"]] = int(event["encodedDataLength"])

    def table(self, title: str) -> str:
        lines = [f"{size:8,}  {self.urls[key]}" for key, size in self.bytes.items()]
        return "\n".join([f"{title}: {len(self.bytes)} requests, {sum(self.bytes.values()):,} bytes", *lines])


@pytest.mark.parametrize("slug", ["regency", "turinova", "nile"])
def test_the_first_page_is_light(slug: str, site: Site, people: People, capsys: pytest.CaptureFixture[str]) -> None:
    """The dashboard of somebody who is signed in, with nothing in the cache; and on the way, the sign-in."""
    state = people.state("customer", slug)
    page = people.browser(storage_state=state).new_page()
    traffic = Traffic.of(page)
    page.goto(site.path(slug))
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)
    page.wait_for_timeout(500)
    report = traffic.table(f"dashboard of {slug}")
    with capsys.disabled():
        print("\n" + report)
    assert len(traffic.bytes) <= MOST_REQUESTS, report
    assert sum(traffic.bytes.values()) <= MOST_BYTES, report


def test_signing_in_leaves_little_to_fetch(site: Site, people: People, capsys: pytest.CaptureFixture[str]) -> None:
    page = people.browser().new_page()
    traffic = Traffic.of(page)
    page.goto(site.path("regency", "/sign-in"))
    page.locator("input[name=email]").fill("customer@regency.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url(site.path("regency"))
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)
    page.wait_for_timeout(500)
    report = traffic.table("sign-in and dashboard")
    with capsys.disabled():
        print("\n" + report)
    assert sum(traffic.bytes.values()) <= MOST_BYTES, report


def test_a_card_that_the_first_view_does_without_comes_once_the_page_is_used(people: People) -> None:
    page = people.page("customer", "turinova", viewport={"width": 1280, "height": 1600})
    card = page.locator(".widget-later")
    expect(card).to_be_visible()
    page.mouse.move(20, 20)
    expect(card.locator(".skeleton")).to_have_count(0)
    expect(card.locator("[hx-get]")).not_to_be_empty()
