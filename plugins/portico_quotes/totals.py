"""Exact totals of a quote, with the tax of each rate.

The rule is EN 16931 (BR-CO-10, BR-CO-14): a line is quantity × unit price, rounded half up once to the currency's
smallest unit; tax is computed once per rate on the sum of its lines, and rounded half up once. Decimal throughout.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from portico_erp.currencies import smallest_unit
from portico_erp.invariants import LARGEST_AMOUNT
from portico_erp.totals import line_total

__all__ = ["Breakdown", "Tax", "line_total", "plausible", "total"]


@dataclass(frozen=True, slots=True)
class Tax:
    """rate: per cent. base: the sum of the rate's lines before tax."""

    rate: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Breakdown:
    """net: before tax. gross: what is to be paid. taxes: one per rate, lowest first."""

    net: Decimal
    taxes: tuple[Tax, ...]
    tax: Decimal
    gross: Decimal


def total(lines: Iterable[tuple[Decimal, Decimal | None, Decimal]], currency: str) -> Breakdown:
    """`lines`: (quantity, unit price before tax or None where the company is asked for it, tax rate in per cent)."""
    unit = smallest_unit(currency)
    bases: dict[Decimal, Decimal] = {}
    for quantity, price, rate in lines:
        if price is not None:
            bases[rate] = bases.get(rate, Decimal(0)) + line_total(quantity, price, currency)
    taxes = tuple(
        Tax(rate, base, (base * rate / 100).quantize(unit, ROUND_HALF_UP))
        for rate, base in sorted(bases.items())
    )
    net = sum((one.base for one in taxes), Decimal(0)).quantize(unit)
    tax = sum((one.amount for one in taxes), Decimal(0)).quantize(unit)
    return Breakdown(net, taxes, tax, net + tax)


def plausible(quantity: Decimal, price: Decimal) -> bool:
    """Whether a line stays below what any amount may be; the columns of portal and company hold no more."""
    return quantity * price < LARGEST_AMOUNT
