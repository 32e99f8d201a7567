"""A change of e-mail address: proved, confirmed at the new address, told to the old (SEC-1; ASVS 6.3.8, 7.5.1, 15.4.2)."""

from __future__ import annotations

import re
import secrets

import pytest
import sqlalchemy as sa
from tests.functional.identity.test_devices import statements
from tests.functional.identity.test_second_factor import together

from portico.identity import change_email
from portico.identity.service import LinkExpiredError
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def person(company: Company) -> Person:
    return company.customer_person()


def new_address() -> str:
    return f"new-{secrets.token_hex(6)}@example.com"


def mail(portal: Portal, address: str, kind: str) -> str:
    return next((one.text for one in reversed(portal.mails(address)) if one.kind == kind), "")


def asked(portal: Portal, client: Client, address: str) -> str:
    """The token that the new address was sent."""
    client.post("/account/email", {"email": address}, status=303)
    return re.search(r"token=([\w-]+)", mail(portal, address, "email-confirm"))[1]


def test_address_changes_once_the_link_was_used(portal: Portal, company: Company, person: Person) -> None:
    client, address = company.client(person), new_address()
    token = asked(portal, client, address)
    assert person.email in client.get("/account").text
    client.get(f"/account/email/confirm?token={token}")
    assert person.email in client.get("/account").text, "a look at the page changes nothing"
    client.post("/account/email/confirm", {"token": token}, status=303)
    page = client.get("/account").text
    assert address in page
    assert person.email not in page
    assert address in mail(portal, person.email, "email-changed")
    with portal.superuser() as db:
        copied = db.scalar(sa.text("SELECT email FROM membership WHERE user_id = :u"), {"u": person.id})
    assert copied == address
    company.anonymous().post("/sign-in", {"email": person.email, "password": Person.PASSWORD}, status=401)
    company.anonymous().post("/sign-in", {"email": address, "password": Person.PASSWORD}, status=303)
    client.post("/account/email/confirm", {"token": token}, status=410)


def test_link_is_good_for_who_asked_alone(portal: Portal, company: Company, person: Person) -> None:
    """Whoever owns a mistyped address gains nothing."""
    address = new_address()
    token = asked(portal, company.client(person), address)
    company.anonymous().post("/account/email/confirm", {"token": token}, status=303)
    company.customer().post("/account/email/confirm", {"token": token}, status=410)
    assert person.email in company.client(person).get("/account").text


def test_taken_address_is_answered_alike_and_its_owner_told(portal: Portal, company: Company, person: Person) -> None:
    """ASVS 6.3.8: no enumeration."""
    client, other = company.client(person), company.customer_person()
    free = client.post("/account/email", {"email": new_address()}, status=303)
    first = statements(client)
    taken = client.post("/account/email", {"email": other.email}, status=303)
    assert free.location == taken.location
    assert statements(client) == first
    assert "token=" not in mail(portal, other.email, "email-taken")
    assert mail(portal, other.email, "email-taken")
    assert mail(portal, other.email, "email-confirm") == ""


def test_address_taken_meanwhile_is_refused(portal: Portal, company: Company, person: Person) -> None:
    first, second, address = company.client(person), company.customer(), new_address()
    early, late = asked(portal, first, address), asked(portal, second, address)
    first.post("/account/email/confirm", {"token": early}, status=303)
    second.post("/account/email/confirm", {"token": late}, status=410)


def test_link_works_once_in_parallel_too(portal: Portal, company: Company, person: Person) -> None:
    token = asked(portal, company.client(person), new_address())

    def attempt() -> bool:
        try:
            with company.scope_of(person) as db:
                change_email.confirm(db, portal.parts, token)
        except LinkExpiredError:
            return False
        return True

    assert sorted(together([attempt] * 4)) == [False] * 3 + [True]


def test_two_people_at_once_do_not_get_one_address(portal: Portal, company: Company, person: Person) -> None:
    other, address = company.customer_person(), new_address()
    tokens = [(one, asked(portal, company.client(one), address)) for one in (person, other)]

    def attempt(someone: Person, token: str) -> bool:
        try:
            with company.scope_of(someone) as db:
                change_email.confirm(db, portal.parts, token)
        except LinkExpiredError:
            return False
        return True

    assert sorted(together([lambda one=one, token=token: attempt(one, token) for one, token in tokens])) == [False, True]


def test_links_to_the_old_address_die_with_it(portal: Portal, company: Company, person: Person) -> None:
    company.anonymous().post("/forgot", {"email": person.email}, status=303)
    reset = re.search(r"token=([\w-]+)", mail(portal, person.email, "reset"))[1]
    client = company.client(person)
    client.post("/account/email/confirm", {"token": asked(portal, client, new_address())}, status=303)
    company.anonymous().get(f"/reset?token={reset}", status=410)


def test_asking_needs_proof_of_who_sits_there(portal: Portal, company: Company, person: Person) -> None:
    """ASVS 7.5.1."""
    client = company.client(person)
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE web_session SET elevated_at = now() - interval '11 minutes' WHERE user_id = :u"), {"u": person.id})
    assert "/account/prove" in client.post("/account/email", {"email": new_address()}, status=303).location


@pytest.mark.parametrize("wrong", ["nobody", "a@b", "a@example.com,b@example.com", ""])
def test_what_is_no_address_is_refused(company: Company, person: Person, wrong: str) -> None:
    company.client(person).post("/account/email", {"email": wrong}, status=422)
