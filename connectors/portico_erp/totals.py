"""Totals of lines: each line is rounded once, tax once per rate on the sum of its lines (EN 16931 BR-CO-10,
BR-CO-14).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from portico_erp.currencies import smallest_unit
from portico_erp.values import Totals


def line_total(quantity: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """The line's amount before tax, half up to the currency's smallest unit."""
    return (quantity * unit_price).quantize(smallest_unit(currency), ROUND_HALF_UP)


def totals(lines: Iterable[tuple[Decimal, Decimal, Decimal]], currency: str) -> Totals:
    """`lines`: (quantity, unit price before tax, tax rate in per cent)."""
    bases: dict[Decimal, Decimal] = {}
    for quantity, unit_price, rate in lines:
        bases[rate] = bases.get(rate, Decimal(0)) + line_total(quantity, unit_price, currency)
    unit = smallest_unit(currency)
    net = sum(bases.values(), Decimal(0)).quantize(unit)
    tax = sum(((base * rate / 100).quantize(unit, ROUND_HALF_UP) for rate, base in bases.items()), Decimal(0))
    return Totals(net, tax.quantize(unit), net + tax)
