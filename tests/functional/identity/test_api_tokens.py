"""Access and refresh tokens (SEC-4, API-1)."""

from __future__ import annotations

import datetime as dt

import jwt
import pytest
import sqlalchemy as sa

from portico.identity.tokens import _key
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

AUTH = "/api/v1/portal/auth"
NOTICES = "/api/v1/portal/notices"


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def person(company: Company) -> Person:
    return company.customer_person()


def ask_token(client: Client, email: str, password: str, **options: object):
    return client.json("POST", f"{AUTH}/token", {"email": email, "password": password}, **options)


def with_token(company: Company, token: str) -> Client:
    client = company.anonymous()
    client.bearer(token)
    return client


def test_password_gives_tokens_that_open_the_api(company: Company, person: Person) -> None:
    answer = ask_token(company.anonymous(), person.email, Person.PASSWORD).json
    assert answer["expires_in"] == 900
    assert answer["token_type"] == "Bearer"
    assert with_token(company, answer["access_token"]).get(NOTICES).json["items"] == []


@pytest.mark.without("portico.identity.service:sign_in WrongCredentialsError")
def test_wrong_password_is_a_problem_document(company: Company, person: Person) -> None:
    answer = ask_token(company.anonymous(), person.email, "not the password", status=401)
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == "wrong-credentials"


@pytest.mark.without("portico.identity.service:use_refresh_token WrongCredentialsError")
def test_refresh_rotates_and_a_second_use_ends_the_family(company: Company, person: Person) -> None:
    first = ask_token(company.anonymous(), person.email, Person.PASSWORD).json
    second = company.anonymous().json("POST", f"{AUTH}/refresh", {"refresh_token": first["refresh_token"]}).json
    assert second["refresh_token"] != first["refresh_token"]
    assert with_token(company, second["access_token"]).get(NOTICES).status_int == 200
    company.anonymous().json("POST", f"{AUTH}/refresh", {"refresh_token": first["refresh_token"]}, status=401)
    assert with_token(company, second["access_token"]).get(NOTICES, status="*").status_int == 401
    company.anonymous().json("POST", f"{AUTH}/refresh", {"refresh_token": second["refresh_token"]}, status=401)


def test_a_program_ends_with_the_companys_absolute_lifetime(portal: Portal, company: Company, person: Person) -> None:
    """ASVS 7.3.2: neither the access token nor a renewal outlives it, however often it was renewed."""
    first = ask_token(company.anonymous(), person.email, Person.PASSWORD).json
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE web_session SET created_at = now() - interval '2 hours' WHERE user_id = :u"), {"u": person.id})
    second = company.anonymous().json("POST", f"{AUTH}/refresh", {"refresh_token": first["refresh_token"]}).json
    assert with_token(company, second["access_token"]).get(NOTICES).status_int == 200
    alive = sa.text(
        "SELECT count(*) FROM web_session w, sessions_alive(array[w.id], array[cast(:t AS uuid)]) WHERE w.user_id = :u"
    )
    with portal.superuser() as db:
        assert db.scalar(alive, {"t": company.id, "u": person.id}) == 1
        hours = "UPDATE tenant SET settings = settings || '{\"session_hours\"\\: 1}', config_version = config_version + 1 WHERE id = :t"
        db.execute(sa.text(hours), {"t": company.id})
        assert db.scalar(alive, {"t": company.id, "u": person.id}) == 0
    assert with_token(company, second["access_token"]).get(NOTICES, status="*").status_int == 401
    company.anonymous().json("POST", f"{AUTH}/refresh", {"refresh_token": second["refresh_token"]}, status=401)


def test_logout_kills_the_access_token_before_it_expires(company: Company, person: Person) -> None:
    client = with_token(company, ask_token(company.anonymous(), person.email, Person.PASSWORD).json["access_token"])
    client.web.post(company.prefix + f"{AUTH}/logout", headers=client.headers, status=204)
    assert client.get(NOTICES, status="*").status_int == 401


def test_token_of_one_company_is_nothing_in_another(portal: Portal, company: Company, person: Person) -> None:
    token = ask_token(company.anonymous(), person.email, Person.PASSWORD).json["access_token"]
    other = portal.company()
    assert with_token(other, token).get("/api/v1/portal/memberships", status="*").status_int == 401
    assert with_token(company, token).get("/api/v1/portal/memberships").status_int == 200


@pytest.mark.without("portico.identity.api:refresh WrongCredentialsError")
def test_refresh_token_of_one_company_is_nothing_in_another(portal: Portal, company: Company, person: Person) -> None:
    token = ask_token(company.anonymous(), person.email, Person.PASSWORD).json["refresh_token"]
    portal.company().anonymous().json("POST", f"{AUTH}/refresh", {"refresh_token": token}, status=401)


def forge(portal: Portal, company: Company, person: Person, **changes: object) -> str:
    from uuid import UUID

    session = UUID(portal.session(person, "api", company.id))
    now = dt.datetime.now(dt.UTC)
    claims = {
        "sid": str(session),
        "tid": str(company.id),
        "aud": "portico-api",
        "typ": "access",
        "iat": now,
        "exp": now + dt.timedelta(minutes=5),
    } | changes
    return jwt.encode(
        {k: v for k, v in claims.items() if v is not None}, _key(portal.settings.master_key), algorithm="HS256"
    )


def test_token_that_we_could_have_made_is_taken(portal: Portal, company: Company, person: Person) -> None:
    assert with_token(company, forge(portal, company, person)).get(NOTICES, status="*").status_int == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"},
        {"typ": "refresh"},
        {"exp": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)},
        {"exp": None},
        {"sid": "x"},
        {"sid": None},
    ],
)
def test_token_with_another_audience_type_or_time_is_refused(
    portal: Portal, company: Company, person: Person, changes: dict[str, object]
) -> None:
    assert with_token(company, forge(portal, company, person, **changes)).get(NOTICES, status="*").status_int == 401


def test_unsigned_and_foreign_signatures_are_refused(portal: Portal, company: Company, person: Person) -> None:
    good = jwt.decode(forge(portal, company, person), options={"verify_signature": False})
    for token in (jwt.encode(good, None, algorithm="none"), jwt.encode(good, "k" * 32, algorithm="HS256"), "x.y.z", ""):
        assert with_token(company, token).get(NOTICES, status="*").status_int == 401


def test_cookie_does_not_open_the_api(company: Company, person: Person) -> None:
    client = company.client(person)
    assert client.get(NOTICES, status="*").status_int == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"email": NaN, "password": "x"}',
        b"[" * 100_000,
        b'{"email": "a@b.co", "password": "x", "admin": true}',
        b'{"email": ["a@b.co"], "password": {}}',
        b'{"email": "a@b.co"}',
    ],
)
def test_broken_bodies_are_the_callers_fault(company: Company, body: bytes) -> None:
    answer = company.anonymous().web.post(
        company.prefix + f"{AUTH}/token", body, content_type="application/json", status="*"
    )
    assert 400 <= answer.status_int < 500
    assert answer.content_type == "application/problem+json"
    assert answer.json["title"]
