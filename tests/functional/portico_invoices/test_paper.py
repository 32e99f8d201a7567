"""The paper of an invoice: the company's own out of a real company database, a copy of ours where there is none."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa
from tests.unit.documents.setting import pages

from portico.connections import check
from portico.db import setup
from portico.jobs import enqueue
from portico.jobs.application import job_queue
from portico.jobs.worker import run_pending
from portico.testing.client import Client
from portico.testing.portal import Company, Portal
from portico_demo import databases
from portico_erp.values import InvoiceStatus
from portico_invoices.models import INVOICE

MORE = """
insert into invoices (number, customer_id, currency, net_total, gross_total, issued_on)
  select 'I-' || n, 1, 'EUR', 100, 100, current_date from generate_series(8, 9) n;
"""
PDF = b"%PDF-1.7\nthe company's own"
PNG = b"\x89PNG\r\n\x1a\nscanned"
SEED = """
insert into customers (code, name, currency) values ('C1', 'Acme', 'EUR');
insert into orders (number, customer_id, currency) values ('O-1', 1, 'EUR');
insert into invoices (number, customer_id, order_id, currency, net_total, tax_total, gross_total, issued_on, due_on, po_number)
  select 'I-' || n, 1, 1, 'EUR', 100, 20, 120, current_date, current_date + 30, 'PO-' || n from generate_series(1, 5) n;
insert into invoice_lines (invoice_id, position, name, quantity, unit_price, tax_rate, line_total)
  select id, 1, 'Steel', 1, 100, 20, 100 from invoices;
"""


@dataclass
class World:
    portal: Portal
    company: Company
    login: databases.CompanyLogin
    connection_id: UUID

    def sql(self, statement: str, *values: Any) -> None:
        with psycopg.connect(self.login.dsn) as connection:
            connection.execute(statement, values or None)

    def paper(self, number: str, content: bytes, media_type: str = "application/pdf", name: str = "Rechnung 1.pdf") -> None:
        statement = "insert into invoice_documents (invoice_id, file_name, media_type, content) select id, %s, %s, %s from invoices where number = %s"
        self.sql(statement, name, media_type, content, number)

    def work(self) -> None:
        run_pending(job_queue(self.portal.parts), self.portal.parts, limit=100_000)

    def synchronise(self) -> None:
        for entity in ("orders.orders", "invoices.invoices"):
            with self.company.system() as db:
                enqueue(db, "connections.sync", connection_id=str(self.connection_id), entity=entity)
            self.work()

    def path(self, number: str) -> str:
        with self.company.system() as db:
            return f"/invoices/{db.scalar(sa.select(INVOICE.c.id).where(INVOICE.c.number == number))}"

    def trail(self) -> list[Any]:
        with self.company.system() as db:
            query = sa.text("SELECT after FROM audit_entry WHERE action = 'documents.downloaded' ORDER BY at, id")
            return list(db.scalars(query))

    def stop(self) -> None:
        """The company's database lets nobody in any more."""
        with psycopg.connect(setup.admin_url(self.portal.settings), autocommit=True) as admin:
            admin.execute(f"alter database {self.login.database} allow_connections false")
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (self.login.database,))


@pytest.fixture
def world(portal: Portal) -> Iterator[World]:
    login = databases.create_empty(setup.admin_url(portal.settings), portal.settings.home, f"t{uuid4().hex[:10]}")
    company = portal.company(plugins=["portico_invoices", "portico_orders", "portico_companydb"])
    config, secrets = login.settings("EUR")
    connection_id = check.create(
        portal.parts, company.id, connector="companydb", name="ERP", values={**config, **secrets}, set_up=True
    )
    made = World(portal, company, login, connection_id)
    made.sql(SEED)
    yield made
    portal.parts.connections.forget(connection_id)


@pytest.fixture
def customer(world: World) -> Client:
    account = world.company.account("Acme", "C1")
    with world.company.system() as db:
        db.execute(sa.text("UPDATE account SET created_at = now() - interval '1 day'"))
    world.synchronise()
    return world.company.customer(account)


def test_invoices_come_with_their_orders(world: World, customer: Client) -> None:
    assert len(customer.get("/invoices").html.select("#invoices tbody tr")) == 5
    page = customer.get(world.path("I-3"))
    assert page.html.select_one(".invoices-related") is not None
    assert "company's own document" in page.html.select_one(".invoices-paper").text
    world.sql("update invoices set paid_total = 20.5 where number = 'I-3'")
    world.synchronise()
    assert "€99.50" in customer.get(world.path("I-3")).text


def test_the_companys_own_comes_as_it_is_and_is_noted(world: World, customer: Client) -> None:
    world.paper("I-1", PDF)
    answer = customer.get(f"{world.path('I-1')}/document")
    assert (answer.body, answer.content_type) == (PDF, "application/pdf")
    assert "Rechnung 1.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    (noted,) = world.trail()
    assert (noted["document"], noted["issued_by"]) == ("Rechnung 1.pdf", "company")
    api = world.company.api(customer.person).get(f"{world.path('I-1')}/document")
    assert api.body == PDF


def test_a_picture_is_a_paper_and_an_xml_is_none(world: World, customer: Client) -> None:
    world.paper("I-1", PNG, "image/png", "scan.png")
    world.paper("I-2", b"<?xml version='1.0'?><Invoice/>", "application/xml", "i.xml")
    assert customer.get(f"{world.path('I-1')}/document").content_type == "image/png"
    assert customer.get(f"{world.path('I-2')}/document").body.startswith(b"%PDF-")
    assert "issued_by" not in world.trail()[-1]


def test_without_one_there_is_a_copy_that_says_for_whom_and_when(world: World, customer: Client) -> None:
    answer = customer.get(f"{world.path('I-1')}/document")
    assert "Invoice I-1.pdf" in answer.headers["Content-Disposition"]
    [page] = pages(answer.body)
    for words in ("Invoice I-1", "Copy", "Acme · ", "The document that counts", "Steel", "€100.00", "Tax 20% on", "€120.00", "PO-1", "O-1"):
        assert words in page, words


def test_while_the_company_is_away_there_is_a_copy(world: World, customer: Client) -> None:
    world.paper("I-1", PDF)
    path = world.path("I-1")
    world.stop()
    assert "Copy" in pages(customer.get(f"{path}/document").body)[0]


def test_mail_of_a_new_invoice_carries_the_companys_own_and_else_the_copy(world: World, customer: Client) -> None:
    with world.portal.superuser() as db:
        statement = (
            "UPDATE tenant SET settings = settings || '{\"documents\": {\"attached\": true}}'::jsonb, config_version = config_version + 1 "
            "WHERE id = :t"
        )
        db.execute(sa.text(statement), {"t": world.company.id})
    world.sql(MORE)
    world.paper("I-8", PDF)
    world.synchronise()
    for _ in range(3):
        world.work()
    found = {}
    for mail in world.portal.mails(customer.person.email):
        file = world.portal.settings.home / "mail" / f"{mail.id.hex}.eml"
        message: Any = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        [attached] = message.iter_attachments()
        found[mail.subject] = attached.get_content()
    assert [one == PDF for subject, one in sorted(found.items())] == [True, False]
    assert "Copy" in pages(found[max(found)])[0]


@pytest.mark.parametrize(("locale", "words"), [("fr", "Copie"), ("ar", "البائع")])
def test_copy_is_in_its_readers_language(world: World, customer: Client, locale: str, words: str) -> None:
    customer.get("/", headers={"Accept-Language": locale})
    answer = customer.get(f"{world.path('I-2')}/document", headers={"Accept-Language": locale})
    assert words in pages(answer.body)[0]


def test_cancelled_and_credit_note_say_what_they_are(world: World, customer: Client) -> None:
    world.sql("update invoices set status = 'cancelled' where number = 'I-1'")
    world.sql("update invoices set kind = 'credit_note', credits_id = 1, order_id = null where number = 'I-2'")
    world.synchronise()
    assert "This invoice was cancelled." in pages(customer.get(f"{world.path('I-1')}/document").body)[0]
    [note] = pages(customer.get(f"{world.path('I-2')}/document").body)
    assert "Credit note I-2" in note
    assert "About invoice" in note
    with world.company.system() as db:
        statuses = dict(db.execute(sa.select(INVOICE.c.number, INVOICE.c.status)).all())  # type: ignore[arg-type]
    assert (statuses["I-1"], statuses["I-2"]) == (InvoiceStatus.CANCELLED.value, InvoiceStatus.OPEN.value)
