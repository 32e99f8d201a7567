"""An administrator words a mail: seen while it is typed, at a desk and on a phone, from the left and from the right."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.site import Site
from tests.browser.test_accessibility import arm, axe

WORDS = {
    "en": ("Parcel {number} left", "Dear {recipient}, <b>look</b>", "Parcel SO-1042 left", "Dear Alex Martin, <b>look</b>"),
    "fr": ("Colis {number} parti", "Cher {recipient}, <b>voilà</b>", "Colis SO-1042 parti", "Cher Camille Martin, <b>voilà</b>"),
    "ar": ("طرد {number} غادر", "عزيزي {recipient}، <b>انظر</b>", "طرد SO-1042 غادر", "عزيزي سامي حداد، <b>انظر</b>"),
}


def complaints(page: Page) -> list[str]:
    found: list[str] = page.evaluate("[...porticoChecks.headings(), ...porticoChecks.small(), ...porticoChecks.wide(), ...porticoChecks.cut()]")
    return found + axe(page)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize(("slug", "language"), [("regency", "en"), ("turinova", "fr"), ("nile", "ar")])
def test_a_mail_is_worded_seen_and_taken_back(slug: str, language: str, size: dict[str, int], site: Site, people: People) -> None:
    context = people.browser(storage_state=people.state("admin", slug), viewport=size)
    arm(context)
    page = context.new_page()
    page.goto(site.path(slug, f"/admin/emails?lang={language}"))
    assert complaints(page) == []
    link = page.locator(f"a[href$='/admin/emails/orders.shipped.account/{language}']")
    link.click()
    subject, opening, seen_subject, seen_opening = WORDS[language]
    page.locator("#email-subject").fill(subject)
    page.locator("#email-opening").fill(opening)
    expect(page.locator("#preview strong bdi")).to_have_text(seen_subject)
    expect(page.locator("#preview pre")).to_contain_text(seen_opening)
    mail = page.locator("#preview iframe").content_frame
    expect(mail.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    expect(mail.locator("p").first).to_have_text(seen_opening)
    assert complaints(page) == []
    page.locator("#email-opening").fill("{nobody}")
    expect(page.locator("#preview [role=status] li")).to_contain_text("{nobody}")
    page.locator("#email-opening").fill(opening)
    page.locator("#email button[type=submit]").click()
    expect(page.locator("#email-subject")).to_have_value(subject)
    expect(page.locator("details.ask")).to_be_visible()
    page.locator("details.ask summary").click()
    assert complaints(page) == []
    page.locator("details.ask button").click()
    expect(page.locator("details.ask")).to_have_count(0)
    expect(page.locator("#email-subject")).to_have_value("")
