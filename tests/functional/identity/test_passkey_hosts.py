"""A passkey is good at the host that it was made at, and at no other (SEC-2; ASVS 6.3.4)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.functional.identity.soft_key import SoftKey

from portico.identity.factors import passkeys
from portico.identity.factors import service as factors
from portico.identity.factors.passkeys import SIGN_IN, PasskeyError, Site
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

HERE, THERE = Site("localhost", "http://localhost:6543"), Site("portal.example.com", "https://portal.example.com")


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def person(company: Company) -> Person:
    return company.customer_person()


def add(portal: Portal, company: Company, person: Person, site: Site) -> SoftKey:
    key = SoftKey()
    with company.scope_of(person) as db:
        ceremony = passkeys.begin_registration(db, site, person.id, person.name, person.email, [])
        made = passkeys.finish_registration(db, site, ceremony.handle, key.create(site, ceremony))
        factors.add_passkey(db, portal.parts, "Key", made)
    return key


def show(company: Company, person: Person, key: SoftKey, site: Site) -> object:
    with company.scope_of(person) as db:
        ceremony = passkeys.begin_assertion(db, site, SIGN_IN, [])
        return passkeys.finish_assertion(db, site, SIGN_IN, ceremony.handle, key.get(site, ceremony)).user_id


def test_a_passkey_of_one_host_is_nothing_at_another(portal: Portal, company: Company, person: Person) -> None:
    """Even if it signs for the other: a browser would not let it, but the portal does not rely on that."""
    key = add(portal, company, person, HERE)
    assert show(company, person, key, HERE) == person.id
    with pytest.raises(PasskeyError, match="not known here"):
        show(company, person, key, THERE)
    other = add(portal, company, person, THERE)
    assert show(company, person, other, THERE) == person.id
    with pytest.raises(PasskeyError, match="not known here"):
        show(company, person, other, HERE)


def test_one_from_before_hosts_were_kept_belongs_to_where_it_is_used_first(portal: Portal, company: Company, person: Person) -> None:
    key = add(portal, company, person, HERE)
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE user_factor SET host = NULL WHERE user_id = :u"), {"u": person.id})
    assert show(company, person, key, HERE) == person.id
    with pytest.raises(PasskeyError):
        show(company, person, key, THERE)


def test_the_gate_offers_what_can_be_shown_there_and_says_where_the_rest_works(portal: Portal, company: Company, person: Person) -> None:
    add(portal, company, person, THERE)
    client = company.anonymous()
    client.post("/sign-in", {"email": person.email, "password": Person.PASSWORD}, status=303)
    page = client.get("/second-factor").text
    assert "data-passkey" not in page
    assert "portal.example.com" in page
    assert "Now enter a recovery code" in page
    add(portal, company, person, HERE)
    page = client.get("/second-factor").text
    assert 'data-passkey="get"' in page
    assert "portal.example.com" not in page
    listed = company.client(person).get("/account/security").text
    assert "Works at portal.example.com alone" in listed
    assert "Works at localhost alone" not in listed
