"""What a contract comes to in all. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from portico_erp.values import ContractPer

_MONTHS = {ContractPer.MONTH.value: 1, ContractPer.QUARTER.value: 3, ContractPer.YEAR.value: 12}
OPEN_END = 12
"""Months that count of a contract that goes on until notice is given."""


def in_all(contract: Any) -> Decimal | None:
    """In the contract's currency, before tax: its value for each month, quarter or year that it begins, or of a year where one of
    its days is open. None: no value is agreed, as in a frame of prices. A renewal is another term.
    """
    size = _MONTHS.get(contract.per)
    if contract.value is None or size is None:
        return contract.value
    periods: int = -(-_months(contract.starts_on, contract.ends_on) // size)
    return contract.value * periods


def _months(first: Any, last: Any) -> int:
    """Those begun; a last day that is the first of the next month, or of the next year, begins none."""
    if first is None or last is None:
        return OPEN_END
    return max(1, (last.year - first.year) * 12 + last.month - first.month + (last.day > first.day))
