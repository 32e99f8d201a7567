"""Forms of identifiers, and units of measure."""

from __future__ import annotations

import pytest

from portico_einvoices import codes, units
from portico_einvoices.seller import COUNTRIES


@pytest.mark.parametrize("text", ["DE89370400440532013000", "GB82WEST12345698765432", "FR1420041010050500013M02606", "EG380019000500000000263180002"])
def test_ibans(text: str) -> None:
    assert codes.is_iban(text)
    assert not codes.is_iban(text[:-1] + ("1" if text[-1] != "1" else "2"))
    assert not codes.is_iban(text[:4] + text[5:])


@pytest.mark.parametrize("text", ["", "DE", "DE8937040044053201300", "de89370400440532013000", "DE89 3704 0044 0532 0130 00", "DE8937040044053201300٠"])
def test_what_is_no_iban(text: str) -> None:
    assert not codes.is_iban(text)


def test_every_change_of_two_neighbours_is_found() -> None:
    good = "DE89370400440532013000"
    for at in range(2, len(good) - 1):
        swapped = good[:at] + good[at + 1] + good[at] + good[at + 2 :]
        assert swapped == good or not codes.is_iban(swapped)


def test_vat_ids_begin_with_a_country() -> None:
    for good in ("DE123456789", "EL123456789", "XI123456789", "FRXX999999999", "EG123456"):
        assert codes.is_vat_id(good, COUNTRIES)
    for bad in ("123456789", "ZZ123456789", "DE", "DE1", "DE 12345", "de123456789"):
        assert not codes.is_vat_id(bad, COUNTRIES)


def test_bic() -> None:
    assert codes.is_bic("COBADEFF")
    assert codes.is_bic("COBADEFFXXX")
    assert not codes.is_bic("COBADEFFXX")


def test_units_of_all_languages_have_codes() -> None:
    assert [units.code(one) for one in ("piece", "Stk", "pcs", "heure", "kg", "m²", "ساعة", "")] == [
        "H87", "C62", "H87", "HUR", "KGM", "MTK", "HUR", "C62",
    ]  # fmt: skip
