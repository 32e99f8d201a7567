"""Invoices as the sync engine pulls them: from the capability to `synchronise.apply`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections.models import ConnectionSync
from portico.connections.sync import PAGE_ROWS, Counts, SyncEntity
from portico.connections.target import Target
from portico_erp.values import Page, RemoteInvoice
from portico_invoices import synchronise
from portico_invoices.i18n import _

NAME = "invoices.invoices"


def pull(client: Any, cursor: str | None) -> Page[RemoteInvoice]:
    page: Page[RemoteInvoice] = client.changed_invoices(cursor, PAGE_ROWS)
    return page


def one(client: Any, ref: str) -> RemoteInvoice | None:
    found: RemoteInvoice | None = client.invoice(ref)
    return found


def apply(db: Session, target: Target, items: Sequence[RemoteInvoice]) -> Counts:
    """Until a connection was read to its end for the first time, its invoices are history: nobody is told of them."""
    done = synchronise.apply(db, items, quiet=not _read_before(db, target))
    return Counts(done.created, done.changed + done.removed, done.unchanged + done.elsewhere)


def _read_before(db: Session, target: Target) -> bool:
    success = sa.select(ConnectionSync.last_success_at).where(
        ConnectionSync.connection_id == target.connection_id, ConnectionSync.entity == NAME
    )
    return db.scalar(success) is not None


# After orders (60): an invoice is whose its orders are.
ENTITY = SyncEntity(
    NAME, "invoices", pull, apply, title=_("Invoices"), order=70, columns={"number": _("Number")}, one=one
)
