"""Positions of incremental readers: where a pass over changed rows stands, and where the next one begins.

Rows are read in the order (updated_at, kind, key). A row shows only when its transaction commits, later than
its updated_at, so each pass begins `overlap` before the database's clock at the start of the pass before;
what was handed over within that stretch is remembered by ref and time and not handed over again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from portico_companydb.i18n import _
from portico_erp.errors import ConnectorRejectedError

MOST_SEEN = 1000
"""Beyond this many remembered rows they are handed over again: harmless, and the cursor stays small."""


@dataclass(frozen=True)
class Cursor:
    """`since`: rows changed at or after; None = all. `started`: clock at the start of the present pass, None
    between passes. `after`: (updated_at, kind, key) of the last row read. Times are ISO texts, as the
    database gave them.
    """

    since: str | None = None
    started: str | None = None
    after: tuple[str, str, str] | None = None
    seen: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        if text is None:
            return cls()
        try:
            data = json.loads(text)
            if "mapping" in data:
                return cls()  # of a mapping that the connection had before: everything is read anew
            after = data.get("after")
            return cls(
                data.get("since"), data.get("started"), tuple(after) if after else None, dict(data["seen"])
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConnectorRejectedError(
                "cursor", _("The position of the last run cannot be read."), code="cursor"
            ) from error

    def format(self) -> str:
        return json.dumps(
            {"since": self.since, "started": self.started, "after": self.after, "seen": dict(self.seen)},
            separators=(",", ":"),
        )

    def begin(self, clock: datetime) -> Cursor:
        return self if self.started else replace(self, started=stamp(clock), after=None)

    def is_new(self, ref: str, updated_at: object) -> bool:
        return self.seen.get(ref) != stamp(updated_at)

    def advance(
        self, read: Iterable[tuple[str, object, str, str]], *, more: bool, overlap: timedelta
    ) -> Cursor:
        """After rows (ref, updated_at, kind, key) were read; `more`: the pass goes on."""
        rows = list(read)
        started = datetime.fromisoformat(self.started or stamp(datetime.now(UTC)))
        final = stamp(started - overlap)
        seen = dict(self.seen) | {ref: stamp(at) for ref, at, _kind, _key in rows if stamp(at) >= final}
        if len(seen) > MOST_SEEN:
            seen = {}
        if more and rows:
            _ref, at, kind, key = rows[-1]
            return replace(self, after=(stamp(at), kind, key), seen=seen)
        return Cursor(since=final, seen={ref: at for ref, at in seen.items() if at >= final})


def stamp(moment: object) -> str:
    """A text that sorts like the moment; what is no datetime ('infinity') stays as the database wrote it."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat(timespec="microseconds")
    return str(moment)
