"""By what the company's system knows a quote: one quote of ours for each name."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico_quotes.models import Quote


def give_up(db: Session, connection_id: uuid.UUID, erp_ref: str, own: uuid.UUID) -> None:
    """No quote but `own` stands under this name any more: what did was a record of a system that is not there now, as another one
    took the connection over, or the company's was set up anew and counts from the start."""
    db.execute(
        sa.update(Quote)
        .where(Quote.connection_id == connection_id, Quote.erp_ref == erp_ref, Quote.id != own)
        .values(erp_ref=Quote.erp_ref + "~" + sa.cast(Quote.id, sa.Text))
        .execution_options(synchronize_session=False)
    )
