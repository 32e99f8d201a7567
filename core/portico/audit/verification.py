"""Does a chain hold: recomputed from its first link, and compared with what was anchored outside the database."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from portico.audit.anchors import Anchor
from portico.db.types import now

APEX = UUID(int=0)
"""The chain of what was done outside companies."""
_AT_ONCE = 1000
SEALED_WITHIN = dt.timedelta(minutes=5)
"""The sealer comes by every ten seconds. What is older than this and not in the chain was left out of it."""


@dataclass(frozen=True)
class Verdict:
    """links: how many fit, from the first on. anchors: how many of the anchors at hand were compared and agree. unsealed: entries
    that are in no link yet; late: whether one of them is older than `SEALED_WITHIN`, since `since` (UTC).

    fault: "" sound; "changed", "entry-missing" or "link-missing" at link `at`; "cut": link `at` was anchored, and the
    chain ends before it; "rewritten": the chain is sound in itself and differs from what was anchored at link `at`.
    """

    links: int
    fault: str = ""
    at: int | None = None
    anchors: int = 0
    head: bytes = b""
    unsealed: int = 0
    since: dt.datetime | None = None
    late: bool = False

    @property
    def anchored(self) -> bool:
        """False if nothing outside the database vouches for this chain's end."""
        return self.anchors > 0 or self.links == 0


def verify(db: Session, chain: UUID, anchors: Iterable[Anchor] = ()) -> Verdict:
    row = db.execute(sa.text("SELECT links, broken_at, reason, head FROM audit_verify(:chain)"), {"chain": chain}).one()
    if row.broken_at is not None:
        return Verdict(row.links, row.reason, row.broken_at)
    agreeing, remaining = 0, iter(anchors)
    while part := list(itertools.islice(remaining, _AT_ONCE)):
        hashes = _hashes(db, chain, [one.number for one in part])
        for one in part:
            if one.number not in hashes:
                return Verdict(row.links, "cut", max(each.number for each in part), agreeing)
            if hashes[one.number] != one.hash:
                return Verdict(row.links, "rewritten", one.number, agreeing)
            agreeing += 1
    waiting = db.execute(sa.text("SELECT entries, oldest FROM audit_unsealed(:chain)"), {"chain": chain}).one()
    late = waiting.oldest is not None and waiting.oldest < now() - SEALED_WITHIN
    return Verdict(row.links, anchors=agreeing, head=row.head, unsealed=waiting.entries, since=waiting.oldest, late=late)


def _hashes(db: Session, chain: UUID, numbers: list[int]) -> dict[int, bytes]:
    statement = sa.text("SELECT number, hash FROM audit_hashes(:chain, :numbers)").bindparams(
        sa.bindparam("numbers", type_=ARRAY(sa.BigInteger))
    )
    return {row.number: bytes(row.hash) for row in db.execute(statement, {"chain": chain, "numbers": numbers})}
