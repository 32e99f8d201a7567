"""Staff write quotes for the company's customers, by the same builder."""

from __future__ import annotations

import re
from typing import Any

import pytest

from portico.testing.client import Client


@pytest.fixture
def agent(shop: Any) -> Client:
    return shop.company.agent()


def test_agent_finds_a_customer_and_submits_a_quote_at_their_prices(shop: Any, agent: Client) -> None:
    shop.company.account("Bolt", "C2")
    assert "/quotes/for" in agent.get("/quotes").text
    everyone = agent.get("/quotes/for").text
    assert "Acme" in everyone
    assert "Bolt" in everyone
    found = agent.get("/quotes/for?q=acM").text
    assert "Acme" in found
    assert "Bolt" not in found
    account = re.search(r'name="account" value="([^"]+)"', found)[1]  # type: ignore[index]
    edit = agent.post("/quotes/new", {"account": account}, status=303).location
    base = edit.removesuffix("/edit")
    agent.post(f"{base}/lines", {"item": str(shop.items()["STEEL-1"]), "quantity": "1"}, status=303)
    page = agent.get(edit)
    assert "Acme" in page.text
    assert "€950.00" in page.text  # of Acme's own price list
    quote = shop.quote(base.rsplit("/", 1)[1])
    agent.post(f"{base}/submit", {"version": str(quote.version)}, status=303)
    assert shop.quote(str(quote.id)).state == "submitted"
    assert "Abel Agent" in shop.customer().get(base).text


@pytest.mark.parametrize("query", ["?q=C2", "?q=bolt", "?q=nobody"])
def test_search_is_by_name_and_customer_number(shop: Any, agent: Client, query: str) -> None:
    shop.company.account("Bolt", "C2")
    text = agent.get(f"/quotes/for{query}").text
    assert ("Bolt" in text) == ("nobody" not in query)
    assert "Acme" not in text


def test_list_alone_follows_while_one_types(agent: Client) -> None:
    answer = agent.get("/quotes/for?q=acme", headers={"HX-Request": "true", "HX-Target": "customers"})
    assert "Acme" in answer.text
    assert "<html" not in answer.text


def test_new_quote_without_a_customer_asks_for_whom(agent: Client) -> None:
    assert agent.post("/quotes/new", status=303).location.endswith("/quotes/for")


def test_agent_cannot_write_for_a_customer_of_another_company(shop: Any, agent: Client) -> None:
    foreign = shop.portal.company().account("Elsewhere")
    agent.post("/quotes/new", {"account": str(foreign)}, status=404)


def test_agent_answers_no_offer_in_a_customers_name(shop: Any, agent: Client) -> None:
    quote = shop.draft(STEEL_1="1")
    agent.post(f"/quotes/{quote['id']}/accept", status=403)


def test_customer_sees_their_own_organisations_alone(shop: Any) -> None:
    shop.company.account("Bolt", "C2")
    text = shop.customer().get("/quotes/for").text
    assert "Acme" in text
    assert "Bolt" not in text
    assert "/quotes/for" not in shop.customer().get("/quotes").text
