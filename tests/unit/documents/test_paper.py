"""The size of a company's paper, and colours that can be read on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.documents.setting import company

from portico.branding.brand import Brand
from portico.branding.colours import contrast
from portico.documents import paper
from portico.documents.texts import cleaned


@pytest.mark.parametrize(
    ("locale", "zone", "expected"),
    [("en", "Europe/Paris", "a4"), ("en", "America/New_York", "letter"), ("en", "US/Pacific", "letter"), ("fr", "America/Toronto", "letter"),
     ("en", "America/Sao_Paulo", "a4"), ("en-US", "Europe/Paris", "letter"), ("en_GB", "America/New_York", "a4"), ("ar", "Africa/Cairo", "a4"),
     ("es", "America/Mexico_City", "letter"), ("en", "UTC", "a4"), ("nonsense!", "Mars/Olympus", "a4")],
)  # fmt: skip
def test_the_usual_size_is_that_of_the_region(locale: str, zone: str, expected: str) -> None:
    assert paper.usual_size(locale, zone) == expected


def test_a_company_may_choose() -> None:
    assert paper.size(company(settings={"documents": {"paper": "letter"}})) == "letter"
    assert paper.size(company(settings={"documents": {"paper": "a0"}})) == "a4"
    assert paper.size(company(settings={"documents": "broken"})) == "a4"


@given(st.integers(0, 0xFFFFFF))
def test_every_colour_can_be_read_on_white(number: int) -> None:
    for name, colour in paper.print_palette(Brand(f"#{number:06X}")).items():
        assert contrast(colour, "#FFFFFF") >= paper.READABLE or name == "rule"


def test_texts_hold_nothing_that_turns_or_rings() -> None:
    given = {"a": "x\u202ey\u2066z\x07\x00\ud800", "b": ["tab\there", "line\r\nbreak"], "c": 3, "d": None, "e": ("e\u0301", True)}
    assert cleaned(given) == {"a": "xyz", "b": ["tab here", "line\nbreak"], "c": 3, "d": None, "e": ["é", True]}


@pytest.mark.parametrize("value", [1.5, object(), {"a": {2.5}}])
def test_what_is_no_data_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        cleaned(value)
