"""A colleague is invited, comes in, orders above their limit, and is let to: on a desk and a phone, in three languages (TEN-5)."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.site import Site
from tests.browser.test_accessibility import arm, axe

PASSWORD = "a sentence to remember"
SIZES = {"desk": {"viewport": DESK}, "phone": {"viewport": PHONE, "color_scheme": "dark"}}
LANGUAGES = {"regency": "en-GB", "turinova": "fr-FR", "nile": "ar-EG"}


def looked_at(page: Page) -> None:
    """What axe says of a page that no crawl comes by, and whether anything is wider than the screen."""
    page.wait_for_load_state("networkidle")  # axe takes a while, and a page that goes away takes it along
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")


def invitation(page: Page, site: Site, slug: str, email: str) -> str:
    page.goto(site.path(slug, "/demo/mail"))
    mail = page.locator("li").filter(has_text=email).get_by_role("link")
    for _ in range(120):  # the worker writes it
        if mail.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    mail.first.click()
    link = page.frame_locator("iframe").locator("a[href*='/invitation?token=']").first
    link.wait_for()
    return str(link.get_attribute("href"))


def invite(owner: Page, email: str) -> None:
    owner.locator("a[href$='/invite']").click()
    owner.locator("input[name=email]").fill(email)
    owner.locator("input[name=role][value=purchaser]").check()
    owner.locator("input[name=reach][value=own]").check()
    owner.locator("input[name=limit]").fill("1")
    looked_at(owner)
    owner.locator("main form.form button[type=submit]").click()
    expect(owner.locator("#organisation")).to_contain_text(email)


def join(people: People, link: str, name: str, options: Any) -> Page:
    page = people.browser(**options).new_page()
    arm(page.context)
    page.goto(link)
    looked_at(page)
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url(lambda url: "/invitation" not in url)
    return page


def ask_for_what_is_too_much(buyer: Page, site: Site, slug: str) -> str:
    """The address of the quote that waits."""
    buyer.goto(site.path(slug, "/catalogue"))
    buyer.locator("form[action$='/catalogue/add'] button[type=submit]").first.click()
    buyer.locator("#quote-added a").click()
    buyer.wait_for_url("**/edit")
    expect(buyer.locator("#quote-lines .line")).to_have_count(1)
    buyer.locator("#quote-submit").click()
    note = buyer.locator("textarea[name=note]")
    expect(note).to_be_visible()
    looked_at(buyer)
    note.fill("Friday")
    buyer.locator("main form.form button[type=submit]").click()
    buyer.wait_for_url(re.compile(r"/quotes/[0-9a-f-]+$"))
    expect(buyer.locator("main a[href*='/approvals/']")).to_be_visible()
    return buyer.url


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("slug", LANGUAGES)
def test_from_the_invitation_to_what_a_colleague_approved(slug: str, size: str, site: Site, people: People) -> None:
    people.expected = ("409",)  # above the limit
    options, name = SIZES[size] | {"locale": LANGUAGES[slug]}, f"Nora {secrets.token_hex(3)}"
    email = f"colleague-{secrets.token_hex(4)}@example.com"
    owner = people.page("customer", slug, "/organisation", **options)
    arm(owner.context)
    owner.reload()
    expect(owner.locator("html")).to_have_attribute("lang", LANGUAGES[slug][:2])
    invite(owner, email)
    buyer = join(people, invitation(people.browser(**options).new_page(), site, slug, email), name, options)
    owner.goto(site.path(slug, "/organisation"))
    expect(owner.locator("#organisation")).to_contain_text(name)
    expect(buyer.locator("html")).to_have_attribute("lang", LANGUAGES[slug][:2])
    quote = ask_for_what_is_too_much(buyer, site, slug)

    owner.goto(site.path(slug, "/approvals"))
    looked_at(owner)
    owner.locator("tbody tr").filter(has_text=name).locator("a").click()
    expect(owner.locator("main")).to_contain_text("Friday")
    looked_at(owner)
    owner.locator("button[data-dialog-open=approve]").click()
    expect(owner.locator("dialog#approve[open]")).to_be_visible()
    owner.locator("dialog#approve [data-dialog-close]").click()
    expect(owner.locator("button[data-dialog-open=approve]")).to_be_visible()
    owner.locator("button[data-dialog-open=approve]").click()
    owner.locator("dialog#approve[open] button[type=submit]").click()
    expect(owner.locator("form[action$='/approve']")).to_have_count(0)
    expect(owner.locator("main")).to_contain_text(name)

    buyer.goto(quote)
    expect(buyer.locator("main a[href*='/approvals/']")).to_have_count(0)
    expect(buyer.locator("main .quote-way")).to_be_visible()
    notices = site.path(slug, "/notices")
    for _ in range(120):  # a job tells
        buyer.goto(notices)
        if buyer.locator("main a[href*='/approvals/'], main form[action*='/notices/']").count():
            break
        buyer.wait_for_timeout(250)
    expect(buyer.locator("main")).to_contain_text(re.compile("Approved|Approuvé|الموافقة"))


def test_a_removed_colleague_is_out_with_the_next_click(site: Site, people: People) -> None:
    slug, email = "regency", f"colleague-{secrets.token_hex(4)}@example.com"
    owner = people.page("customer", slug, "/organisation")
    arm(owner.context)
    owner.reload()
    invite(owner, email)
    colleague = join(people, invitation(people.browser().new_page(), site, slug, email), "Rhoda Removed", {})
    colleague.goto(site.path(slug, "/quotes"))
    owner.goto(site.path(slug, "/organisation"))
    owner.locator("tr").filter(has_text=email).locator("a").click()
    owner.locator("button[data-dialog-open=remove]").click()
    owner.locator("dialog#remove button[type=submit]").click()
    expect(owner.locator("#organisation")).not_to_contain_text(email)
    colleague.reload()
    colleague.wait_for_url("**/join*")
