"""The actors: look somebody up, and bring a new customer's records over. No session is open while the company is asked."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from portico.connections import sync
from portico.connections.client import open_client
from portico.connections.target import NoConnectionError, active
from portico.jobs import Retry, enqueue
from portico_customers import matching
from portico_erp.capabilities import OF_CUSTOMERS
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError
from portico_erp.values import Customer

log = logging.getLogger("portico.customers")
MATCH, IMPORT = "customers.match_claim", "customers.import_records"
MOST_WAITS = 10
TIMEOUT_S = 15.0


def match_claim(job: Any, user_id: str, look_up_claim: bool = True) -> None:
    """Lets the person in if the company knows them; otherwise they wait for the staff, who are told once."""
    person = uuid.UUID(user_id)
    with job.session() as db:
        asked = matching.pending(db, person)
    if asked is None:
        return
    questions = matching.questions(asked, matching.ways(job.tenant), look_up_claim)
    found = _ask(job, questions) if questions else None
    with job.session() as db:
        if found is None:
            matching.tell_staff(db, asked)
        else:
            matching.let_in(db, person, asked, *found)


def _ask(job: Any, questions: list[dict[str, str]]) -> tuple[Customer, str] | None:
    """The customer and what proved it. Raises Retry while the company does not answer."""
    try:
        client = open_client(job.portico, job.tenant.id, "customers", timeout_s=TIMEOUT_S)
        for question in questions:
            job.check()
            customer = client.find_customer(**question)
            if customer is not None:
                return customer, next(iter(question))
    except ConnectorUnavailableError as error:
        if job.waits < MOST_WAITS:
            raise Retry(error.retry_after_s, "the company's system does not answer") from error
    except (NoConnectionError, ConnectorRejectedError, ConnectorUnauthorisedError) as error:
        log.warning("%s: nobody can be looked up: %s", job.tenant.slug, error)
    return None


def import_records(job: Any) -> None:
    """Have what belongs to customers read from the start: rows of customers without an account were passed over."""
    host = job.portico.connections
    with job.session() as db:
        for connection_id, connector, config in active(db):
            capable = host.capabilities(connector, config)
            for plugin, entity in host.entities.values():
                if entity.capability in OF_CUSTOMERS & capable and plugin in (None, *job.tenant.plugins):
                    sync.reset(db, connection_id, entity.name)
                    enqueue(
                        db,
                        "connections.sync",
                        unique=f"first:{connection_id}:{entity.name}",
                        connection_id=connection_id,
                        entity=entity.name,
                    )
