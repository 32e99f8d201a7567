"""Customers keep their contact details and delivery addresses, and the company's database has the same afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa

from portico.connections import check
from portico.db import setup
from portico.jobs.application import job_queue
from portico.jobs.worker import run_pending
from portico.notify.models import Notification
from portico.pluginhost.account_addresses import account_addresses
from portico.testing.client import Client
from portico.testing.portal import Company, Portal
from portico_customers import addresses, exchange
from portico_customers.entity import ENTITY
from portico_customers.models import Address, Contact
from portico_demo import databases
from portico_erp.values import Address as RemoteAddress
from portico_erp.values import Contact as RemoteContact
from portico_erp.values import Customer

LYON = {"name": "Depot", "street": "12 rue de la Forge", "postcode": "69007", "city": "Lyon", "country": "FR"}
SEED = """
insert into customers (code, name, currency, contact_name) values ('C1', 'Acme Ltd', 'EUR', 'Ann');
insert into customer_addresses (customer_id, name, city, country) values (1, 'Head office', 'Paris', 'FR');
"""


@dataclass
class World:
    portal: Portal
    company: Company
    account_id: UUID
    login: databases.CompanyLogin | None = None

    def sql(self, statement: str, *values: Any) -> list[Any]:
        assert self.login is not None
        with psycopg.connect(self.login.dsn) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def work(self) -> None:
        run_pending(job_queue(self.portal.parts), self.portal.parts)

    def rows(self) -> list[tuple[Any, ...]]:
        with self.company.system() as db:
            query = sa.select(Address.name, Address.city, Address.state, Address.is_default)
            found = db.execute(query.where(Address.removed_at.is_(None)).order_by(Address.name))
            return [tuple(row) for row in found]

    def at_company(self) -> list[tuple[Any, ...]]:
        return self.sql("select name, city, country from customer_addresses where is_active order by name")

    def read(self) -> None:
        with self.company.system() as db:
            addresses.send_again(db, self.account_id)
        self.work()

    @property
    def path(self) -> str:
        return f"/addresses/{self.account_id}"

    def client(self, role: str) -> Client:
        return self.company.client(self.company.customer_person(self.account_id, role=role))


@pytest.fixture
def alone(portal: Portal) -> World:
    """A company without a connection."""
    company = portal.company(plugins=["portico_customers"])
    return World(portal, company, company.account("Acme", "C1"))


@pytest.fixture
def world(portal: Portal) -> Iterator[World]:
    """With a database in the standard schema, read for the first time."""
    login = databases.create_empty(setup.admin_url(portal.settings), portal.settings.home, f"t{uuid4().hex[:10]}")
    company = portal.company(plugins=["portico_customers", "portico_companydb"])
    config, secrets = login.settings("EUR")
    connection_id = check.create(
        portal.parts, company.id, connector="companydb", name="ERP", values={**config, **secrets}, set_up=True
    )
    made = World(portal, company, company.account("Acme", "C1"), login)
    made.sql(SEED)
    made.read()
    yield made
    portal.parts.connections.forget(connection_id)


def add(client: Client, world: World, **values: str) -> Any:
    form = client.get(f"{world.path}/new").forms["form"]
    for name, value in (LYON | values).items():
        form[name] = value
    return form.submit()


def test_what_the_company_has_is_shown(world: World) -> None:
    assert world.rows() == [("Head office", "Paris", "known", True)]
    page = world.client("viewer").get("/addresses").follow()
    assert "Head office" in page.text
    assert "Ann" in page.text
    assert "At the company" in page.text


def test_new_address_goes_to_the_company_once(world: World) -> None:
    client = world.client("purchaser")
    answer = add(client, world, postcode=" 69007 ").follow()
    assert "Being sent" in answer.text
    world.work()
    world.work()
    assert world.at_company() == [("Depot", "Lyon", "FR"), ("Head office", "Paris", "FR")]
    assert ("Depot", "Lyon", "known", False) in world.rows()
    assert "Being sent" not in client.get(world.path).text


def test_changed_and_removed_at_the_company_too(world: World) -> None:
    client = world.client("owner")
    edit = re.search(rf'href="[^"]*({world.path}/[0-9a-f-]+)"', client.get(world.path).text)
    assert edit is not None
    form = client.get(edit[1]).forms["form"]
    form["city"] = "Dijon"
    form.submit(status=303)
    world.work()
    assert world.at_company() == [("Head office", "Dijon", "FR")]
    client.post(f"{edit[1]}/remove", {}, status=303)
    world.work()
    assert world.at_company() == []
    assert world.rows() == []


def test_what_changes_at_the_company_comes_back(world: World) -> None:
    world.sql("update customer_addresses set city = 'Lille'")
    world.sql("insert into customer_addresses (customer_id, name, country) values (1, 'Annex', 'BE')")
    world.sql("update customers set contact_phone = '+33 1'")
    with world.company.system() as db:
        ENTITY.apply(db, None, [_customer()])  # type: ignore[arg-type]
    world.work()
    assert [row[:2] for row in world.rows()] == [("Annex", ""), ("Head office", "Lille")]
    with world.company.system() as db:
        assert db.scalar(sa.select(Contact.phone)) == "+33 1"
    world.sql("update customer_addresses set is_active = false where name = 'Head office'")
    world.read()
    assert world.rows() == [("Annex", "", "known", True)]


def _customer() -> Customer:
    return Customer("C1", "C1", "Acme", "", "EUR", None, True, datetime.now(UTC))


def test_contact_goes_to_the_company(world: World) -> None:
    client = world.client("owner")
    form = client.get(f"{world.path}/contact").forms["form"]
    form["name"], form["phone"] = "Zoë d'Été", "+33 4 65 71 01 02"
    form.submit(status=303)
    world.work()
    assert world.sql("select contact_name, contact_phone, email from customers") == [("Zoë d'Été", "+33 4 65 71 01 02", "")]


def test_company_that_is_away_gets_it_later(world: World) -> None:
    assert world.login is not None
    client = world.client("owner")
    slug = world.login.database.removeprefix("company_")
    databases.allow_connections(setup.admin_url(world.portal.settings), slug, allow=False)
    try:
        add(client, world)
        world.work()
        assert ("Depot", "Lyon", "waiting", False) in world.rows()
        assert "Being sent" in client.get(world.path).text
    finally:
        databases.allow_connections(setup.admin_url(world.portal.settings), slug, allow=True)
    world.read()
    assert ("Depot", "Lyon", "FR") in world.at_company()
    assert ("Depot", "Lyon", "known", False) in world.rows()


def test_database_of_version_1_leaves_it_to_staff_and_takes_it_after_the_set_up(world: World) -> None:
    world.sql("drop table customer_addresses; alter table customers drop contact_name, drop contact_email, drop contact_phone; "
              "delete from portico_schema where version = 2")  # fmt: skip
    agent = world.company.agent()
    add(world.client("owner"), world)
    world.work()
    assert ("Depot", "Lyon", "by_hand", False) in world.rows()
    page = agent.get(world.path)
    assert "Your system was not told" in page.text
    assert "customer_addresses" in page.text
    assert "customer_addresses" not in world.client("viewer").get(world.path).text
    world.sql(files("portico_companydb").joinpath("schema_2.sql").read_text(encoding="utf-8"))
    agent.post(f"{world.path}/send", {}, status=303)
    world.work()
    assert ("Depot", "Lyon", "FR") in world.at_company()
    assert {row[2] for row in world.rows()} == {"known"}


def test_without_a_connection_staff_are_told_and_note_it(alone: World) -> None:
    agent = alone.company.agent()
    client = alone.client("owner")
    add(client, alone)
    alone.work()
    alone.work()
    assert "staff are told" in client.get(alone.path).text
    with alone.company.system() as db:
        told = list(db.scalars(sa.select(Notification.kind).where(Notification.user_id == agent.person.id)))
    assert told == ["customers.by-hand"]
    agent.post(f"{alone.path}/noted", {}, status=303)
    assert alone.rows() == [("Depot", "Lyon", "known", True)]
    assert "staff are told" not in client.get(alone.path).text


def test_only_those_who_may_change_anything(alone: World) -> None:
    for role in ("viewer", "finance"):
        client = alone.client(role)
        assert "/new" not in client.get(alone.path).text
        client.get(f"{alone.path}/new", status=403)
        client.get(f"{alone.path}/contact", status=403)
    purchaser = alone.client("purchaser")
    purchaser.get(f"{alone.path}/new")
    purchaser.get(f"{alone.path}/contact", status=403)
    alone.client("owner").get(f"{alone.path}/contact")


def test_another_customers_addresses_are_not_there(alone: World) -> None:
    other = alone.company.customer(alone.company.account("Bolt", "C2"))
    other.get(alone.path, status=404)


def test_one_is_the_default_whatever_happens(alone: World) -> None:
    with alone.company.system() as db:
        first, second, third = (addresses.add(db, alone.account_id, LYON | {"name": name}) for name in "ABC")
        addresses.make_default(db, alone.account_id, third)
        addresses.remove(db, alone.account_id, third)
        found = account_addresses(db, alone.account_id)
        assert [(one.id, one.is_default) for one in found] == [(first, True), (second, False)]


@pytest.mark.parametrize(
    ("country", "postcode", "good"),
    [("FR", "6900", False), ("FR", "٦٩٠٠٧", True), ("GB", "ba1 1aa", True), ("GB", "12345", False), ("KE", "any thing", True),
     ("FR", "", True), ("XX", "", False)],
)  # fmt: skip
def test_postal_code_is_checked_where_it_is_certain(alone: World, country: str, postcode: str, good: bool) -> None:
    body = {"city": "X", "country": country, "postcode": postcode}
    api = alone.company.api(alone.company.customer_person(alone.account_id))
    api.json("post", f"/organisations/{alone.account_id}/addresses", body, status=201 if good else 422)


def test_changed_while_it_is_sent_goes_on_waiting(alone: World) -> None:
    with alone.company.system() as db:
        made = addresses.add(db, alone.account_id, LYON)
        (parcel,) = exchange.pack(db, alone.account_id)
    with alone.company.system() as db:
        addresses.change(db, alone.account_id, made, {"city": "Dijon"})
    with alone.company.system() as db:
        exchange.record(db, parcel, "7")
        old = RemoteAddress("7", "Depot", "", "", "Lyon", "", "FR", delivery=True)
        exchange.take_over(db, alone.account_id, [old])
        exchange.take_contact(db, alone.account_id, RemoteContact("Ann"))
    assert alone.rows() == [("Depot", "Dijon", "waiting", True)]
    with alone.company.system() as db:
        (again,) = exchange.pack(db, alone.account_id)
    assert again.erp_ref == "7"


def test_entered_by_hand_is_recognised_when_it_comes_back(alone: World) -> None:
    with alone.company.system() as db:
        addresses.add(db, alone.account_id, LYON)
        exchange.leave_to_staff(db, alone.account_id)
        same = RemoteAddress("9", LYON["name"], LYON["street"], LYON["postcode"], LYON["city"], "", "FR", delivery=True)
        assert exchange.take_over(db, alone.account_id, [same])
    assert alone.rows() == [("Depot", "Lyon", "known", True)]


def test_refusal_is_shown_with_its_reason(alone: World) -> None:
    with alone.company.system() as db:
        addresses.add(db, alone.account_id, LYON)
        (parcel,) = exchange.pack(db, alone.account_id)
        exchange.refuse(db, alone.account_id, parcel, "No deliveries there.")
    page = alone.client("viewer").get(alone.path)
    assert "Refused" in page.text
    assert "No deliveries there." in page.text


def test_program_adds_changes_and_removes(alone: World) -> None:
    client = alone.company.api(alone.company.customer_person(alone.account_id))
    base = f"/organisations/{alone.account_id}"
    made = client.json("post", f"{base}/addresses", LYON, status=201).json
    changed = client.json("patch", f"{base}/addresses/{made['id']}", {"city": "Dijon", "is_default": True}).json
    assert (changed["city"], changed["street"], changed["is_default"]) == ("Dijon", LYON["street"], True)
    assert client.get(f"{base}/addresses/{made['id']}").json == changed
    assert client.json("patch", f"{base}/contact", {"name": "Ann"}).json["name"] == "Ann"
    assert client.get(f"{base}/contact").json["state"] == "waiting"
    client.delete(f"{base}/addresses/{made['id']}", status=204)
    assert client.get(f"{base}/addresses").json == {"items": []}
