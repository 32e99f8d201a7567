"""What each step of a walk through the pages has to keep, whatever the language and the width."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import PHONE, People
from tests.browser.site import Site
from tests.browser.test_accessibility import arm, axe, settle
from tests.browser.test_translations import Strangers, left_in_english
from tests.browser.words import Words

SHOTS = os.environ.get("PORTICO_SHOTS")
DESK = {"width": 1280, "height": 800}
WIDTHS = {"desk": DESK, "phone": PHONE}
COMPANIES = {"en": "regency", "fr": "turinova", "ar": "nile"}
WALKS = [(language, width) for language in COMPANIES for width in WIDTHS]
PLACES = {"en": "en-GB", "fr": "fr-FR", "ar": "ar-EG"}
"""What a browser of such a reader asks for."""
NAMES = {"en": ("Wanda Walker", "Olga Other"), "fr": ("Wanda Walker", "Olga Other"), "ar": ("وليد السيد", "منى حسن")}
KEPT = """() => [...porticoChecks.headings(), ...porticoChecks.small(), ...porticoChecks.wide(), ...porticoChecks.cut()]"""


@dataclass
class Walk:
    """A way through pages in one language and at one width; on a phone in dark colours. Company, names of two people and
    notes fit the language."""

    site: Site
    people: People
    language: str
    width: str
    slug: str = ""
    steps: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    """Words on the pages that are nobody's to translate: names given during the walk."""

    def __post_init__(self) -> None:
        self.slug = self.slug or COMPANIES[self.language]
        self.name, self.other = NAMES[self.language]
        self.known += [self.name, self.other]

    def browser(self, state: Any = None, **options: Any) -> Page:
        """A new browser of this language and width. state: that of somebody who is signed in."""
        colours = "dark" if self.width == "phone" else "light"
        looks = {"viewport": WIDTHS[self.width], "locale": PLACES[self.language], "color_scheme": colours}
        context = self.people.browser(storage_state=state, **looks | options)
        context.add_cookies([{"name": "portico_lang", "value": self.language, "url": self.site.path(self.slug)}])
        arm(context)
        return context.new_page()

    def at(self, path: str) -> str:
        return self.site.path(self.slug, path)

    def look(self, page: Page, step: str, focus: Locator | None = None) -> None:
        """focus: where it has to be after this step; None: a new page, which is begun at its top."""
        settle(page)
        direction = "rtl" if self.language == "ar" else "ltr"
        expect(page.locator(f"html[lang={self.language}][dir={direction}]")).to_have_count(1)
        if focus is not None:
            expect(focus).to_be_focused()
        if SHOTS:
            self.steps.append(step)
            name = f"{self.language}-{self.width}-{step}.png"
            page.screenshot(path=str(Path(SHOTS) / name), full_page=True)
        complaints = [*page.evaluate(KEPT), *axe(page), *self.foreign(page)]
        if focus is None:
            complaints += begun_at_the_top(page)
        elif not (found := page.evaluate("porticoChecks.focused()")) or not found["inside"] or found["covered"]:
            complaints.append(f"the focus is out of sight: {found}")
        assert not complaints, f"{step}: " + "\n".join(complaints)

    def foreign(self, page: Page) -> list[str]:
        """Texts in another language than the reader's; each side of a colon is read by itself."""
        if self.language == "en":
            return []
        found = []
        for where, text in Words.of(page.content(), self.language):
            for known in self.known:
                text = text.replace(known, "·")
            if any(is_foreign(self.site, self.slug, self.language, one) for one in re.split(r"\s?: ", text)):
                found.append(f"not in {self.language}: {where} {text!r}")
        return found


@lru_cache(None)
def is_foreign(site: Site, slug: str, language: str, text: str) -> bool:
    """Kept: most texts stand on every page."""
    if left_in_english(language).matches(text):
        return True
    return all(Strangers(site, slug, language, late=late).part_of(text) is not None for late in (False, True))


def begun_at_the_top(page: Page) -> list[str]:
    """The first press of the tab key on a new page offers to go past its head."""
    page.keyboard.press("Tab")
    first = str(page.evaluate("document.activeElement.className"))
    page.evaluate("document.activeElement.blur()")
    return [] if first == "skip-link" else [f"the first stop of the tab key is not the skip link: {first!r}"]


def submit(page: Page) -> None:
    page.locator("main form.form button[type=submit]").last.click()


def ask_and_confirm(walk: Walk, page: Page, opener: Locator, step: str) -> None:
    """A question in a dialog: it takes the focus, gives it back when it is left by the Escape key, and is answered."""
    opener.click()
    dialog = page.locator("dialog[open]")
    walk.look(page, step, dialog.locator("button").first)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    opener.click()
    dialog.locator("form[method=post] button[type=submit]").click()
    expect(dialog).to_have_count(0)
