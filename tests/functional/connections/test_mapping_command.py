"""`portico mapping`: what goes out comes back in, after a test; what fails leaves the connection as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa

from portico.cli.commands import CommandError
from portico.connections import check
from portico.db import setup
from portico_companydb.command import exported, imported
from portico_demo import databases

ITEMS = {"items": {"table": "artstm", "key": "artnr", "fields": {"name": "bez", "price": {"column": "vkpr", "decimal": ","}}}}


@pytest.fixture
def company(portal: Any) -> Iterator[Any]:
    login = databases.create_empty(setup.admin_url(portal.settings), portal.settings.home, f"t{uuid4().hex[:10]}")
    with psycopg.connect(login.dsn) as connection:
        connection.execute("create table artstm (artnr char(8), bez char(30), vkpr char(12))")
        connection.execute("insert into artstm values ('S1', 'Blech', '1,50')")
    company = portal.company()
    config, secrets = login.settings("EUR")
    values = {**config, **secrets, "mapping": ITEMS}
    connection_id = check.create(portal.parts, company.id, connector="companydb", name="ERP", values=values)
    yield company
    portal.parts.connections.forget(connection_id)


def test_what_goes_out_comes_back_in(portal: Any, company: Any) -> None:
    text = exported(portal.parts, company.slug)
    assert json.loads(text) == ITEMS
    changed = text.replace('"decimal": ","', '"decimal": ",", "scale": 1')
    assert imported(portal.parts, company.slug, changed, "ERP") == "ERP"
    assert json.loads(exported(portal.parts, company.slug))["items"]["fields"]["price"]["scale"] == 1
    with portal.superuser() as db:
        query = sa.text("SELECT action FROM audit_entry WHERE tenant_id = :t AND actor = 'command'")
        assert "connections.propose" in db.scalars(query, {"t": company.id}).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[items", "neither TOML nor JSON"),
        ('[items]\ntable = "artstm"', "is not mapped, and is needed"),
        (json.dumps(ITEMS).replace("artstm", "nowhere"), "nothing of what the portal needs works"),
    ],
)
def test_what_fails_leaves_the_connection_as_it_was(portal: Any, company: Any, text: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        imported(portal.parts, company.slug, text)
    assert json.loads(exported(portal.parts, company.slug)) == ITEMS


def test_connection_that_is_not_there_is_told(portal: Any, company: Any) -> None:
    with pytest.raises(CommandError, match="no such connection"):
        exported(portal.parts, company.slug, "Another")
