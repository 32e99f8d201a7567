"""Which rows of a foreign table changed: read again in the order of their key, in chunks, and compared by a hash with the pass
before. Where a column says when a row changed, only rows from a little before the last pass are read at all.

The state is the cursor alone: 8 bytes for each row that may be met again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portico_companydb.foreign import cells
from portico_companydb.i18n import _
from portico_erp.errors import ConnectorRejectedError

MOST_ROWS = 200_000
"""In a table without a column of the last change: beyond this the cursor would be too large."""
CHUNK, LOOK = 250, 1000
"""Rows read at a time: while most of them are new, and while few of them have changed."""
CHUNKS = 20
"""Chunks in one call, when little has changed."""
_DIGEST = 8
_MOST_RESTARTS = 3

Read = Callable[[int, int, "Position"], Sequence[Any]]
"""(offset, count, position) → rows of the pass in the order of their key."""


@dataclass(frozen=True)
class Position:
    """mapping: print of the mapping that it belongs to. since: the moment from which rows may have changed, None = all.
    started: the database's clock at the start of this pass, None between passes. offset, last: how far it came, and the hash of
    the key of the last row. before, seen: hashes of the last pass, and of this one.
    """

    mapping: str
    since: datetime | None = None
    started: datetime | None = None
    offset: int = 0
    last: str = ""
    restarts: int = 0
    before: frozenset[bytes] = frozenset()
    seen: frozenset[bytes] = frozenset()

    @classmethod
    def parse(cls, text: str | None, mapping: str) -> Position:
        """A new one where there is none, or where it belongs to another mapping or to the standard schema."""
        if text is None:
            return cls(mapping)
        try:
            data = json.loads(text)
            if data.get("mapping") != mapping:
                return cls(mapping)
            return cls(
                mapping,
                _moment(data["since"]),
                _moment(data["started"]),
                int(data["offset"]),
                str(data["last"]),
                int(data["restarts"]),
                _unpacked(data["before"]),
                _unpacked(data["seen"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError, zlib.error) as error:
            raise ConnectorRejectedError("cursor", _("The position of the last run cannot be read."), code="cursor") from error

    def format(self) -> str:
        return json.dumps(
            {
                "mapping": self.mapping,
                "since": self.since.isoformat() if self.since else None,
                "started": self.started.isoformat() if self.started else None,
                "offset": self.offset,
                "last": self.last,
                "restarts": self.restarts,
                "before": _packed(self.before),
                "seen": _packed(self.seen),
            },
            separators=(",", ":"),
        )


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None


def _packed(hashes: frozenset[bytes]) -> str:
    return base64.b85encode(b"".join(sorted(hashes))).decode()


def _unpacked(packed: str) -> frozenset[bytes]:
    raw = base64.b85decode(packed)
    if len(raw) % _DIGEST:
        raise ValueError("not whole hashes")
    return frozenset(raw[start : start + _DIGEST] for start in range(0, len(raw), _DIGEST))


def digest(*parts: Any) -> bytes:
    """Of whatever the cells hold."""
    return hashlib.blake2b("\x1f".join(map(repr, parts)).encode(errors="replace"), digest_size=_DIGEST).digest()


@dataclass
class Pass:
    """One call's share of a pass. found: changed rows, at most as many as were asked for."""

    position: Position
    more: bool = True
    found: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Kind:
    """How rows are told apart. key, content: a row → its key, all of it. changed_at: when it changed, None = not said."""

    key: Callable[[Any], str]
    content: Callable[[Any], bytes]
    changed_at: Callable[[Any], datetime | None]
    filtered: bool


def run(position: Position, clock: datetime, limit: int, overlap: timedelta, read: Read, kind: Kind) -> Pass:
    """Go on with the pass until `limit` changed rows were found, its end, or for a while. clock: the database's, now."""
    if position.started is None:
        position = replace(position, started=clock, offset=0, last="", restarts=0, seen=frozenset())
    done, seen = Pass(position), set(position.seen)
    floor = (position.started or clock) - overlap - timedelta(days=2)
    for _turn in range(CHUNKS):
        # The row before is read again: if it is another one, rows went away in front of it, and some would be passed over.
        guard = 1 if done.position.offset else 0
        size = LOOK if position.before else min(CHUNK, max(1, limit))
        rows = read(done.position.offset - guard, size + guard, done.position)
        if guard:
            moved = not rows or digest(kind.key(rows[0])).hex() != done.position.last
            if moved and done.position.restarts < _MOST_RESTARTS:
                done.position = replace(done.position, offset=0, last="", restarts=done.position.restarts + 1)
                continue
            rows = rows[1:]
        taken = _take(done, seen, rows, limit, floor, kind)
        if len(seen) > MOST_ROWS:
            raise ConnectorRejectedError(
                None, _("More than 200,000 rows, and no column says when a row changed: map one."), code="schema"
            )
        done.position = replace(done.position, offset=done.position.offset + taken)
        if taken:
            done.position = replace(done.position, last=digest(kind.key(rows[taken - 1])).hex())
        if taken == len(rows) and len(rows) < size:
            done.position = _ended(done.position, seen, overlap, kind)
            done.more = False
            return done
        if len(done.found) >= limit:
            break
    done.position = replace(done.position, seen=frozenset(seen))
    return done


def _take(done: Pass, seen: set[bytes], rows: Sequence[Any], limit: int, floor: datetime, kind: Kind) -> int:
    """How many rows were looked at."""
    for index, row in enumerate(rows):
        if len(done.found) >= limit:
            return index
        mark = kind.content(row)
        if mark not in done.position.before and mark not in seen:
            done.found.append(row)
        at = kind.changed_at(row) if kind.filtered else None
        if not kind.filtered or (at is not None and at >= floor):
            seen.add(mark)
    return len(rows)


def _ended(position: Position, seen: set[bytes], overlap: timedelta, kind: Kind) -> Position:
    since = (position.started or datetime.now(UTC)) - overlap if kind.filtered else None
    return Position(position.mapping, since, before=frozenset(seen))


def bound(since: datetime, form: str, kind: str, zone: ZoneInfo) -> Any:
    """`since` as a value that the column of the last change can be compared with, never later than it. None: it cannot.

    Local clocks run backwards once a year: the smallest offset of the year is taken, which reads up to an hour more.
    """
    moments = (since, since.replace(month=1, day=15), since.replace(month=7, day=15))
    offset = min(at.astimezone(zone).utcoffset() or timedelta(0) for at in moments)
    local = (since.astimezone(UTC) + offset).replace(tzinfo=None)
    if kind == "aware":
        return since
    if kind == "moment":
        return local
    if kind == "day":
        return local.date()
    if form in ("epoch", "epoch_ms", "yyyymmdd", "cyymmdd") and kind in ("integer", "decimal"):
        return cells.written(form, since if form.startswith("epoch") else local.replace(tzinfo=UTC), ZoneInfo("UTC"))
    return None
