"""A company demands a second factor of what people are in a customer's organisation, whatever way they come in
(SEC-2; ASVS 6.3.3, 6.3.4)."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from tests.functional.admin.test_security_rules import plain, save
from tests.functional.identity.test_api_tokens import ask_token, with_token
from tests.functional.identity.test_personal_tokens import SCOPE, bearer, make
from tests.functional.identity.test_second_factor import set_up

from portico.identity.permissions import ACCOUNT_ROLES
from portico.tenancy.models import AccountMember
from portico.tenancy.service import add_member
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


def demand(company: Company, *roles: str) -> None:
    save(company.admin(), *roles)


def asked(client: Client) -> bool:
    """Whether the next click leads to setting up a factor; else the page is there."""
    answer = client.get("/notices", status=(200, 303))
    return answer.status_int == 303 and "/account/security?next=" in answer.location


@pytest.mark.parametrize("role", ACCOUNT_ROLES)
def test_who_has_the_role_is_asked_and_nobody_else(company: Company, role: str) -> None:
    people = {one: plain(company, company.customer_person(role=one)) for one in ACCOUNT_ROLES}
    demand(company, role)
    assert {one: asked(client) for one, client in people.items()} == {one: one == role for one in ACCOUNT_ROLES}
    demand(company)
    assert not any(asked(client) for client in people.values())


def test_the_page_offers_them_and_keeps_what_was_chosen(company: Company) -> None:
    admin = company.admin()
    save(admin, "finance", "agent")
    page = admin.get("/admin/security").html
    boxes = {one["value"]: one.has_attr("checked") for one in page.find_all("input", {"name": "checkbox"})}
    assert boxes == {**dict.fromkeys(("customer", *ACCOUNT_ROLES, "agent", "admin"), False), "finance": True, "agent": True}
    assert company.tenant.settings["second_factor"] == ["agent", "finance"]
    assert "Agent and Finance" in admin.get("/admin/audit").text


def test_a_person_sets_one_up_and_goes_on_where_they_were(company: Company) -> None:
    person = company.customer_person(role="purchaser")
    client = plain(company, person)
    demand(company, "purchaser")
    to = client.get("/notices?show=all", status=303).location
    assert to.endswith("/account/security?next=" + quote(f"{company.prefix}/notices?show=all", safe=""))
    assert "A second factor is needed here" in client.get("/account/security").text
    set_up(client)
    assert not asked(client)


def test_a_role_in_one_of_several_organisations_counts_in_all(company: Company) -> None:
    person = company.customer_person(role="viewer")
    client = plain(company, person)
    demand(company, "owner")
    assert not asked(client)
    with company.system() as db:
        db.add(AccountMember(account_id=company.account("Second"), user_id=person.id, role="owner"))
    assert asked(client)


def test_a_new_role_is_asked_for_at_the_next_click(company: Company) -> None:
    person = company.customer_person(role="viewer")
    client = plain(company, person)
    demand(company, "finance")
    assert not asked(client)
    with company.system() as db:
        db.execute(sa.text("UPDATE account_member SET role = 'finance' WHERE user_id = :u"), {"u": person.id})
    assert asked(client)


def test_a_link_by_mail_is_asked_too(portal: Portal, company: Company) -> None:
    person, client = company.customer_person(), company.anonymous()
    demand(company, "owner")
    client.post("/sign-in/link", {"email": person.email}, status=303)
    [text] = [one.text for one in portal.mails(person.email) if one.kind == "sign-in"]
    client.post("/sign-in/link/open", {"token": re.search(r"token=([\w-]+)", text)[1]}, status=303)
    assert asked(client)


def test_programs_are_asked_too(company: Company) -> None:
    """A token of somebody's own, and one by password, from before the company demanded it and after."""
    person = company.customer_person()
    browser = plain(company, person)
    programs = [bearer(company, make(browser, SCOPE))]
    before = ask_token(company.anonymous(), person.email, Person.PASSWORD).json
    programs.append(with_token(company, before["access_token"]))
    assert [one.get("/api/v1/portal/quotes", status="*").status_int for one in programs] == [200, 200]
    demand(company, "owner")
    after = ask_token(company.anonymous(), person.email, Person.PASSWORD).json
    programs.append(with_token(company, after["access_token"]))
    renewed = company.anonymous().json("POST", "/api/v1/portal/auth/refresh", {"refresh_token": before["refresh_token"]}).json
    programs.append(with_token(company, renewed["access_token"]))
    refused = [one.get("/api/v1/portal/quotes", status=(401, 403)) for one in programs]
    assert all(person.email not in one.text for one in refused)


def test_the_companys_own_sign_in_answers_for_its_factors(portal: Portal, company: Company) -> None:
    person = company.customer_person()
    client = plain(company, person)
    demand(company, "owner")
    assert asked(client)
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE web_session SET methods = '{sso}' WHERE user_id = :u"), {"u": person.id})
    assert not asked(client)


def test_one_login_is_asked_in_the_company_that_demands_it(portal: Portal, company: Company) -> None:
    """Owner in both: moving from one to the other asks, moving back does not."""
    other, person = portal.company(), company.customer_person()
    with other.system() as db:
        add_member(db, email=person.email, name=person.name, kind="customer", roles=["customer"])
        db.add(AccountMember(account_id=other.account("There"), user_id=person.id, role="owner"))
    demand(other, "owner")
    client = plain(company, person)
    assert not asked(client)
    client.prefix = other.prefix
    assert asked(client)
    client.prefix = company.prefix
    assert not asked(client)
