"""A company whose real database sells a few things, with the portal's copy of its catalogue and a customer in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from portico.connections import check, sync
from portico.connections.client import Client as ConnectionClient
from portico.db import setup
from portico.jobs import Retry
from portico.testing.client import Client
from portico_demo import databases
from portico_quotes import sync_catalogue, sync_quotes

SEED = """
insert into price_list (code, name, currency) values ('GOLD', 'Gold', 'EUR');
insert into customers (code, name, email, currency, price_list) values
  ('C1', 'Acme', 'a@acme.example', 'EUR', 'GOLD'), ('C2', 'Bolt', 'b@bolt.example', 'EUR', null);
insert into materials (code, name, price, category, tax_rate, unit) values
  ('STEEL-1', 'Steel sheet 2 mm', 1000, 'Sheets', 20, 'piece'),
  ('ALU-1', 'Aluminium sheet', 800, 'Sheets', 20, 'piece'),
  ('WOOD-1', 'Wood panel', 200, 'Panels', 5.5, 'piece');
insert into accessories (code, name, price, category) values ('BOLT-8', 'Bolt M8', 0.35, 'Fixings');
insert into services (code, name, price, category) values ('CUT', 'Découpe au laser', 80, 'Work');
insert into fees (code, name, price) values ('PACK', 'Packing', 15);
insert into price_list_item (price_list, item_kind, item_code, min_quantity, price) values
  ('GOLD', 'material', 'STEEL-1', 0, 950), ('GOLD', 'material', 'STEEL-1', 10, 900);
"""


@dataclass
class Job:
    """What an actor sees of its job."""

    portico: Any
    company: Any

    @property
    def tenant(self) -> Any:
        return self.company.tenant

    def session(self) -> AbstractContextManager[Any]:
        return self.company.system()

    def check(self) -> None:
        pass

    def remaining_s(self) -> float:
        return 60.0


@dataclass
class Shop:
    """The company on both sides: its people on its database (`sql`), and the portal."""

    portal: Any
    company: Any
    login: Any
    connection_id: Any
    account_id: Any
    people: dict[str, Any] = field(default_factory=dict)

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.login.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def away(self) -> Iterator[None]:
        """The company's database answers nobody."""
        url, name = setup.admin_url(self.portal.settings), self.login.database
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f"alter database {name} with allow_connections false")
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,)
            )
            self.forget()
            yield
            admin.execute(f"alter database {name} with allow_connections true")
        self.forget()

    def forget(self) -> None:
        """A fresh breaker and pool, as after a while."""
        self.portal.parts.connections.forget(self.connection_id)

    @property
    def job(self) -> Job:
        return Job(self.portal.parts, self.company)

    def synchronise(self) -> None:
        host = self.portal.parts.connections
        for entity in (sync_catalogue.entity(), sync_quotes.entity()):
            target = host.target(self.company.id, self.connection_id)
            sync.run(self.company.system, ConnectionClient(host, target, entity.capability), entity)
        with self.company.system() as db:
            sync_catalogue.note_age(db, self.connection_id)

    def jobs(self, actor: str) -> list[dict[str, Any]]:
        with self.portal.superuser() as connection:
            return [
                dict(row.args)
                for row in connection.execute(
                    sa.text("select args from job where tenant_id = :t and actor = :a order by created_at"),
                    {"t": self.company.id, "a": actor},
                )
            ]

    def work(self, actor: str, **kwargs: Any) -> int:
        """Run what is queued of this actor; a job that asks for a retry stays. Says how many ended."""
        function: Callable[..., None] = self.portal.parts.jobs.actor_named(actor).func
        done = 0
        with self.portal.superuser() as connection:
            rows = connection.execute(
                sa.text("select id, args from job where tenant_id = :t and actor = :a order by created_at"),
                {"t": self.company.id, "a": actor},
            ).all()
        for row in rows:
            try:
                function(self.job, **row.args)
            except Retry:
                continue
            with self.portal.superuser() as connection:
                connection.execute(sa.text("delete from job where id = :i"), {"i": row.id})
            done += 1
        return done

    def items(self) -> dict[str, Any]:
        with self.company.system() as db:
            return {row.code: row.id for row in db.execute(sa.text("select code, id from quotes_item"))}

    def customer(self) -> Client:
        return self.company.client(self.person())

    def person(self) -> Any:
        if "customer" not in self.people:
            self.people["customer"] = self.company.customer_person(self.account_id)
        return self.people["customer"]

    def api(self) -> Client:
        return self.company.api(self.person())

    def draft(self, api: Client | None = None, **lines: Any) -> dict[str, Any]:
        """A draft with these lines (code with _ for - = quantity), by API."""
        ids = self.items()
        body = {
            "lines": [
                {"item": str(ids[code.replace("_", "-")]), "quantity": str(q)} for code, q in lines.items()
            ]
        }
        return (api or self.api()).json("post", "/quotes", body, status=201).json

    def quote(self, quote_id: str) -> Any:
        with self.company.system() as db:
            return db.execute(sa.text("select * from quotes_quote where id = :i"), {"i": quote_id}).one()

    def seen(self, quote_id: str, **more: Any) -> dict[str, Any]:
        """What an acceptance of the quote as it is now says, and `more`."""
        return {"version": self.quote(quote_id).version, **more}


def connect(portal: Any, company: Any, login: databases.CompanyLogin, *, set_up: bool) -> Any:
    """The id of the connection that is in use then."""
    config, secrets = login.settings("EUR")
    values = {**config, **secrets}
    return check.create(portal.parts, company.id, connector="companydb", name="ERP", values=values, set_up=set_up)


@pytest.fixture(scope="session")
def stock(portal: Any) -> databases.CompanyLogin:
    """A database that sells these things: that of each shop is a copy of it, with the same login."""
    admin_url, name = setup.admin_url(portal.settings), f"t{uuid4().hex[:10]}"
    login = databases.create_empty(admin_url, portal.settings.home, name)
    connection_id = connect(portal, portal.company(), login, set_up=True)
    with psycopg.connect(login.dsn) as connection:
        connection.execute(SEED)
    portal.parts.connections.forget(connection_id)
    databases.allow_connections(admin_url, name, allow=False)  # what is copied must not be in use
    return login


def a_copy(portal: Any, stock: databases.CompanyLogin) -> databases.CompanyLogin:
    login = replace(stock, database=f"company_t{uuid4().hex[:10]}")
    names = [sql.Identifier(one) for one in (login.database, stock.database, login.user)]
    with psycopg.connect(setup.admin_url(portal.settings), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*names))
        databases.close_doors(admin)
    return login


@contextmanager
def open_shop(portal: Any, stock: databases.CompanyLogin) -> Iterator[Shop]:
    login, company = a_copy(portal, stock), portal.company()
    connection_id = connect(portal, company, login, set_up=False)
    shop = Shop(portal, company, login, connection_id, company.account("Acme", "C1"))
    shop.synchronise()
    yield shop
    shop.forget()
    # Tests that run all that is queued would open a connection to each of these databases, and there are hundreds.
    with portal.superuser() as connection:
        connection.execute(sa.text("delete from job where tenant_id = :t"), {"t": company.id})


@pytest.fixture
def shop(portal: Any, stock: databases.CompanyLogin) -> Iterator[Shop]:
    with open_shop(portal, stock) as shop:
        yield shop


@pytest.fixture(scope="module")
def shared_shop(portal: Any, stock: databases.CompanyLogin) -> Iterator[Shop]:
    """For modules whose tests only read."""
    with open_shop(portal, stock) as shop:
        yield shop


@pytest.fixture
def offer(shop: Any) -> str:
    """A quote that the company has priced, with a week to answer; its id."""
    api = shop.api()
    quote = shop.draft(api, STEEL_1="2", WOOD_1="1")
    api.json("post", f"/quotes/{quote['id']}/submit", {})
    shop.work("quotes.submit")
    shop.sql("update quotes set status = 'priced', valid_until = current_date + 7, reason = 'Thank you'")
    shop.synchronise()
    return str(quote["id"])
