"""The builder sends what stands on the screen or says why not; prices that changed and a company that is away are seen in it."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.site import Site
from tests.browser.test_quote_flow import STEEL, change_price, pick, saved

OTHER = "ST-SH-10"
HELD = re.compile(r"/quotes/[0-9a-f-]+/edit")


@pytest.fixture
def builder(site: Site, people: People) -> Page:
    """A new draft of Turinova's customer, in French, with one line."""
    page = people.page("customer", "turinova", "/quotes?lang=fr")
    page.locator("form[action$='/quotes/new'] button").first.click()
    page.wait_for_url(HELD)
    french_pick(page)
    return page


def french_pick(page: Page) -> None:
    page.locator("#picker input[type=search]").fill(STEEL)
    item = page.locator("#pick .item").filter(has_text=STEEL)
    expect(item).to_have_count(1)
    item.locator("form button[type=submit]").click()
    expect(line_of(page)).to_have_count(1)


def line_of(page: Page) -> Locator:
    return page.locator("#quote-lines .line").filter(has_text=STEEL)


def quantity(page: Page) -> Locator:
    return line_of(page).locator("[name=quantity]")


def held(page: Page) -> str:
    """The quantity that the server has."""
    page.reload()
    return quantity(page).input_value()


@pytest.mark.parametrize(("typed", "kept"), [("3,5", "3,5"), ("3.5", "3,5"), ("١٢٫٥", "12,5"), ("1 234", "1234")])
def test_a_quantity_typed_by_keyboard_is_the_one_that_counts(builder: Page, typed: str, kept: str) -> None:
    quantity(builder).select_text()
    builder.keyboard.type(typed)
    builder.keyboard.press("Tab")
    saved(builder)
    assert held(builder) == kept


@pytest.mark.parametrize("typed", ["-7", "0", "", "1e400", "1.234", "deux"])
def test_what_cannot_be_meant_is_told_and_keeps_the_quote_from_going(
    builder: Page, people: People, typed: str
) -> None:
    people.expected = ("422",)
    quantity(builder).fill("2")
    quantity(builder).press("Tab")
    saved(builder)
    quantity(builder).fill(typed)
    builder.locator("#quote-submit").click()  # at once: the field's own saving is still to come
    expect(line_of(builder).locator(".field-problem").first).not_to_be_empty()
    expect(quantity(builder)).to_have_attribute("aria-invalid", "true")
    expect(quantity(builder)).to_be_focused()
    expect(builder.locator("#quote-saved")).to_have_attribute("data-state", "failed")
    expect(builder.locator("#quote-conflict")).to_be_empty()
    assert HELD.search(builder.url)
    assert held(builder) == "2"


def test_what_was_typed_last_is_saved_before_the_quote_goes(builder: Page, site: Site) -> None:
    quantity(builder).fill("4")
    builder.locator("#po_number").fill("PO-LAST")
    builder.locator("#note").fill("typed last")
    builder.locator("#quote-submit").click()
    builder.wait_for_url(re.compile(r"/quotes/[0-9a-f-]+$"))
    expect(builder.locator("main")).to_contain_text("PO-LAST")
    expect(builder.locator("main")).to_contain_text("typed last")
    expect(builder.locator("main table").first).to_contain_text("4")


def test_steps_speak_the_readers_notation(builder: Page) -> None:
    quantity(builder).fill("2,5")
    line_of(builder).locator("[data-step='1']").click()
    expect(quantity(builder)).to_have_value("3,5")
    saved(builder)
    assert held(builder) == "3,5"


def test_a_changed_price_is_explained_in_the_draft_and_agreed_to_at_submit(builder: Page, site: Site, people: People) -> None:
    people.expected = ("409",)
    before = change_price(site, "turinova", "1177.00")
    try:
        quantity(builder).fill("3")
        quantity(builder).press("Tab")
        change = line_of(builder).locator(".line-change")
        expect(change).to_contain_text("L’entreprise a changé ce prix")
        expect(change).to_contain_text("1 177,00 €")
        builder.locator("#quote-submit").click()
        expect(builder.locator("h1")).to_contain_text("Des prix ont changé")
        builder.locator(".form-actions a").click()
        expect(line_of(builder).locator(".line-change")).to_contain_text("1 177,00 €")
    finally:
        change_price(site, "turinova", before)
    builder.reload()  # the company took it back: nothing is left to agree to
    expect(line_of(builder).locator(".line-change")).to_be_empty()
    expect(line_of(builder).locator(".price-live")).to_be_visible()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_company_that_is_away_is_said_where_the_lines_are(size: dict[str, int], site: Site, people: People) -> None:
    """And no script writes an inline style on the way: the console stays clean (see conftest)."""
    page = people.page("customer", "turinova", "/quotes?lang=en", viewport=size)
    page.clock.install()
    page.locator("form[action$='/quotes/new'] button").first.click()
    page.wait_for_url("**/edit")  # with its scripts
    pick(page, STEEL, phone=size is PHONE)
    with site.away("turinova"):
        page.reload()
        expect(page.locator("#draft-away")).to_contain_text("system is away")
        expect(page.locator("#draft-away")).to_be_visible()
        expect(line_of(page).locator(".price-note")).to_contain_text("not live: price of")
        expect(line_of(page).locator(".price-live")).to_have_count(0)
        quantity(page).fill("5")
        quantity(page).press("Tab")
        saved(page)
        pick(page, OTHER, phone=size is PHONE)  # at its last known price
        expect(page.locator("#draft-away")).to_be_visible()
    for _ in range(60):  # by itself, as often as it asks
        page.clock.fast_forward(10_000)
        if not page.locator("#draft-away").inner_html():
            break
        page.wait_for_timeout(500)
    expect(page.locator("#draft-away")).to_be_empty()
    expect(line_of(page).locator(".price-live")).to_be_visible()


def test_a_feature_that_is_switched_off_meanwhile_says_so(site: Site, people: People) -> None:
    people.expected = ("404",)
    page = people.page("customer", "nile", "/quotes?lang=en")
    page.locator("form[action$='/quotes/new'] button").first.click()
    page.wait_for_url(HELD)
    switch = "UPDATE tenant_plugin SET enabled = %s WHERE plugin = 'portico_quotes' AND tenant_id = (SELECT id FROM tenant WHERE slug = 'nile')"
    bump = "UPDATE tenant SET config_version = config_version + 1 WHERE slug = 'nile'"
    with site.superuser() as admin:
        admin.execute(switch, [False])
        admin.execute(bump)
    try:
        page.locator("#note").fill("too late")
        page.locator("#po_number").focus()
        expect(page.locator("#toasts")).to_contain_text("switched off")
        expect(page.locator("#quote-saved")).to_have_text("Not saved")
    finally:
        with site.superuser() as admin:
            admin.execute(switch, [True])
            admin.execute(bump)


def test_the_price_is_exact_to_the_cent_whatever_was_typed(builder: Page) -> None:
    quantity(builder).fill("0,5")
    quantity(builder).press("Tab")
    saved(builder)
    price = line_of(builder).locator(".line-price .money").first.inner_text()
    total = line_of(builder).locator(".line-sum").inner_text()
    assert amount(total) == (amount(price) / 2).quantize(Decimal("0.01"))


def amount(text: str) -> Decimal:
    return Decimal(re.sub(r"[^\d,]", "", text).replace(",", "."))


@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, PHONE], ids=["desk", "phone"])
def test_a_price_and_its_age_each_stand_on_one_line_in_the_picker(size: dict[str, int], people: People) -> None:
    page = people.page("customer", "turinova", "/quotes?lang=fr", viewport=size)
    page.locator("form[action$='/quotes/new'] button").first.click()
    page.wait_for_url(HELD)
    if size is PHONE:
        page.locator(".builder-open").first.click()
    expect(page.locator("#pick .price-live").first).to_be_visible()
    heights = page.locator("#pick .price-note").evaluate_all("notes => notes.map((one) => one.getBoundingClientRect().height)")
    assert heights
    assert max(heights) < 24


def test_codes_follow_each_other_by_keyboard_and_a_wrong_one_stays_to_be_mended(builder: Page, people: People) -> None:
    people.expected = ("422",)
    code = builder.locator(".code-entry [name=code]")
    code.fill(OTHER)
    builder.keyboard.press("Enter")
    expect(builder.locator("#quote-lines .line").filter(has_text=OTHER)).to_have_count(1)
    expect(code).to_have_value("")
    expect(code).to_be_focused()
    builder.keyboard.type("NO-SUCH-CODE")
    builder.keyboard.press("Enter")
    expect(builder.locator("#quote-conflict")).to_contain_text("Aucun article")
    expect(code).to_have_value("NO-SUCH-CODE")
