"""A quote that nobody else changes until this transaction ends."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.errors import NotFoundError
from portico_quotes.models import Quote


def lock(db: Session, quote_id: uuid.UUID) -> Quote:
    """The quote as it is now, under its row's lock. Raises NotFoundError: there is none that the reader sees."""
    quote = db.scalars(
        sa.select(Quote).where(Quote.id == quote_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if quote is None:
        raise NotFoundError
    return quote
