"""What a demo company has is read before anybody looks, so that the first visitor meets a full catalogue."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from portico.connections import sync
from portico.connections.client import Client


def fetch(parts: Any, tenant_id: UUID, connection_id: UUID) -> None:
    """Read everything that the connection can give and whose plugin is on, at once instead of by the workers' job."""
    host, tenant = parts.connections, parts.tenant(tenant_id)
    target = host.target(tenant_id, connection_id, tenant.config_version)
    for entity in host.entities_of(tenant, target):
        client = Client(host, target, entity.capability)
        sync.run(partial(parts.sessions.scoped, parts.system_scope(tenant)), client, entity, budget_s=120)
