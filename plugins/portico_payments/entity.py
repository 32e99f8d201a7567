"""Payments as the sync engine pulls them: from the capability to `synchronise.apply`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections.models import ConnectionSync
from portico.connections.sync import PAGE_ROWS, Counts, SyncEntity, reset
from portico.connections.target import Target
from portico_erp.values import Page, RemotePayment
from portico_payments import synchronise
from portico_payments.i18n import _

NAME = "payments.payments"


def pull(client: Any, cursor: str | None) -> Page[RemotePayment]:
    page: Page[RemotePayment] = client.changed_payments(cursor, PAGE_ROWS)
    return page


def apply(db: Session, target: Target, items: Sequence[RemotePayment]) -> Counts:
    """Until a connection was read to its end for the first time, its payments are history: nobody is told of them."""
    done = synchronise.apply(db, items, quiet=not _read_before(db, target))
    return Counts(done.created, done.changed + done.removed, done.unchanged + done.elsewhere)


def _read_before(db: Session, target: Target) -> bool:
    success = sa.select(ConnectionSync.last_success_at).where(
        ConnectionSync.connection_id == target.connection_id, ConnectionSync.entity == NAME
    )
    return db.scalar(success) is not None


def read_again(db: Session) -> None:
    """A customer was linked: what the company has of them was passed over so far, so everything is read anew."""
    connections = db.scalars(sa.select(ConnectionSync.connection_id).where(ConnectionSync.entity == NAME))
    for connection_id in list(connections):
        reset(db, connection_id, NAME)


# After invoices, which payments settle.
ENTITY = SyncEntity(NAME, "payments", pull, apply, title=_("Payments"), order=75, columns={"number": _("Number")})
