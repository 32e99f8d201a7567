"""An operator connects a company to a real, empty database: set-up, test, use; a full one is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from portico.connections.models import Connection
from portico.db import setup
from portico.db.types import new_id
from portico.testing.portal import Company, Portal

PASSWORD = "a-password-of-the-company"


@pytest.fixture
def database(portal: Portal) -> Iterator[dict[str, str]]:
    """An empty database with a login of its own, on the same server, reached by TCP if that listens there."""
    name = "company_" + new_id().hex[-12:]
    with psycopg.connect(setup.admin_url(portal.settings), autocommit=True) as admin:
        if not admin.execute("SHOW listen_addresses").fetchone()[0]:  # type: ignore[index]
            pytest.skip("the server does not listen on TCP")
        port = admin.execute("SHOW port").fetchone()[0]  # type: ignore[index]
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(PASSWORD)))
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(name)))
        yield {"host": "127.0.0.1", "port": str(port), "database": name, "user": name, "password": PASSWORD}
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company(plugins=[])


def settings(values: dict[str, str], *, set_up: bool) -> list[tuple[str, str]]:
    pairs = [
        ("__formid__", "form"),
        ("connector", "companydb"),
        ("name", "Books"),
        ("__start__", "settings:mapping"),
        *values.items(),
        ("sslmode", "prefer"),
        ("currency", "EUR"),
        ("__end__", "settings:mapping"),
    ]
    return [*pairs, ("set_up", "true")] if set_up else pairs


def connect(portal: Portal, company: Company, values: dict[str, str], *, set_up: bool) -> Any:
    operator = portal.operator()
    form = operator.get(f"/operator/companies/{company.id}/connections/new?connector=companydb")
    assert "It is an empty database" in form
    answer = operator.post(
        f"/operator/companies/{company.id}/connections/new", settings(values, set_up=set_up), status=303
    )
    target = urlsplit(answer.location)
    assert re.search(r"set_up=yes", target.query) is not None or not set_up
    assert "This takes a few seconds" in operator.get(f"{target.path}?{target.query}")
    result = operator.post(target.path, {"set_up": "yes"} if set_up else {})
    assert PASSWORD not in result
    return result


def status(portal: Portal, company: Company) -> list[str]:
    with portal.superuser() as db:
        return list(db.scalars(sa.text("SELECT status FROM connection WHERE tenant_id = :t"), {"t": company.id}))


def test_an_empty_database_is_set_up_tested_and_put_to_use(
    portal: Portal, company: Company, database: dict[str, str]
) -> None:
    result = connect(portal, company, database, set_up=True)
    assert "The tables were created." in result
    assert "It works" in result
    assert status(portal, company) == ["active"]
    with portal.superuser() as db:
        assert (
            db.scalar(
                sa.text("SELECT count(*) FROM job WHERE tenant_id = :t AND actor = 'connections.sync'"),
                {"t": company.id},
            )
            == 1
        )
        actors = db.execute(
            sa.text("SELECT actor, action FROM audit_entry WHERE tenant_id = :t AND action LIKE 'connections.%'"),
            {"t": company.id},
        ).all()
    assert {row.action for row in actors} >= {"connections.set-up", "connections.create"}
    assert {row.actor for row in actors} == {portal._operator.email}
    assert "Works" in portal.operator().get(f"/operator/companies/{company.id}")


def test_a_database_that_holds_something_is_left_alone(
    portal: Portal, company: Company, database: dict[str, str]
) -> None:
    url = f"postgresql://{database['user']}:{PASSWORD}@127.0.0.1:{database['port']}/{database['database']}"
    with psycopg.connect(url, autocommit=True) as theirs:
        theirs.execute("CREATE TABLE precious (id integer)")
    result = connect(portal, company, database, set_up=True)
    assert "The database is not empty" in result
    assert status(portal, company) == ["draft"]
    with psycopg.connect(url) as theirs:
        tables = theirs.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (1,)


def test_a_wrong_password_is_told_and_nothing_is_used(
    portal: Portal, company: Company, database: dict[str, str]
) -> None:
    result = connect(portal, company, {**database, "password": "wrong"}, set_up=False)
    assert "It does not work yet" in result
    assert status(portal, company) == ["draft"]


def test_a_connection_of_another_company_does_not_exist(
    portal: Portal, company: Company, database: dict[str, str]
) -> None:
    connect(portal, company, database, set_up=True)
    with portal.superuser() as db:
        connection_id = db.scalar(sa.text("SELECT id FROM connection WHERE tenant_id = :t"), {"t": company.id})
    other, operator = portal.company(plugins=[]), portal.operator()
    operator.get(f"/operator/companies/{company.id}/connections/{connection_id}", status=200)
    operator.get(f"/operator/companies/{other.id}/connections/{connection_id}", status=404)
    operator.post(f"/operator/companies/{other.id}/connections/{connection_id}", status=404)
    operator.get(f"/operator/companies/{company.id}/connections/new?connector=nothing", status=404)


def test_an_operator_has_a_company_synchronised_in_their_own_name(portal: Portal, company: Company) -> None:
    operator = portal.operator()
    with company.system() as db:
        connection = Connection(connector="companydb", name="Books", config={}, status="active")
        db.add(connection)
        db.flush()
        connection_id = connection.id
    path = f"/operator/companies/{company.id}"
    assert f"{path}/connections/{connection_id}/sync" in operator.get(path).text
    answer = operator.post(f"{path}/connections/{connection_id}/sync", status=303)
    assert urlsplit(answer.location).path == path
    with company.system() as db:
        row = db.execute(sa.text("SELECT actor, subject_id FROM audit_entry WHERE action = 'connections.sync'")).one()
        assert (row.actor.startswith("olga-"), row.subject_id) == (True, str(connection_id))
        db.execute(sa.update(Connection).where(Connection.id == connection_id).values(status="paused"))
    with portal.superuser() as connection:
        wanted = sa.text("SELECT args ->> 'connection_id' FROM job WHERE actor = 'connections.sync' AND tenant_id = :t")
        assert connection.execute(wanted, {"t": company.id}).scalars().all() == [str(connection_id)]
    operator.post(f"{path}/connections/{connection_id}/sync", status=409)
    assert f"{path}/connections/{connection_id}/sync" not in operator.get(path).text
    operator.post(f"{path}/connections/{new_id()}/sync", status=404)
    company.admin().post(f"{path}/connections/{connection_id}/sync", status=404)
