"""The steps of bringing a quote or an answer to the company, each one short transaction of the job.

Every step is a conditional update on the quote's row, so that a second run, a sync that was faster, or a customer who
takes the quote back in the same moment, each find out that they came late.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import events
from portico.connections.messages import kept
from portico.db.types import now
from portico.errors import InvalidError
from portico.jobs import enqueue
from portico.pluginhost import agreements
from portico.tenancy.models import Account
from portico_erp.errors import ConnectorError, ConnectorRejectedError
from portico_erp.invariants import LONGEST_TEXT
from portico_erp.values import Agreed, QuoteDecision, QuoteLine, QuoteReceipt, QuoteRequest
from portico_quotes import agreeing, destinations, grouping, history, names, repricing, sync_quotes, versions
from portico_quotes.drafts import add_up, count_lines, rows
from portico_quotes.errors import QuoteStateError
from portico_quotes.models import Line, Quote
from portico_quotes.pricing import Answer
from portico_quotes.states import Delivery, State, from_company
from portico_quotes.submission import compare

PATIENCE = dt.timedelta(minutes=30)
"""How long the company may be away before staff are told that a quote waits."""
_BEFORE = {"state": State.PROCESSED, "reason": "", "answered_by": "", "po_number": ""}
"""What stands where it was not kept what an answer wrote over."""
_UNDER_WAY = (Delivery.WAITING, Delivery.SENDING)


@dataclass(frozen=True)
class Parcel:
    """A quote as it is sent. reference: the quote's id, unique for ever at the company. request: with the customer's note alone.
    words: of those of `destinations.SENT` that it has. outline: its sections in words."""

    id: uuid.UUID
    connection_id: uuid.UUID | None
    confirmed: bool
    uncertain: bool
    request: QuoteRequest
    words: Mapping[str, str] = field(default_factory=dict)
    outline: str = ""

    @property
    def reference(self) -> str:
        return self.request.reference

    def told(self, in_words: Collection[str]) -> QuoteRequest:
        """With these of `destinations.SENT` in the note instead of in fields of their own."""
        parts = [self.request.note, *(text for name, text in self.words.items() if name in in_words), self.outline]
        fields: dict[str, Any] = dict.fromkeys(in_words)
        return replace(self.request, note="\n\n".join(part for part in parts if part)[:LONGEST_TEXT], **fields)


def pack(db: Session, quote_id: uuid.UUID) -> Parcel | None:
    """None: nothing to send (any more)."""
    quote = db.get(Quote, (db.info["tenant_id"], quote_id))
    if quote is None or quote.state != State.SUBMITTED or quote.delivery not in _UNDER_WAY:
        return None
    customer_ref = db.scalar(sa.select(Account.erp_ref).where(Account.id == quote.account_id))
    language, present = db.info["scope"].tenant.locale, rows(db, quote)
    request = QuoteRequest(
        reference=str(quote.id),
        customer_ref=customer_ref or "",
        currency=quote.currency,
        note=quote.note,
        submitted_at=quote.submitted_at or now(),
        po_number=quote.po_number or None,
        lines=tuple(
            QuoteLine(
                line.item_ref, line.name, line.quantity, line.unit, line.unit_price, line.tax_rate, line.note
            )
            for line in grouping.counted(present)
        ),
        delivery_address=destinations.address(quote.delivery_address),
        wanted_on=quote.wanted_on,
    )
    # "sending" without our knowing how it ended is as uncertain as an answer that never came.
    return Parcel(
        quote.id,
        quote.connection_id,
        quote.confirmed,
        quote.uncertain or quote.delivery == Delivery.SENDING,
        request,
        destinations.in_words(quote, language),
        grouping.in_words(present, language),
    )


def _step(db: Session, quote_id: uuid.UUID, *conditions: Any, **values: Any) -> Any:
    """Update the quote if it is still under way. The row (as `history.SUBJECT`, submitted_at) or None."""
    return db.execute(
        sa.update(Quote)
        .where(
            Quote.id == quote_id,
            Quote.state == State.SUBMITTED,
            Quote.delivery.in_(_UNDER_WAY),
            *conditions,
        )
        .values(**values)
        .returning(*history.SUBJECT, Quote.submitted_at)
        .execution_options(synchronize_session=False)
    ).first()


def begin(db: Session, quote_id: uuid.UUID, *, uncertain: bool) -> bool:
    """From here on nobody can take it back. False: somebody just did. uncertain: an earlier run may have sent it."""
    return _step(db, quote_id, delivery=Delivery.SENDING, uncertain=uncertain) is not None


def record(db: Session, quote_id: uuid.UUID, connection_id: uuid.UUID, receipt: QuoteReceipt) -> None:
    """The company has it."""
    moment = now()
    names.give_up(db, connection_id, receipt.erp_ref, quote_id)
    done = _step(
        db,
        quote_id,
        delivery=Delivery.SENT,
        uncertain=False,
        problem=None,
        number=receipt.number,
        erp_ref=receipt.erp_ref,
        connection_id=connection_id,
        moved_at=moment,
        version=Quote.version + 1,
        state=from_company(State.SUBMITTED, receipt.status, changed=False),
    )
    if done is not None:
        events.by_company(db)
        history.note(db, done, "received")


def note_away(db: Session, quote_id: uuid.UUID, error: Exception) -> None:
    """Nothing is known. Staff are told once when it lasts."""
    problem = {"message": kept(getattr(error, "message", "")), "told": False}
    before = db.execute(
        sa.select(Quote.problem, Quote.submitted_at, Quote.delivery).where(Quote.id == quote_id)
    ).one_or_none()
    if before is None:
        return
    told = bool(before.problem and before.problem.get("told"))
    late = before.submitted_at is not None and now() - before.submitted_at > PATIENCE
    step = _step(
        db, quote_id, problem=problem | {"told": told or late}, uncertain=before.delivery == Delivery.SENDING
    )
    if step is not None and late and not told:
        history.note(db, step, "stuck", problem=kept(getattr(error, "message", "")))


def confirm(db: Session, quote_id: uuid.UUID, answer: Answer, ids: dict[str, uuid.UUID]) -> bool:
    """Compare the prices of a quote that was submitted unconfirmed. True: they hold. False: the customer is asked."""
    quote = db.scalars(sa.select(Quote).where(Quote.id == quote_id).with_for_update()).one()
    if quote.state != State.SUBMITTED or quote.delivery != Delivery.WAITING:
        return False
    present = grouping.counted(rows(db, quote))
    found = compare(quote, present, answer, ids)
    _note_prices(db, quote, present, answer, ids)
    if not found.changes:
        quote.confirmed = True
        return True
    _hand_back(db, quote, Delivery.CONFIRM, None)
    history.note(db, quote, "needs_confirmation", changes=len(found.changes))
    return False


def note_fault(db: Session, quote_id: uuid.UUID, error: ConnectorRejectedError) -> None:
    """The company's system is broken. The quote waits until that is mended; staff are told, once."""
    before = db.execute(sa.select(Quote.problem, Quote.uncertain).where(Quote.id == quote_id)).one_or_none()
    if before is None:
        return
    message = kept(error.message)
    step = _step(
        db,
        quote_id,
        # It answered, so it has nothing of this call; what an earlier one left is as unknown as before.
        delivery=Delivery.SENDING if before.uncertain else Delivery.WAITING,
        problem={"message": message, "fault": True, "internal": True, "told": True},
    )
    if step is not None and not (before.problem or {}).get("fault"):
        history.note(db, step, "fault", problem=message)


def _problem(error: Any) -> dict[str, Any]:
    """What a quote keeps of an error. internal: of the company's system itself, so its staff's to read alone."""
    internal = not isinstance(error, ConnectorRejectedError) or error.is_fault
    return {"message": kept(error.message)} | ({"internal": True} if internal else {})


def _note_prices(db: Session, quote: Quote, present: list[Line], answer: Answer, ids: dict[str, uuid.UUID]) -> None:
    """Lines and sums at what the company says, together: prices that no sum can hold change neither."""
    with suppress(InvalidError), db.begin_nested():
        repricing.check(present, answer, ids)
        add_up(db, quote)


def _hand_back(db: Session, quote: Quote, delivery: Delivery, problem: dict[str, Any] | None) -> None:
    quote.state, quote.delivery, quote.problem = State.DRAFT, delivery, problem
    quote.touched_at = quote.moved_at = now()
    quote.version += 1
    quote.line_count = count_lines()
    db.flush()


def refuse(db: Session, quote_id: uuid.UUID, error: ConnectorRejectedError) -> None:
    """The company refused the data. If it certainly has nothing of it, the customer can mend it; else staff look."""
    quote = db.scalars(sa.select(Quote).where(Quote.id == quote_id).with_for_update()).one_or_none()
    if quote is None or quote.state != State.SUBMITTED or quote.delivery not in _UNDER_WAY:
        return
    if quote.uncertain or error.field in ("customer_ref", "reference"):
        park(db, quote_id, error)
        return
    message = kept(error.message)
    _hand_back(db, quote, Delivery.RETURNED, {"message": message})
    events.by_company(db)
    history.note(db, quote, "returned", problem=message)


def hand_back(db: Session, quote: Quote) -> None:
    """Staff give a parked quote back to the customer, having made sure that the company has nothing of it."""
    done = db.execute(
        sa.update(Quote)
        .where(
            Quote.id == quote.id,
            Quote.state == State.SUBMITTED,
            Quote.delivery == Delivery.PROBLEM,
        )
        .values(
            state=State.DRAFT,
            delivery=Delivery.RETURNED,
            uncertain=False,
            touched_at=now(),
            moved_at=now(),
            version=Quote.version + 1,
            line_count=count_lines(),
        )
        .returning(Quote.id)
        .execution_options(synchronize_session=False)
    ).first()
    if done is None:
        raise QuoteStateError()
    history.note(db, quote, "returned", problem=(quote.problem or {}).get("message"))


def park(db: Session, quote_id: uuid.UUID, error: Any) -> None:
    """For staff to look at, and to send again."""
    message = kept(error.message)
    done = _step(
        db,
        quote_id,
        delivery=Delivery.PROBLEM,
        problem=_problem(error),
        moved_at=now(),
        version=Quote.version + 1,
    )
    if done is not None:
        history.note(db, done, "problem", problem=message)


def answer_waits(db: Session, quote_id: uuid.UUID) -> float:
    """Seconds for which the customer's answer can still be undone; 0: it sets out, or there is none."""
    left = sa.extract("epoch", Quote.answer_due_at - sa.func.clock_timestamp())
    found = db.scalar(sa.select(left).where(Quote.id == quote_id, Quote.answer.is_not(None)))
    return max(0.0, float(found or 0))


def set_out(db: Session, quote_id: uuid.UUID) -> Any:
    """The customer's answer as the company gets it, which from here on cannot be undone; None: the company has it, there is
    none, or it can be undone still. To be committed before the company is told.
    """
    quote = db.execute(
        sa.update(Quote)
        .where(
            Quote.id == quote_id,
            Quote.answer.is_not(None),
            Quote.erp_ref.is_not(None),
            Quote.state.in_((State.ACCEPTED, State.DECLINED)),
            sa.or_(Quote.answer_due_at.is_(None), Quote.answer_due_at <= sa.func.clock_timestamp()),
        )
        .values(answer_due_at=None)
        .returning(
            *history.SUBJECT,
            Quote.erp_ref,
            Quote.answer,
            Quote.answered_by,
            Quote.reason,
            Quote.po_number,
            Quote.agreed,
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if quote is None:
        return None
    history.nudge(db, quote)
    return QuoteDecision(
        quote.erp_ref,
        quote.answer == "accept",
        quote.answered_by,
        quote.reason,
        quote.po_number or None,
        _agreed(quote.agreed),
    )


def _agreed(kept: Mapping[str, str] | None) -> Agreed | None:
    """None: of an answer from before it was kept."""
    return None if kept is None else Agreed(Decimal(kept["gross"]), kept["currency"], kept["version"])


def answered(db: Session, quote_id: uuid.UUID) -> None:
    done = db.execute(
        sa.update(Quote)
        .where(Quote.id == quote_id, Quote.answer.is_not(None))
        .values(answer=None, before_answer=None, agreed=None, problem=None)
        .returning(*history.SUBJECT)
        .execution_options(synchronize_session=False)
    ).first()
    if done is not None:
        events.by_company(db)
        history.note(db, done, "answer_received")


def note_answer_fault(db: Session, quote_id: uuid.UUID, error: ConnectorRejectedError) -> None:
    """The company's system is broken, and the answer waits until that is mended; staff are told, once."""
    message = kept(error.message)
    done = db.execute(
        sa.update(Quote)
        .where(
            Quote.id == quote_id,
            Quote.answer.is_not(None),
            sa.func.coalesce(Quote.problem["fault"].as_boolean(), False).is_(False),
        )
        .values(problem={"message": message, "fault": True, "internal": True})
        .returning(*history.SUBJECT)
        .execution_options(synchronize_session=False)
    ).first()
    if done is not None:
        history.note(db, done, "fault", problem=message)


def refuse_answer(db: Session, quote_id: uuid.UUID, error: Any) -> None:
    """The company does not take the answer (it expired there, say): the offer stands as it did, and both sides are told."""
    message = kept(error.message)
    done = db.execute(
        sa.update(Quote)
        .where(Quote.id == quote_id, Quote.answer.is_not(None))
        .values(
            answer=None,
            before_answer=None,
            agreed=None,
            state=State.PROCESSED,
            problem=_problem(error) if isinstance(error, ConnectorError) else {"message": message},
            moved_at=now(),
            version=Quote.version + 1,
        )
        .returning(*history.SUBJECT)
        .execution_options(synchronize_session=False)
    ).first()
    if done is not None:
        events.by_company(db)
        agreements.ended(db, agreeing.KIND, quote_id, "refused")
        history.note(db, done, "answer_refused", problem=message)


def void_answer(db: Session, quote_id: uuid.UUID) -> None:
    """The answer was to another offer than the company has: nobody is bound by it. The quote stands as it did before it, or
    revised if that is known here already; what the company offers is read at once, so that the customer can answer that.
    """
    quote = db.scalars(
        sa.select(Quote).where(Quote.id == quote_id, Quote.answer.is_not(None)).with_for_update()
    ).one_or_none()
    if quote is None:
        return
    agreed, before = _agreed(quote.agreed), quote.before_answer or {}
    for name, otherwise in _BEFORE.items():
        setattr(quote, name, before.get(name, otherwise))
    quote.answer = quote.before_answer = quote.agreed = quote.problem = None
    quote.moved_at = now()
    quote.version += 1
    if agreed is not None and agreed != Agreed(quote.gross, quote.currency, agreed.version and quote.remote_version):
        quote.state = State.REVISED
        versions.keep(db, quote, grouping.binding(rows(db, quote)), offered=True)
    db.flush()
    agreements.ended(db, agreeing.KIND, quote.id, "changed")
    events.by_company(db)
    history.note(db, quote, "answer_void")
    key = f"connections.sync/{quote.connection_id}/{sync_quotes.NAME}"
    enqueue(db, "connections.sync", connection_id=quote.connection_id, entity=sync_quotes.NAME, unique=key)
