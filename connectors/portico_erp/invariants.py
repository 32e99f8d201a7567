"""Checks that the value types make on themselves, so that no absurd amount, date or code ever exists inside
the portal.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from portico_erp.currencies import DECIMALS, smallest_unit
from portico_erp.errors import InvalidValueError

LARGEST_AMOUNT = Decimal(10) ** 12
"""Exclusive bound of any price or total; the portal's money columns are numeric(18,4)."""
LARGEST_QUANTITY = Decimal(10) ** 9
_COUNTRY = re.compile(r"[A-Z]{2}")
LONGEST_CODE = 200
LONGEST_NAME = 500
LONGEST_TEXT = 20_000


def text(value: object, field: str, *, longest: int = LONGEST_NAME, empty: bool = False) -> None:
    if not isinstance(value, str):
        raise InvalidValueError(field, "missing", "a text is needed")
    if not empty and not value.strip():
        raise InvalidValueError(field, "missing", "must not be empty")
    if len(value) > longest:
        raise InvalidValueError(field, "too_long", f"longer than {longest} characters")
    if "\x00" in value:
        raise InvalidValueError(field, "not_a_choice", "holds a NUL character")


def optional_text(value: object, field: str, *, longest: int = LONGEST_NAME) -> None:
    if value is not None:
        text(value, field, longest=longest, empty=True)


def amount(value: object, field: str, *, signed: bool = False, below: Decimal = LARGEST_AMOUNT) -> None:
    """A finite Decimal, not negative unless `signed`, of magnitude under `below`."""
    if not isinstance(value, Decimal):
        raise InvalidValueError(
            field, "missing" if value is None else "not_a_number", "a decimal number is needed"
        )
    if not value.is_finite():
        raise InvalidValueError(field, "not_a_number", "is not a finite number")
    if value < 0 and not signed:
        raise InvalidValueError(field, "negative", "must not be negative")
    if abs(value) >= below:
        raise InvalidValueError(field, "too_large", f"{value:.3E} is implausibly large")


def quantity(value: object, field: str) -> None:
    amount(value, field, below=LARGEST_QUANTITY)
    if value == 0:
        raise InvalidValueError(field, "out_of_range", "must be greater than zero")


def positive(value: object, field: str) -> None:
    """A sum of money greater than zero."""
    amount(value, field)
    if value == 0:
        raise InvalidValueError(field, "out_of_range", "must be greater than zero")


def whole_units(value: Decimal, currency: str, field: str) -> None:
    """A sum that can really change hands: no fraction of the currency's smallest unit."""
    if value % smallest_unit(currency):
        raise InvalidValueError(field, "out_of_range", f"is no whole number of the smallest unit of {currency}")


def per_cent(value: object, field: str) -> None:
    amount(value, field, below=Decimal(101))
    if isinstance(value, Decimal) and value > 100:
        raise InvalidValueError(field, "out_of_range", "must be between 0 and 100")


def currency(value: object, field: str = "currency") -> None:
    if not isinstance(value, str) or value not in DECIMALS:
        raise InvalidValueError(field, "not_a_currency", "is not an ISO 4217 currency code")


def country(value: object, field: str = "country") -> None:
    """ISO 3166-1 alpha-2 in capitals, or empty = not said."""
    if not isinstance(value, str) or (value and not _COUNTRY.fullmatch(value)):
        raise InvalidValueError(field, "not_a_choice", "is no country code of two capital letters")


def day(value: object, field: str) -> None:
    """A day of the calendar; a point in time is none."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InvalidValueError(field, "missing", "a day is needed")


def optional_day(value: object, field: str) -> None:
    if value is not None:
        day(value, field)


def moment(value: object, field: str) -> None:
    """An aware point in time, already in UTC, so that equal moments are equal texts."""
    if not isinstance(value, datetime):
        raise InvalidValueError(field, "missing", "a point in time is needed")
    if value.tzinfo is None:
        raise InvalidValueError(field, "no_time_zone", "has no time zone")
    if value.utcoffset() != UTC.utcoffset(None):
        raise InvalidValueError(field, "no_time_zone", "must be given in UTC")


def optional_moment(value: object, field: str) -> None:
    if value is not None:
        moment(value, field)


def web_address(value: object, field: str) -> None:
    """None or an http(s) address: it becomes a link on a page, so `javascript:` must not pass."""
    if value is None:
        return
    text(value, field, longest=2_000)
    if not str(value).startswith(("https://", "http://")) or any(c in str(value) for c in '\r\n\t <>"'):
        raise InvalidValueError(field, "not_a_choice", "is not a web address")
