"""Tax by rate, as far as the lines say it. Pure.

The company's totals are what counts. The lines are split by rate only where they come to the same: an invoice with a discount on
the whole, or taxed line by line, says no more than its totals.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from portico_erp.currencies import smallest_unit


@dataclass(frozen=True)
class Rate:
    """rate: per cent. net: of the lines with this rate; tax: on it, rounded once (EN 16931 BR-CO-17)."""

    rate: Decimal
    net: Decimal
    tax: Decimal


def by_rate(lines: Iterable[Any], net: Decimal, tax: Decimal, currency: str) -> list[Rate]:
    """By rising rate; empty where the lines do not come to `net` and `tax`."""
    sums: dict[Decimal, Decimal] = {}
    for line in lines:
        sums[line.tax_rate] = sums.get(line.tax_rate, Decimal(0)) + line.total
    unit = smallest_unit(currency)
    found = [Rate(rate, one, (one * rate / 100).quantize(unit, ROUND_HALF_UP)) for rate, one in sorted(sums.items())]
    whole = (sum((one.net for one in found), Decimal(0)), sum((one.tax for one in found), Decimal(0)))
    return found if whole == (net, tax) else []
