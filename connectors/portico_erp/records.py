"""Answers of web interfaces → the plain values of the contract. Pure, and no record makes it crash: what cannot be read is an
InvalidValueError, which `attempt` turns into the record's problem.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, TypeVar

from portico_erp.errors import InvalidValueError
from portico_erp.flaws import say
from portico_erp.values import ItemKind, Problem

Record = Mapping[str, Any]
T = TypeVar("T")
SECRET = frozenset({"claim_code"})


def attempt(ref: Any, record: Record, build: Callable[[], T]) -> T | Problem:
    """What `build` returns, or the record's problem in a sentence with what was read beside it."""
    try:
        return build()
    except InvalidValueError as error:
        return Problem(str(ref)[:200], error.code, say(error), payload(record))


def split(results: Iterable[T | Problem]) -> tuple[list[T], list[Problem]]:
    good, bad = list[T](), list[Problem]()
    for result in results:
        if isinstance(result, Problem):
            bad.append(result)
        else:
            good.append(result)
    return good, bad


def payload(record: Record) -> dict[str, Any]:
    """The record as JSON-able texts, long ones cut; a claim code is a secret and stays out."""
    return {
        str(name)[:100]: None if value is None else str(value)[:200]
        for name, value in list(record.items())[:60]
        if name not in SECRET
    }


def item_ref(kind: Any, code: Any) -> str:
    """How connectors whose systems tell kinds apart name an item: "material:STEEL-1"."""
    return f"{kind}:{code}"


def parse_item_ref(ref: str) -> tuple[str, str] | None:
    """(kind, code), or None for a text that is no such reference."""
    kind, colon, code = ref.partition(":")
    known = kind in {member.value for member in ItemKind}
    return (kind, code) if colon and code and known and "\x00" not in code else None


def number(value: Any, field: str) -> Decimal:
    """Out of a JSON number, or out of its text; a float passes by its shortest text, never by its bits."""
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            value = Decimal(value if isinstance(value, int) else str(value).strip())
        except InvalidOperation as error:
            raise InvalidValueError(field, "not_a_number", "a number is needed") from error
    if not isinstance(value, Decimal):
        raise InvalidValueError(field, "missing" if value is None else "not_a_number", "a number is needed")
    return value


_NOISE, _LARGEST = Decimal("0.000001"), Decimal(10) ** 15


def measured(value: Any, field: str) -> Decimal:
    """A number of a system that keeps binary floats, sometimes worked out: what lies beyond six decimals is their noise."""
    found = number(value, field)
    if not found.is_finite() or abs(found) >= _LARGEST:
        return found
    rounded = found.quantize(_NOISE, ROUND_HALF_UP).normalize()
    return rounded if int(rounded.as_tuple().exponent) <= 0 else rounded.quantize(Decimal(1))


def plain(value: Any) -> str:
    """A text of several lines out of one that may be HTML; what has no tag is taken as it is."""
    said = text(value, "note")
    if not re.search(r"<[a-zA-Z/][^>]*>", said):
        return said
    lines = re.sub(r"(?i)<br\s*/?>|</(p|div|li)>", "\n", said)
    return html.unescape(re.sub(r"<[^>]*>", "", lines)).strip()


def text(value: Any, field: str, default: str = "") -> str:
    """A text; a number is one too, as keys are often numbers. None is the default."""
    if value is None or value is False:
        return default
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return str(value)
    raise InvalidValueError(field, "not_a_choice", "a text is needed")


def moment(value: Any, field: str, *, naive: bool = False) -> datetime:
    """An ISO 8601 text → aware UTC. naive: a time without a zone is UTC; else it is an error."""
    if value is None or value is False:
        raise InvalidValueError(field, "missing", "a point in time is needed")
    try:
        found = datetime.fromisoformat(str(value))
        if found.tzinfo is None:
            if not naive:
                raise InvalidValueError(field, "no_time_zone", "has no time zone")
            found = found.replace(tzinfo=UTC)
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, InvalidValueError):
            raise
        raise InvalidValueError(field, "out_of_range", "a point in time is needed") from error


def optional_moment(value: Any, field: str, *, naive: bool = False) -> datetime | None:
    return None if value is None or value is False else moment(value, field, naive=naive)


def day(value: Any, field: str) -> date | None:
    if value is None or value is False:
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise InvalidValueError(field, "out_of_range", "a date is needed") from error


def choice(enum: Callable[[Any], T], value: Any, field: str) -> T:
    try:
        return enum(value)
    except ValueError as error:
        raise InvalidValueError(field, "not_a_choice", "is not one of the known values") from error


def records(value: Any, field: str) -> Sequence[Record]:
    """A list of objects, as lines come."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise InvalidValueError(field, "missing" if value is None else "not_a_choice", "a list is needed")
    return value
