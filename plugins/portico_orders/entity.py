"""Orders as the sync engine pulls them: from the capability to `synchronise.apply`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections.models import ConnectionSync
from portico.connections.sync import PAGE_ROWS, Counts, SyncEntity
from portico.connections.target import Target
from portico_erp.values import Page, RemoteOrder
from portico_orders import synchronise
from portico_orders.i18n import _

NAME = "orders.orders"


def pull(client: Any, cursor: str | None) -> Page[RemoteOrder]:
    page: Page[RemoteOrder] = client.changed_orders(cursor, PAGE_ROWS)
    return page


def one(client: Any, ref: str) -> RemoteOrder | None:
    found: RemoteOrder | None = client.order(ref)
    return found


def apply(db: Session, target: Target, items: Sequence[RemoteOrder]) -> Counts:
    """Until a connection was read to its end for the first time, its orders are history: nobody is told of
    them.
    """
    done = synchronise.apply(db, items, quiet=not _read_before(db, target))
    return Counts(done.created, done.changed + done.removed, done.unchanged + done.elsewhere)


def _read_before(db: Session, target: Target) -> bool:
    success = sa.select(ConnectionSync.last_success_at).where(
        ConnectionSync.connection_id == target.connection_id, ConnectionSync.entity == NAME
    )
    return db.scalar(success) is not None


ENTITY = SyncEntity(
    NAME, "orders", pull, apply, title=_("Orders"), order=60, columns={"number": _("Number")}, one=one
)
