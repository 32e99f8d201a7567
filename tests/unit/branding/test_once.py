"""What pages share of their frame is of the same values, language and theme, and of nobody in particular."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from portico.branding.themes import Themes

PARTS = (
    '{% macro greeting(names) %}<p>{{ lang() }} {% for name in names %}{{ name }} {% endfor %}{{ count.append(1) or "" }}</p>{% endmacro %}'
    '{% macro token() %}{{ csrf_token() or "none" }}{% endmacro %}'
)
PAGES = {"page": "drawn_once(parts.greeting, names)", "mine": "drawn_once(parts.token)"}


@pytest.fixture
def drawn(tmp_path: Path) -> Any:
    """(draw, how often the macro ran)."""
    folder = tmp_path / "templates" / "sample"
    folder.mkdir(parents=True)
    (folder / "parts.jinja2").write_text(PARTS, encoding="utf-8")
    for name, drawn in PAGES.items():
        page = '{% import "sample/parts.jinja2" as parts %}{{ ' + drawn + " }}"
        (folder / f"{name}.jinja2").write_text(page, encoding="utf-8")
    themes = Themes({"sample": tmp_path}, {})
    ran: list[int] = []
    for environment in themes.environments.values():
        environment.globals["count"] = ran

    def draw(template: str = "sample/page.jinja2", locale: str = "en", request: Any = None, **values: Any) -> str:
        return themes.render(None, template, locale=locale, request=request, **values)

    return draw, ran


def test_the_same_values_are_drawn_once(drawn: Any) -> None:
    draw, ran = drawn
    assert draw(names=("Ann", "Bo")) == draw(names=("Ann", "Bo")) == "<p>en Ann Bo </p>"
    assert len(ran) == 1


def test_other_values_and_other_languages_are_drawn_anew(drawn: Any) -> None:
    draw, ran = drawn
    pages = [draw(names=("Ann",)), draw(names=("<b>",)), draw(locale="fr", names=("Ann",))]
    assert pages == ["<p>en Ann </p>", "<p>en &lt;b&gt; </p>", "<p>fr Ann </p>"]
    assert len(ran) == 3


def test_it_is_drawn_without_the_request(drawn: Any) -> None:
    draw, _ran = drawn
    assert draw("sample/mine.jinja2", request=object()) == "none"


def test_each_page_marks_its_own_place(portal: Any) -> None:
    company = portal.company(plugins=["portico_orders", "portico_quotes"])
    client = company.customer()
    for path in ("/orders", "/quotes", "/orders"):
        bars = re.findall(r'<nav class="(?:nav-top|tabbar)".*?</nav>', client.get(path).text, re.DOTALL)
        assert len(bars) == 2
        for bar in bars:
            assert re.findall(r'href="([^"]+)" aria-current="page"', bar) == [company.prefix + path]
