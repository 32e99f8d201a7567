"""Lines of a draft are put in order by keyboard, by button, by mouse and by finger, and nothing that is typed is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import DESK, PHONE, People
from tests.browser.test_autosave import draft
from tests.browser.test_quote_flow import STEEL, saved

SECOND, THIRD = "ST-SH-10", "ANOD"
DRAG = "Input.dispatchTouchEvent"


def built(people: People, size: Any = DESK) -> Page:
    page = draft(people.page("customer", "turinova", "/quotes?lang=en", viewport=size))
    for number, code in enumerate((STEEL, SECOND, THIRD), 1):
        page.locator(".code-entry [name=code]").fill(code)
        page.locator(".code-entry [name=code]").press("Enter")
        expect(page.locator("#lines > .line")).to_have_count(number)
    return page


def line(page: Page, code: str) -> Locator:
    return page.locator("#lines > .line").filter(has_text=code)


def in_order(page: Page, *codes: str) -> None:
    """As it is shown now, and as the server has it."""
    for _look in range(2):
        for place, code in enumerate(codes):
            expect(page.locator("#lines > .line").nth(place)).to_contain_text(code)
        saved(page)
        page.reload()


def test_by_keyboard_from_anywhere_in_a_line_with_what_is_typed_there(people: People) -> None:
    page = built(people)
    field = line(page, THIRD).locator(".line-note")
    field.fill("typed before it moved")
    field.press("Alt+ArrowUp")
    expect(page.locator("#lines > .line").nth(1)).to_contain_text(THIRD)
    expect(field).to_be_focused()
    expect(page.locator("#line-placed")).to_contain_text("is in place 2 of 3 now.")
    field.press("Alt+ArrowUp")
    expect(page.locator("#lines > .line").first).to_contain_text(THIRD)
    expect(field).to_be_focused()
    in_order(page, THIRD, STEEL, SECOND)
    expect(field).to_have_value("typed before it moved")
    quantity = line(page, THIRD).locator("[data-quantity]")
    quantity.press("Alt+ArrowDown")
    expect(page.locator("#lines > .line").nth(1)).to_contain_text(THIRD)
    expect(quantity).to_have_value("1")  # the arrow alone would have made it another


def test_by_button_which_keeps_the_focus(people: People) -> None:
    page = built(people)
    down = line(page, STEEL).locator(".line-move button").last
    down.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#lines > .line").nth(1)).to_contain_text(STEEL)
    expect(down).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#lines > .line").nth(2)).to_contain_text(STEEL)
    in_order(page, SECOND, THIRD, STEEL)


def test_by_dragging_with_the_mouse_and_not_when_it_is_given_up(people: People) -> None:
    page = built(people)
    grip, first = line(page, THIRD).locator("[data-grip]"), line(page, STEEL)
    for given_up in (True, False):
        grip.hover()
        page.mouse.down()
        box = first.bounding_box()
        assert box
        page.mouse.move(box["x"] + 40, box["y"] + 6, steps=5)
        expect(first).to_have_class("line line-drop-before")
        if given_up:
            page.keyboard.press("Escape")
        page.mouse.up()
        expect(page.locator(".line-dragged, .line-drop-before, .line-drop-after")).to_have_count(0)
    in_order(page, THIRD, STEEL, SECOND)


def test_by_dragging_with_a_finger(people: People) -> None:
    page = built(people, PHONE)
    grip = line(page, STEEL).locator("[data-grip]")
    grip.scroll_into_view_if_needed()
    start, target = grip.bounding_box(), line(page, SECOND).bounding_box()
    assert start
    assert target
    touch = page.context.new_cdp_session(page)
    x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    below = target["y"] + target["height"] - 8
    touch.send(DRAG, {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 6):
        touch.send(DRAG, {"type": "touchMove", "touchPoints": [{"x": x, "y": y + (below - y) * step / 5}]})
    expect(line(page, THIRD)).to_have_class("line line-drop-before")
    touch.send(DRAG, {"type": "touchEnd", "touchPoints": []})
    in_order(page, SECOND, STEEL, THIRD)


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_of_two_windows_the_later_one_is_told(people: People, language: str) -> None:
    people.expected = ("422",)
    page = built(people)
    other = page.context.new_page()
    other.goto(f"{page.url}?lang={language}")
    line(page, STEEL).locator(".line-note").press("Alt+ArrowDown")
    expect(page.locator("#lines > .line").nth(1)).to_contain_text(STEEL)
    saved(page)
    line(other, STEEL).locator(".line-note").press("Alt+ArrowDown")
    expect(other.locator("#quote-conflict")).not_to_be_empty()
    expect(other.locator("#lines > .line").first).to_contain_text(STEEL)
