"""A company with contracts in a database of its own, read and answered through the real connector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa

from portico.connections import check
from portico.db import setup
from portico.jobs import enqueue
from portico.jobs.application import job_queue
from portico.jobs.worker import run_pending
from portico.testing.client import Client
from portico.testing.portal import Company, Portal
from portico_contracts.entity import NAME
from portico_contracts.models import CONTRACT
from portico_demo import databases

SEED = """
insert into customers (code, name, currency) values ('C1', 'Acme', 'EUR'), ('C2', 'Stranger', 'EUR');
insert into contracts (number, customer_id, title, status, currency, value, value_per, starts_on, ends_on, renewal_months,
                       notice_days, answer_until, terms)
  values ('C-1', 1, 'Care of machines', 'offered', 'EUR', 420, 'month', current_date, current_date + 365, 12, 90,
          current_date + 30, E'First.\\n\\nSecond.'),
         ('C-2', 1, 'Frame of prices', 'active', 'EUR', null, 'term', current_date - 300, current_date + 65, null, null, null, ''),
         ('C-3', 1, 'Not yet shown', 'draft', 'EUR', 1, 'term', null, null, null, null, null, ''),
         ('C-4', 2, 'Of a stranger', 'offered', 'EUR', 1, 'term', null, null, null, null, null, '');
insert into contract_lines (contract_id, position, item_kind, item_code, name, unit, quantity, unit_price, tax_rate)
  values (1, 1, 'service', 'S1', 'Visit', 'piece', 4, 105.5, 20), (2, 1, 'material', 'M1', 'Sheet', 'piece', null, 9, 20);
"""


@dataclass
class World:
    portal: Portal
    company: Company
    login: databases.CompanyLogin
    connection_id: UUID
    account_id: UUID

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.login.dsn) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def work(self) -> list[str]:
        return [actor for actor, _ in run_pending(job_queue(self.portal.parts), self.portal.parts, limit=100_000)]

    def synchronise(self) -> None:
        with self.company.system() as db:
            enqueue(db, "connections.sync", connection_id=str(self.connection_id), entity=NAME)
        self.work()

    def all(self, query: Any) -> list[Any]:
        with self.company.system() as db:
            return list(db.execute(query))

    def contract(self, number: str) -> Any:
        return self.all(sa.select(CONTRACT).where(CONTRACT.c.number == number))[0]

    def page(self, number: str) -> str:
        return f"/contracts/{self.contract(number).id}"

    def at_company(self, number: str) -> tuple[Any, ...]:
        """(status, the portal's reference, who answered, reason)"""
        found = self.sql(f"select status, portal_reference, answered_by, reason from contracts where number = '{number}'")
        return found[0]

    def seen(self, number: str) -> dict[str, str]:
        return {"version": str(self.contract(number).version)}


def open_world(portal: Portal, *more: str) -> World:
    login = databases.create_empty(setup.admin_url(portal.settings), portal.settings.home, f"t{uuid4().hex[:10]}")
    company = portal.company(plugins=["portico_contracts", "portico_companydb", *more])
    config, secrets = login.settings("EUR")
    connection_id = check.create(
        portal.parts, company.id, connector="companydb", name="ERP", values={**config, **secrets}, set_up=True
    )
    world = World(portal, company, login, connection_id, company.account("Acme", "C1"))
    world.sql(SEED)
    world.synchronise()
    return world


@pytest.fixture
def world(portal: Portal) -> Iterator[World]:
    made = open_world(portal)
    yield made
    portal.parts.connections.forget(made.connection_id)


@pytest.fixture
def signing(portal: Portal) -> Iterator[World]:
    """The same of a company that wants signatures."""
    made = open_world(portal, "portico_signatures")
    yield made
    portal.parts.connections.forget(made.connection_id)


@pytest.fixture
def customer(world: World) -> Client:
    return world.company.customer(world.account_id)
