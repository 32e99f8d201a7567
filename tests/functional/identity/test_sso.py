"""Single sign-on with a real provider, and what a session is good for that a company made (TEN-2, SEC-8)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import httpx
import pytest
import sqlalchemy as sa
from tests.functional.identity.sso_company import ORIGIN, begin, entries, give, path, through, why
from tests.provider.running import Provider, running

from portico.connections import keys
from portico.identity.permissions import OWN_HERE, SIGNED_IN
from portico.identity.sso import people, service
from portico.tenancy.service import add_member
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

SLUGS = ["sso" + secrets.token_hex(4) for _n in range(40)]
PEOPLE = {
    "mia": {"email": "mia@work.example", "email_verified": True, "name": "Mia Meyer"},
    "noa": {"email": "noa@work.example", "email_verified": True, "name": "Noa Nguyen"},
    "otto": {"email": "otto@work.example", "email_verified": False, "name": "Otto"},
    "eve": {"email": "eve@elsewhere.example", "email_verified": True, "name": "Eve"},
}


@pytest.fixture(scope="module")
def slugs() -> list[str]:
    return list(SLUGS)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    back = [f"{ORIGIN}/c/{slug}{service.CALLBACK}" for slug in SLUGS]
    with running(PEOPLE, back, [f"{ORIGIN}/c/{slug}/sign-in" for slug in SLUGS]) as found:
        yield found


@pytest.fixture
def plain(portal: Portal, slugs: list[str]) -> Company:
    return portal.company(slug=slugs.pop())


@pytest.fixture
def company(plain: Company, provider: Provider) -> Company:
    give(plain, provider.issuer, provider.client_id, provider.client_secret, "work.example", newcomers="agent")
    return plain


def sign_in(company: Company, name: str, target: str = "", client: Client | None = None) -> Client:
    client = client or company.anonymous()
    client.answer = client.get(through(begin(client, target), name), status=303)
    return client


def test_a_new_colleague_comes_in_and_the_deep_link_survives(company: Company) -> None:
    client = sign_in(company, "mia", f"{company.prefix}/notices?show=all")
    assert client.answer.location == f"{ORIGIN}{company.prefix}/notices?show=all"
    assert client.get("/notices").status_int == 200
    assert "Mia Meyer" in client.get("/").text
    [admitted] = entries(company, "sso.person-admitted")
    assert admitted.after == {"kind": "staff", "role": "agent", "email": "mia@work.example"}
    [entry] = entries(company, "sso.signed-in")
    assert (entry.actor, entry.after["subject"]) == ("mia@work.example", "mia")


def test_whoever_is_sent_away_by_a_page_comes_back_to_it(company: Company) -> None:
    client = company.anonymous()
    page = client.get(path(client.get("/notices?show=all", status=303).location))
    link = page.html.find("a", string=lambda text: text and "Work login" in text) or next(
        one for one in page.html.find_all("a") if "Work login" in one.get_text()
    )
    answer = client.get(path(client.get(through(client.get(link["href"], status=303).location, "mia"), status=303).location))
    assert answer.request.path_qs == f"{company.prefix}/notices?show=all"


def test_a_code_counts_once(company: Company, provider: Provider) -> None:
    """The provider refuses a code that was redeemed; the portal refuses a state that was used."""
    client = company.anonymous()
    back = through(begin(client), "mia")
    client.get(back, status=303)
    assert why(client.get(back, status=303)) == "expired"
    code = httpx.QueryParams(back.partition("?")[2])["code"]
    other = company.anonymous()
    state = httpx.QueryParams(begin(other).partition("?")[2])["state"]
    assert why(other.get(f"{service.CALLBACK}?code={code}&state={state}&iss={provider.issuer}", status=303)) == "code"


def test_another_persons_code_is_worth_nothing(company: Company, provider: Provider) -> None:
    """Injected into a sign-in of somebody else: PKCE and the nonce tie a code to the browser that began."""
    victim = company.anonymous()
    code = httpx.QueryParams(through(begin(victim), "mia").partition("?")[2])["code"]
    thief = company.anonymous()
    state = httpx.QueryParams(begin(thief).partition("?")[2])["state"]
    assert why(thief.get(f"{service.CALLBACK}?code={code}&state={state}&iss={provider.issuer}", status=303)) == "code"


def test_a_wrong_secret_is_told_as_such(plain: Company, provider: Provider) -> None:
    give(plain, provider.issuer, provider.client_id, "wrong", "work.example", newcomers="agent")
    client = sign_in(plain, "mia")
    assert why(client.answer) == "client"
    assert "does not know this portal" in client.get(path(client.answer.location)).text


def test_a_return_address_that_the_provider_was_not_told_is_refused_there(portal: Portal, provider: Provider) -> None:
    company = portal.company()
    give(company, provider.issuer, provider.client_id, provider.client_secret, "work.example")
    assert "redirect_uri" in httpx.get(begin(company.anonymous())).text


@pytest.mark.parametrize(("name", "reason"), [("otto", "unverified"), ("eve", "domain")])
def test_only_confirmed_addresses_of_proved_domains(name: str, reason: str, company: Company) -> None:
    client = sign_in(company, name)
    assert why(client.answer) == reason
    assert client.web.cookies.get("portico") is None


def test_a_domain_that_is_not_proved_lets_nobody_in(plain: Company, provider: Provider) -> None:
    give(plain, provider.issuer, provider.client_id, provider.client_secret, newcomers="agent")
    with plain.system() as db:
        service.add_domain(db, "work.example")
    assert why(sign_in(plain, "mia").answer) == "domain"


def test_nobody_new_comes_in_unless_the_company_says_so(plain: Company, provider: Provider) -> None:
    give(plain, provider.issuer, provider.client_id, provider.client_secret, "work.example")
    assert why(sign_in(plain, "mia").answer) == "unknown"


def test_customers_only_where_they_may(plain: Company, provider: Provider) -> None:
    give(plain, provider.issuer, provider.client_id, provider.client_secret, "work.example")
    with plain.system() as db:
        add_member(db, email="mia@work.example", name="Mia", kind="customer", roles=["customer"])
    assert why(sign_in(plain, "mia").answer) == "customers"
    with plain.system() as db:
        service.set_rules(db, enabled=True, staff_must=False, customers_may=True, newcomers="", permissions_of={})
    client = sign_in(plain, "mia")
    assert client.get("/notices").status_int == 200


def test_a_new_customer_waits_to_be_admitted(plain: Company, provider: Provider) -> None:
    give(plain, provider.issuer, provider.client_id, provider.client_secret, "work.example", newcomers="customer", customers_may=True)
    client = sign_in(plain, "noa", f"{plain.prefix}/notices")
    waiting = client.get("/notices", status=303)
    assert "/join?" in waiting.location
    assert client.get(path(waiting.location)).status_int == 200


def test_whose_membership_ended_stays_out(company: Company) -> None:
    sign_in(company, "mia")
    with company.portal.superuser() as connection:
        connection.execute(
            sa.text("UPDATE membership SET status = 'inactive' WHERE tenant_id = :t AND email = 'mia@work.example'"), {"t": company.id}
        )
    assert why(sign_in(company, "mia").answer) == "ended"


def test_an_address_that_was_given_to_another_opens_nothing(company: Company, portal: Portal) -> None:
    """Whoever gets Mia's address at the provider after her is not Mia."""
    sign_in(company, "mia")
    with portal.superuser() as connection:
        connection.execute(
            sa.text("UPDATE sso_identity SET subject = 'mia of before' WHERE tenant_id = :t"), {"t": company.id}
        )
    assert why(sign_in(company, "mia").answer) == "another"
    with company.system() as db:
        [linked] = people.linked(db)
        people.unlink(db, linked.id)
    assert sign_in(company, "mia").answer.location == f"{ORIGIN}{company.prefix}/"


# -- what such a session is good for -----------------------------------------------------------------------------


@pytest.fixture
def known(company: Company, portal: Portal) -> Person:
    """Mia has a login of her own with a password and a second factor, and belongs to two companies."""
    with portal.superuser() as connection:
        user_id = connection.scalar(sa.text("SELECT user_id FROM user_credentials('mia@work.example')"))
        if user_id is None:
            user_id = connection.scalar(sa.text("SELECT user_create_verified('mia@work.example', 'Mia Meyer', 'x', false, NULL)"))
        connection.execute(
            sa.text("UPDATE app_user SET password_hash = :hash, email_verified_at = now() WHERE id = :u"), {"hash": Person.HASH, "u": user_id}
        )
    return Person(user_id, "mia@work.example", "Mia Meyer")


def record_of(portal: Portal, person: Person) -> tuple[object, ...]:
    """All that is her own."""
    with portal.superuser() as connection:
        user = connection.execute(sa.text("SELECT * FROM app_user WHERE id = :u"), {"u": person.id}).one()
        factors = connection.execute(sa.text("SELECT * FROM user_factor WHERE user_id = :u ORDER BY id"), {"u": person.id}).all()
        codes = connection.execute(sa.text("SELECT * FROM recovery_code WHERE user_id = :u"), {"u": person.id}).all()
        links = connection.execute(sa.text("SELECT * FROM user_token WHERE user_id = :u"), {"u": person.id}).all()
        others = connection.execute(
            sa.text("SELECT * FROM web_session WHERE user_id = :u AND NOT methods && '{sso}' ORDER BY id"), {"u": person.id}
        ).all()
    return tuple(user), factors, codes, links, [one.id for one in others]


def join(company: Company, person: Person) -> None:
    with company.system() as db:
        add_member(db, email=person.email, name=person.name, kind="staff", roles=["admin"])


def test_a_companys_session_is_nothing_anywhere_else(company: Company, portal: Portal, known: Person) -> None:
    other = portal.company()
    join(other, known)
    own = portal.session(known)
    before = record_of(portal, known)
    client = sign_in(company, "mia")
    token = client.web.cookies["portico"]
    assert client.get("/notices").status_int == 200

    elsewhere = other.anonymous()
    elsewhere.set_session(token)
    assert "/sign-in?" in elsewhere.get("/notices", status=303).location
    apex = portal.client()
    apex.set_session(token)
    assert "/sign-in?" in apex.get("/account", status=303).location
    for page in ("/companies", "/"):
        assert other.tenant.name not in membership_part(client.get(page).text)
    assert record_of(portal, known) == before
    herself = other.anonymous()
    herself.set_session(own)
    assert herself.get("/notices").status_int == 200, "her own session goes on"


def membership_part(text: str) -> str:
    return text.partition("<main")[2].partition("Other companies")[0] if "Other companies" in text else ""


def test_nothing_of_the_persons_own_can_be_reached(company: Company, portal: Portal, known: Person) -> None:
    client = sign_in(company, "mia")
    before = record_of(portal, known)
    refused = 0
    for spec in portal.parts.routes:
        if spec.permission not in (SIGNED_IN, OWN_HERE) or spec.kind == "api" or spec.site == "apex":
            continue
        url = spec.pattern
        for name in spec.parameters:
            url = url.replace("{" + name + "}", str(known.id))
        answer = client.get(url, status="*") if spec.method == "GET" else client.post(url, {}, status="*")
        assert answer.status_int == 403, (spec.name, spec.method, answer.status)
        assert "You came in through this company" in answer.text
        refused += 1
    assert refused > 15
    assert client.get("/account/tokens", status="*").status_int == 403
    assert client.get("/account/tokens/new", status="*").status_int == 403
    assert record_of(portal, known) == before


def test_a_login_that_single_sign_on_made_has_no_password_and_no_confirmed_address(company: Company, portal: Portal) -> None:
    sign_in(company, "noa")
    with portal.superuser() as connection:
        row = connection.execute(sa.text("SELECT * FROM app_user WHERE email = 'noa@work.example'")).one()
    assert row.password_hash is None
    assert row.email_verified_at is None


def test_second_factor_of_the_own_login_is_neither_asked_nor_changed(company: Company, portal: Portal, known: Person) -> None:
    """The company answers for its own sign-in; the person's own login keeps its gate."""
    with portal.superuser() as connection:
        connection.execute(sa.text("UPDATE app_user SET factors = 1 WHERE id = :u"), {"u": known.id})
    try:
        client = sign_in(company, "mia")
        assert client.get("/notices").status_int == 200
        password = company.anonymous()
        password.post("/sign-in", {"email": known.email, "password": Person.PASSWORD}, status=303)
        assert "/second-factor" in password.get("/notices", status=303).location
    finally:
        with portal.superuser() as connection:
            connection.execute(sa.text("UPDATE app_user SET factors = 0 WHERE id = :u"), {"u": known.id})


def test_an_operator_is_none_by_a_companys_sign_in(company: Company, portal: Portal, known: Person) -> None:
    with portal.superuser() as connection:
        connection.execute(sa.text("UPDATE app_user SET is_operator = true WHERE id = :u"), {"u": known.id})
    try:
        token = sign_in(company, "mia").web.cookies["portico"]
        apex = portal.client()
        apex.set_session(token)
        assert apex.get("/operator", status=303).location.startswith(f"{ORIGIN}/sign-in")
    finally:
        with portal.superuser() as connection:
            connection.execute(sa.text("UPDATE app_user SET is_operator = false WHERE id = :u"), {"u": known.id})


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    """That of a person, at the provider."""
    with httpx.Client() as found:
        yield found


def test_sensitive_pages_send_to_the_provider_and_never_ask_for_a_password(
    company: Company, portal: Portal, known: Person, browser: httpx.Client
) -> None:
    join(company, known)
    client = company.anonymous()
    client.get(through(begin(client), "mia", browser), status=303)
    with portal.superuser() as connection:
        connection.execute(sa.text("UPDATE web_session SET elevated_at = NULL WHERE user_id = :u AND methods && '{sso}'"), {"u": known.id})
    asked = client.get("/admin/security", status=303)
    assert "/account/prove?" in asked.location
    sent = client.get(path(asked.location), status=303)
    assert "/sign-in/sso?" in sent.location
    there = client.get(path(sent.location), status=303).location
    assert "prompt=login" in there
    back = client.get(through(there, "mia", browser), status=303)
    assert back.location == f"{ORIGIN}{company.prefix}/admin/security"
    assert client.get("/admin/security").status_int == 200


# -- staff by it alone ---------------------------------------------------------------------------------------------


def test_staff_bound_to_it_get_nowhere_with_a_password(plain: Company, provider: Provider) -> None:
    agent, customer = plain.agent(), plain.customer()
    api = plain.api(agent.person)
    assert agent.get("/notices").status_int == 200
    assert api.get("/notices").status_int == 200
    give(plain, provider.issuer, provider.client_id, provider.client_secret, "work.example", staff_must=True, newcomers="agent")
    assert "/sign-in/sso?next=" in agent.get("/notices?a=b", status=303).location
    assert "notices%3Fa%3Db" in agent.get("/notices?a=b", status=303).location
    assert api.get("/notices", status="*").status_int in (401, 403)
    assert customer.get("/notices").status_int == 200, "customers as before"
    assert sign_in(plain, "mia").get("/notices").status_int == 200
    with plain.system() as db:
        service.release_staff(db)
    assert agent.get("/notices").status_int == 200


def test_nobody_binds_staff_who_did_not_come_in_by_it(company: Company, portal: Portal, known: Person) -> None:
    join(company, known)
    own = company.client(known)
    refused = rules(own, staff_must="true")
    assert refused.status_int == 422
    assert "Sign in with it once yourself" in refused.text
    client = company.anonymous()
    client.get(through(begin(client, fresh="yes"), "mia"), status=303)
    assert rules(client, staff_must="true").status_int == 303
    assert "/sign-in/sso?" in own.get("/notices", status=303).location
    assert client.get("/notices").status_int == 200
    assert rules(client).status_int == 303
    assert own.get("/notices").status_int == 200


def rules(client: Client, **values: str):
    """The form of the page, sent with these values."""
    page = client.get("/admin/sso/rules")
    version = page.html.find("input", {"name": "version"})["value"]
    return client.post("/admin/sso/rules", {"enabled": "true", "newcomers": "agent", "version": version, **values}, status="*")


def test_switching_it_off_signs_out_whoever_came_in_by_it(company: Company) -> None:
    client = sign_in(company, "mia")
    with company.system() as db:
        service.set_rules(db, enabled=False, staff_must=False, customers_may=False, newcomers="", permissions_of={})
    assert "/sign-in?" in client.get("/notices", status=303).location
    assert why(company.anonymous().get("/sign-in/sso", status=303)) == "off"


# -- out -------------------------------------------------------------------------------------------------------------


def test_signing_out_offers_the_providers_own(company: Company, provider: Provider, browser: httpx.Client) -> None:
    client = company.anonymous()
    client.get(through(begin(client), "mia", browser), status=303)
    out = client.post("/sign-out", status=303)
    page = client.get(path(out.location))
    assert "Sign out at Work login" in page.text
    assert "/sign-in?" in client.get("/notices", status=303).location
    there = client.get("/sign-in/sso/leave", status=303).location
    assert there.startswith(provider.issuer)
    asked = browser.get(there)
    assert asked.status_code == 200, "the provider takes the client and the address to come back to"


def test_the_companys_test_says_what_is_wrong(plain: Company, provider: Provider) -> None:
    admin = plain.admin()
    for issuer, words in (
        (provider.issuer + "/nowhere", "a discovery document is expected there"),
        ("http://127.0.0.1:9", "Nothing answers at this address"),
        ("http://10.1.2.3", "private network that the operator has not opened"),
    ):
        form = {"name": "Work login", "issuer": issuer, "client_id": "portico", "client_secret": "x"}
        admin.post("/admin/sso/provider", form, status=303)
        page = admin.get(path(admin.post("/admin/sso/test", status=303).location).partition("#")[0])
        assert words in page.text, issuer
        assert "It does not work yet" in page.text
    form["issuer"] = provider.issuer
    form["client_secret"] = "the secret that is never shown"
    admin.post("/admin/sso/provider", form, status=303)
    page = admin.get(path(admin.post("/admin/sso/test", status=303).location).partition("#")[0])
    assert "The provider knows S256" in page.text
    assert form["client_secret"] not in page.text
    assert form["client_secret"] not in admin.get("/admin/sso/provider").text
    assert [one.after["works"] for one in entries(plain, "sso.tested")] == [False, False, False, True]
    assert form["client_secret"] not in str(entries(plain, "sso.provider-saved"))


def test_a_stored_secret_goes_to_no_other_issuer(company: Company) -> None:
    admin = company.admin()
    form = {"name": "Work login", "issuer": "https://elsewhere.example", "client_id": "portico", "client_secret": ""}
    refused = admin.post("/admin/sso/provider", form, status=422)
    assert "Enter this again: the address has changed" in refused.text


def test_the_secret_is_sealed_and_survives_a_new_key(company: Company, portal: Portal) -> None:
    with portal.superuser() as connection:
        sealed = connection.scalar(sa.text("SELECT sealed FROM sso_secret WHERE tenant_id = :t"), {"t": company.id})
    assert b"only for tests" not in sealed
    with company.system() as db:
        assert keys.rotate_data_key(db, portal.parts.cipher) == 1
    portal.parts.connections.forget(provider_id(company))
    assert sign_in(company, "mia").answer.location == f"{ORIGIN}{company.prefix}/"


def provider_id(company: Company):
    with company.system() as db:
        return service.provider(db).id
