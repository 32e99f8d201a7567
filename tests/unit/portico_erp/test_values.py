"""Values refuse what must not exist in the portal; totals round where the rule says."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from portico_erp import deadline
from portico_erp.currencies import smallest_unit
from portico_erp.errors import InvalidValueError
from portico_erp.totals import totals
from portico_erp.values import Price, QuoteLine, Totals

PRICE = Price("material:1", Decimal(1), Decimal("0.10"), "EUR", None, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unit_price", 0.1),
        ("unit_price", Decimal("-1")),
        ("unit_price", Decimal("sNaN")),
        ("quantity", Decimal(0)),
        ("quantity", Decimal(10) ** 9),
        ("currency", "eur"),
        ("currency", "XXX"),
        ("as_of", datetime(2026, 1, 1)),
    ],
)
def test_price_refuses(field: str, value: object) -> None:
    with pytest.raises(InvalidValueError) as caught:
        replace(PRICE, **{field: value})
    assert caught.value.field == field


def test_line_without_price_asks_the_company_to_name_it() -> None:
    assert QuoteLine("material:1", "Steel", Decimal(1), "piece", None).unit_price is None


def test_totals_round_each_line_once_and_tax_once_per_rate() -> None:
    third = Decimal("0.333")
    lines = [(Decimal(1), third, Decimal(20))] * 3 + [(Decimal(2), Decimal("1.005"), Decimal("5.5"))]
    assert totals(lines, "EUR") == Totals(Decimal("3.00"), Decimal("0.31"), Decimal("3.31"))
    assert totals([(Decimal(1), Decimal("10.5"), Decimal(10))], "JPY").gross == Decimal(12)
    assert totals([], "EUR") == Totals(Decimal("0.00"), Decimal("0.00"), Decimal("0.00"))


@pytest.mark.parametrize(
    ("currency", "unit"), [("EUR", "0.01"), ("JPY", "1"), ("KWD", "0.001"), ("EGP", "0.01")]
)
def test_smallest_unit(currency: str, unit: str) -> None:
    assert smallest_unit(currency) == Decimal(unit)


def test_inner_time_limit_never_lengthens_the_outer() -> None:
    assert deadline.remaining_s(7) == 7
    with deadline.within(0.05), deadline.within(60):
        assert deadline.remaining_s() <= 0.05
        time.sleep(0.06)
        assert deadline.remaining_s() == 0
