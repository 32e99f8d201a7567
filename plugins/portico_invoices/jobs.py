"""The actors: "Refresh" of one invoice or of all that changed, and orders that came after their invoices."""

from __future__ import annotations

import uuid
from typing import Any

from portico import events
from portico.connections.client import open_client
from portico.connections.jobs import synchronise as run_entity
from portico.connections.target import NoConnectionError
from portico.jobs import Dead, Retry
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError
from portico_invoices import entity, matching, reading, synchronise
from portico_invoices.i18n import _

TIMEOUT_S = 15.0
MOST_WAITS = 3
"""A person is waiting: after these tries the periodic run does the rest."""
MATCH_EVERY_S = 600.0


def match(job: Any) -> None:
    """Orders that nobody knew when their invoice came, looked for anew. Periodic."""
    with job.session() as db:
        matching.match(db)


def refresh(job: Any, invoice_id: str | None = None) -> None:
    """No session is open while the company is asked."""
    try:
        client = open_client(job.portico, job.tenant.id, "invoices", timeout_s=TIMEOUT_S)
    except NoConnectionError as error:
        raise Dead(str(error)) from error
    if invoice_id is None:
        run_entity(job, str(client.target.connection_id), entity.NAME)
        return
    with job.session() as db:
        ref = reading.ref_of(db, uuid.UUID(invoice_id))
    if ref is None:
        return
    try:
        remote = client.invoice(ref)
    except ConnectorUnavailableError as error:
        if job.waits >= MOST_WAITS:
            return
        raise Retry(error.retry_after_s or 5, error.message) from error
    except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
        raise Dead(error.message) from error
    if remote is None:
        raise Dead(_("The company's system has no invoice ${ref} any more; ours is kept as it was.", mapping={"ref": ref}))
    with job.session() as db:
        events.by_company(db)
        synchronise.apply(db, [remote])
        synchronise.mark_seen(db, uuid.UUID(invoice_id))
