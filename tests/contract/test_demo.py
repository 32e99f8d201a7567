"""The demo's databases on a real server: closed to each other, readable by the connector, moved by the back
office.
"""

from __future__ import annotations

import argparse
import stat
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from portico.db.embedded import EmbeddedServer
from portico_companydb.connector import CompanyDatabase
from portico_demo import backoffice, command, databases
from portico_demo.databases import CompanyLogin
from portico_erp.conformance import drain
from portico_erp.values import OrderStatus, QuoteDecision, QuoteLine, QuoteRequest, QuoteStatus

EXPECTED = {
    "regency": {"items": 3172, "customers": 60, "orders": 1659},
    "turinova": {"items": 300, "customers": 6, "orders": 90},
    "nile": {"items": 119, "customers": 6, "orders": 70},
}


# As long as the cluster that they are in: a second filling would find them filled.
@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def logins(cluster: EmbeddedServer, home: Path) -> dict[str, CompanyLogin]:
    made = {}
    for slug in EXPECTED:
        made[slug], report = databases.create(cluster.url(), home, slug)
        assert report is not None
    return made


@pytest.fixture(params=sorted(EXPECTED))
def slug(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def client(slug: str, logins: dict[str, CompanyLogin], loopback: Any) -> Iterator[Any]:
    config, secrets = logins[slug].settings(databases.CURRENCIES[slug])
    client = CompanyDatabase().open(config, secrets, egress=loopback)
    yield client
    client.close()


def test_connector_reads_all_of_it_without_a_problem(slug: str, client: Any) -> None:
    assert [report for report in client.test() if not report.ok] == []
    from_portal = {quote.ref for quote in drain(client.changed_quotes)[0] if quote.reference}  # of another test
    for read, name in (
        (client.items, "items"),
        (client.changed_customers, "customers"),
        (client.changed_orders, "orders"),
    ):
        cursor, count = None, 0
        while True:
            page = read(cursor, 500)
            assert page.problems == []
            count += sum(getattr(item, "quote_ref", None) not in from_portal for item in page.items)
            cursor = page.cursor
            if not page.more:
                break
        assert count == EXPECTED[slug][name]


def test_demo_customer_connects_by_the_documented_code(slug: str, client: Any, logins: dict[str, CompanyLogin]) -> None:
    customer = client.find_customer(code=databases.DEMO_CUSTOMERS[slug])
    assert customer.name == databases.customer_name(logins[slug], databases.DEMO_CUSTOMERS[slug])
    assert customer.claim_code == databases.CLAIM_CODES[slug]
    assert customer.price_list


def test_the_name_of_a_customer_that_the_company_does_not_have_is_an_error(slug: str, logins: dict[str, CompanyLogin]) -> None:
    with pytest.raises(LookupError, match="no customer NOBODY"):
        databases.customer_name(logins[slug], "NOBODY")


def test_back_office_takes_a_quote_to_its_delivery_one_step_a_call(
    slug: str, client: Any, logins: dict[str, CompanyLogin]
) -> None:
    items = [item for item in client.items(None, 50).items if item.price > 0][:2]
    lines = [
        QuoteLine(item.ref, item.name, Decimal(3), item.unit, item.price, item.tax_rate) for item in items
    ]
    lines[1] = replace(lines[1], unit_price=None)
    request = QuoteRequest(
        str(uuid.uuid4()), databases.DEMO_CUSTOMERS[slug], items[0].currency, lines, "", datetime.now(UTC)
    )
    receipt = client.submit(request)
    _quotes, quotes = drain_last(client.changed_quotes)
    _orders, orders = drain_last(client.changed_orders)
    seen: list[str] = []
    for _step in range(7):
        assert backoffice.process(logins[slug].dsn, accept=True) or seen[-1] == "delivered"
        changed, quotes = drain(client.changed_quotes, quotes)
        seen += [quote.status.value for quote in changed]
        for quote in changed:
            assert quote.reference == request.reference
            assert quote.totals.net == sum(item.price * 3 for item in items)
        changed, orders = drain(client.changed_orders, orders)
        seen += [order.status.value for order in changed]
    assert seen == [
        QuoteStatus.PRICED,
        QuoteStatus.ACCEPTED,
        QuoteStatus.ORDERED,
        OrderStatus.PENDING,
        OrderStatus.PROCESSING,
        OrderStatus.SHIPPED,
        OrderStatus.DELIVERED,
    ]
    assert not backoffice.process(logins[slug].dsn, accept=True)
    assert client.find_quote(request.reference).status is QuoteStatus.ORDERED
    assert receipt.number.startswith("Q-")


def test_back_office_leaves_the_answer_to_the_customer(slug: str, client: Any, logins: dict[str, CompanyLogin]) -> None:
    item = next(item for item in client.items(None, 50).items if item.price > 0)
    line = QuoteLine(item.ref, item.name, Decimal(1), item.unit, item.price, item.tax_rate)
    reference = str(uuid.uuid4())
    receipt = client.submit(
        QuoteRequest(reference, databases.DEMO_CUSTOMERS[slug], item.currency, [line], "", datetime.now(UTC))
    )
    assert backoffice.process(logins[slug].dsn).priced == [receipt.number]
    assert not backoffice.process(logins[slug].dsn)
    assert client.find_quote(reference).status is QuoteStatus.PRICED
    client.decide(QuoteDecision(receipt.erp_ref, False, "Carla", "Too dear"))
    assert not backoffice.process(logins[slug].dsn)
    assert client.find_quote(reference).status is QuoteStatus.DECLINED


@pytest.mark.parametrize(("given", "accepts"), [([], False), (["--accept"], True)])
def test_command_answers_for_customers_only_when_told_to(given: list[str], accepts: bool) -> None:
    parser = argparse.ArgumentParser()
    command.add(parser)
    assert parser.parse_args(["process", *given]).accept is accepts


def drain_last(read: Any) -> tuple[int, str]:
    """The cursor after everything that is there now, in large pages."""
    cursor = None
    while True:
        page = read(cursor, 1000)
        cursor = page.cursor
        if not page.more:
            return 0, cursor


def test_logins_reach_their_own_database_and_no_other(
    cluster: EmbeddedServer, logins: dict[str, CompanyLogin]
) -> None:
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        admin.execute("create role stranger login password 'stranger'")
    everywhere = [*(login.database for login in logins.values()), "postgres", "template1"]
    for login in logins.values():
        for database in everywhere:
            if database == login.database:
                psycopg.connect(login.dsn).close()
            else:
                with pytest.raises(psycopg.OperationalError, match="permission denied"):
                    psycopg.connect(login.dsn, dbname=database)
    for database in everywhere:
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(cluster.url(database, "stranger", "stranger"))


def test_creating_again_changes_nothing(
    cluster: EmbeddedServer, home: Path, logins: dict[str, CompanyLogin]
) -> None:
    login, report = databases.create(cluster.url(), home, "nile")
    assert (login, report) == (logins["nile"], None)


def test_created_by_many_at_once_it_is_filled_once(cluster: EmbeddedServer, home: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _n: databases.create(cluster.url(), home, "nile", name="nile-at-once"), range(6)))
    assert len({login.password for login, _report in made}) == 1
    assert [report is not None for _login, report in made].count(True) == 1
    with psycopg.connect(made[0][0].dsn) as connection:
        assert connection.execute("select count(*) from customers").fetchone() == (EXPECTED["nile"]["customers"],)


def test_password_is_kept_for_its_owner_only(home: Path, logins: dict[str, CompanyLogin]) -> None:
    file = home / "secrets" / "company_nile"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert logins["nile"].password not in repr(logins["nile"])


def test_fourth_company_starts_empty_and_is_set_up_by_its_connection(
    cluster: EmbeddedServer, home: Path, loopback: Any
) -> None:
    login = databases.create_empty(cluster.url(), home, "fourth-one")
    config, secrets = login.settings("EUR")
    client = CompanyDatabase().open(config, secrets, egress=loopback)
    assert client.set_up().created
    assert all(report.ok for report in client.test())
    client.close()


@pytest.mark.parametrize("name", ["", "A", "a b", 'a"; drop', "../x", "-a", "a" * 41])
def test_name_that_is_no_slug_is_refused(cluster: EmbeddedServer, home: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is no name"):
        databases.create_empty(cluster.url(), home, name)
