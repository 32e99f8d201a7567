"""Asking the company for another offer: what is to be different, and what became of it (QUO-5)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.direct import Direct
from portico.db.types import now
from portico.errors import InvalidError, NotFoundError
from portico_quotes import grouping, history
from portico_quotes.drafts import rows
from portico_quotes.errors import OfferChangedError, QuoteExpiredError, QuoteStateError, RevisionAskedError
from portico_quotes.i18n import _
from portico_quotes.locking import lock
from portico_quotes.models import Quote, Revision
from portico_quotes.states import OFFERED
from portico_quotes.validity import is_past


class Outcome(StrEnum):
    """revised: there is a new offer. kept: the company keeps the one that it made. withdrawn: by the customer. settled: the
    offer was answered, or ended.
    """

    REVISED = "revised"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"
    SETTLED = "settled"


def ask(db: Session, quote_id: uuid.UUID, *, seen: int | None, message: str, wishes: Sequence[Mapping[str, Any]]) -> None:
    """wishes: line (id), quantity and unit_price (None: as offered). What equals the offer is no wish.

    Raises QuoteStateError, QuoteExpiredError, OfferChangedError, RevisionAskedError, NotFoundError (a line), InvalidError
    (nothing is to be different).
    """
    quote = lock(db, quote_id)
    if quote.state not in OFFERED:
        raise QuoteStateError
    if is_past(db, quote.valid_until):
        raise QuoteExpiredError
    if quote.version != seen:
        raise OfferChangedError
    if quote.requested_at is not None:
        raise RevisionAskedError
    wanted = _wanted(db, quote, wishes)
    if not message.strip() and not wanted:
        raise InvalidError(fields={"/message": _("Say what should be different, or change a quantity or a price.")})
    asker = db.info["scope"].user_name
    db.add(Revision(account_id=quote.account_id, quote_id=quote.id, message=message.strip(), wishes=wanted, asker=asker))
    quote.requested_at = quote.moved_at = now()
    db.flush()
    history.note(db, quote, "revision_asked", wishes=len(wanted))


def _wanted(db: Session, quote: Quote, wishes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    present = {line.id: line for line in grouping.counted(rows(db, quote))}
    found = []
    for wish in wishes:
        line = present.get(wish["line"])
        if line is None:
            raise NotFoundError
        quantity = None if wish["quantity"] in (None, line.quantity) else wish["quantity"]
        price = None if wish["unit_price"] in (None, line.unit_price) else wish["unit_price"]
        if quantity is not None or price is not None:
            found.append(
                {
                    "line": str(line.id),
                    "code": line.code,
                    "name": line.name,
                    "unit": line.unit,
                    "quantity": None if quantity is None else str(quantity),
                    "unit_price": None if price is None else str(price),
                }
            )
    return found


def withdraw(db: Session, quote_id: uuid.UUID) -> None:
    """By the customer. Raises QuoteStateError: nothing is asked for (any more)."""
    quote = lock(db, quote_id)
    if quote.requested_at is None:
        raise QuoteStateError
    end(db, quote, Outcome.WITHDRAWN)
    history.note(db, quote, "revision_withdrawn")


def refuse(db: Session, quote_id: uuid.UUID, reply: str) -> None:
    """By staff: the offer stays as it is. Raises QuoteStateError."""
    quote = lock(db, quote_id)
    if quote.requested_at is None:
        raise QuoteStateError
    end(db, quote, Outcome.KEPT, reply=reply.strip())
    history.note(db, quote, "revision_refused", reason=reply.strip())


def end(db: Session, quote: Any, outcome: Outcome, *, reply: str = "") -> None:
    """What was asked for is open no more. quote: locked."""
    if quote.requested_at is None:
        return
    close(db, quote, outcome, reply=reply)
    quote.requested_at = None
    quote.moved_at = now()
    db.flush()


def close(db: Session, quote: Any, outcome: Outcome, *, reply: str = "") -> None:
    """As `end`, of a quote whose row this transaction has written. It is not asked whether something is open: who was about
    to write knew only what they had read before.
    """
    db.execute(
        sa.update(Revision)
        .where(Revision.account_id == quote.account_id, Revision.quote_id == quote.id, Revision.ended_at.is_(None))
        .values(outcome=outcome, reply=reply, replier=db.info["scope"].user_name if reply else "", ended_at=now())
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True)
class Wish:
    """What is to be different about a line; None: it is to stay."""

    name: str
    unit: str
    quantity: Decimal | None
    unit_price: Decimal | None


@dataclass(frozen=True)
class Asked:
    """outcome: None while it is open."""

    message: str
    wishes: tuple[Wish, ...]
    asker: str
    asked_at: dt.datetime
    outcome: str | None
    reply: str


_NEWEST = Direct(
    sa.select(
        Revision.message,
        Revision.wishes,
        Revision.asker,
        Revision.asked_at,
        Revision.outcome,
        Revision.reply,
    )
    .where(Revision.account_id == sa.bindparam("account_id"), Revision.quote_id == sa.bindparam("quote_id"))
    .order_by(Revision.asked_at.desc(), Revision.id.desc())
    .limit(20)
)


def of(db: Session, account_id: uuid.UUID, quote_id: uuid.UUID) -> list[Asked]:
    """What was asked for of a quote, newest first, at most 20. One query."""
    return [
        Asked(row.message, tuple(map(_read, row.wishes)), row.asker, row.asked_at, row.outcome, row.reply)
        for row in _NEWEST.rows(db, {"account_id": account_id, "quote_id": quote_id})
    ]


def _read(stored: dict[str, Any]) -> Wish:
    quantity, price = (None if stored[name] is None else Decimal(stored[name]) for name in ("quantity", "unit_price"))
    return Wish(stored["name"], stored["unit"], quantity, price)
