"""Every page that each role can reach, by axe-core (WCAG 2.2 AA) and by checks of our own, at several widths."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.browser.conftest import People
from tests.browser.crawl import Found, crawl, page_routes, route_of
from tests.browser.looks import EXTENT, LOOKS, Look, selection
from tests.browser.site import COMPANIES, Site

from portico.identity.permissions import PUBLIC

pytestmark = pytest.mark.timeout(3000 if EXTENT else 400)
HERE = Path(__file__).parent
SHOTS = os.environ.get("PORTICO_SHOTS")
"""A folder for a picture of every page in every look that is visited, for people to look at."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ROLES = ("anonymous", "customer", "specimen", "agent", "admin")
EARLIER = {"specimen": "customer", "agent": "customer", "admin": "agent"}
"""Whose pages a role is not asked to look at again."""
WIDTHS = ((320, 1440), (390, 640))
"""Pages take turns, so that a walk sees all four; 640 px is what is left of 1280 at 200 %."""
NOT_PAGES = {
    "admin.brand_preview_css": "a style sheet", "brand.css": "a style sheet", "brand.logo": "a picture", "brand.favicon": "a picture",
    "quotes.file_picture": "a picture", "quotes.file": "a download", "companydb.mapping_file": "a download",
    "quotes.pdf": "a download", "quotes.version_pdf": "a download", "orders.confirmation": "a download", "contracts.document": "a download",
    "invoices.document": "a download", "invoices.latest": "leads on to an invoice",
    "orders.expected": "a download", "payments.receipt": "a download", "payments.statement_pdf": "a download",
    "einvoices.ubl": "a download", "einvoices.facturx": "a download",
    "signatures.document": "a download", "signatures.file": "a download",
    "identity.data_file": "a download", "api.document": "JSON", "identity.saml_metadata": "XML",
    "demo.mail_html": "a mail, shown in a frame", "admin.email_frame": "a mail, shown in a frame",
    "identity.sso_start": "sends on", "identity.sso_callback": "sends on", "identity.sso_leave": "sends on",
    "identity.handoff_arrive": "sends on",
}
"""Why they have nothing that people read."""
SHOWN_BY = {
    "identity.second_factor": "test_walks.py", "admin.sso_rules": "test_sso.py", "identity.join": "test_flows.py", "identity.handoff": "test_handoff.py",
    "quotes.by_link": "test_mail_links.py", "signatures.detail": "test_signing.py", "signatures.verified": "test_signing.py",
    "einvoices.overview": "test_einvoices.py", "einvoices.company": "test_einvoices.py", "einvoices.customers": "test_einvoices.py",
    "einvoices.customer": "test_einvoices.py",
}
"""What it takes more to come to than a link: the module that goes there."""
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
    if slug and role in EARLIER:
        earlier = {page.route for page in pages_of(site, people, EARLIER[role], slug)}
        found = [page for page in found if page.route not in earlier or page.path == "/"]
    return found


def test_every_page_is_visited_by_somebody(site: Site, people: People) -> None:
    crawled = [page for slug in COMPANIES for role in ROLES for page in crawl(site, people, role, slug)]
    crawled += [page for role in ("anonymous", "operator") for page in crawl(site, people, role, "")]
    unseen = {spec.name: spec.pattern for spec in page_routes()}
    for page in crawled:
        if page.status == 200:
            unseen.pop(page.route, None)
    assert unseen.keys() == NOT_PAGES.keys() | SHOWN_BY.keys()
    for name, module in SHOWN_BY.items():
        assert unseen[name] in (HERE / module).read_text(), f"{module} does not go to {unseen[name]}"


@pytest.mark.parametrize("role", ROLES)
def test_pages_are_accessible(role: str, site: Site, people: People) -> None:
    look_at(people, site, role, {look.company: pages_of(site, people, role, look.company) for look in LOOKS})


def test_the_apex_is_accessible(site: Site, people: People) -> None:
    for role in ("anonymous", "operator"):
        look_at(people, site, role, {"": pages_of(site, people, role, "")})


def look_at(people: People, site: Site, role: str, found: dict[str, list[Found]]) -> None:
    routes = sorted({page.route for pages in found.values() for page in pages})
    complaints, tabs = [], {}
    site.prove_everybody()
    for index, route in enumerate(routes):
        for place, (look, page) in enumerate(shown(found, route, index)):
            slug = look.company if "" not in found else ""
            key = (slug, look.language)
            if key not in tabs:
                tabs[key] = open_tab(people, site, role, *key)
            tab = tabs[key]
            tab.context.add_cookies([{"name": "portico_mode", "value": look.mode, "url": site.path(slug)}])
            tab.set_viewport_size({"width": look.width, "height": 900})
            tab.goto(site.path(slug, page.path))
            settle(tab)
            if route_of(urlsplit(tab.url).path.removeprefix(f"/c/{slug}" if slug else ""), bool(slug)) != route:
                complaints.append(f"{role} {route} {page.path} ({look}) led to {tab.url}")
            if SHOTS:
                tab.screenshot(path=f"{SHOTS}/{role} {route} {look}.png", full_page=True)
            complaints += [f"{role} {route} {page.path} ({look})\n    {one}" for one in examine(tab, look, index + place)]
    assert routes
    assert not complaints, "\n".join(complaints)


def shown(found: dict[str, list[Found]], route: str, index: int) -> list[tuple[Look, Found]]:
    """The looks in which a page is examined: those of its number, or the next of a company that has the page."""
    pages = {slug: one for slug in found for one in reversed(found[slug]) if one.route == route}
    having = {look: pages[slug] for look in LOOKS if (slug := look.company if "" not in found else "") in pages}
    wanted = [(look, having[look]) for look in selection(index) if look in having]
    return wanted or [list(having.items())[index % len(having)]]


def open_tab(people: People, site: Site, role: str, slug: str, language: str) -> Page:
    context = people.browser(storage_state=None if role == "anonymous" else people.state(role, slug))
    context.add_cookies([{"name": "portico_lang", "value": language, "url": site.path(slug)}])
    arm(context)
    return context.new_page()
