"""Quantities and texts as people and programs send them."""

from __future__ import annotations

import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import colander
import pytest

from portico.web.i18n import translate
from portico_quotes import fields


def quantity(value: Any) -> Any:
    return fields.quantity().deserialize(value)


def typed(locale: str, value: str) -> Any:
    """As a form of a reader of that locale sends it."""
    request = SimpleNamespace(locale_name=locale, path_info="/quotes/1/lines")
    return fields.quantity("Enter a quantity.").bind(request=request).deserialize(value)


@pytest.mark.parametrize(("given", "meant"), [
    ("2", "2"), ("0.0001", "0.0001"), ("999999", "999999"), (" 1.5 ", "1.5"), (3, "3"), (Decimal("2.5"), "2.5"),
    ("1e3", "1000"),
])
def test_quantities_are_read(given: Any, meant: str) -> None:
    assert quantity(given) == Decimal(meant)


@pytest.mark.parametrize("given", ["0", "-1", "1,5", "1 000", "0.00001", "999999.5", "1000000", "1e999999999", "1e-999999999", "NaN", "Infinity", "-Infinity",
                                   "abc", "1,5,5", "", None, True, [], {}, "9" * 1_000_000, "\x00", "1\u0000", "--1"])
def test_absurd_quantities_are_refused(given: Any) -> None:
    with pytest.raises(colander.Invalid):
        quantity(colander.null if given in ("", None) else given)


@pytest.mark.parametrize(("locale", "given", "meant"), [
    ("fr", "3,5", "3.5"), ("en", "3,5", "3.5"), ("fr", "1 234,5", "1234.5"), ("ar", "١٢٫٥", "12.5"), ("en", "1,234", "1234"),
])
def test_a_form_is_read_as_its_reader_writes(locale: str, given: str, meant: str) -> None:
    assert typed(locale, given) == Decimal(meant)


@pytest.mark.parametrize(("locale", "given", "said"), [
    ("fr", "1.234", "two ways. Write 1234, or 1,234."),
    ("fr", "deux", "Write it like 2,5."),
    ("en", "-7", "more than zero"),
    ("en", "1e400", "Write it like 2.5."),
    ("en", "9" * 5000, "not a number"),
    ("ar", "٠", "more than zero"),
    ("fr", "", "Enter a quantity"),
    ("fr", "0,00001", "4 decimal places"),
    ("fr", "1 000 000", "At most 999 999"),
])
def test_what_a_form_cannot_mean_is_explained(locale: str, given: str, said: str) -> None:
    with pytest.raises(colander.Invalid) as refused:
        typed(locale, given)
    assert said in translate("en", refused.value.msg)


def test_longest_note_passes_and_one_more_does_not() -> None:
    note = fields.text(10, missing="")
    assert note.deserialize("é" * 10) == "é" * 10
    with pytest.raises(colander.Invalid):
        note.deserialize("é" * 11)


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\x1b[31m", "a\x7f"])
def test_what_no_database_keeps_is_refused(text: str) -> None:
    with pytest.raises(colander.Invalid):
        fields.text(100).deserialize(text)


def test_lines_and_tabs_are_fine_and_a_line_ends_with_one_character() -> None:
    assert fields.text(100).deserialize("a\r\nb\tc") == "a\nb\tc"
    assert len(fields.text(4).deserialize("a\r\nb\r\n")) == 4  # as the page counts it


@pytest.mark.parametrize(("given", "fits"), [("2.5", True), ("1e3", True), ("-1", False), ("1,5", False), ("\u0663", False), ("--1", False)])
def test_what_is_published_of_a_quantity_is_what_is_taken(given: str, fits: bool) -> None:
    published = fields.QuantityType.published
    assert bool(re.fullmatch(published["pattern"], given, re.ASCII)) is fits
    assert (published["exclusiveMinimum"], published["maximum"], published["type"]) == (0, 999_999, ["string", "number"])
    if fits:
        assert quantity(given) > 0
    else:
        with pytest.raises(colander.Invalid):
            quantity(given)
