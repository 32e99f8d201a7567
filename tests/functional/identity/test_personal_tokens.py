"""Personal tokens read what they were made for and change nothing (ACC-9, SEC-4; ASVS 8.2.1, 8.3.2, 9.2.2)."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from tests.walls.test_routes import _route_table

from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal
from portico.web.routes import RouteSpec

UNSAFE = [spec for spec in _route_table() if spec.kind == "api" and spec.method != "GET"]
SAFE = [spec for spec in _route_table() if spec.kind == "api" and spec.method == "GET"]
NEW, LIST = "/account/tokens/new", "/account/tokens"
SCOPE = "quotes:view"
QUOTES, ORDERS = "/api/v1/portal/quotes", "/api/v1/portal/orders"


@pytest.fixture(scope="module")
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture(scope="module")
def person(company: Company) -> Person:
    return company.customer_person()


def make(client: Client, *scopes: str, days: str = "30", status: int = 200, name: str = "Report") -> str:
    chosen = [("__start__", "scopes:sequence"), *(("checkbox", one) for one in scopes), ("__end__", "scopes:sequence")]
    page = client.post(NEW, [("name", name), *chosen, ("days", days)], status=status)
    found = re.search(r"portico_pat_[\w-]{40,}", page.text)
    return found[0] if found else ""


def offered(client: Client) -> list[str]:
    return [one for one in re.findall(r'value="([a-z_]+:[a-z_-]+)"', client.get(NEW).text) if one != "scopes:sequence"]


@pytest.fixture(scope="module")
def full(company: Company, person: Person) -> Client:
    """A program whose token may read all that its person may."""
    browser = company.client(person)
    program = company.anonymous()
    program.bearer(make(browser, *offered(browser)))
    return program


def bearer(company: Company, token: str) -> Client:
    client = company.anonymous()
    client.bearer(token)
    return client


def test_token_reads_what_it_was_made_for(company: Company, person: Person) -> None:
    browser = company.client(person)
    token = make(browser, SCOPE)
    assert token
    program = bearer(company, token)
    assert program.get(QUOTES).json["items"] == []
    program.get(ORDERS, status=403)
    assert token not in browser.get(LIST).text


def test_making_a_token_is_on_record(company: Company, person: Person) -> None:
    browser = company.client(person)
    token = make(browser, SCOPE)
    with company.system() as db:
        found = "SELECT * FROM audit_entry WHERE action = 'identity.token-made' AND address = :address"
        [row] = db.execute(sa.text(found), {"address": browser.address}).all()
    assert (row.actor, row.address, row.tenant_id) == (person.email, browser.address, company.id)
    assert row.after["scopes"] == [SCOPE]
    assert token not in str(row)


def test_scopes_limit_and_rights_that_are_lost_count_at_once(portal: Portal, company: Company) -> None:
    person = company.customer_person()
    program = bearer(company, make(company.client(person), SCOPE))
    program.get(QUOTES, status=200)
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE membership SET status = 'inactive' WHERE user_id = :u"), {"u": person.id})
    program.get(QUOTES, status=403)


def test_nothing_is_offered_that_the_person_lacks(company: Company, person: Person) -> None:
    browser = company.client(person)
    found = offered(browser)
    assert SCOPE in found
    assert not [one for one in found if one.startswith("company:")]
    assert "quotes:submit" not in found
    for wrong in ("company:members", "quotes:submit", "nothing:there"):
        assert make(browser, wrong, status=422) == ""


@pytest.mark.parametrize("spec", UNSAFE, ids=[f"{one.name}-{one.method}" for one in UNSAFE])
def test_changing_routes_refuse_it(spec: RouteSpec, full: Client) -> None:
    path = re.sub(r"{(\w+)(:[^}]*)?}", "0" * 32, spec.pattern)
    options = {"headers": full.headers, "expect_errors": True}
    answer = full.web.request(full.prefix + path, method=spec.method, body=b"{}", content_type="application/json", **options)
    assert (answer.status_int, answer.json["code"]) == (403, "read-only-token")


@pytest.mark.parametrize("spec", SAFE, ids=[one.name for one in SAFE])
def test_reading_routes_stand_a_transaction_that_cannot_write(spec: RouteSpec, full: Client) -> None:
    answer = full.get(re.sub(r"{(\w+)(:[^}]*)?}", "0" * 32, spec.pattern), status="*")
    assert answer.status_int < 500


def test_own_pages_of_the_person_are_closed_to_it(full: Client) -> None:
    for path in ("/sessions", "/memberships", "/notices"):
        full.get("/api/v1/portal" + path, status=403)
    assert full.get("/account", status="*").status_int == 303  # a bearer token opens no page


def test_database_itself_refuses_to_write_for_it(company: Company, full: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second wall: even a reading view that tried to change something could not."""
    from portico.web import entry

    tried: list[str] = []
    scope_of = entry.enter

    def enter(request):
        scope = scope_of(request)
        with pytest.raises(DBAPIError) as refusal, request.db.begin_nested():
            request.db.execute(sa.text("UPDATE app_user SET name = 'changed' WHERE id = :u"), {"u": scope.user_id})
        tried.append(type(refusal.value.orig).__name__)
        return scope

    monkeypatch.setattr(entry, "enter", enter)
    full.get(QUOTES, status=200)
    assert tried == ["ReadOnlySqlTransaction"]


@pytest.mark.parametrize("days", ["6", "366", "0", "-7", "x"])
def test_expiry_is_7_to_365_days(company: Company, person: Person, days: str) -> None:
    assert make(company.client(person), SCOPE, days=days, status=422) == ""


def test_expired_token_is_nothing(portal: Portal, company: Company) -> None:
    person = company.customer_person()
    program = bearer(company, make(company.client(person), SCOPE, days="7"))
    program.get(QUOTES, status=200)
    with portal.superuser() as db:
        ends = db.scalar(
            sa.text("SELECT expires_at - created_at FROM web_session WHERE user_id = :u AND kind = 'personal'"), {"u": person.id}
        )
        assert ends.days == 7
        db.execute(sa.text("UPDATE web_session SET expires_at = now() WHERE user_id = :u AND kind = 'personal'"), {"u": person.id})
    program.get(QUOTES, status=401)


def test_list_tells_the_last_use_and_revoking_counts_at_once(company: Company) -> None:
    person = company.customer_person()
    browser = company.client(person)
    program = bearer(company, make(browser, SCOPE, name="Stock report"))
    assert "never used" in browser.get(LIST).text
    program.get(QUOTES, status=200)
    page = browser.get(LIST).text
    assert "Stock report" in page
    assert "never used" not in page
    path = re.search(r'action="[^"]*(/account/tokens/[0-9a-f-]{36}/revoke)"', page)[1]
    company.customer().post(path, status=404)
    program.get(QUOTES, status=200)
    browser.post(path, status=303)
    program.get(QUOTES, status=401)


def test_token_of_one_company_is_nothing_in_another(portal: Portal, company: Company, person: Person, full: Client) -> None:
    token = full.headers["Authorization"].removeprefix("Bearer ")
    assert bearer(portal.company(), token).get(QUOTES, status="*").status_int == 401


def test_only_who_just_proved_themselves_makes_one(portal: Portal, company: Company) -> None:
    """ASVS 7.5.1."""
    person = company.customer_person()
    browser = company.client(person)
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE web_session SET elevated_at = now() - interval '11 minutes' WHERE user_id = :u"), {"u": person.id})
    assert "/account/prove" in browser.get(NEW, status=303).location
    assert make(browser, SCOPE, status=303) == ""


def test_token_is_kept_as_a_hash_alone(portal: Portal, full: Client) -> None:
    token = full.headers["Authorization"].removeprefix("Bearer ")
    with portal.superuser() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM web_session w WHERE w::text LIKE '%' || :t || '%'"), {"t": token}) == 0
        assert db.scalar(sa.text("SELECT count(*) FROM audit_entry a WHERE a::text LIKE '%' || :t || '%'"), {"t": token}) == 0
