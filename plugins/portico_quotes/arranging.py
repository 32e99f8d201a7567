"""The order of a draft's lines, which is what the company, the paper and every copy of the quote have as well."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from portico_quotes import drafts, history
from portico_quotes.models import Line, Quote


def move(db: Session, quote: Quote, line_id: uuid.UUID, *, by: int = 0, to: int | None = None) -> int:
    """Put a line elsewhere: `by` so many places down (up, where negative), or to the place `to`, from 1. Where it is now, from 1.

    What leads past an end leads to it. quote: locked, as `drafts.open_draft` gives it. Raises NotFoundError.
    """
    line = drafts.find_line(db, quote, line_id)
    order = [one.id for one in drafts.lines(db, quote)]
    before = order.index(line_id)
    after = max(0, min(len(order) - 1, before + by if to is None else to - 1))
    if after == before:
        return after + 1
    order.insert(after, order.pop(before))
    _arrange(db, quote, order)
    drafts.touch(db, quote)
    history.edited(db, quote, "line-moved", line, before={"place": before + 1}, after={"place": after + 1})
    return after + 1


def _arrange(db: Session, quote: Quote, order: Sequence[uuid.UUID]) -> None:
    """All places in one statement."""
    ids = sa.cast(list(order), ARRAY(sa.Uuid))
    db.execute(
        sa.update(Line)
        .where(Line.account_id == quote.account_id, Line.quote_id == quote.id, Line.id == sa.func.any(ids))
        .values(position=sa.func.array_position(ids, Line.id))
        .execution_options(synchronize_session=False)
    )
    db.expire_all()
