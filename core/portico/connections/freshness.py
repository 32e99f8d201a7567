"""How old a copy of the company's data is: what customers may know of a synchronisation, and no more."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portico.db.direct import Direct
from portico.db.types import now

_QUERY = Direct("SELECT connected, last_success_at, failing FROM sync_freshness(:entity)")
STALE_AFTER = dt.timedelta(minutes=10)
"""Ten times the usual distance of two runs."""


@dataclass(frozen=True)
class Freshness:
    """connected: a connection is in use. at: the end of the last complete run, None = never. failing: the
    last try failed.
    """

    connected: bool
    at: dt.datetime | None
    failing: bool

    @property
    def stale(self) -> bool:
        return self.at is None or now() - self.at > STALE_AFTER

    @property
    def trouble(self) -> bool:
        """Whether a reader should be warned: the copy is old, or is about to become so."""
        return self.failing or self.stale or not self.connected


def freshness(db: Session, entity: str) -> Freshness:
    """Of one entity ("orders.orders") of the company in scope; anybody in the company may ask."""
    [row] = _QUERY.rows(db, {"entity": entity})
    at = row.last_success_at
    return Freshness(row.connected, at.astimezone(dt.UTC) if at else None, row.failing)
