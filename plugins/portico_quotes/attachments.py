"""Files at a quote: added and removed while it is a draft, read by whoever sees the quote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any
from uuid import UUID

from sqlalchemy.orm import Session

from portico.db.types import now
from portico.errors import NotFoundError
from portico.files import service
from portico.files.service import Subject
from portico.pluginhost.values import AttachmentKind
from portico_quotes import approval, drafts, reading
from portico_quotes.errors import QuoteStateError
from portico_quotes.models import Quote
from portico_quotes.states import State

KIND, MOST = drafts.FILES, 20


def kinds() -> list[AttachmentKind]:
    return [AttachmentKind(KIND, "quotes:view", _find, MOST)]


def _find(db: Session, quote_id: UUID) -> Any:
    try:
        return reading.one(db, quote_id)
    except NotFoundError:
        return None


def subject(quote: Any) -> Subject:
    return Subject(KIND, "quote", quote.id, quote.account_id, quote.site_id, quote.author_id)


def of(db: Session, quote: Any) -> Sequence[Any]:
    return service.of(db, KIND, quote.id)


def one(db: Session, quote: Any, file_id: UUID) -> Any:
    """Raises NotFoundError."""
    return service.one(db, KIND, quote.id, file_id)


def add(db: Session, quote: Any, name: str, source: IO[bytes]) -> UUID:
    """Raises QuoteStateError, FileRefusedError, StorageAwayError. Nothing is locked while the file is stored."""
    if quote.state != State.DRAFT:
        raise QuoteStateError
    file_id = service.take(db, name, source, quote.account_id)
    draft = drafts.open_draft(db, quote.id)
    service.attach(db, file_id, subject(draft))
    _changed(db, draft)
    return file_id


def remove(db: Session, quote: Any, file_id: UUID) -> None:
    """Raises QuoteStateError, NotFoundError."""
    draft = drafts.open_draft(db, quote.id)
    service.remove(db, subject(draft), file_id)
    _changed(db, draft)


def _changed(db: Session, draft: Quote) -> None:
    """Whoever was asked to approve it has not seen it so."""
    approval.end(db, draft)
    draft.touched_at = now()
