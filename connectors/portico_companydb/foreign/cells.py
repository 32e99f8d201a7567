"""Cells of somebody else's database → texts, numbers, days and moments. Pure; whatever a cell holds, it either becomes a value
or an InvalidValueError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from portico_companydb.foreign.document import Cell, Condition
from portico_companydb.foreign.entities import BOOLEAN, DAY, MOMENT, NUMBER, FieldKind
from portico_erp.errors import InvalidValueError

Row = Mapping[str, Any]
Lookups = Mapping[Any, Mapping[str, Any]]

_YES = frozenset({"1", "a", "j", "ja", "o", "oui", "s", "si", "sí", "t", "true", "x", "y", "yes"})
_NO = frozenset({"", "0", "f", "false", "i", "n", "nein", "no", "non"})
_NEVER = {"0001-01-01", "9999-12-31", "99999999", "9999999", "99991231", "00010101", "0000-00-00", "00.00.0000"}
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_OURS = Cell()  # how a value that stands in the mapping itself is read
_PLACES = Decimal("0.0001")
_FORMATS = {"yyyymmdd": "%Y%m%d", "ddmmyyyy": "%d%m%Y", "mmddyyyy": "%m%d%Y", "yyyyddd": "%Y%j", "yymmdd": "%y%m%d"}
_WIDTHS = {"yyyymmdd": 8, "ddmmyyyy": 8, "mmddyyyy": 8, "yyyyddd": 7, "yymmdd": 6}


class NotAssignedError(InvalidValueError):
    """A word of theirs that the mapping says nothing about."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(field, "not_assigned", f"{value!r} is not assigned")
        self.value = value


def text(raw: Any) -> str | None:
    """What people would read in a cell, without blanks at either end. None: there is nothing."""
    if raw is None or isinstance(raw, str):
        found = raw
    elif isinstance(raw, bool):
        found = "1" if raw else "0"
    elif isinstance(raw, Decimal):
        found = format(raw.normalize(), "f") if raw.is_finite() else str(raw)
    elif isinstance(raw, float):
        found = str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    elif isinstance(raw, bytes | bytearray | memoryview):
        found = _decoded(bytes(raw))
    else:
        found = str(raw)
    return found.strip().replace("\x00", "") if found is not None else None


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def holds(condition: Condition, row: Row) -> bool:
    return ((text(row[condition.column]) or "") in condition.values) is not condition.negated


def key(columns: tuple[str, ...], row: Row, separator: str) -> str:
    """The reference of a row: the parts of its key, joined. Empty when all of them are."""
    parts = [text(row[name]) or "" for name in columns]
    return separator.join(parts) if any(parts) else ""


def value(kind: FieldKind, cell: Cell | None, row: Row, name: str, zone: ZoneInfo, lookups: Lookups) -> Any:
    """A field of ours. Raises InvalidValueError; None or the default where there is nothing."""
    found = None if cell is None else _present(kind, cell, row, name, zone, lookups)
    if found is not None:
        return found
    default = kind.default if cell is None or cell.default is None else cell.default
    if default is None and kind.needed:
        raise InvalidValueError(name, "missing", "nothing is there")
    return "" if default == "" else _typed(kind, _OURS, default, {}, name, zone)


def _present(kind: FieldKind, cell: Cell, row: Row, name: str, zone: ZoneInfo, lookups: Lookups) -> Any:
    if not cell.columns:
        return _typed(kind, _OURS, cell.value, row, name, zone)
    parts = [row[column] for column in cell.columns]
    raw = parts[0] if len(parts) == 1 else cell.joiner.join(filter(None, map(text, parts)))
    said = text(raw) or ""
    if said in cell.empty:
        return None
    if cell.lookup is not None:
        raw = lookups[cell.lookup].get(said)
        if raw is None and said:
            raise NotAssignedError(name, said)
    if cell.values is not None:
        if said not in cell.values:
            if cell.otherwise is None and not (said == "" and cell.default is not None):
                raise NotAssignedError(name, said)
            return _typed(kind, _OURS, cell.otherwise, row, name, zone)
        return _typed(kind, _OURS, cell.values[said], row, name, zone)
    return _typed(kind, cell, raw, row, name, zone)


def _typed(kind: FieldKind, cell: Cell, raw: Any, row: Row, name: str, zone: ZoneInfo) -> Any:
    if raw is None:
        return None
    if kind.kind == NUMBER:
        return _scaled(number(raw, name, cell.decimal), cell, row, name)
    if kind.kind == BOOLEAN:
        return boolean(raw, cell, name)
    if kind.kind == DAY:
        found = moment(raw, cell, row, name, zone)
        return found.astimezone(zone).date() if found else None
    if kind.kind == MOMENT:
        found = moment(raw, cell, row, name, zone)
        return found.astimezone(UTC) if found else None
    said = text(raw) or None
    if said is not None and kind.choices is not None:
        try:
            return kind.choices(said.lower())
        except ValueError:
            raise NotAssignedError(name, said) from None
    return said


def number(raw: Any, name: str, decimal: str = ".") -> Decimal | None:
    """Decimals of any spelling: "1.234,50", "12,5-" with the sign behind. None: an empty text."""
    if isinstance(raw, Decimal):
        return raw
    if isinstance(raw, int):
        return Decimal(raw)
    if isinstance(raw, float):
        return Decimal(repr(raw))
    said = re.sub(r"[\s\u00a0\u202f']", "", text(raw) or "")
    if not said:
        return None
    if said.endswith("-"):
        said = f"-{said[:-1]}"
    said = said.replace("." if decimal == "," else ",", "").replace(",", ".")
    if not _NUMBER.fullmatch(said) or len(said) > 40:
        raise InvalidValueError(name, "not_a_number", "is not a number")
    return Decimal(said)


def _scaled(found: Decimal | None, cell: Cell, row: Row, name: str) -> Decimal | None:
    if found is None or not found.is_finite():
        return found
    found = found.scaleb(-cell.scale)
    divisor = number(row[cell.per], name, cell.decimal) if cell.per and cell.per in row else None
    if divisor:
        exact = found / divisor
        found = exact if exact == exact.quantize(_PLACES) else exact.quantize(_PLACES, ROUND_HALF_UP)
    return found


def boolean(raw: Any, cell: Cell, name: str) -> bool:
    said = text(raw) or ""
    if cell.yes or cell.no:
        if said in cell.yes or (not cell.yes and said not in cell.no):
            return True
        if said in cell.no or (cell.yes and not cell.no):
            return False
    elif said.lower() in _YES:
        return True
    elif said.lower() in _NO:
        return False
    raise NotAssignedError(name, said)


def moment(raw: Any, cell: Cell, row: Row, name: str, zone: ZoneInfo) -> datetime | None:
    """An aware moment. Local times that the clocks skipped count from before the change (one hour later), those that came twice
    as the cell's `fold` says. None: zeros, blanks, and the days that stand for "never".
    """
    said = text(raw) or ""
    if not said.strip("0.:- /") or said in _NEVER or said[:10] in _NEVER:
        return None
    try:
        found = _parsed(raw, said, cell.format)
        if cell.time and cell.time in row and (hour := _time(row[cell.time])) is not None:
            found = datetime.combine(found.date(), hour)
        if found.tzinfo is None:
            found = found.replace(tzinfo=zone, fold=cell.fold)
        return found.astimezone(UTC)
    except (ValueError, OverflowError, ArithmeticError) as error:
        raise InvalidValueError(name, "out_of_range", "is no date") from error


def _parsed(raw: Any, said: str, form: str) -> datetime:
    if isinstance(raw, datetime):
        return raw
    if isinstance(raw, date):
        return datetime.combine(raw, time())
    if form in ("epoch", "epoch_ms"):
        seconds = Decimal(said) / (1000 if form == "epoch_ms" else 1)
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(seconds * 1_000_000))
    if form == "cyymmdd":  # a century since 1900 in front: 1260301 is the first of March 2026
        padded = said.zfill(7)
        return datetime.strptime(f"{19 + int(padded[0])}{padded[1:]}", "%Y%m%d")
    if form in _FORMATS:
        return datetime.strptime(said.zfill(_WIDTHS[form]), _FORMATS[form])
    if "%" in form:
        return datetime.strptime(said, form)
    if said.isdigit() and len(said) in (8, 12, 14):
        return datetime.strptime(said, {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}[len(said)])
    return datetime.fromisoformat(said)


def _time(raw: Any) -> time | None:
    if isinstance(raw, time):
        return raw
    if isinstance(raw, timedelta):
        return (datetime(1, 1, 1) + raw).time()
    said = text(raw) or ""
    if not said:
        return None
    if ":" in said:
        return time.fromisoformat(said)
    return datetime.strptime(said.zfill(6), "%H%M%S").time()


def written(form: str, at: datetime, zone: ZoneInfo) -> Any:
    """A moment in their spelling: the opposite of reading it. Raises ValueError for a form that only can be read."""
    local = at.astimezone(zone)
    if form in ("epoch", "epoch_ms"):
        return int(at.timestamp() * (1000 if form == "epoch_ms" else 1))
    if form == "cyymmdd":
        return int(f"{local.year // 100 - 19}{local:%y%m%d}")
    if form == "hhmmss":
        return int(f"{local:%H%M%S}")
    if form in _FORMATS:
        return int(local.strftime(_FORMATS[form]))
    if "%" in form:
        return local.strftime(form)
    if form == "date":
        return local.date()
    if form == "local":
        return local.replace(tzinfo=None)
    if form == "utc":
        return at.astimezone(UTC)
    raise ValueError(form)
