from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.branding.colours import InvalidColourError, Oklch, contrast, normal
from portico.branding.tokens import DARK_SURFACES, LIGHT_SURFACES, brand_css, brand_digest, explain, palette

colours = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06X}")


@given(colours, st.booleans())
def test_every_brand_colour_gives_readable_text_and_visible_edges(colour: str, dark: bool) -> None:
    made = palette(colour, dark)
    surfaces = (*(DARK_SURFACES if dark else LIGHT_SURFACES), made.soft)
    assert contrast(made.on_fill, made.fill) >= 4.5
    assert contrast(made.on_fill, made.fill_hover) >= 4.5
    assert min(contrast(made.text, surface) for surface in surfaces) >= 4.5
    assert contrast(made.on_soft, made.soft) >= 4.5
    assert min(contrast(made.edge, surface) for surface in surfaces) >= 3


@given(colours)
def test_oklch_gives_back_the_colour_it_was_made_of(colour: str) -> None:
    back = Oklch.of(colour).hex()
    channels = [(int(colour[i : i + 2], 16), int(back[i : i + 2], 16)) for i in (1, 3, 5)]
    assert all(abs(one - other) <= 1 for one, other in channels)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000", "#FFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast("#FFFFFF", "#10B981") < 4.5  # why the accents carry no white text


def test_a_readable_colour_stays_as_it_is() -> None:
    made = palette("#1D4ED8")
    assert (made.fill, made.text) == ("#1D4ED8", "#1D4ED8")


def test_changes_are_explained() -> None:
    assert any("contrast" in note for note in explain("#FFFF00"))
    assert any("dark text" in note for note in explain("#FFFF00"))
    assert explain("#3366EE")[0].startswith("In dark mode")
    assert explain("#4D7CFE") != explain("#3366EE")


@pytest.mark.parametrize("wrong", ["", "red", "#12", "#12345G", "#123456; }", "url(x)"])
def test_what_is_no_colour_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidColourError):
        normal(wrong)


@pytest.mark.parametrize("stored", [None, {}, {"colour": "red; }"}, {"colour": None, "logo": "x"}])
def test_a_broken_brand_still_gives_a_stylesheet(stored: dict[str, str] | None) -> None:
    assert brand_css(stored) == brand_css({})


def test_the_stylesheet_holds_nothing_but_variables_and_its_digest_follows_it() -> None:
    css = brand_css({"colour": "#0F766E"}).decode()
    assert re.fullmatch(r":root\{(--brand-[a-z-]+:light-dark\(#[0-9A-F]{6},#[0-9A-F]{6}\);)+\}\n", css)
    assert brand_digest({"colour": "#0F766E"}) != brand_digest({"colour": "#0F766F"})


def test_the_design_system_names_the_surfaces_that_contrast_is_computed_for() -> None:
    from portico.branding.lookup import package_folder

    css = (package_folder("portico") / "static/portico/css/portico.css").read_text()
    used = dict(re.findall(r"--(page|card|raised|sunken|hover): light-dark\(([^)]+)\)", css))
    for light, dark in (value.split(", ") for value in used.values()):
        assert light in LIGHT_SURFACES
        assert dark in DARK_SURFACES


PAIRS = [
    (f"{kind}-text", surface)
    for kind in ("success", "warning", "error", "info", "neutral")
    for surface in (f"{kind}-soft", "page", "card")
] + [
    (text, surface)
    for text in ("text", "text-soft", "text-faint")
    for surface in ("page", "card", "sunken", "raised")
]


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize(("text", "surface"), PAIRS)
def test_colours_of_the_design_system_are_readable(text: str, surface: str, mode: int) -> None:
    from portico.branding.lookup import package_folder

    css = (package_folder("portico") / "static/portico/css/portico.css").read_text()
    values = {
        name: pair.split(", ") for name, pair in re.findall(r"--([a-z-]+): light-dark\((#[^)]+)\)", css)
    }
    assert contrast(values[text][mode], values[surface][mode]) >= 4.5
    assert contrast(values["line-strong"][mode], values["card"][mode]) >= 3
