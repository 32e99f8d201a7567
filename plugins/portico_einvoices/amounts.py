"""Decimals as EN 16931 wants them: exact, rounded once and half up, never in exponents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal, localcontext

from portico_erp.currencies import smallest_unit

CENT = Decimal("0.01")
MOST_DIGITS = 18
"""Of quantities and prices: XML Schema promises 18 digits of a decimal to whoever reads it."""


@contextmanager
def exact() -> Iterator[None]:
    """No product of what the contract admits is rounded in here."""
    with localcontext() as context:
        context.prec = 200
        yield


def unit_of(currency: str) -> Decimal:
    """What amounts are rounded to: the currency's smallest unit, and a hundredth where that is smaller still (BR-DEC-*)."""
    return max(smallest_unit(currency), CENT)


def rounded(value: Decimal, unit: Decimal) -> Decimal:
    return value.quantize(unit, ROUND_HALF_UP).quantize(CENT)


def is_cents(value: Decimal) -> bool:
    """Whether two decimals are enough for it."""
    return value == value.quantize(CENT, ROUND_HALF_UP)


def written(value: Decimal) -> str:
    """All of its digits, none too many: 1.5, 100, 0."""
    if value == 0:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: Decimal) -> str:
    """Two decimals; the caller has rounded."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text


def is_short(value: Decimal) -> bool:
    return len(written(abs(value)).replace(".", "")) <= MOST_DIGITS
