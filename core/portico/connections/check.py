"""Tests a connection from a job or a command: call without a transaction, then note the outcome in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from portico.connections import service
from portico.connections.client import PATIENCE_S
from portico.connections.errors import ConnectorError
from portico.connections.host import JOB_TIMEOUT_S


def run(portico: Any, tenant_id: UUID, connection_id: UUID) -> UUID | None:
    """The id of the connection in use afterwards, None if the test failed (why is kept with the draft)."""
    host, scope = portico.connections, portico.system_scope(portico.tenant(tenant_id))
    outcome: dict[str, Any] = {}
    try:
        target = host.target(tenant_id, connection_id)
        outcome["reports"] = host.call(target, "check", "test", timeout_s=JOB_TIMEOUT_S, patience_s=PATIENCE_S)
    except ConnectorError as error:
        outcome["error"] = error
    with portico.sessions.scoped(scope) as db:
        used: UUID | None = service.record_test(db, portico.cipher, connection_id, **outcome)
    if used != connection_id:
        host.forget(connection_id)  # the draft's lane; a failed draft gets a new one
    return used


def create(
    portico: Any,
    tenant_id: UUID,
    *,
    connector: str,
    name: str,
    values: Mapping[str, Any],
    set_up: bool = False,
) -> UUID:
    """Propose, set the system up if asked, test, put to use. For commands and the demo.

    Raises the connector's error, or service errors; the draft stays for somebody to look at.
    """
    host, scope = portico.connections, portico.system_scope(portico.tenant(tenant_id))
    with portico.sessions.scoped(scope) as db:
        draft_id = service.propose(db, host, portico.cipher, connector=connector, name=name, values=values)
    if set_up:
        try:
            host.call(host.target(tenant_id, draft_id), "setup", "set_up", patience_s=PATIENCE_S)
        except ConnectorError as error:
            with portico.sessions.scoped(scope) as db:
                service.record_test(db, portico.cipher, draft_id, error=error)
            raise
    used = run(portico, tenant_id, draft_id)
    if used is None:
        with portico.sessions.scoped(scope) as db:
            raise RuntimeError(service.get(db, draft_id).last_error or "the test of the connection failed")
    return used
