"""Staff look a customer up, see who of them is here, and start something for them."""

from __future__ import annotations

import re

import pytest

from portico.testing.portal import Company, Portal


@pytest.fixture
def company(portal: Portal) -> Company:
    company = portal.company()
    company.customer_person(company.account("Acme", "C-77"), name="Pat Buyer")
    company.account("Bolt", "C-78")
    return company


def link_to(text: str, name: str) -> str:
    found = re.search(rf'href="[^"]*(/customers/[^"]+)"[^>]*>(?:<[^>]*>)*{name}', text)
    assert found, f"no link to {name}"
    return found[1]


def test_customers_are_listed_and_found(company: Company) -> None:
    agent = company.agent()
    everyone = agent.get("/customers").text
    assert "Acme" in everyone
    assert "Bolt" in everyone
    found = agent.get("/customers?q=c-78").text
    assert "Bolt" in found
    assert "Acme" not in found
    assert "No customer fits" in agent.get("/customers?q=nobody").text


def test_page_of_a_customer_shows_its_people_and_what_plugins_offer(company: Company) -> None:
    agent = company.agent()
    page = agent.get(link_to(agent.get("/customers").text, "Acme"))
    assert "Pat Buyer" in page.text
    assert "C-77" in page.text
    assert re.search(r'<form method="post" action="[^"]*/quotes/new">', page.text)
    assert "/orders?account=" in page.text
    organisation = re.search(r'href="[^"]*(/organisations/[^"]+)"', page.text)
    assert organisation
    assert "Pat Buyer" in agent.get(organisation[1])


def test_plugin_that_is_off_offers_nothing(portal: Portal) -> None:
    company = portal.company(plugins=["portico_customers"])
    company.account("Acme")
    agent = company.agent()
    page = agent.get(link_to(agent.get("/customers").text, "Acme"))
    assert "/quotes/new" not in page.text
    assert "/orders" not in page.text


def test_customers_see_none_of_it(company: Company) -> None:
    customer = company.customer()
    customer.get("/customers", status=403)
    assert "/customers" not in customer.get("/").text


def test_few_queries_for_many_customers(company: Company) -> None:
    for number in range(30):
        company.account(f"Further {number:02}")
    agent = company.agent()
    first = agent.get("/customers").text
    assert "Further 05" in first
    assert "Further 29" not in first
    following = re.search(r'href="([^"]*/customers\?after=[^"]+)"', first)
    assert following
