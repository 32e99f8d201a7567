"""Asking the company for news of invoices: the rules of how often; the work is done by jobs."""

from __future__ import annotations

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import audit
from portico.jobs import enqueue
from portico.tenancy.scope import Scope
from portico_invoices.errors import RefreshTooOftenError

REFRESH = "invoices.refresh"
_AGAIN_S = 10
_WINDOW = dt.timedelta(minutes=10)
PER_PERSON = 30
"""Refreshes that one person may ask for in ten minutes."""


def refresh(db: Session, invoice_id: uuid.UUID | None = None) -> bool:
    """Have a job fetch one invoice, or all that changed. False: that was done within the last ten seconds
    already.

    Raises RefreshTooOftenError.
    """
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    if _hits(db, f"invoices.refresh:{scope.tenant.id}:{scope.user_id}", _WINDOW) > PER_PERSON:
        raise RefreshTooOftenError(int(_WINDOW.total_seconds()))
    what = str(invoice_id) if invoice_id else "all"
    if _hits(db, f"invoices.refresh:{scope.tenant.id}:{what}", dt.timedelta(seconds=_AGAIN_S)) > 1:
        return False
    enqueue(db, REFRESH, unique=f"{REFRESH}:{what}", priority=3, invoice_id=what if invoice_id else None)
    audit.record(db, "invoices.refresh", subject=("invoice", invoice_id) if invoice_id else None)
    return True


def _hits(db: Session, key: str, window: dt.timedelta) -> int:
    return db.scalar(sa.select(sa.func.rate_hit(key, window))) or 0
