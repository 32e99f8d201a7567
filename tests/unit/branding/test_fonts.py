"""Every font that can be chosen ships with its licence, is declared where it says, and is nobody else's to serve."""

from __future__ import annotations

import json
import re

import pytest

from portico.branding.fonts import FONTS, INTER, SYSTEM, font_css
from portico.branding.lookup import package_folder
from portico.branding.tokens import brand_css, brand_digest

STATIC = package_folder("portico") / "static"
OTHERS = [name for name in FONTS if name not in (INTER, SYSTEM)]


@pytest.mark.parametrize("name", OTHERS)
def test_its_files_are_there_and_declared(name: str) -> None:
    font = FONTS[name]
    declared = (STATIC / font.stylesheet).read_text()
    urls = set(re.findall(r'url\("\.\./fonts/([^"]+)"\)', declared))
    assert urls == {path.name for path in (STATIC / "portico/fonts").glob(f"{name}-*.woff2")}
    assert {one.rpartition("/")[2] for one in (font.latin, font.arabic) if one} <= urls
    [family] = set(re.findall(r'font-family: ("[^"]+");', declared))
    assert font.family.startswith(f"{family},")
    assert "http" not in declared, "from our own host alone"


@pytest.mark.parametrize("name", OTHERS)
def test_its_licence_is_beside_it(name: str) -> None:
    packages = json.loads((STATIC / "portico/vendor/manifest.json").read_text())["packages"]
    [package] = [one for one in packages if one["name"] == name]
    assert package["licence"] == "OFL-1.1"
    assert "SIL Open Font License, Version 1.1" in (STATIC / f"portico/vendor/licences/{name}.txt").read_text()


def test_the_usual_one_is_what_the_stylesheet_says_and_costs_nothing() -> None:
    css = (STATIC / "portico/css/portico.css").read_text()
    for name, value in re.findall(r"(--[a-z-]+):([^;]+);", font_css(INTER)):
        assert value == re.sub(r", ", ",", re.search(rf"\n  {name}: ([^;]+);", css)[1])  # type: ignore[index]
    assert brand_css({"font": INTER}) == brand_css({}) == brand_css({"font": "gone"})
    assert brand_digest({"font": "readex-pro"}) != brand_digest({})
