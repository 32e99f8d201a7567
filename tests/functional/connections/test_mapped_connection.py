"""A connection with a mapping: the portal uses it for what is mapped, and offers nothing else through it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from portico.connections import check, service
from portico.connections.client import open_client
from portico.connections.target import NoConnectionError
from portico.db import setup
from portico.errors import InvalidError
from portico_demo import databases

MAPPING = """
[items]
table = "artstm"
key = "artnr"
[items.fields]
name = "bez"
price = { column = "preis", decimal = "," }
"""


@pytest.fixture
def login(portal: Any) -> databases.CompanyLogin:
    found = databases.create_empty(setup.admin_url(portal.settings), portal.settings.home, f"t{uuid4().hex[:10]}")
    with psycopg.connect(found.dsn) as connection:
        connection.execute("create table artstm (artnr char(8), bez char(30), preis char(12))")
        connection.execute("insert into artstm values ('S1', 'Blech', '1.234,50'), ('S2', 'Rohr', 'auf Anfrage')")
    return found


@pytest.fixture
def connect(portal: Any, login: databases.CompanyLogin) -> Iterator[Callable[[Any, Any], Any]]:
    made = []

    def create(company: Any, mapping: Any) -> Any:
        config, secrets = login.settings("EUR")
        values = {**config, **secrets, "mapping": mapping}
        made.append(check.create(portal.parts, company.id, connector="companydb", name="ERP", values=values))
        return made[-1]

    yield create
    for connection_id in made:
        portal.parts.connections.forget(connection_id)


def test_only_what_is_mapped_is_used(portal: Any, connect: Any) -> None:
    company = portal.company()
    connect(company, MAPPING)
    page = open_client(portal.parts, company.id, "catalogue").items(None, 10)
    assert [(item.ref, item.name, str(item.price)) for item in page.items] == [("S1", "Blech", "1234.50")]
    assert [problem.ref for problem in page.problems] == ["S2"]
    for capability in ("orders", "quotes", "quote_submission", "prices", "customers", "setup"):
        with pytest.raises(NoConnectionError):
            open_client(portal.parts, company.id, capability)


def test_page_of_the_connection_says_what_is_not_mapped(portal: Any, connect: Any) -> None:
    company = portal.company()
    connection_id = connect(company, MAPPING)
    page = company.admin().get(f"/admin/connections/{connection_id}")
    assert "Orders are not shown." in page.text
    assert "Customers find no catalogue to choose from." not in page.text


def test_mapping_that_makes_no_sense_is_refused_at_its_field(portal: Any, connect: Any) -> None:
    company = portal.company()
    with pytest.raises(InvalidError) as caught:
        connect(company, '[items]\ntable = "artstm"')
    assert "mapping" in caught.value.fields


def test_mapping_is_stored_as_data_and_shown_again_in_the_form(portal: Any, connect: Any) -> None:
    company = portal.company()
    connection_id = connect(company, MAPPING)
    with company.system() as db:
        stored = service.get(db, connection_id).config["mapping"]
    assert stored["items"]["fields"]["name"] == "bez"
    form = company.admin().get(f"/admin/connections/{connection_id}/edit").forms
    shown = next(one["mapping"].value for one in form.values() if "mapping" in one.fields)
    assert json.loads(shown) == stored
