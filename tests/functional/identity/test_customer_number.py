"""Inside a company a customer number signs in as well (SEC-1): it stands for the first owner of that organisation."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from tests.functional.identity.test_api_tokens import ask_token
from tests.functional.identity.test_signing_in import sign_in

from portico.testing.person import Person
from portico.testing.portal import Company, Portal

NUMBER = "C-4711"


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def owner(company: Company) -> Person:
    account = company.account("Numbered Ltd", NUMBER)
    first = company.customer_person(account)
    company.customer_person(account)
    return first


@pytest.mark.parametrize("typed", [NUMBER, f"  {NUMBER} "])
def test_the_number_with_the_owners_password_signs_in(company: Company, owner: Person, typed: str) -> None:
    browser = company.anonymous()
    sign_in(browser, typed, Person.PASSWORD, status=303)
    assert owner.email in browser.get("/account").text
    assert ask_token(company.anonymous(), typed, Person.PASSWORD).json["access_token"]


def test_the_form_takes_it_in_a_company_and_not_at_the_apex(portal: Portal, company: Company) -> None:
    def kind(page: Any) -> str:
        form = next(one for one in page.forms.values() if "email" in one.fields)
        return str(form["email"].attrs["type"])

    assert kind(company.anonymous().get("/sign-in")) == "text"
    assert kind(portal.client(None, "").get("/sign-in")) == "email"


@pytest.mark.parametrize(("typed", "password"), [(NUMBER, "not it at all"), ("C-4712", Person.PASSWORD), ("c-4711", Person.PASSWORD)])
def test_a_wrong_number_and_a_wrong_password_are_told_alike(company: Company, owner: Person, typed: str, password: str) -> None:
    answer = ask_token(company.anonymous(), typed, password, status=401)
    known = ask_token(company.anonymous(), "nobody@example.com", password, status=401)
    assert (answer.json["code"], answer.json["title"]) == (known.json["code"], known.json["title"])


def test_a_number_counts_in_its_own_company_alone(portal: Portal, owner: Person) -> None:
    ask_token(portal.company().anonymous(), NUMBER, Person.PASSWORD, status=401)
    assert sign_in(portal.client(None, ""), NUMBER, Person.PASSWORD, status="*").status_int != 303


@pytest.mark.parametrize("change", ["UPDATE account SET status = 'inactive'", "UPDATE membership SET status = 'inactive'"])
def test_who_is_out_does_not_get_in_by_number(portal: Portal, company: Company, change: str) -> None:
    account = company.account("Left Ltd", NUMBER)
    company.customer_person(account)
    with portal.superuser() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(sa.text(f"{change} WHERE tenant_id = :t"), {"t": company.id})
    ask_token(company.anonymous(), NUMBER, Person.PASSWORD, status=401)


def test_tries_by_number_and_by_address_are_counted_together(company: Company, owner: Person) -> None:
    browser = company.anonymous()
    said = [sign_in(browser, NUMBER if turn % 2 else owner.email, "wrong again", status="*").status_int for turn in range(11)]
    assert said[-1] == 429 or "Too many" in sign_in(browser, NUMBER, Person.PASSWORD, status="*").text
