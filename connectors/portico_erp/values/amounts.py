"""Sums of money as documents state them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from portico_erp import invariants as check


@dataclass(frozen=True, slots=True)
class Totals:
    """As the ERP states them; `net` before tax, `gross` = what is to be paid."""

    net: Decimal
    tax: Decimal
    gross: Decimal

    def __post_init__(self) -> None:
        for name in ("net", "tax", "gross"):
            check.amount(getattr(self, name), name, signed=True)
