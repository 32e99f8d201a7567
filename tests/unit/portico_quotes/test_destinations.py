"""Addresses as texts: of what was typed, and for who reads them."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest

from portico.errors import InvalidError
from portico_quotes import destinations

TYPED = {"name": " Depot ", "street": "  1  Quay \n\n Gate 4 ", "postcode": "69007", "city": "Lyon", "country": "FR"}


def test_what_is_typed_is_tidied_line_by_line() -> None:
    found = destinations.typed(TYPED)
    assert (found["id"], found["name"], found["street"], found["region"]) == (None, "Depot", "1 Quay\nGate 4", "")


def test_a_country_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidError) as caught:
        destinations.typed({"country": "ZZ"})
    assert list(caught.value.fields) == ["/delivery_address/country"]


def test_it_is_written_as_on_a_parcel_in_the_readers_language() -> None:
    stored = destinations.typed(TYPED)
    assert destinations.lines(stored, "fr") == ["Depot", "1 Quay", "Gate 4", "69007 Lyon", "France"]
    assert destinations.lines(stored, "ar")[-1] == "فرنسا"
    assert destinations.lines(destinations.typed({}), "en") == destinations.lines(None, "en") == []


def test_the_company_reads_only_what_was_said() -> None:
    nothing = SimpleNamespace(delivery_address=None, wanted_on=None)
    assert destinations.in_words(nothing, "en") == {}
    day = SimpleNamespace(delivery_address=destinations.typed({}), wanted_on=dt.date(2031, 5, 6))
    assert destinations.in_words(day, "fr") == {"wanted_on": "Souhaité le 6 mai 2031"}
