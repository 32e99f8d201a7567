"""The company database behind the portal's own host: set up, read, submitted to, and walled off from the
portal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from portico.connections import check
from portico.connections.client import open_client
from portico.db import setup
from portico.db.roles import APP
from portico_demo import databases
from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import QuoteLine, QuoteRequest


@pytest.fixture
def login(portal: Any) -> databases.CompanyLogin:
    return databases.create_empty(
        setup.admin_url(portal.settings), portal.settings.home, f"t{uuid4().hex[:10]}"
    )


@pytest.fixture
def company(portal: Any, login: databases.CompanyLogin) -> Iterator[Any]:
    company = portal.company()
    config, secrets = login.settings("EUR")
    connection_id = check.create(
        portal.parts, company.id, connector="companydb", name="ERP", values={**config, **secrets}, set_up=True
    )
    yield company
    portal.parts.connections.forget(connection_id)


def test_empty_database_becomes_a_company_that_takes_a_quote(
    portal: Any, company: Any, login: databases.CompanyLogin
) -> None:
    with psycopg.connect(login.dsn) as connection:
        connection.execute("insert into materials (code, name, price) values ('S1', 'Steel sheet', 1000)")
        connection.execute("insert into customers (code, name, currency) values ('C1', 'Acme', 'EUR')")
    (item,) = open_client(portal.parts, company.id, "catalogue").items(None, 10).items
    assert (item.name, item.price) == ("Steel sheet", Decimal("1000.00"))
    line = QuoteLine(item.ref, item.name, Decimal(2), item.unit, item.price)
    request = QuoteRequest(str(uuid4()), "C1", "EUR", [line], "", datetime.now(UTC))
    client = open_client(portal.parts, company.id, "quote_submission")
    assert client.submit(request) == client.submit(request)
    with psycopg.connect(login.dsn) as connection:
        assert connection.execute("select count(*), sum(net_total) from quotes").fetchone() == (
            1,
            Decimal("2000.00"),
        )


def test_portal_and_company_logins_cannot_reach_each_other(
    portal: Any, login: databases.CompanyLogin
) -> None:
    with psycopg.connect(login.dsn) as connection:
        connection.execute("select 1")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(login.dsn, dbname=portal.settings.database)
    with psycopg.connect(portal.parts.database_url(APP)) as connection:
        connection.execute("select 1")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(portal.parts.database_url(APP), dbname=login.database)


def test_connection_to_an_address_outside_the_opened_networks_is_refused(
    portal: Any, login: databases.CompanyLogin
) -> None:
    company = portal.company()
    config, secrets = login.settings("EUR")
    values = {**config, **secrets, "host": "169.254.169.254", "sslmode": "verify-full"}
    with pytest.raises(ConnectorRejectedError) as caught:
        check.create(portal.parts, company.id, connector="companydb", name="ERP", values=values, set_up=True)
    assert caught.value.field == "host"
