"""Records of core for tests that walk every table and route."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from portico.connections import keys
from portico.connections.models import (
    ACTIVE,
    Connection,
    ConnectionPace,
    ConnectionRun,
    ConnectionSync,
    ConnectionSyncProblem,
)
from portico.db.types import now


def sample_connection(db: Session, parts: Any) -> dict[str, str]:
    """A connection with a secret, a cursor, a run and a problem; nothing answers at its address."""
    connector = next(iter(parts.connections.connectors), "none")
    connection = Connection(
        connector=connector,
        name="Sample",
        config={"host": "192.0.2.1", "port": 5432, "database": "sample", "user": "sample", "currency": "EUR"},
        status=ACTIVE,
    )
    db.add(connection)
    db.flush()
    keys.store_secrets(db, parts.cipher, connection.id, {"password": "not-a-secret"})
    db.add(ConnectionSync(connection_id=connection.id, entity="sample"))
    db.add(ConnectionPace(connection_id=connection.id, calls=[now()]))
    problem = ConnectionSyncProblem(
        connection_id=connection.id, entity="sample", record_ref="1", message="cannot be read"
    )
    db.add(problem)
    moments = {"started_at": now(), "ended_at": now()}
    db.add(ConnectionRun(connection_id=connection.id, entity="sample", kind="changes", outcome="done", **moments))
    db.flush()
    return {"connection_id": str(connection.id), "problem_id": str(problem.id)}
