"""A quote above somebody's limit: asking for approval, and ending what was asked when the quote is another."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portico.approvals import service
from portico.approvals.service import Subject
from portico_quotes import history
from portico_quotes.models import Quote

SUBMIT, ACCEPT = "quotes.submit", "quotes.accept"
_TYPE = "quote"


def check(db: Session, quote: Any, gross: Decimal) -> None:
    """Raises AboveLimitError if the person in scope may not order that much alone."""
    service.check(db, quote.account_id, gross, quote.currency)


def ask(db: Session, portico: Any, kind: str, quote: Quote, note: str, **data: Any) -> None:
    """Of a quote that is locked. What was asked about it before is asked no more. Raises NoApprovalNeededError."""
    end(db, quote)
    subject = Subject(_TYPE, quote.id, quote.account_id, quote.site_id, quote.gross, quote.currency)
    quote.approval_id = service.ask(db, portico, kind, subject, note=note, data=data)
    db.flush()
    history.note(db, quote, "approval_asked", tell=False)
    history.nudge(db, quote)


def end(db: Session, quote: Any) -> None:
    """It changed, or somebody with a higher limit did it. quote: locked, or just written by this transaction."""
    if quote.approval_id is None:
        return
    close(db, quote.id)
    if isinstance(quote, Quote):
        quote.approval_id = None
        db.flush()


def close(db: Session, quote_id: UUID) -> None:
    """What was asked about the quote is asked no more; its row was written already."""
    service.close(db, _TYPE, quote_id)
