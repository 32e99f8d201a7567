"""The order of a draft's lines and the sections among them, which the company, the paper and every copy have as well."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from portico.errors import InvalidError
from portico_quotes import drafts, grouping, history, repricing
from portico_quotes.i18n import _
from portico_quotes.models import Line, Quote


def move(db: Session, quote: Quote, line_id: uuid.UUID, *, by: int = 0, to: int | None = None) -> int:
    """Put a line elsewhere: `by` so many places down (up, where negative), or to the place `to`, from 1. Where it is now, from 1.

    What leads past an end leads to it. quote: locked, as `drafts.open_draft` gives it. Raises NotFoundError.
    """
    line = drafts.find_line(db, quote, line_id)
    order = [one.id for one in drafts.rows(db, quote)]
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


def write_lines(db: Session, quote: Quote, wanted: Sequence[drafts.Priced], headings: Sequence[grouping.Heading] = ()) -> None:
    """Have these lines and sections and no others. A line whose item stays keeps its id and what was accepted for it."""
    present = {line.item_ref: line for line in drafts.lines(db, quote)}
    kept: list[Line] = []
    waiting = sorted(headings, key=lambda one: one.before)
    for place, one in enumerate(wanted):
        while waiting and waiting[0].before <= place:
            kept.append(new_section(quote, waiting.pop(0)))
        kept.append(_written(quote, present.get(one.item.ref), one))
    kept += [new_section(quote, one) for one in waiting]
    for position, line in enumerate(kept, 1):
        line.position = position
    db.add_all(kept)
    if wanted:
        quote.connection_id = wanted[0].item.connection_id
    db.flush()
    db.execute(
        sa.delete(Line)
        .where(
            Line.account_id == quote.account_id,
            Line.quote_id == quote.id,
            Line.id.not_in([line.id for line in kept]),
        )
        .execution_options(synchronize_session=False)
    )
    drafts.touch(db, quote, kept)
    history.edited(
        db, quote, "lines-replaced", before={"lines": len(present)}, after={one.item.ref: str(one.quantity) for one in wanted}
    )


def _written(quote: Quote, line: Line | None, one: drafts.Priced) -> Line:
    if line is None:
        return drafts.new_line(quote, one, 0)
    repricing.reprice(line, one.before, one.price)
    line.quantity, line.note, line.optional, line.chosen = one.quantity, one.note, one.optional, one.chosen
    return line


def new_section(quote: Quote, heading: grouping.Heading, position: int = 0) -> Line:
    return Line(
        account_id=quote.account_id,
        quote_id=quote.id,
        position=position,
        item_ref="",
        kind=grouping.SECTION,
        name=heading.title,
        note=heading.text,
        quantity=Decimal(1),
    )


def add_section(db: Session, quote: Quote, title: str, text: str = "") -> Line:
    """Behind all lines; from there it is moved. Raises QuoteTooLargeError, InvalidError: no title."""
    present = drafts.rows(db, quote)
    grouping.check_room(present)
    heading = grouping.Heading(_titled(title), _short(text), 0)
    section = new_section(quote, heading, 1 + max((one.position for one in present), default=0))
    db.add(section)
    drafts.touch(db, quote)
    history.edited(db, quote, "section-added", section, after={"name": section.name})
    return section


def _titled(title: str) -> str:
    if not title.strip():
        raise InvalidError(fields={"/title": _("Give the section a title.")})
    return title.strip()


def _short(text: str) -> str:
    if len(text) > grouping.LONGEST_TEXT:
        most = {"most": grouping.LONGEST_TEXT}
        raise InvalidError(fields={"/note": _("At most ${most} characters; this has more. Please shorten it.", mapping=most)})
    return text.strip()


def change_section(db: Session, quote: Quote, section: Line, title: str | None, text: str | None) -> None:
    """None: as it is. Raises InvalidError: no title."""
    held = {"name": section.name, "note": section.note}
    if title is not None:
        section.name = _titled(title)
    if text is not None:
        section.note = _short(text)
    drafts.touch(db, quote)
    history.edited(db, quote, "line-changed", section, before=held, after={"name": section.name, "note": section.note})
