"""A quote's copy: a new draft of the same lines at today's prices, with its note and where to deliver."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from portico.web.i18n import translate
from portico_quotes import grouping, reading, reordering
from portico_quotes.pricing import Answer
from portico_quotes.reordering import Basis, Plan, Started, Wish
from portico_quotes.repricing import asked


def wishes(db: Session, quote: Any) -> list[Wish]:
    """The quote's lines, at what they cost there, each with its section."""
    language = db.info["scope"].tenant.locale
    groups = grouping.groups(reading.rows(db, quote))
    return reordering.once([_wish(line, group.heading, language) for group in groups for line in group.lines])


def _wish(line: Any, section: Any, language: str) -> Wish:
    return Wish(
        line.item_ref,
        line.name,
        line.unit,
        line.quantity,
        asked(line)[0],
        line.note,
        line.optional,
        line.chosen,
        "" if section is None else translate(language, grouping.title(section)),
        "" if section is None else section.note,
    )


def basis(db: Session, quote: Any) -> Basis:
    return Basis("copied", quote.number or "", quote.currency, wishes(db, quote))


def write(db: Session, quote: Any, plan: Plan, answer: Answer) -> Started:
    """What belongs to the one occasion stays behind: order number, wanted day, files."""
    started = reordering.write(db, quote.account_id, plan, answer)
    started.draft.note = quote.note
    started.draft.delivery_address = quote.delivery_address
    db.flush()
    return started
