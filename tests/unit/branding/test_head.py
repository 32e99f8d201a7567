"""What pages share of <head> holds nothing of the person who happened to draw it first."""

from __future__ import annotations

import re
from typing import Any

TOKEN = re.compile(r'name="csrf-token" content="([0-9a-f]+)"')


def test_each_page_has_a_token_of_its_own_and_the_same_head(portal: Any) -> None:
    company = portal.company()
    first, second = company.customer(), company.customer()
    pages = [one.get("/notices").text for one in (first, first, second)]
    tokens = [TOKEN.search(page)[1] for page in pages]  # type: ignore[index]
    assert len(set(tokens)) == 3
    heads = {TOKEN.sub("", page[: page.index("<title>")]) for page in pages}
    assert len(heads) == 1


def test_heads_of_companies_and_languages_differ(portal: Any) -> None:
    red = portal.company(brand={"colour": "#B91C1C"}).customer()
    blue = portal.company(brand={"colour": "#1D4ED8"}).customer()
    brands = [re.findall(r"/brand/([0-9a-f]+)\.css", one.get("/notices").text) for one in (red, blue)]
    assert len(brands[0]) == 1
    assert brands[0] != brands[1]
    english, arabic = (red.get("/notices", {"lang": code}).text for code in ("en", "ar"))
    assert "clear-ltr.css" in english
    assert "clear-rtl.css" in arabic
