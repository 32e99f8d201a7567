"""Every page that each role can reach, by axe-core (WCAG 2.2 AA) and by checks of our own, at several widths."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.browser.conftest import People
from tests.browser.crawl import Found, crawl, page_routes
from tests.browser.looks import EXTENT, LOOKS, Look, selection
from tests.browser.site import Site

from portico.identity.permissions import PUBLIC

pytestmark = pytest.mark.timeout(3000 if EXTENT else 400)
HERE = Path(__file__).parent
SHOTS = os.environ.get("PORTICO_SHOTS")
"""A folder for a picture of every page in every look that is visited, for people to look at."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ROLES = ("anonymous", "customer", "agent", "admin")
WIDTHS = ((320, 1440), (390, 640))
"""Pages take turns, so that a walk sees all four; 640 px is what is left of 1280 at 200 %."""
NOT_PAGES = {
    "brand.css": "a style sheet", "brand.logo": "a picture", "brand.favicon": "a picture", "api.document": "JSON",
    "demo.mail_html": "a mail, shown in a frame", "identity.join": "members are sent on; test_flows goes there",
}
RUN_AXE = """async (options) => (await axe.run(document, options)).violations.filter((one) => {
    // What is half out of a row that scrolls sideways comes out when it is scrolled to.
    const scrolls = (el) => el && (getComputedStyle(el).overflowX === "auto" || scrolls(el.parentElement));
    if (one.id === "target-size") one.nodes = one.nodes.filter((node) => !scrolls(document.querySelector(node.target[0])));
    return one.nodes.length;
}).map((one) => one.id + ": " + one.help +
    one.nodes.slice(0, 3).map((node) => "\\n      " + node.target.join(" ") + "  " +
        (node.any[0]?.message ?? "")).join(""))"""


def settle(page: Page) -> None:
    expect(page.locator("main [aria-busy=true], .loading-bar.on")).to_have_count(0)


def arm(context: BrowserContext) -> None:
    """Every page of it brings axe and the checks along: a third of the time of sending them to each page anew."""
    context.add_init_script((HERE / "vendor/axe.min.js").read_text() + "\n" + (HERE / "checks.js").read_text())


def axe(page: Page, rules: list[str] | None = None) -> list[str]:
    run_only: dict[str, Any] = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    return [str(one) for one in page.evaluate(RUN_AXE, {"runOnly": run_only, "resultTypes": ["violations"]})]


def examine(page: Page, look: Look, number: int) -> list[str]:
    """Complaints about the page that is open."""
    complaints: list[str] = page.evaluate("[...porticoChecks.headings(), ...porticoChecks.small()]")
    complaints += axe(page)
    if not EXTENT:  # otherwise the other colours are a look of their own
        complaints += in_other_colours(page, look)
    for width in WIDTHS[number % 2]:
        page.set_viewport_size({"width": width, "height": 844})
        complaints += [f"at {width} px: {one}" for one in page.evaluate("[...porticoChecks.wide(), ...porticoChecks.cut()]")]
    return complaints


def in_other_colours(page: Page, look: Look) -> list[str]:
    other = {"light": "dark", "dark": "light"}[look.mode]
    page.evaluate(
        "(mode) => { document.documentElement.dataset.mode = mode; document.body.offsetWidth;"
        " return Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0))) }", other)
    return [f"{other}: {one}" for one in axe(page, ["color-contrast"])]


def pages_of(site: Site, people: People, role: str, slug: str) -> list[Found]:
    """What the role sees that others before it do not; one refusal stands for all."""
    found = [page for page in crawl(site, people, role, slug) if page.status == 200]
    public = {spec.name for spec in page_routes() if spec.permission == PUBLIC}
    if role != "anonymous":
        found = [page for page in found if page.route not in public]
    if slug and role in ("agent", "admin"):
        earlier = {page.route for page in pages_of(site, people, {"agent": "customer", "admin": "agent"}[role], slug)}
        found = [page for page in found if page.route not in earlier or page.path == "/"]
    return found


@pytest.mark.parametrize("role", ROLES)
def test_pages_are_accessible(role: str, site: Site, people: People) -> None:
    look_at(people, site, role, {look.company: pages_of(site, people, role, look.company) for look in LOOKS})


def test_the_apex_is_accessible(site: Site, people: People) -> None:
    for role in ("anonymous", "operator"):
        look_at(people, site, role, {"": pages_of(site, people, role, "")})


def look_at(people: People, site: Site, role: str, found: dict[str, list[Found]]) -> None:
    routes = sorted({page.route for pages in found.values() for page in pages})
    complaints, tabs = [], {}
    for index, route in enumerate(routes):
        for place, look in enumerate(selection(index)):
            slug = look.company if "" not in found else ""
            page = next((one for one in found[slug] if one.route == route), None)
            if page is None:
                continue
            key = (slug, look.language)
            if key not in tabs:
                tabs[key] = open_tab(people, site, role, *key)
            tab = tabs[key]
            tab.context.add_cookies([{"name": "portico_mode", "value": look.mode, "url": site.path(slug)}])
            tab.set_viewport_size({"width": look.width, "height": 900})
            tab.goto(site.path(slug, page.path))
            settle(tab)
            if SHOTS:
                tab.screenshot(path=f"{SHOTS}/{role} {route} {look}.png", full_page=True)
            complaints += [f"{role} {route} {page.path} ({look})\n    {one}" for one in examine(tab, look, index + place)]
    assert routes
    assert not complaints, "\n".join(complaints)


def open_tab(people: People, site: Site, role: str, slug: str, language: str) -> Page:
    context = people.browser(storage_state=None if role == "anonymous" else people.state(role, slug))
    context.add_cookies([{"name": "portico_lang", "value": language, "url": site.path(slug)}])
    arm(context)
    return context.new_page()
