"""What somebody is in which organisation, and at which sites, decides what they write and for whom (TEN-5)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portico.testing.client import Client
from portico.testing.portal import Company, Portal

PLUGINS = ["portico_quotes", "portico_clear"]


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company(plugins=PLUGINS)


def a_site(company: Company, account: UUID, name: str) -> UUID:
    with company.system() as db:
        statement = "INSERT INTO account_site (tenant_id, id, account_id, name) VALUES (:t, uuidv7(), :a, :n) RETURNING id"
        return db.scalar(sa.text(statement), {"t": company.id, "a": account, "n": name})


def start(client: Client, status: int = 201, **body: Any) -> Any:
    return client.company_api.json("post", "/quotes", body, status=status).json


def join(company: Company, account: UUID, **place: Any) -> Client:
    client = company.client(company.customer_person(account, **place))
    client.company_api = company.api(client.person)
    return client


@pytest.mark.without("portico.identity.policy:check_place ForbiddenError", "portico_quotes.accounts:choose ForbiddenError")
def test_viewer_of_one_organisation_writes_only_for_the_other(company: Company) -> None:
    first, second = company.account("Acme"), company.account("Bolt")
    client = join(company, first, role="viewer")
    with company.system() as db:
        statement = "INSERT INTO account_member (tenant_id, id, account_id, user_id, role) VALUES (:t, uuidv7(), :a, :u, 'purchaser')"
        db.execute(sa.text(statement), {"t": company.id, "a": second, "u": client.person.id})
    assert start(client)["account"] == "Bolt"
    start(client, 403, account_id=str(first))
    assert start(client, account_id=str(second))["account"] == "Bolt"
    choose = client.get("/quotes/for").text
    assert "Bolt" in choose
    assert "Acme" not in choose
    colleague = join(company, first, role="owner")
    quote = start(colleague)
    client.get(f"/quotes/{quote['id']}", status=200)  # a viewer there
    client.get(f"/quotes/{quote['id']}/edit", status=403)
    client.company_api.delete(f"/quotes/{quote['id']}", status=403)
    assert "Go on editing" not in client.get(f"/quotes/{quote['id']}")


def test_quote_is_at_its_authors_site(company: Company) -> None:
    account = company.account()
    here, there = a_site(company, account, "Here"), a_site(company, account, "There")
    one = join(company, account, role="purchaser", reach="own", site_ids=[here])
    assert start(one)["site_id"] == str(here)
    start(one, 422, site=str(there))
    both = join(company, account, role="purchaser", reach="own", site_ids=[here, there])
    assert start(both, site=str(there))["site_id"] == str(there)
    owner = join(company, account, role="owner")
    assert start(owner)["site_id"] is None
    assert start(owner, site=str(there))["site_id"] == str(there)
    start(owner, 422, site=str(a_site(company, company.account("Bolt"), "Foreign")))


def test_a_site_that_was_chosen_stays_chosen_when_what_stands_beside_it_is_refused(company: Company) -> None:
    account = company.account()
    here, there = a_site(company, account, "Here"), a_site(company, account, "There")
    author = join(company, account, role="purchaser", reach="own", site_ids=[here, there])
    quote = start(author, site=str(here))
    form = {"site": str(there), "note": "x" * 5000, "version": quote["version"]}
    page = author.post(f"/quotes/{quote['id']}/change", form, status=422)
    [chosen] = page.html.select("#site option[selected]")
    assert chosen["value"] == str(there)
    [kept] = author.get(f"/quotes/{quote['id']}/edit").html.select("#site option[selected]")
    assert kept["value"] == str(here)


def test_draft_moves_to_another_site_with_all_its_parts(company: Company) -> None:
    account = company.account()
    here, there = a_site(company, account, "Here"), a_site(company, account, "There")
    author = join(company, account, role="purchaser", reach="own", site_ids=[here, there])
    at_here = join(company, account, role="viewer", reach="site", site_ids=[here])
    at_there = join(company, account, role="viewer", reach="site", site_ids=[there])
    quote = start(author)
    path = f"/quotes/{quote['id']}"
    at_here.get(path, status=200)
    at_there.get(path, status=404)
    assert "There" in author.get(f"{path}/edit")
    author.post(f"{path}/change", {"site": str(there), "version": quote["version"]}, status=303)
    at_here.get(path, status=404)
    at_there.get(path, status=200)
    with company.scope_of(at_there.person) as db:
        assert db.scalar(sa.text("SELECT count(*) FROM quotes_event")) == 1
    with company.scope_of(at_here.person) as db:
        assert db.scalar(sa.text("SELECT count(*) FROM quotes_event")) == 0


def test_narrowed_reach_counts_with_the_next_request(company: Company) -> None:
    account = company.account()
    colleague, author = join(company, account, role="purchaser"), join(company, account, role="purchaser")
    quote = start(author)
    colleague.get(f"/quotes/{quote['id']}", status=200)
    with company.system() as db:
        db.execute(sa.text("UPDATE account_member SET reach = 'own' WHERE user_id = :u"), {"u": colleague.person.id})
    colleague.get(f"/quotes/{quote['id']}", status=404)
    author.get(f"/quotes/{quote['id']}", status=200)
