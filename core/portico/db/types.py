"""Column types and values that mean the same everywhere: exact money, aware UTC time, time-ordered ids."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator
from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562 §5.7): ids sort by time of creation."""
    return uuid7()


def as_id(text: object) -> uuid.UUID | None:
    """The id that a text writes; None for whatever writes none."""
    try:
        return uuid.UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None


def now() -> dt.datetime:
    """The current moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """timestamptz that refuses naive values and always gives UTC back."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a time without zone was given: {value!r}")
        return value

    def process_result_value(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        return None if value is None else value.astimezone(dt.UTC)


class Amount(TypeDecorator[Decimal]):
    """An exact amount of money or a unit price: numeric(18,4), never a float. The currency is a column of its own."""

    impl = sa.Numeric(18, 4, asdecimal=True)
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Any) -> Decimal | int | None:
        if isinstance(value, float):
            raise TypeError("money is Decimal, never float")
        return value


_LAST_PLACE = Decimal("0.0001")


def kept(value: Decimal) -> Decimal:
    """`value` as a column of amounts or quantities gives it back: its fifth decimal is rounded half away from zero.

    What a company says can be finer (a price without its tax, worked out). Whoever compares it with a row compares this, or it
    is another each time.
    """
    return value if value == (found := value.quantize(_LAST_PLACE, ROUND_HALF_UP)) else found


class Quantity(Amount):
    """How many of a unit: numeric(18,4), because cloth is sold by 0.25 m."""

    cache_ok = True
