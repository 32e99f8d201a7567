"""People who prove to be a customer come in by themselves; the others wait, and the staff know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa

from portico.connections import check
from portico.db import setup
from portico.jobs.application import job_queue
from portico.jobs.worker import run_pending
from portico.notify.models import Mail, Notification
from portico.tenancy.models import Account, AccountMember, Membership
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal
from portico_customers import matching
from portico_customers.limits import PER_PERSON
from portico_demo import databases
from portico_erp.values import Customer

SEED = """
insert into customers (code, name, email, claim_code, currency, is_active) values
  ('C1', 'Acme Ltd', 'buyer@acme.example', 'Acme-4711', 'EUR', true),
  ('C2', 'Gone Ltd', '', 'GONE-1', 'EUR', false),
  ('C3', 'Without code', '', null, 'EUR', true);
insert into orders (number, customer_id, currency) values ('O-1', 1, 'EUR'), ('O-3', 3, 'EUR');
"""


@dataclass
class World:
    portal: Portal
    company: Company
    login: databases.CompanyLogin

    def sql(self, statement: str, *values: Any) -> None:
        with psycopg.connect(self.login.dsn) as connection:
            connection.execute(statement, values or None)

    def asker(self) -> tuple[Person, Client]:
        person = self.portal.person()
        return person, self.portal.client(person, self.company.prefix)

    def work(self) -> list[tuple[str, Any]]:
        return run_pending(job_queue(self.portal.parts), self.portal.parts)

    def all(self, query: Any) -> list[Any]:
        with self.company.system() as db:
            return list(db.execute(query))

    def status(self, person: Person) -> str:
        ((status,),) = self.all(sa.select(Membership.status).where(Membership.user_id == person.id))
        return str(status)


@pytest.fixture
def world(portal: Portal) -> Iterator[World]:
    login = databases.create_empty(setup.admin_url(portal.settings), portal.settings.home, f"t{uuid4().hex[:10]}")
    company = portal.company(plugins=["portico_customers", "portico_orders", "portico_companydb"])
    config, secrets = login.settings("EUR")
    connection_id = check.create(
        portal.parts, company.id, connector="companydb", name="ERP", values={**config, **secrets}, set_up=True
    )
    made = World(portal, company, login)
    made.sql(SEED)
    yield made
    portal.parts.connections.forget(connection_id)


def join(client: Client, claim: str) -> str:
    """What the asker sees right after asking, with nothing of the session in it."""
    client.post("/join", {"claim": claim}, status=303)
    page = client.get("/join").html.select_one("main")
    for field in page.select("input[name=csrf_token]"):
        field.decompose()
    return str(page)


def test_a_mistyped_code_can_be_entered_anew(world: World) -> None:
    agent = world.company.agent()
    person, client = world.asker()
    page = join(client, "ACME-4771")
    world.work()
    assert "enter it again" in page
    form = client.get("/join").forms["form"]
    form["claim"] = "acme-4711"
    form.submit(status=303)
    world.work()
    assert world.status(person) == "active"
    told = world.all(sa.select(Notification.kind).where(Notification.user_id == agent.person.id))
    assert told == [("customers.waiting",)]


def test_staff_are_told_once_however_often_a_code_is_tried(world: World) -> None:
    agent = world.company.agent()
    _person, client = world.asker()
    for number in range(3):
        join(client, f"WRONG-{number}")
        world.work()
        world.work()
    told = world.all(sa.select(Notification.kind).where(Notification.user_id == agent.person.id))
    assert told == [("customers.waiting",)]


@pytest.mark.parametrize("claim", ["Acme-4711", "ACME-4711", " acme-4711 "])
def test_claim_code_lets_in_and_brings_the_orders(world: World, claim: str) -> None:
    person, client = world.asker()
    join(client, claim)
    assert world.status(person) == "pending"
    world.work()
    world.work()
    assert world.status(person) == "active"
    ((account_id, erp_ref, role),) = world.all(
        sa.select(Account.id, Account.erp_ref, AccountMember.role).join(
            AccountMember, AccountMember.account_id == Account.id
        )
    )
    assert (erp_ref, role) == ("C1", "owner")
    page = client.get("/orders")
    assert "O-1" in page.text
    assert "O-3" not in page.text
    ((recipient, subject),) = world.all(sa.select(Mail.recipient, Mail.subject))
    assert recipient == person.email
    assert "Welcome" in subject
    assert isinstance(account_id, UUID)


def test_waiting_page_leads_on_once_admitted(world: World) -> None:
    _person, client = world.asker()
    join(client, "ACME-4711")
    assert client.htmx("/join").status_int == 200
    world.work()
    answer = client.htmx("/join", status=204)
    assert answer.headers["HX-Redirect"].endswith(f"{world.company.prefix}/")


@pytest.mark.parametrize("claim", ["WRONG", "GONE-1", "", "C1", "%", "null"])
def test_what_does_not_match_waits_for_the_staff_who_are_told(world: World, claim: str) -> None:
    agent = world.company.agent()
    person, client = world.asker()
    join(client, claim)
    world.work()
    world.work()
    assert world.status(person) == "pending"
    assert world.all(sa.select(Account.id)) == []
    assert world.all(sa.select(Notification.user_id, Notification.kind)) == [(agent.person.id, "customers.waiting")]
    assert person.name in agent.get("/notices").text


def test_the_answer_tells_nothing(world: World) -> None:
    pages = {join(world.asker()[1], claim) for claim in ("ACME-4711", "WRONG", "GONE-1")}
    assert len(pages) == 1


def test_codes_cannot_be_guessed(world: World) -> None:
    person, client = world.asker()
    for number in range(PER_PERSON):
        join(client, f"WRONG-{number}")
        world.work()
    join(client, "ACME-4711")
    world.work()
    assert world.status(person) == "pending"
    someone, other = world.asker()
    join(other, "ACME-4711")
    world.work()
    assert world.status(someone) == "active"


def test_second_person_of_a_customer_joins_the_same_account(world: World) -> None:
    for _ in range(2):
        join(world.asker()[1], "ACME-4711")
        world.work()
    assert len(world.all(sa.select(Account.id))) == 1
    roles = world.all(sa.select(AccountMember.role).order_by(AccountMember.created_at))
    assert roles == [("owner",), ("purchaser",)]


@pytest.mark.parametrize(
    ("match", "status"), [(None, "pending"), ('["claim", "email"]', "active"), ('["email"]', "active")]
)
def test_confirmed_address_counts_if_the_company_says_so(world: World, match: str | None, status: str) -> None:
    if match:
        with world.company.system() as db:
            db.execute(
                sa.text(
                    "UPDATE tenant_plugin SET settings = jsonb_build_object('match', cast(:match AS jsonb)) "
                    "WHERE plugin = 'portico_customers'"
                ),
                {"match": match},
            )
    person, client = world.asker()
    world.sql("update customers set email = %s where code = 'C1'", person.email.upper())
    join(client, "")
    world.work()
    assert world.status(person) == status


def test_claim_does_not_count_where_only_addresses_do(world: World) -> None:
    with world.company.system() as db:
        db.execute(
            sa.text("UPDATE tenant_plugin SET settings = cast(:s AS jsonb) WHERE plugin = 'portico_customers'"),
            {"s": '{"match": ["email"]}'},
        )
    person, client = world.asker()
    join(client, "ACME-4711")
    world.work()
    assert world.status(person) == "pending"


def test_while_the_company_is_away_nobody_is_turned_down(world: World) -> None:
    with psycopg.connect(setup.admin_url(world.portal.settings), autocommit=True) as admin:
        admin.execute(f"alter database {world.login.database} allow_connections false")
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
            (world.login.database,),
        )
    person, client = world.asker()
    join(client, "ACME-4711")
    outcomes = {actor: type(outcome).__name__ for actor, outcome in world.work()}
    assert outcomes["customers.match_claim"] == "Again"
    assert world.status(person) == "pending"


def test_request_that_was_withdrawn_is_not_granted(world: World) -> None:
    person, client = world.asker()
    join(client, "ACME-4711")
    client.post(f"/companies/{world.company.id}/leave", status=303)
    world.work()
    assert world.status(person) == "inactive"


@pytest.mark.parametrize("meanwhile", ["leave", "another claim"])
def test_what_changes_while_the_company_is_asked_is_not_overrun(world: World, meanwhile: str) -> None:
    person, client = world.asker()
    join(client, "ACME-4711")
    with world.company.system() as db:
        asked = matching.pending(db, person.id)
    if meanwhile == "leave":
        client.post(f"/companies/{world.company.id}/leave", status=303)
    else:
        client.post("/join", {"claim": "OTHER"}, status=303)
    moment = datetime.now(UTC)
    customer = Customer("C1", "C1", "Acme Ltd", "", "EUR", None, True, moment)
    with world.company.system() as db:
        assert not matching.let_in(db, person.id, asked, customer, "claim_code")
    assert world.status(person) != "active"
    assert world.all(sa.select(Account.id)) == []


def test_without_a_connection_the_staff_decide(portal: Portal) -> None:
    company = portal.company(plugins=["portico_customers"])
    agent = company.agent()
    client = portal.client(portal.person(), company.prefix)
    join(client, "ACME-4711")
    run_pending(job_queue(portal.parts), portal.parts)
    run_pending(job_queue(portal.parts), portal.parts)
    with company.system() as db:
        told = db.execute(sa.select(Notification.user_id)).all()
    assert told == [(agent.person.id,)]
