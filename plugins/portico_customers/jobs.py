"""The actors: look somebody up, bring a new customer's records over, and exchange addresses with the company. No session is
open while the company is asked.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from typing import Any

from portico.connections import sync
from portico.connections.client import open_client
from portico.connections.target import NoConnectionError, active
from portico.jobs import Retry, enqueue
from portico_customers import exchange as steps
from portico_customers import matching
from portico_customers.addresses import EXCHANGE as EXCHANGE
from portico_erp.capabilities import OF_CUSTOMERS
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError
from portico_erp.values import Contact, Customer

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


def exchange(job: Any, account_id: str) -> None:
    """Bring the company what a customer changed, then read what the company has. One at a time per customer."""
    own = uuid.UUID(account_id)
    with job.session() as db:
        customer_ref = steps.customer_ref(db, own)
        parcels = steps.pack(db, own)
        if customer_ref is None:
            steps.leave_to_staff(db, own)
    if customer_ref is None:
        return
    if parcels:
        _send(job, own, customer_ref, parcels)
    _read(job, own, customer_ref)


def _send(job: Any, own: uuid.UUID, customer_ref: str, parcels: list[steps.Parcel]) -> None:
    """Raises Retry while the company does not answer; what was sent by then stays sent."""
    for parcel in parcels:
        job.check()
        try:
            erp_ref = _send_one(job, customer_ref, parcel)
        except ConnectorUnavailableError as error:
            with job.session() as db:
                steps.note_away(db, parcel, error.message)
            raise Retry(error.retry_after_s, error.message) from error
        except (NoConnectionError, ConnectorUnauthorisedError) as error:
            with job.session() as db:
                steps.leave_to_staff(db, own, getattr(error, "message", None))
            return
        except ConnectorRejectedError as error:
            with job.session() as db:
                if error.is_fault or error.field == "customer_ref":
                    steps.leave_to_staff(db, own, error.message)
                    return
                steps.refuse(db, own, parcel, error.message)
        else:
            with job.session() as db:
                steps.record(db, parcel, erp_ref)
    with job.session() as db:
        steps.told(db, own)


def _send_one(job: Any, customer_ref: str, parcel: steps.Parcel) -> str | None:
    """The company's ref of an address."""
    if isinstance(parcel.remote, Contact):
        _client(job, "contact_updates").push_contact(customer_ref, parcel.remote)
        return None
    client = _client(job, "address_updates")
    if parcel.remote is None:
        if parcel.erp_ref is not None:
            client.remove_address(customer_ref, parcel.erp_ref)
        return parcel.erp_ref
    try:
        return str(client.push_address(customer_ref, parcel.remote))
    except ConnectorRejectedError as error:
        if (error.field, error.code) != ("address.ref", "unknown") or parcel.erp_ref is None:
            raise
    with job.session() as db:  # the company deleted it; whoever changed it here wants it
        steps.forget_ref(db, parcel)
    return str(client.push_address(customer_ref, replace(parcel.remote, ref=None)))


def _read(job: Any, own: uuid.UUID, customer_ref: str) -> None:
    """Raises Retry while the company does not answer, a few times: the next synchronisation reads it anyway."""
    try:
        found = _asked(job, "addresses", "addresses", customer_ref)
        contact = _asked(job, "contact_updates", "contact", customer_ref)
    except ConnectorUnavailableError as error:
        if job.waits < MOST_WAITS:
            raise Retry(error.retry_after_s, error.message) from error
        return
    except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
        log.warning("%s: addresses cannot be read: %s", job.tenant.slug, error)
        return
    with job.session() as db:
        news = found is not None and steps.take_over(db, own, found)
        news |= contact is not None and steps.take_contact(db, own, contact)
        if news:
            steps.told(db, own)


def _asked(job: Any, capability: str, method: str, customer_ref: str) -> Any:
    """None: the company's system cannot say."""
    try:
        return getattr(_client(job, capability), method)(customer_ref)
    except NoConnectionError:
        return None


def _client(job: Any, capability: str) -> Any:
    return open_client(job.portico, job.tenant.id, capability, timeout_s=TIMEOUT_S)
