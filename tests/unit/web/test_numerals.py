"""Numbers as people of three languages type them, and those that could mean two."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.web import formats, numerals
from portico.web.i18n import translate
from portico.web.numerals import AmbiguousNumberError, NotANumberError


@pytest.mark.parametrize(
    ("locale", "text", "meant"),
    [
        ("en", "3,5", "3.5"),  # a European in an English portal: no group has one digit
        ("en", "3.5", "3.5"),
        ("en", "1,234", "1234"),
        ("en", "1,234.5", "1234.5"),
        ("en", "0,500", "0.5"),
        ("en", "1.234,5", "1234.5"),
        ("fr", "3,5", "3.5"),
        ("fr", "3.5", "3.5"),
        ("fr", "1,234", "1.234"),
        ("fr", "1 234,5", "1234.5"),
        ("fr", "1\u202f234,5", "1234.5"),
        ("fr", "1\u00a0234\u2009567", "1234567"),
        ("fr", "1.234.567", "1234567"),
        ("de", "1.234", "1234"),
        ("de", "1.234,5", "1234.5"),
        ("de", "1.5", "1.5"),
        ("de-CH", "1’234.5", "1234.5"),
        ("ar", "٣٫٥", "3.5"),
        ("ar", "١٬٢٣٤٫٥", "1234.5"),
        ("ar", "۱۲", "12"),
        ("ar", "3٫5", "3.5"),
        ("ar", "٣،٥", "3.5"),
        ("ar", "\u200f12\u200e", "12"),
        ("fr", " 7 ", "7"),
        ("fr", "−2", "-2"),
        ("fr", "+2", "2"),
        ("en", ".5", "0.5"),
        ("en", "007", "7"),
        ("ja", "１２", "12"),
        ("fr", "1'234", "1234"),  # an apostrophe only ever groups
    ],
)
def test_a_number_is_read_in_the_readers_notation(locale: str, text: str, meant: str) -> None:
    assert numerals.read(locale, text) == Decimal(meant)


@pytest.mark.parametrize(("locale", "text"), [("fr", "1.234"), ("fr", "-12.345"), ("pl", "1.234")])
def test_two_meanings_are_asked_back_with_both_spelt_out(locale: str, text: str) -> None:
    with pytest.raises(AmbiguousNumberError) as asked:
        numerals.read(locale, text)
    whole, fraction = asked.value.whole, asked.value.fraction
    assert whole == fraction * 1000
    told = translate("en", asked.value.question(locale, text))
    assert formats.editable(locale, whole) in told
    assert formats.editable(locale, fraction) in told
    assert numerals.read(locale, formats.editable(locale, fraction)) == fraction


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "1.2.3", "1,2,3", "1,5,5", "1 5", "12 34", "1e5", "1e400", "NaN", "∞", "٠٫", "5,", "--1", "+-1", "1-", "½",
     "1.234,567.8", "1,23,456.7.8", "0x10", "1_000", "\x00", "9" * 41, "1 234.567,8", "٣٫٥٫١", ",", "'"],
)
@pytest.mark.parametrize("locale", ["en", "fr", "ar"])
def test_what_is_no_number_is_none(locale: str, text: str) -> None:
    with pytest.raises(NotANumberError):
        numerals.read(locale, text)


@given(st.decimals(min_value=0, max_value=999999, places=4), st.sampled_from(["en", "fr", "ar", "de", "pl", "hi"]))
def test_what_we_write_is_read_back_as_it_was(value: Decimal, locale: str) -> None:
    assert numerals.read(locale, formats.editable(locale, value)) == value
    if locale != "hi":
        assert numerals.read(locale, formats.number(locale, value)) == value


@given(st.text(max_size=45))
def test_any_text_is_a_number_or_one_of_the_two_errors(text: str) -> None:
    try:
        assert numerals.read("fr", text).is_finite()
    except (NotANumberError, AmbiguousNumberError):
        pass
