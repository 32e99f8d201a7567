"""Positions of incremental readers: where a pass over changed records stands, and where the next one begins.

Within a pass records are read by rising id, which no change moves. A record shows only when its transaction commits, later
than its write_date, so each pass begins `overlap` before the server's clock at the start of the pass before; what was
handed over within that stretch is remembered by ref and time and not handed over again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from portico_erp.errors import ConnectorRejectedError
from portico_tryton.i18n import _

MOST_SEEN = 1000
"""Beyond this many remembered records they are handed over again: harmless, and the cursor stays small."""


@dataclass(frozen=True)
class Cursor:
    """`since`: records changed at or after; None = all. `started`: the server's clock at the start of the present pass, None
    between passes. `after`: id of the last record read. Times are ISO texts in UTC.
    """

    since: str | None = None
    started: str | None = None
    after: int = 0
    seen: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        if text is None:
            return cls()
        try:
            data = json.loads(text)
            for name in ("since", "started"):
                if data[name] is not None:
                    datetime.fromisoformat(data[name])
            return cls(data["since"], data["started"], int(data["after"]), dict(data["seen"]))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConnectorRejectedError(
                "cursor", _("The position of the last run cannot be read."), code="cursor"
            ) from error

    def format(self) -> str:
        return json.dumps(
            {"since": self.since, "started": self.started, "after": self.after, "seen": dict(self.seen)},
            separators=(",", ":"),
        )

    @property
    def since_moment(self) -> datetime | None:
        return None if self.since is None else datetime.fromisoformat(self.since)

    def begin(self, clock: datetime) -> Cursor:
        return self if self.started else replace(self, started=stamp(clock), after=0)

    def is_new(self, ref: int, changed_at: datetime) -> bool:
        return self.seen.get(str(ref)) != stamp(changed_at)

    def advance(self, read: Iterable[tuple[int, datetime]], *, more: bool, overlap: timedelta) -> Cursor:
        """After records (id, time of the change) were read; `more`: the pass goes on."""
        rows = list(read)
        started = datetime.fromisoformat(self.started or stamp(datetime.now(UTC)))
        final = stamp(started - overlap)
        seen = dict(self.seen) | {str(ref): stamp(at) for ref, at in rows if stamp(at) >= final}
        if len(seen) > MOST_SEEN:
            seen = {}
        if more and rows:
            return replace(self, after=rows[-1][0], seen=seen)
        return Cursor(since=final, seen={ref: at for ref, at in seen.items() if at >= final})


def stamp(moment: datetime) -> str:
    """A text that sorts like the moment."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
