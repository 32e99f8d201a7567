"""The actor behind "Refresh": one order, or all that changed since the last time."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from portico import events
from portico.connections.client import open_client
from portico.connections.jobs import synchronise as run_entity
from portico.connections.target import NoConnectionError
from portico.jobs import Dead, Retry
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError
from portico_orders import entity, lead_times, synchronise
from portico_orders.i18n import _
from portico_orders.models import Order
from portico_orders.reading import today

TIMEOUT_S = 15.0
MOST_WAITS = 3
"""A person is waiting: after these tries the periodic run does the rest."""


LEARN_EVERY_S = 3600.0


def learn(job: Any) -> None:
    """How long deliveries take, anew. Periodic."""
    with job.session() as db:
        lead_times.learn(db, job.tenant, today(job.tenant))


def refresh(job: Any, order_id: str | None = None) -> None:
    """No session is open while the company is asked."""
    try:
        client = open_client(job.portico, job.tenant.id, "orders", timeout_s=TIMEOUT_S)
    except NoConnectionError as error:
        raise Dead(str(error)) from error
    if order_id is None:
        run_entity(job, str(client.target.connection_id), entity.NAME)
        return
    with job.session() as db:
        ref = db.scalar(sa.select(Order.erp_ref).where(Order.id == uuid.UUID(order_id)))
    if ref is None:
        return
    try:
        remote = client.order(ref)
    except ConnectorUnavailableError as error:
        if job.waits >= MOST_WAITS:
            return
        raise Retry(error.retry_after_s or 5, error.message) from error
    except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
        raise Dead(error.message) from error
    if remote is None:
        raise Dead(_("The company's system has no order ${ref} any more; ours is kept as it was.", mapping={"ref": ref}))
    with job.session() as db:
        events.by_company(db)
        synchronise.apply(db, [remote])
        synchronise.mark_seen(db, uuid.UUID(order_id))
