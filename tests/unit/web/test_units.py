"""Units of measure: what companies write, and what people read in their language."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portico.branding.lookup import package_folder
from portico.web import units
from portico.web.catalogues import Catalogues

CATALOGUES = Catalogues.load({"portico": package_folder("portico")})


@pytest.mark.parametrize(("unit", "amount", "en", "fr", "ar"), [
    ("piece", "1", "piece", "pièce", "قطعة"),
    ("PCE", "2", "pieces", "pièces", "قطعة"),
    ("EA", "5", "pieces", "pièces", "قطع"),
    ("C62", "11", "pieces", "pièces", "قطعة"),
    ("pièce", "2", "pieces", "pièces", "قطعة"),
    ("hour", "1.5", "hours", "heure", "ساعة"),
    ("m2", "2.5", "m²", "m²", "م²"),
    ("KGM", "3", "kg", "kg", "كغ"),
    ("Bx.", "0", "boxes", "boîte", "علبة"),
    ("St", "4", "St", "St", "St"),
    ("Rolle 50 m", "4", "Rolle 50 m", "Rolle 50 m", "Rolle 50 m"),
    ("", "7", "", "", ""),
])
def test_a_unit_is_said_as_it_goes_with_the_quantity(unit: str, amount: str, en: str, fr: str, ar: str) -> None:
    said = [units.name(CATALOGUES.language(locale), unit, Decimal(amount)) for locale in ("en", "fr", "ar")]
    assert said == [en, fr, ar]


def test_every_known_unit_has_a_name_in_each_language() -> None:
    for unit in units.COUNTED:
        assert units.name(CATALOGUES.language("ar"), unit) != unit, unit
    assert set(units.COUNTED) | set(units.MEASURED) == {units.known(unit) for unit in (*units.COUNTED, *units.MEASURED)}


def test_no_word_means_two_units() -> None:
    words = [word for name, also in units._SAME.items() for word in {name, *also.split()}]
    assert sorted(words) == sorted(set(words))
