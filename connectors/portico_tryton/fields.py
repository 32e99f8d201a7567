"""What stands in a record of Tryton, field by field, as the contract's values want it; the record's problem where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar

from portico_erp import flaws
from portico_erp.errors import InvalidValueError
from portico_erp.values import Problem
from portico_tryton.words import FIELDS

Record = Mapping[str, Any]
T = TypeVar("T")


def attempt(ref: str, record: Record, build: Callable[[], T]) -> T | Problem:
    """What `build` returns, or the record's problem in a sentence with the record beside it."""
    try:
        return build()
    except InvalidValueError as error:
        return Problem(ref[:200], error.code, flaws.say(error, FIELDS), payload(record))


def split(results: Sequence[T | Problem]) -> tuple[list[T], list[Problem]]:
    good = [result for result in results if not isinstance(result, Problem)]
    return good, [result for result in results if isinstance(result, Problem)]


def payload(record: Record) -> dict[str, Any]:
    """The record's own fields as JSON-able texts, long ones cut; identifiers may be claim codes and stay out."""
    return {
        str(name): None if value is None else str(value)[:200]
        for name, value in record.items()
        if not name.endswith(".")
    }


def one_of(record: Record, name: str) -> Record:
    found = record.get(f"{name}.")
    return found if isinstance(found, dict) else {}


def many_of(record: Record, name: str) -> list[Record]:
    found = record.get(f"{name}.")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def number(value: Any, field: str) -> Decimal:
    """A Decimal; Tryton's quantities are floats and pass by their shortest text, never by their bits."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    raise InvalidValueError(field, "missing" if value is None else "not_a_number", "a number is needed")


def day(value: Any, field: str) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise InvalidValueError(field, "out_of_range", "a date is needed")


def noon(value: Any, field: str) -> datetime | None:
    """A moment for a day without one: noon in UTC, which is that same day nearly everywhere."""
    found = day(value, field)
    return None if found is None else datetime.combine(found, time(12), UTC)


def rate(ids: Iterable[int], taxes: Mapping[int, Record], depth: int = 3) -> Decimal:
    """The per cent of these taxes together; one that is made of others counts by those."""
    total = Decimal(0)
    for one in ids:
        tax = taxes.get(one, {})
        if tax.get("type") == "percentage" and isinstance(tax.get("rate"), Decimal):
            total += tax["rate"] * 100
        elif tax.get("childs") and depth:
            total += rate(tax["childs"], taxes, depth - 1)
    return total.normalize() + 0


def product_taxes(record: Record) -> tuple[int, ...]:
    return tuple(one_of(record, "account_category").get("customer_taxes_used") or ())


def unit(record: Record, name: str) -> str:
    return str(one_of(record, name).get("symbol") or "")
