"""Background work: delivers quotes and answers to the company, exactly once whatever fails, and tidies up."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections.client import open_client
from portico.connections.target import NoConnectionError
from portico.db.types import now
from portico.jobs import Retry, enqueue
from portico_erp import agreement
from portico_erp.capabilities import NO_PLACE
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError
from portico_erp.values import QuoteReceipt
from portico_quotes import catalogue, decisions, delivery, destinations, drafts, pricing, submission, sync_catalogue
from portico_quotes.errors import CannotDecideError
from portico_quotes.i18n import _
from portico_quotes.models import Quote
from portico_quotes.states import Delivery, State

SETTLED = dt.timedelta(minutes=5)


def submit(job: Any, quote_id: str) -> None:
    """Bring one submitted quote to the company, or find out that it is there already.

    The company's unique reference decides: whatever was lost before, asking for it first tells what to do. The quote
    itself says how far we are, so a run that dies anywhere is taken up by the next.
    """
    own = uuid.UUID(quote_id)
    with job.session() as db:
        parcel = delivery.pack(db, own)
    if parcel is None:
        return
    try:
        client = open_client(job.portico, job.tenant.id, "quote_submission")
        if not parcel.confirmed and not parcel.uncertain and not _prices_hold(job, parcel):
            return
        with job.session() as db:
            if not delivery.begin(db, own, uncertain=parcel.uncertain):
                return
        receipt = client.find_quote(parcel.reference) if parcel.uncertain else None
        receipt = receipt or _hand_over(client, parcel)
    except (ConnectorUnavailableError, NoConnectionError) as error:
        with job.session() as db:
            delivery.note_away(db, own, error)
        raise Retry(getattr(error, "retry_after_s", None), getattr(error, "message", str(error))) from error
    except ConnectorRejectedError as error:
        if error.is_fault:
            with job.session() as db:
                delivery.note_fault(db, own, error)
            raise Retry(None, str(error)) from error
        with job.session() as db:
            delivery.refuse(db, own, error)
    except ConnectorUnauthorisedError as error:
        with job.session() as db:
            delivery.park(db, own, error)
    else:
        with job.session() as db:
            delivery.record(db, own, client.target.connection_id, receipt)


def _hand_over(client: Any, parcel: delivery.Parcel) -> QuoteReceipt:
    """Where and when to deliver as fields of their own, as far as the company's system has a place for them; else in the note."""
    words = set() if "quote_destinations" in client.capabilities else set(destinations.SENT)
    while True:
        try:
            receipt: QuoteReceipt = client.submit(parcel.told(words))
            return receipt
        except ConnectorRejectedError as error:
            if error.code != NO_PLACE or error.field not in destinations.SENT or error.field in words:
                raise
            words.add(error.field)


def _prices_hold(job: Any, parcel: Any) -> bool:
    """For a quote that was submitted while the company was away: compare prices now. False: it went back."""
    prices = open_client(job.portico, job.tenant.id, "prices")
    with job.session() as db:
        ids = catalogue.items_by_ref(db, parcel.connection_id, [line.ref for line in parcel.request.lines])
    wanted = [(ids[line.ref], line.quantity) for line in parcel.request.lines if line.ref in ids]
    said = prices.prices(parcel.request.customer_ref, pricing.question(wanted))
    answer = pricing.read_answer(said, wanted, parcel.request.currency)
    with job.session() as db:
        return delivery.confirm(db, parcel.id, answer, {ref: item.id for ref, item in ids.items()})


def decide(job: Any, quote_id: str) -> None:
    """Take the customer's answer to the company once it can be undone no more. The same answer twice changes nothing there."""
    own = uuid.UUID(quote_id)
    with job.session() as db:
        waits = delivery.answer_waits(db, own)
        answer = None if waits else delivery.set_out(db, own)
    if waits:
        raise Retry(waits, _("The customer can still undo the answer."))
    if answer is None:
        return
    try:
        client = open_client(job.portico, job.tenant.id, "quote_decisions")
        client.decide(answer)
    except NoConnectionError:
        with job.session() as db:
            delivery.refuse_answer(db, own, CannotDecideError())
    except ConnectorUnavailableError as error:
        raise Retry(getattr(error, "retry_after_s", None), getattr(error, "message", str(error))) from error
    except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
        if isinstance(error, ConnectorRejectedError) and error.is_fault:
            with job.session() as db:
                delivery.note_answer_fault(db, own, error)
            raise Retry(None, str(error)) from error
        with job.session() as db:
            if getattr(error, "code", "") == agreement.CHANGED:
                delivery.void_answer(db, own)
            else:
                delivery.refuse_answer(db, own, error)
    else:
        with job.session() as db:
            delivery.answered(db, own)


def tidy(job: Any) -> None:
    """Forgotten drafts go, offers end, and what is under way without a job gets one again."""
    with job.session() as db:
        drafts.remove_forgotten(db)
        decisions.expire(db)
        wake(db)


def wake(db: Session) -> None:
    """A job that gave up, or was lost with its table, must not leave a quote behind."""
    stale = db.execute(
        sa.select(Quote.id, Quote.answer)
        .where(
            sa.or_(
                sa.and_(
                    Quote.state == State.SUBMITTED, Quote.delivery.in_((Delivery.WAITING, Delivery.SENDING))
                ),
                sa.and_(
                    Quote.answer.is_not(None),
                    sa.or_(Quote.answer_due_at.is_(None), Quote.answer_due_at < now() - SETTLED),
                ),
            ),
            Quote.moved_at < now() - SETTLED,
        )
        .limit(500)
    )
    for row in stale:
        name = decisions.JOB if row.answer else submission.JOB
        enqueue(db, name, unique=f"{name}:{row.id}", quote_id=row.id)


def note_age(job: Any, connection_id: str) -> None:
    """Tell customers' pages how old the cached catalogue is."""
    with job.session() as db:
        sync_catalogue.note_age(db, uuid.UUID(connection_id))


def register(jobs: Any) -> None:
    jobs.actor(submission.JOB, submit, max_attempts=20, time_limit_s=90)
    jobs.actor(decisions.JOB, decide, max_attempts=20, time_limit_s=60)
    jobs.actor("quotes.tidy", tidy, max_attempts=3)
    jobs.periodic("quotes.tidy", every_s=300, per="tenant")
    jobs.actor("quotes.note_age", note_age, max_attempts=2)
    jobs.periodic("quotes.note_age", every_s=60, per="connection")
