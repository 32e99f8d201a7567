"""Does what was approved, in the transaction and within the reach of whoever approved it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from portico.pluginhost import agreements
from portico.pluginhost.values import ApprovalKind
from portico_quotes import agreeing, approval, decisions, history, submission
from portico_quotes.errors import QuoteStateError
from portico_quotes.i18n import _
from portico_quotes.locking import lock
from portico_quotes.models import Quote
from portico_quotes.states import OFFERED, State


def _asked(db: Session, asked: Any) -> Quote:
    """The quote as it was when approval was asked. Raises QuoteStateError: it is another by now."""
    quote = lock(db, uuid.UUID(asked.subject_id))
    if quote.approval_id != asked.id or quote.version != asked.data["version"] or quote.gross != asked.amount:
        raise QuoteStateError
    quote.approval_id = None
    db.flush()
    return quote


def submit(db: Session, asked: Any) -> None:
    """Prices are compared once more on the way, as of every quote that was not confirmed a moment ago."""
    quote = _asked(db, asked)
    if quote.state != State.DRAFT:
        raise QuoteStateError
    submission.submit(db, quote, None, {}, version=quote.version, approved_by=asked.decider)


def accept(db: Session, asked: Any) -> None:
    """The company is told who accepted: the person who asked, not the one who let them."""
    quote = _asked(db, asked)
    if quote.state not in OFFERED:
        raise QuoteStateError
    po_number = asked.data.get("po_number")
    seen = asked.data["version"]
    who = {"by": asked.author, "person_id": asked.author_id, "approved_by": asked.decider}
    decisions.decide(db, quote, "accept", seen=seen, po_number=po_number, **who)


def refuse(db: Session, asked: Any) -> None:
    quote = lock(db, uuid.UUID(asked.subject_id))
    if quote.approval_id == asked.id:
        quote.approval_id = None
        db.flush()
        if quote.state in OFFERED:
            agreements.ended(db, agreeing.KIND, quote.id, "not-approved")
    history.note(db, quote, f"approval_{asked.status}", tell=False, reason=asked.reason)
    history.nudge(db, quote)


def kinds() -> list[ApprovalKind]:
    way = ("quotes.detail", {"quote_id": "subject"}, lock)
    return [
        ApprovalKind(approval.SUBMIT, _("Submit a quote"), *way, submit, refuse),
        ApprovalKind(approval.ACCEPT, _("Accept an offer"), *way, accept, refuse),
    ]
