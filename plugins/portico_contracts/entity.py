"""Contracts as the sync engine pulls them: from the capability to `synchronise.apply`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections.models import ConnectionSync
from portico.connections.sync import Counts, SyncEntity, reset
from portico.connections.target import Target
from portico_contracts import synchronise
from portico_contracts.i18n import _
from portico_erp.values import Page, RemoteContract

NAME = "contracts.contracts"
PAGE_ROWS = 100


def pull(client: Any, cursor: str | None) -> Page[RemoteContract]:
    page: Page[RemoteContract] = client.changed_contracts(cursor, PAGE_ROWS)
    return page


def one(client: Any, ref: str) -> RemoteContract | None:
    found: RemoteContract | None = client.contract(ref)
    return found


def apply(db: Session, target: Target, items: Sequence[RemoteContract]) -> Counts:
    """Until a connection was read to its end for the first time, its contracts are history: nobody is told of them."""
    return synchronise.apply(db, target.connection_id, items, quiet=not _read_before(db, target))


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


ENTITY = SyncEntity(
    NAME, "contracts", pull, apply, title=_("Contracts"), order=65, columns={"number": _("Number")}, one=one
)
