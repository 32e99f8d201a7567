"""`portico user disable`, `enable` and `no-operator`: what somebody has open ends with the next request (ASVS 7.4.2)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.functional.cli.test_people import run
from tests.functional.identity.test_personal_tokens import make, offered

from portico.cli import people
from portico.cli.commands import CommandError
from portico.db.types import new_id
from portico.identity.service import RESET_TTL, mail_token
from portico.tenancy.scope import Scope
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

NOTICES, AUTH = "/api/v1/portal/notices", "/api/v1/portal/auth"


@pytest.fixture(scope="module")
def company(portal: Portal) -> Company:
    return portal.company()


def program(company: Company, token: str) -> Client:
    client = company.anonymous()
    client.bearer(token)
    return client


def signed_in(company: Company, person: Person, status: int) -> Client:
    client = company.anonymous()
    client.post("/sign-in", {"email": person.email, "password": Person.PASSWORD}, status=status)
    return client


def trail(portal: Portal, person: Person) -> list[tuple[str, str]]:
    with portal.superuser() as db:
        query = sa.text("SELECT action, actor FROM audit_entry WHERE subject_id = :u AND actor = 'command' ORDER BY at, id")
        return [tuple(row) for row in db.execute(query, {"u": str(person.id)})]


def told(portal: Portal, person: Person) -> list[str]:
    return [one.text for one in portal.mails(person.email) if one.kind == "standing-changed"]


def test_who_is_disabled_is_out_everywhere_and_comes_back_only_by_signing_in(portal: Portal, company: Company) -> None:
    person, colleague = company.customer_person(), company.customer_person()
    browser = company.client(person)
    tokens = company.anonymous().json("POST", f"{AUTH}/token", {"email": person.email, "password": Person.PASSWORD}).json
    api, personal = program(company, tokens["access_token"]), program(company, make(browser, *offered(browser)))
    browser.get("/account", status=200)
    for one in (api, personal):
        one.get("/api/v1/portal/quotes", status=200)
    with portal.parts.sessions.scoped(Scope()) as db:
        link = mail_token(db, person.id, "reset", RESET_TTL)

    run(portal, people.user, "disable", person.email)

    def nothing_of_before_works() -> None:
        assert "/sign-in" in browser.get("/account", status=303).location
        for one in (api, personal):
            one.get("/api/v1/portal/quotes", status=401)
        company.anonymous().json("POST", f"{AUTH}/refresh", {"refresh_token": tokens["refresh_token"]}, status=401)
        company.anonymous().post(f"/reset?token={link}", {"token": link, "password": "a quiet blue house"}, status=410)

    nothing_of_before_works()
    signed_in(company, person, 401)
    company.client(colleague).get("/account", status=200)
    [text] = told(portal, person)
    assert "disabled your account" in text

    run(portal, people.user, "enable", person.email)
    nothing_of_before_works()
    signed_in(company, person, 303).get("/account", status=200)
    assert "You can sign in again" in told(portal, person)[1]
    assert trail(portal, person) == [("identity.disabled", "command"), ("identity.enabled", "command")]


def test_a_view_of_a_customer_ends_with_its_opener(portal: Portal, company: Company) -> None:
    staff, customer = company.member("staff", ["admin"], "Ada Admin"), company.customer_person()
    view = company.client(customer)
    with portal.superuser() as db:
        seeing = "UPDATE web_session SET actor_id = :a, methods = '{see-as}' WHERE user_id = :u"
        db.execute(sa.text(seeing), {"a": staff.id, "u": customer.id})
    view.get("/", status=200)
    run(portal, people.user, "disable", staff.email)
    assert "/sign-in" in view.get("/", status=303).location


def test_who_is_no_operator_any_more_keeps_their_account_alone(portal: Portal, company: Company) -> None:
    person = portal.person("Olga Operator", operator=True)
    browser = portal.client(person)
    browser.get("/operator", status=200)
    run(portal, people.user, "no-operator", person.email)
    assert "/sign-in" in browser.get("/operator", status=303).location
    again = portal.client(person)
    again.get("/account", status=200)
    again.get("/operator", status=(403, 404))
    [text] = told(portal, person)
    assert "no longer one of those who run this portal" in text
    assert trail(portal, person) == [("identity.operator-ended", "command")]


@pytest.mark.parametrize(("action", "word"), [("enable", "was not disabled"), ("no-operator", "was no operator")])
def test_what_is_so_already_changes_nothing(
    portal: Portal, company: Company, capsys: pytest.CaptureFixture[str], action: str, word: str
) -> None:
    person = company.customer_person()
    browser = company.client(person)
    run(portal, people.user, action, person.email)
    assert word in capsys.readouterr().out
    browser.get("/account", status=200)
    assert trail(portal, person) == []
    assert told(portal, person) == []


@pytest.mark.parametrize("fails", ["audit.record", "queue_mail"])
@pytest.mark.parametrize("action", ["disable", "enable", "no-operator", "reset-factors"])
def test_nothing_changes_without_its_entry_and_its_mail(
    portal: Portal, company: Company, monkeypatch: pytest.MonkeyPatch, action: str, fails: str
) -> None:
    person = portal.person("Olga Operator", operator=True)
    browser = portal.client(person)
    with portal.superuser() as db:
        db.execute(sa.text("INSERT INTO user_factor (id, user_id, kind, name, confirmed_at) VALUES (uuidv7(), :u, 'totp', 'T', now())"),
                   {"u": person.id})
        if action == "enable":
            db.execute(sa.text("UPDATE app_user SET status = 'disabled' WHERE id = :u"), {"u": person.id})
    before = standing(portal, person)

    def fail(*_all: object, **_more: object) -> None:
        raise ConnectionError("the machine went down")

    with monkeypatch.context() as broken:
        broken.setattr(f"portico.cli.people.{fails}", fail)
        with pytest.raises(ConnectionError):
            run(portal, people.user, action, person.email)
    assert standing(portal, person) == before
    if action != "enable":
        browser.get("/account", status=200)
    assert trail(portal, person) == []
    assert portal.mails(person.email) == []
    run(portal, people.user, action, person.email)
    assert standing(portal, person) != before
    assert len(trail(portal, person)) == len(portal.mails(person.email)) == 1


def test_nobody_is_made_without_an_entry(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_all: object, **_more: object) -> None:
        raise ConnectionError("the machine went down")

    monkeypatch.setattr("portico.cli.people.audit.record", fail)
    person, email = portal.person("Ada Able"), f"{new_id().hex}@example.com"
    with pytest.raises(ConnectionError):
        people.create_person(portal.parts, email, "Nora New", "a quiet blue house")
    assert people.known(portal.parts, email) is None
    with pytest.raises(ConnectionError):
        people.make_operator(portal.parts, person.email)
    assert not people.known(portal.parts, person.email).is_operator


def standing(portal: Portal, person: Person) -> tuple[object, ...]:
    with portal.superuser() as db:
        query = "SELECT status, is_operator, (SELECT count(*) FROM user_factor f WHERE f.user_id = u.id) FROM app_user u WHERE id = :u"
        return tuple(db.execute(sa.text(query), {"u": person.id}).one())


@pytest.mark.parametrize("action", ["disable", "enable", "no-operator"])
@pytest.mark.parametrize("address", ["nobody@example.com", "no address"])
def test_nobody_is_refused(portal: Portal, action: str, address: str) -> None:
    with pytest.raises(CommandError):
        run(portal, people.user, action, address)


def test_who_was_erased_is_not_enabled(portal: Portal) -> None:
    address = f"{new_id()}@erased.invalid"
    with portal.superuser() as db:
        db.execute(
            sa.text("INSERT INTO app_user (id, email, name, status) VALUES (:i, :e, '', 'disabled')"), {"i": new_id(), "e": address}
        )
    with pytest.raises(CommandError, match="nobody"):
        run(portal, people.user, "enable", address)


@pytest.mark.parametrize("call", ["person_set_active('x@example.com', false)", "operator_end('x@example.com')"])
@pytest.mark.parametrize("kind", ["operator", "public"])
def test_no_request_changes_a_standing(portal: Portal, call: str, kind: str) -> None:
    scope = Scope(kind="operator") if kind == "operator" else Scope()
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), portal.parts.sessions.scoped(scope) as db:
        db.execute(sa.text(f"SELECT * FROM {call}"))
