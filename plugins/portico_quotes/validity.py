"""Until when an offer can be answered."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from portico.db.types import now


def today(db: Session) -> dt.date:
    """The date at the company, whose calendar an offer's last day is in."""
    return now().astimezone(db.info["scope"].tenant.zone).date()


def is_past(db: Session, valid_until: dt.date | None) -> bool:
    """Valid through the whole of its last day."""
    return valid_until is not None and valid_until < today(db)
