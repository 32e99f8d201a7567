"""A connection as the host calls it: settings and opened secrets, immutable, read in a transaction of its
own.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portico.connections.connector import Rate
from portico.connections.keys import read_secrets
from portico.connections.models import ACTIVE, Connection
from portico.connections.secrets import Cipher


class NoConnectionError(LookupError):
    """The company has no such connection, or none that can do this."""


@dataclass(frozen=True)
class Target:
    """A client is kept for as long as all of this stays the same.

    rate: how often it may be called, None = as often as one likes. paced_as: the connection whose turns its calls take, which
    a draft of new settings shares with the connection that it replaces; None: its calls are not counted.
    """

    tenant_id: uuid.UUID
    connection_id: uuid.UUID
    connector: str
    name: str
    version: int
    config: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    rate: Rate | None = None
    paced_as: uuid.UUID | None = None


def load(db: Session, cipher: Cipher, connection_id: uuid.UUID) -> Target:
    """Raises NoConnectionError (another tenant's connection is no connection) and SealError."""
    replaced = aliased(Connection)
    row = db.execute(
        sa.select(
            Connection.tenant_id,
            Connection.connector,
            Connection.name,
            Connection.version,
            Connection.config,
            Connection.replaces_id,
            sa.func.coalesce(replaced.rate_calls, Connection.rate_calls).label("calls"),
            sa.func.coalesce(replaced.rate_per_s, Connection.rate_per_s).label("per_s"),
        )
        .outerjoin(
            replaced, sa.and_(replaced.tenant_id == Connection.tenant_id, replaced.id == Connection.replaces_id)
        )
        .where(Connection.id == connection_id)
    ).one_or_none()
    if row is None:
        raise NoConnectionError(str(connection_id))
    return Target(
        row.tenant_id,
        connection_id,
        row.connector,
        row.name,
        row.version,
        row.config,
        read_secrets(db, cipher, connection_id),
        Rate(row.calls, row.per_s) if row.calls else None,
        row.replaces_id or connection_id,
    )


def active(db: Session) -> list[tuple[uuid.UUID, str, Mapping[str, Any]]]:
    """(id, connector, settings without secrets) of the connections in use, the oldest first."""
    rows = db.execute(
        sa.select(Connection.id, Connection.connector, Connection.config)
        .where(Connection.status == ACTIVE, Connection.replaces_id.is_(None))
        .order_by(Connection.id)
    )
    return [(row.id, row.connector, row.config) for row in rows]
