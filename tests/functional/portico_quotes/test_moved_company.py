"""The demo's Turinova, moved to the real PostgREST: an administrator changes its connection in the pages, and nothing else is done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import sqlalchemy as sa
from tests.functional.portico_quotes.conftest import Shop
from tests.functional.portico_quotes.test_delivery import submitted

from portico.connections import check
from portico.connections.models import Connection, ConnectionSync
from portico.db import setup
from portico_demo import backoffice, databases
from portico_quotes import sync_catalogue
from portico_supabase.simulator.gateway import anon_key, gateway, token
from portico_supabase.simulator.postgrest import postgrest


@pytest.fixture
def turinova(portal: Any) -> Iterator[Shop]:
    name = f"t{uuid4().hex[:10]}"  # the tests of several workers share one server
    login, _report = databases.create(setup.admin_url(portal.settings), portal.settings.home, "turinova", name=name)
    company = portal.company()
    config, secrets = login.settings("EUR")
    connection_id = check.create(
        portal.parts, company.id, connector="companydb", name="ERP", values={**config, **secrets}
    )
    shop = Shop(portal, company, login, connection_id, company.account("Lavoisier", databases.DEMO_CUSTOMERS["turinova"]))
    shop.synchronise()
    yield shop
    shop.forget()


@pytest.fixture
def front(turinova: Shop) -> Iterator[Any]:
    """An interface to the company's database, which logs in as the portal did: nothing in the database is changed."""
    login = turinova.login
    url = f"postgres://{login.user}:{quote(login.password)}@{login.host}:{login.port}/{login.database}"
    with postgrest(url, anonymous=login.user) as address, gateway(address) as front:
        yield front


def known(shop: Shop) -> tuple[Any, ...]:
    """What the portal knows of the company, by its own keys."""
    with shop.company.system() as db:
        return tuple(
            db.execute(sa.text(f"select {columns} from {table} order by 1")).all()
            for table, columns in (
                ("quotes_item", "id, ref, name, price, active"),
                ("quotes_quote", "id, erp_ref, number, state, gross"),
            )
        )


def form(page: Any, shop: Shop, front: Any, **given: str) -> list[tuple[str, str]]:
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version
    settings = {"url": front.url, "apikey": anon_key(), "token": token(shop.login.user), "schema": "", "currency": "EUR"}
    return [
        ("__formid__", "form"), ("connector", "supabase"), ("version", version[1]), ("name", "ERP"),
        ("__start__", "settings:mapping"), *(settings | given).items(), ("__end__", "settings:mapping"),
    ]  # fmt: skip


def move(shop: Shop, front: Any) -> Any:
    """By the page of the connection, as an administrator does; the page that then tells of its test."""
    admin, page = shop.company.admin(), f"/admin/connections/{shop.connection_id}"
    moving = admin.get(f"{page}/edit?connector=supabase")
    assert "Another kind of system takes this connection over" in moving
    answer = admin.post(f"{page}/edit", form(moving, shop, front), status=303)
    return admin.post(answer.location.replace("http://localhost:6543", ""))


def test_company_moves_to_postgrest_by_its_connections_page_alone(turinova: Shop, front: Any) -> None:
    first = submitted(turinova, STEEL_SHEET="2")
    turinova.work("quotes.submit")
    turinova.synchronise()
    before = known(turinova)
    assert "connector=supabase" in turinova.company.admin().get(f"/admin/connections/{turinova.connection_id}/edit")
    assert "It works, and is in use" in move(turinova, front)
    with turinova.company.system() as db:
        moved = db.scalars(sa.select(Connection)).one()
        assert (moved.id, moved.connector, moved.config["url"]) == (turinova.connection_id, "supabase", front.url)
        # What the former system had is nothing that the new one could be missing.
        assert not any(db.scalars(sa.select(ConnectionSync.total_rows)))

    turinova.synchronise()
    assert known(turinova) == before
    with turinova.company.system() as db:  # nothing of it was new, and all of it is counted
        rows = db.execute(sa.select(ConnectionSync.entity, ConnectionSync.total_rows))
        counts = {row.entity: row.total_rows for row in rows}
    assert counts[sync_catalogue.NAME] == len(before[0])
    assert any("/rest/v1/materials" in path for path in front.paths)

    second = submitted(turinova, ALU_SHEET="3")
    turinova.work("quotes.submit")
    assert (turinova.quote(second).delivery, turinova.quote(first).delivery) == ("sent", "sent")
    assert turinova.sql("select count(*) from quote_lines l join quotes q on q.id = l.quote_id where q.number = %s",
                        turinova.quote(second).number) == [(1,)]
    backoffice.process(turinova.login.dsn)
    turinova.synchronise()
    assert {turinova.quote(one).state for one in (first, second)} == {"processed"}
    turinova.customer().post(f"/quotes/{second}/accept", turinova.seen(second, po_number="PO-9"), status=303)
    turinova.work("quotes.decide")
    assert turinova.sql("select status, po_number from quotes where number = %s", turinova.quote(second).number) == [
        ("accepted", "PO-9")
    ]


def test_what_a_draft_costs_is_compared_across_the_move(turinova: Shop, front: Any) -> None:
    """The price that was accepted came from the system of before, the one that is asked now from the other."""
    dearer, same = (turinova.draft(**{code: "2"}) for code in ("STEEL_SHEET", "ALU_SHEET"))
    (was,) = (Decimal(line["unit_price"]) for line in dearer["lines"])
    assert "It works, and is in use" in move(turinova, front)
    turinova.synchronise()
    turinova.sql("update materials set price = price + 100 where code = 'STEEL-SHEET'")
    api = turinova.api()
    problem = api.json("post", f"/quotes/{dearer['id']}/submit", {}, status=409).json
    assert problem["code"] == "prices-changed"
    ((old, new),) = [(Decimal(one["old_price"]), Decimal(one["new_price"])) for one in problem["changes"]]
    assert (old, new) == (was, was + 100)
    api.json("post", f"/quotes/{dearer['id']}/submit", {"confirmation": problem["confirmation"]})
    api.json("post", f"/quotes/{same['id']}/submit", {})  # asks nobody
    turinova.work("quotes.submit")
    assert {turinova.quote(one["id"]).delivery for one in (dearer, same)} == {"sent"}


def test_key_that_stands_above_the_policies_is_refused_in_the_form(turinova: Shop, front: Any) -> None:
    admin, page = turinova.company.admin(), f"/admin/connections/{turinova.connection_id}"
    for key in (token("service_role"), "sb_secret_0123456789"):
        moving = admin.get(f"{page}/edit?connector=supabase")
        refused = admin.post(f"{page}/edit", form(moving, turinova, front, token=key), status=422)
        assert "This key stands above row-level security" in refused
        assert key not in refused
    assert front.paths == []


