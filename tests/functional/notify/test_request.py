"""A request's id goes with the mails and the jobs that it causes, however far down the line."""

from __future__ import annotations

import secrets

import pytest
import sqlalchemy as sa

from portico import events
from portico.db.types import new_id
from portico.jobs.application import job_queue
from portico.jobs.worker import run_pending
from portico.testing.portal import Portal


def mail_ids(portal: Portal, recipient: str) -> set[str]:
    with portal.superuser() as db:
        return set(db.scalars(sa.text("SELECT request_id FROM mail WHERE recipient = :r"), {"r": recipient}))


def jobs_of(portal: Portal, request_id: str) -> set[str]:
    with portal.superuser() as db:
        return set(db.scalars(sa.text("SELECT actor FROM job WHERE request_id = :r"), {"r": request_id}))


@pytest.mark.parametrize(("place", "actor"), [("apex", "notify.send_apex_mail"), ("company", "notify.send_mail")])
def test_mail_of_a_page_names_its_request(portal: Portal, place: str, actor: str) -> None:
    email = f"n{secrets.token_hex(6)}@example.com"
    client = portal.client() if place == "apex" else portal.company().anonymous()
    form = {"__formid__": "form", "name": "New Comer", "email": email, "password": "a quiet green river"}
    answer = client.post("/register", form, status=303)
    request_id = answer.headers["X-Request-Id"]
    portal.answer_asked()
    assert actor in jobs_of(portal, request_id)
    assert mail_ids(portal, email) == {request_id}


def test_mail_that_a_job_writes_names_the_request_of_the_job(portal: Portal) -> None:
    company, request_id = portal.company(), new_id().hex
    person = company.customer_person()
    scope = portal.parts.system_scope(company.tenant, request_id)
    with portal.parts.sessions.scoped(scope) as db:
        events.publish(db, "orders.shipped", account_id=person.account_id, subject=("order", new_id()),
                       data={"number": "A-1", "order": "A-1"})  # fmt: skip
    assert jobs_of(portal, request_id) == {"notify.fan_out"}
    run_pending(job_queue(portal.parts), portal.parts)
    assert mail_ids(portal, person.email) == {request_id}
