"""Tryton's JSON: Decimals, dates, times and bytes are objects that name their class. Pure."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

_GZIP = b"\x1f\x8b"


def encode(value: Any) -> bytes:
    """Aware times are turned to UTC, in which Tryton's have no zone. Raises TypeError for what Tryton has no class for."""
    return json.dumps(value, default=_object, ensure_ascii=False, allow_nan=False).encode()


def decode(body: bytes, most_bytes: int) -> Any:
    """Times come back aware, in UTC. Raises ValueError for what is no such JSON.

    Tryton writes the header of a compressed answer over long plain ones too, so the body alone decides.
    """
    if body.startswith(_GZIP):
        body = _inflated(body, most_bytes)
    try:
        return json.loads(body, object_hook=_value, parse_constant=_no_number)
    except (KeyError, TypeError, RecursionError, OverflowError, InvalidOperation) as error:
        raise ValueError("no JSON of Tryton's") from error


def _inflated(body: bytes, most_bytes: int) -> bytes:
    try:
        plain = zlib.decompressobj(wbits=31).decompress(body, most_bytes + 1)
    except (zlib.error, gzip.BadGzipFile) as error:
        raise ValueError("no gzip") from error
    if len(plain) > most_bytes:
        raise ValueError("too large")
    return plain


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _object(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        return {"__class__": "datetime", **{name: getattr(moment, name) for name in names}}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    if isinstance(value, timedelta):
        return {"__class__": "timedelta", "seconds": value.total_seconds()}
    if isinstance(value, bytes):
        return {"__class__": "bytes", "base64": base64.encodebytes(value).decode("ascii")}
    raise TypeError(f"{type(value).__name__} has no class in Tryton's JSON")


def _value(found: dict[str, Any]) -> Any:
    read = _CLASSES.get(found.get("__class__", ""))
    return found if read is None else read(found)


def _datetime(found: Mapping[str, Any]) -> datetime:
    day, clock = ("year", "month", "day"), ("hour", "minute", "second", "microsecond")
    return datetime.combine(date(*(found[one] for one in day)), time(*(found[one] for one in clock)), UTC)


_CLASSES: dict[str, Any] = {
    "Decimal": lambda found: Decimal(found["decimal"]),
    "datetime": _datetime,
    "date": lambda found: date(found["year"], found["month"], found["day"]),
    "time": lambda found: time(found["hour"], found["minute"], found["second"], found["microsecond"]),
    "timedelta": lambda found: timedelta(seconds=found["seconds"]),
    "bytes": lambda found: base64.b64decode(found["base64"]),
}
