"""A person's account over the API, from making one to leaving a company (SEC-1, ACC-1 to ACC-3, TEN-3)."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from tests.functional.identity.test_api_tokens import ask_token, with_token
from tests.functional.identity.test_signing_in import PASSWORD, mails_to, new_address

from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

API = "/api/v1/portal"


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def person(company: Company) -> Person:
    return company.customer_person()


@pytest.fixture
def api(company: Company, person: Person) -> Client:
    return company.api(person)


def pointers(answer: Any) -> set[str]:
    return {one["pointer"] for one in answer.json["errors"]}


def token_in(portal: Portal, address: str, kind: str) -> str:
    mail = next(one for one in mails_to(portal, address) if one.kind == kind)
    found = re.search(r"token=([\w-]+)", mail.text)
    assert found
    return found[1]


def test_an_account_is_made_confirmed_and_used_without_a_browser(portal: Portal, company: Company) -> None:
    stranger, address = company.anonymous(), new_address()
    asked = {"name": "Nora New", "email": address, "password": PASSWORD}
    assert stranger.json("POST", f"{API}/auth/register", asked, status=202).json == {"status": "mail-sent"}
    portal.answer_asked()
    assert ask_token(stranger, address, PASSWORD, status=403).json["code"] == "unconfirmed"
    token = token_in(portal, address, "verify")
    wrong = stranger.json("POST", f"{API}/auth/verify", {"token": token, "password": "somebody else's"}, status=422)
    assert pointers(wrong) == {"/password"}
    link = {"token": token, "password": PASSWORD}
    stranger.json("POST", f"{API}/auth/verify", link, status=204)
    assert stranger.json("POST", f"{API}/auth/verify", link, status=410).json["code"] == "link-expired"
    access = ask_token(stranger, address, PASSWORD).json["access_token"]
    assert with_token(company, access).get(f"{API}/profile").json["email"] == address


def test_a_known_address_is_not_told_from_an_unknown_one(portal: Portal, company: Company, person: Person) -> None:
    stranger, unknown = company.anonymous(), new_address()
    answers = []
    for address in (person.email, unknown):
        made = stranger.json("POST", f"{API}/auth/register", {"name": "N", "email": address, "password": PASSWORD}, status="*")
        lost = stranger.json("POST", f"{API}/auth/forgot", {"email": address}, status="*")
        answers.append([(one.status_int, one.json) for one in (made, lost)])
    assert answers[0] == answers[1] == [(202, {"status": "mail-sent"})] * 2
    assert [mail.kind for mail in mails_to(portal, person.email)] == ["known", "reset"]


def test_bad_registrations_say_what_is_wrong(company: Company) -> None:
    stranger = company.anonymous()
    short = stranger.json("POST", f"{API}/auth/register", {"name": "N", "email": new_address(), "password": "short"}, status=422)
    assert pointers(short) == {"/password"}
    extra = {"name": "N", "email": new_address(), "password": PASSWORD, "is_operator": True}
    assert pointers(stranger.json("POST", f"{API}/auth/register", extra, status=422)) == {"/is_operator"}


def test_documents_that_the_operator_named_have_to_be_accepted(
    portal: Portal, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal.parts, "settings", replace(portal.settings, terms_version="3"))
    stranger, address = company.anonymous(), new_address()
    asked: dict[str, Any] = {"name": "Nora New", "email": address, "password": PASSWORD}
    assert pointers(stranger.json("POST", f"{API}/auth/register", asked, status=422)) == {"/terms"}
    stranger.json("POST", f"{API}/auth/register", {**asked, "terms": True}, status=202)
    portal.answer_asked()
    with portal.superuser() as connection:
        given = connection.execute(sa.text(
            "SELECT document, version FROM consent JOIN app_user ON app_user.id = consent.user_id WHERE email = :e"), {"e": address})
        assert [tuple(row) for row in given] == [("terms", "3")]


def test_a_lost_password_is_replaced_and_ends_all_sessions(portal: Portal, company: Company, person: Person, api: Client) -> None:
    stranger = company.anonymous()
    stranger.json("POST", f"{API}/auth/forgot", {"email": person.email}, status=202)
    token = token_in(portal, person.email, "reset")
    stranger.json("POST", f"{API}/auth/reset", {"token": token, "password": PASSWORD}, status=204)
    assert api.get("/profile", status="*").status_int == 401
    ask_token(stranger, person.email, Person.PASSWORD, status=401)
    assert ask_token(stranger, person.email, PASSWORD).json["access_token"]


def test_the_profile_is_read_and_changed(api: Client, person: Person) -> None:
    assert api.get("/profile").json == {"name": person.name, "email": person.email, "locale": None, "colour_mode": "system"}
    changed = api.json("PUT", "/profile", {"name": "Pia Person", "locale": "fr", "colour_mode": "dark"}).json
    assert changed == api.get("/profile").json == {
        "name": "Pia Person", "email": person.email, "locale": "fr", "colour_mode": "dark"}
    assert pointers(api.json("PUT", "/profile", {"name": "Pia", "locale": "xx"}, status=422)) == {"/locale"}


def test_the_password_is_changed_by_who_knows_it(company: Company, api: Client, person: Person) -> None:
    wrong = api.json("PUT", "/password", {"current": "not it", "password": PASSWORD}, status=422)
    assert pointers(wrong) == {"/current"}
    other = company.api(person)
    api.json("PUT", "/password", {"current": Person.PASSWORD, "password": PASSWORD}, status=204)
    assert other.get("/profile", status="*").status_int == 401, "other sessions end"
    assert api.get("/profile").status_int == 200
    assert ask_token(company.anonymous(), person.email, PASSWORD).json["access_token"]


def test_an_authenticator_is_set_up_and_removed(portal: Portal, company: Company, api: Client, person: Person) -> None:
    assert api.get("/2fa").json == {"enabled": False, "items": [], "recovery_codes_left": 0}
    begun = api.json("POST", "/2fa/enable").json
    assert begun["secret"] in begun["uri"]
    app = pyotp.TOTP(begun["secret"])
    wrong = {"id": begun["id"], "code": "000000" if app.now() != "000000" else "000001"}
    assert api.json("POST", "/2fa/confirm", wrong, status=422).json["code"] == "wrong-code"
    right = {"id": begun["id"], "code": app.now(), "name": "My telephone"}
    codes = api.json("POST", "/2fa/confirm", right).json["recovery_codes"]
    assert len(codes) == 10
    stranger = company.anonymous()
    assert ask_token(stranger, person.email, Person.PASSWORD, status=401).json["code"] == "second-factor-required"
    credentials = {"email": person.email, "password": Person.PASSWORD, "code": app.at(time.time() + 30)}
    access = stranger.json("POST", f"{API}/auth/token", credentials).json["access_token"]
    api = with_token(company, access)
    told = api.get(f"{API}/2fa").json
    assert (told["enabled"], told["recovery_codes_left"], told["items"][0]["name"]) == (True, 10, "My telephone")
    with portal.superuser() as connection:
        late = sa.text("UPDATE web_session SET elevated_at = now() - interval '11 minutes' WHERE user_id = :u")
        connection.execute(late, {"u": person.id})
    path = f"{API}/2fa/{told['items'][0]['id']}"
    assert api.web.delete(api.prefix + path, headers=api.headers, status=403).json["code"] == "prove-again"
    credentials["code"] = codes[0]
    api = with_token(company, stranger.json("POST", f"{API}/auth/token", credentials).json["access_token"])
    api.web.delete(api.prefix + path, headers=api.headers, status=204)
    assert api.get(f"{API}/2fa").json["enabled"] is False


def test_changes_of_factors_are_on_record(portal: Portal, api: Client, person: Person) -> None:
    begun = api.json("POST", "/2fa/enable").json
    api.json("POST", "/2fa/confirm", {"id": begun["id"], "code": pyotp.TOTP(begun["secret"]).now()})
    api.web.delete(f"{api.prefix}/2fa/{begun['id']}", headers=api.headers, status=204)
    with portal.superuser() as connection:
        actions = sa.text("SELECT action FROM audit_entry WHERE user_id = :u AND action LIKE 'identity.%factor%' ORDER BY id")
        assert list(connection.scalars(actions, {"u": person.id})) == [
            "identity.factor-begun", "identity.factor-added", "identity.factor-removed"]


def test_a_membership_is_ended_by_its_person_alone(portal: Portal, company: Company, person: Person) -> None:
    account = company.account("Together Ltd")
    owner, colleague = company.customer_person(account), company.customer_person(account)
    with company.system() as db:
        ids = {row.user_id: row.id for row in db.execute(sa.text("SELECT user_id, id FROM membership"))}
        db.execute(sa.text("UPDATE account_member SET role = 'owner' WHERE user_id IN (:a, :b)"), {"a": owner.id, "b": colleague.id})
    api = company.api(colleague)
    assert api.web.delete(f"{api.prefix}/memberships/{ids[owner.id]}", headers=api.headers, status="*").status_int == 404
    api.web.delete(f"{api.prefix}/memberships/{ids[colleague.id]}", headers=api.headers, status=204)
    with company.system() as db:
        states = {row.user_id: row.status for row in db.execute(sa.text("SELECT user_id, status FROM membership"))}
    assert (states[owner.id], states[colleague.id]) == ("active", "inactive")
