"""Many of everything that a company of world.py has one of, for tests that look at what grows with the rows."""

from __future__ import annotations

import sqlalchemy as sa
from tests.walls.world import Side, an_organisation

from portico import audit, events
from portico.connections.models import ConnectionRun, ConnectionSyncProblem
from portico.db.types import new_id, now
from portico.identity.factors import passkeys
from portico.identity.factors import service as factors
from portico.identity.personal import service as personal
from portico.identity.sso import service as sso
from portico.identity.sso.models import SsoIdentity
from portico.notify.models import Mail, Notification
from portico.tenancy.models import TenantRole
from portico.testing.samples import sample_connection

MOST_OF_ONE = 12
"""Of what nobody may have as many of, or has, and which is listed whole."""
KIND = "approvals.approved"
"""Of notices: one that has words for everybody."""


def with_records(side: Side, count: int) -> Side:
    """`count` more of each kind, of the plugins and of core, for the first customer and for the company."""
    company, account_id = side.company, side.accounts[0]
    colleagues = [company.customer_person(account_id, f"Cole{number} League", role="viewer") for number in range(count)]
    owner = side.clients["owner"].person
    agent, admin = side.clients["agent"].person, side.clients["admin"].person
    with company.system() as db:
        connection_id = side.samples["connection_id"]
        moments = {"started_at": now(), "ended_at": now()}
        for number, colleague in enumerate(colleagues):
            answers = db.info["relay"].call("sample_records", db=db, account_id=account_id)
            made = {name: one for answer in answers for name, one in answer.items()}
            # A plugin that fails is logged and passed over: then there would be nothing to grow with.
            assert made.keys() == side.sampled
            made_approval = an_organisation(db, colleague, made["quote_id"], site=f"Sample {number}")
            event_id = events.publish(db, KIND, account_id=account_id, subject=("approval", made_approval["approval_id"]))
            db.add_all([
                *(Notification(user_id=one.id, event_id=event_id, kind=KIND, data={"amount": "1", "decider": "Cole League"}) for one in (owner, agent, admin)),
                Mail(tenant_id=company.id, recipient=f"{number}@example.com", kind="sample", subject="S", text="T", html="H", status="failed"),
                TenantRole(name=f"composed-{number}", title=f"Composed {number}", kind="staff", permissions=[]),
                ConnectionRun(connection_id=connection_id, entity="sample", kind="changes", outcome="done", **moments),
                ConnectionSyncProblem(connection_id=connection_id, entity="sample", record_ref=f"more-{number}", message="cannot be read"),
                SsoIdentity(user_id=colleague.id, issuer="http://127.0.0.1:9", subject=f"sample-{number}"),
            ])
            audit.record(db, "core.sample")
        for number in range(min(count, MOST_OF_ONE)):
            sso.add_domain(db, f"sample{number}.example")
        for _ in range(min(count, MOST_OF_ONE)):
            sample_connection(db, company.portal.parts)
    for number in range(min(count, MOST_OF_ONE)):
        company.account(f"More {number}")
    of_one_person(side, min(count, MOST_OF_ONE))
    return side


def of_one_person(side: Side, count: int) -> None:
    """What the owner has by themselves: factors, tokens, devices, asked archives."""
    company, person = side.company, side.clients["owner"].person
    with company.scope_of(person) as db:
        for number in range(count):
            key = passkeys.Registered(new_id().bytes, b"not a key", 0, [], "localhost")
            factors.add_passkey(db, company.portal.parts, f"Sample {number}", key)
        for number in range(count):
            personal.create(db, name=f"Sample {number}", scopes=["x:view"], days=7, offered=["x:view"])
    for _ in range(count):
        company.portal.session(person)
    with company.portal.superuser() as connection:
        asked = sa.text("INSERT INTO data_request (id, user_id, kind, state, locale, expires_at) "
                        "SELECT uuidv7(), :u, 'export', 'expired', 'en', now() FROM generate_series(1, :count)")
        connection.execute(asked, {"u": person.id, "count": count})
