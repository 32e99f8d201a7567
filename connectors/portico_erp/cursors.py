"""Positions of incremental readers over web interfaces: where a pass over changed rows stands, where the next one begins.

Rows are read in the order (updated_at, kind, key). A row shows only when its transaction commits, later than its updated_at,
so each pass begins `overlap` before the system's clock at the start of the pass before; what was handed over within that
stretch is remembered by ref and time and not handed over again. Times are texts that sort like what they mean.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from translationstring import TranslationStringFactory

from portico_erp.errors import ConnectorRejectedError

_ = TranslationStringFactory("portico_erp")
MOST_SEEN = 1000
"""Beyond this many remembered rows they are handed over again: harmless, and the cursor stays small."""


@dataclass(frozen=True)
class Cursor:
    """`since`: rows changed at or after; None = all. `started`: the system's clock at the start of the present pass, None
    between passes. `after`: (updated_at, kind, key) of the last row read. Rows of tables that keep no such time are read in
    every pass, before all others ("" sorts first), and remembered by a digest.
    """

    since: str | None = None
    started: str | None = None
    after: tuple[str, str, str] | None = None
    seen: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, written: str | None) -> Cursor:
        """Raises ConnectorRejectedError (field "cursor") for what is no cursor."""
        if written is None:
            return cls()
        try:
            data = json.loads(written)
            after = data.get("after")
            place = tuple(map(str, after)) if after else None
            if place is not None and len(place) != 3:
                raise ValueError(place)
            return cls(data.get("since"), data.get("started"), place, dict(data["seen"]))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            said = _("The position of the last run cannot be read.")
            raise ConnectorRejectedError("cursor", said, code="cursor") from error

    def format(self) -> str:
        return json.dumps(
            {"since": self.since, "started": self.started, "after": self.after, "seen": dict(self.seen)},
            separators=(",", ":"),
        )

    def begin(self, clock: datetime) -> Cursor:
        return self if self.started else replace(self, started=stamp(clock), after=None)

    def is_new(self, ref: str, mark: str) -> bool:
        """mark: the row's updated_at, or the digest of one without."""
        return self.seen.get(ref) != mark

    def advance(self, read: Iterable[tuple[str, str, str, str, str]], *, more: bool, overlap: timedelta) -> Cursor:
        """After rows (ref, mark, updated_at, kind, key) were read; `more`: the pass goes on."""
        rows = list(read)
        started = datetime.fromisoformat(self.started or stamp(datetime.now(UTC)))
        final = stamp(started - overlap)
        seen = dict(self.seen) | {ref: mark for ref, mark, at, _kind, _key in rows if not at or at >= final}
        if len(seen) > MOST_SEEN:
            seen = {}
        if more and rows:
            return replace(self, after=rows[-1][2:], seen=seen)
        return Cursor(since=final, seen={ref: mark for ref, mark in seen.items() if mark[0] == "#" or mark >= final})


def digest(record: Mapping[str, Any]) -> str:
    """The mark of a row that keeps no time of its change: another one as soon as anything in it is another."""
    text = json.dumps(record, sort_keys=True, default=str)
    return "#" + hashlib.sha256(text.encode()).hexdigest()[:12]


def stamp(value: Any) -> str:
    """A text that sorts like the moment, in UTC; what is no moment ("infinity") stays as the system wrote it."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return found.astimezone(UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError):
        return str(value)
