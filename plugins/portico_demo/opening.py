"""The first hour of a demo company: its records arrive, then its people work a little, and the portal sees that.

So the first visitor meets a full catalogue, and activity and notices that came about as all later ones do.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from portico.connections import sync
from portico.connections.client import Client
from portico_demo import backoffice

_NEWEST_ORDER = """
    UPDATE orders SET status = %(to)s WHERE id = (
        SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id
        WHERE c.code = %(customer)s AND o.status = %(from)s AND NOT o.id = ANY(%(done)s)
        ORDER BY o.ordered_at DESC, o.id LIMIT 1)
    RETURNING id"""
_ARRIVED = "UPDATE deliveries SET delivered_at = clock_timestamp() WHERE delivered_at IS NULL AND order_id = %s"
_SUBMITTED = """
    SELECT q.* FROM quotes q JOIN customers c ON c.id = q.customer_id
    WHERE c.code = %s AND q.status = 'submitted' FOR UPDATE OF q"""


def fetch(parts: Any, tenant_id: UUID, connection_id: UUID) -> None:
    """Read everything that the connection can give and whose plugin is on, at once instead of by the workers' job."""
    host, tenant = parts.connections, parts.tenant(tenant_id)
    target = host.target(tenant_id, connection_id, tenant.config_version)
    capabilities = host.connector(target.connector).capabilities
    entities = [one for plugin, one in host.entities.values() if plugin is None or plugin in tenant.plugins]
    for entity in sorted(entities, key=lambda one: (one.order, one.name)):
        if entity.capability in capabilities:
            client = Client(host, target, entity.capability)
            sync.run(partial(parts.sessions.scoped, parts.system_scope(tenant)), client, entity, budget_s=120)


def work(dsn: str, customer: str) -> None:
    """One order of the customer is sent, another arrives, and the quotes that they asked for get their prices."""
    with psycopg.connect(dsn, row_factory=dict_row, application_name="portico demo") as connection:
        done: list[int] = []
        for before, after in (("shipped", "delivered"), ("processing", "shipped"), ("pending", "processing")):
            values = {"customer": customer, "from": before, "to": after, "done": done}
            order = connection.execute(_NEWEST_ORDER, values).fetchone()
            if order is None:
                continue
            done.append(order["id"])
            if after == "delivered":
                connection.execute(_ARRIVED, [order["id"]])
            elif after == "shipped":
                backoffice.ship(connection, order["id"])
        backoffice.price(connection, connection.execute(_SUBMITTED, [customer]).fetchall())
