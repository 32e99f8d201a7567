"""The customer's answer to an offer, and the end of an offer that nobody answered."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.types import now
from portico.errors import ConflictError
from portico.jobs import enqueue
from portico_quotes import approval, history
from portico_quotes.errors import OfferChangedError, QuoteExpiredError, QuoteStateError
from portico_quotes.models import Quote
from portico_quotes.states import BY_NAME, OFFERED, State

JOB = "quotes.decide"
ANSWERED = {"accept": State.ACCEPTED, "decline": State.DECLINED}


def today(db: Session) -> dt.date:
    """The date at the company, whose calendar an offer's last day is in."""
    return now().astimezone(db.info["scope"].tenant.zone).date()


def is_past(db: Session, valid_until: dt.date | None) -> bool:
    """Valid through the whole of its last day."""
    return valid_until is not None and valid_until < today(db)


def decide(
    db: Session,
    quote: Any,
    answer: str,
    *,
    seen: int | None = None,
    reason: str = "",
    po_number: str | None = None,
    by: str | None = None,
    approved_by: str = "",
) -> None:
    """answer: "accept" or "decline". Given twice, the same answer counts once; the job takes it to the company.

    seen: the version of the quote that is accepted; no other is. by: who answers, if it is not the person in scope.
    approved_by: who approved it, so that no limit counts.
    Raises QuoteExpiredError, QuoteStateError, OfferChangedError, AboveLimitError.
    """
    target = ANSWERED[answer]
    if quote.state == target:
        return
    if answer == "accept" and (
        quote.state == State.EXPIRED or (quote.state in OFFERED and is_past(db, quote.valid_until))
    ):
        raise QuoteExpiredError()
    if quote.state not in BY_NAME[answer].sources:
        raise QuoteStateError()
    if answer == "accept" and quote.version != seen:
        raise OfferChangedError()
    if answer == "accept" and not approved_by:
        approval.check(db, quote, quote.gross)  # of the version that is seen, and written below
    values: dict[str, Any] = {
        "state": target,
        "answer": answer,
        "answered_by": by if by is not None else db.info["scope"].user_name,
        "approval_id": None,
        "reason": reason,
        "moved_at": now(),
        "version": Quote.version + 1,
    }
    if po_number:
        values["po_number"] = po_number
    condition = sa.and_(Quote.id == quote.id, Quote.state.in_(BY_NAME[answer].sources))
    if answer == "accept":  # the day may have ended, or the company changed the offer, since the quote was read
        in_time = sa.or_(Quote.valid_until.is_(None), Quote.valid_until >= today(db))
        condition = sa.and_(condition, Quote.version == seen, in_time)
    done = db.execute(
        sa.update(Quote)
        .where(condition)
        .values(values)
        .returning(Quote.id)
        .execution_options(synchronize_session=False)
    ).first()
    if done is None:
        raise _missed(db, quote.id, answer)
    approval.end(db, quote)
    facts: dict[str, Any] = {"reason": reason} | ({"approved_by": approved_by} if approved_by else {})
    history.note(db, quote, target.value, **facts)
    enqueue(db, JOB, unique=f"{JOB}:{quote.id}", quote_id=quote.id)


def _missed(db: Session, quote_id: uuid.UUID, answer: str) -> ConflictError:
    """Why an answer found no quote to write: what somebody else did at the same time."""
    now_is = db.execute(sa.select(Quote.state, Quote.valid_until).where(Quote.id == quote_id)).one_or_none()
    if answer != "accept" or now_is is None or now_is.state not in OFFERED:
        return QuoteStateError()
    return QuoteExpiredError() if is_past(db, now_is.valid_until) else OfferChangedError()


def ask_approval(
    db: Session, portico: Any, quote_id: uuid.UUID, *, seen: int | None, note: str, po_number: str = ""
) -> None:
    """Ask for the approval of accepting the offer as it was seen: in this version, and no other.

    Raises QuoteExpiredError, QuoteStateError, OfferChangedError, NoApprovalNeededError.
    """
    quote = db.scalars(
        sa.select(Quote).where(Quote.id == quote_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if quote is None or quote.state not in OFFERED:
        raise QuoteStateError()
    if is_past(db, quote.valid_until):
        raise QuoteExpiredError()
    if quote.version != seen:
        raise OfferChangedError()
    approval.ask(db, portico, approval.ACCEPT, quote, note, version=quote.version, po_number=po_number)


def expire(db: Session) -> int:
    """End the offers whose last day has passed. For the periodic job; says how many."""
    ended = db.execute(
        sa.update(Quote)
        .where(
            Quote.state.in_(OFFERED),
            Quote.valid_until < today(db),
        )
        .values(state=State.EXPIRED, moved_at=now(), version=Quote.version + 1)
        .returning(*history.SUBJECT, Quote.approval_id)
        .execution_options(synchronize_session=False)
    ).all()
    for quote in ended:
        approval.end(db, quote)
        history.note(db, quote, "expired")
    return len(ended)
