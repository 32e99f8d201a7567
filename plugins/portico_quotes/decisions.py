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
from portico.pluginhost import agreements
from portico.tenancy.tenant import Tenant
from portico_quotes import agreeing, approval, history, revisions
from portico_quotes.errors import OfferChangedError, QuoteExpiredError, QuoteStateError, UndoTooLateError
from portico_quotes.models import Quote
from portico_quotes.states import BY_NAME, OFFERED, State
from portico_quotes.validity import is_past, today

JOB = "quotes.decide"
ANSWERED = {"accept": State.ACCEPTED, "decline": State.DECLINED}
KEPT = ("state", "reason", "answered_by", "po_number")
"""What an answer writes over."""
PLUGIN, SETTING, LONGEST_UNDO = "portico_quotes", "undo_minutes", 1440
TRAVEL = dt.timedelta(minutes=5)
"""An answer sets out so long before the offer's last day ends, as the company refuses one that comes after it."""


def undo_minutes(tenant: Tenant) -> int:
    """How long an answer waits before the company is told; a value that is not allowed is 0."""
    given = (tenant.plugin_settings.get(PLUGIN) or {}).get(SETTING)
    return given if type(given) is int and 0 <= given <= LONGEST_UNDO else 0


def due_at(db: Session, valid_until: dt.date | None) -> dt.datetime | None:
    """When an answer of now goes to the company; None: at once."""
    moment, tenant = now(), db.info["scope"].tenant
    due = moment + dt.timedelta(minutes=undo_minutes(tenant))
    if valid_until is not None and valid_until >= today(db):
        following = valid_until + dt.timedelta(days=1)
        # Some companies' systems take their day from their own clock, others from UTC: in time for both.
        ends = min(dt.datetime.combine(following, dt.time(), zone) for zone in (tenant.zone, dt.UTC))
        due = min(due, ends - TRAVEL)
    return due if due > moment else None


def minutes_left(db: Session, valid_until: dt.date | None) -> int:
    """For how many minutes an answer of now could be undone; 0: not at all."""
    due = due_at(db, valid_until)
    return 0 if due is None else max(1, round((due - now()).total_seconds() / 60))


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
    person_id: uuid.UUID | None = None,
) -> None:
    """answer: "accept" or "decline". Given twice, the same answer counts once; the job takes it to the company, as soon as
    it can be undone no more.

    seen: the version of the quote that is accepted; no other is. by, person_id: who answers, if it is not the person in scope.
    approved_by: who approved it, so that no limit counts.
    Raises QuoteExpiredError, QuoteStateError, OfferChangedError, AboveLimitError, and what a condition of agreements raises.
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
    agreement = agreeing.agreement(db, quote, person_id)
    if answer == "accept":
        agreements.check(db, agreement)
    if answer == "accept" and not approved_by:
        approval.check(db, quote, quote.gross)  # of the version that is seen, and written below
    due = due_at(db, quote.valid_until)
    values: dict[str, Any] = {
        "state": target,
        "answer": answer,
        "answer_due_at": due,
        "before_answer": _kept(),
        "agreed": _agreed(),
        "answered_by": by if by is not None else db.info["scope"].user_name,
        "approval_id": None,
        "requested_at": None,
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
    revisions.close(db, quote, revisions.Outcome.SETTLED)
    if answer == "accept":
        agreements.conclude(db, agreement)
    else:
        agreements.ended(db, agreeing.KIND, quote.id, "refused")
    facts: dict[str, Any] = {"reason": reason} | ({"approved_by": approved_by} if approved_by else {})
    history.note(db, quote, target.value, **facts)
    wait = (due - now()).total_seconds() if due else 0
    enqueue(db, JOB, delay_s=wait, unique=f"{JOB}:{quote.id}", quote_id=quote.id)


def _kept() -> Any:
    """The values as they are before the update that this is a part of."""
    pairs = [part for name in KEPT for part in (name, getattr(Quote, name))]
    return sa.func.jsonb_build_object(*pairs)


def _agreed() -> Any:
    """What is answered, as the company offers it; text keeps the digits."""
    gross = sa.cast(Quote.gross, sa.Text)
    return sa.func.jsonb_build_object("gross", gross, "currency", Quote.currency, "version", Quote.remote_version)


def undo(db: Session, quote: Any) -> None:
    """The answer was not meant so: the offer stands as before, but that a request for changes, which the answer ended, stays
    ended. Raises UndoTooLateError.

    The condition and `delivery.set_out` write the same row, so that an answer is either undone or taken to the company.
    """
    before = {name: Quote.before_answer[name].as_string() for name in KEPT}
    done = db.execute(
        sa.update(Quote)
        .where(
            Quote.id == quote.id,
            Quote.answer.is_not(None),
            Quote.answer_due_at > sa.func.clock_timestamp(),
            Quote.state.in_(BY_NAME["undo"].sources),
        )
        .values(
            **before,
            answer=None,
            answer_due_at=None,
            before_answer=None,
            agreed=None,
            moved_at=now(),
            version=Quote.version + 1,
        )
        .returning(*history.SUBJECT)
        .execution_options(synchronize_session=False)
    ).first()
    if done is None:
        raise UndoTooLateError()
    agreements.ended(db, agreeing.KIND, quote.id, "undone")
    history.note(db, done, "undone")


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

    Raises QuoteExpiredError, QuoteStateError, OfferChangedError, NoApprovalNeededError, and what conditions of agreements raise.
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
    agreements.check(db, agreeing.agreement(db, quote))
    approval.ask(db, portico, approval.ACCEPT, quote, note, version=quote.version, po_number=po_number)


def expire(db: Session) -> int:
    """End the offers whose last day has passed. For the periodic job; says how many."""
    ended = db.execute(
        sa.update(Quote)
        .where(
            Quote.state.in_(OFFERED),
            Quote.valid_until < today(db),
        )
        .values(
            state=State.EXPIRED, moved_at=now(), version=Quote.version + 1, approval_id=None, requested_at=None
        )
        .returning(*history.SUBJECT)
        .execution_options(synchronize_session=False)
    ).all()
    for quote in ended:
        approval.close(db, quote.id)
        agreements.ended(db, agreeing.KIND, quote.id, "expired")
        revisions.close(db, quote, revisions.Outcome.SETTLED)
        history.note(db, quote, "expired")
    return len(ended)
