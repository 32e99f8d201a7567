"""A company's own host may lead to a machine that is not ours: nobody signs in there, what is opened there is that company's and good
there alone, and what is mailed about somebody's login leads to the portal's own host (SEC-3, SEC-8; decision 0028)."""

from __future__ import annotations

import importlib
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from tests.functional.identity.handoff.way import came, own_host, path_of
from tests.functional.identity.test_change_email import new_address
from tests.functional.identity.test_see_as import look
from tests.functional.organisation.conftest import Organisation

from portico.identity.cookies import hash_token
from portico.identity.personal import service as personal
from portico.tenancy.service import add_member
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

AUTH, NOTICES = "/api/v1/portal/auth", "/api/v1/portal/notices"


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def there(portal: Portal, company: Company) -> Client:
    """A browser at the company's own host."""
    return own_host(portal, company)


@pytest.fixture
def below(company: Company) -> Client:
    """The same browser at the portal's own host, with the company's look."""
    return company.anonymous()


@pytest.fixture
def person(company: Company) -> Person:
    return company.customer_person()


def host_of(company: Company) -> str:
    return f"{company.slug}.example"


def asked(browser: Client, path: str, person: Person, **fields: str) -> None:
    browser.post(path, {"email": person.email, **fields}, status=303)


def signed_in(there: Client, below: Client, person: Person) -> None:
    """At the portal's own host, for the company's."""
    at = path_of(there.get("/sign-in", status=303).location)
    sign_in = path_of(below.get(at, status=303).location)
    asked(below, sign_in, person, password=Person.PASSWORD)
    came(there, path_of(below.get(at, status=303).location))


def test_what_is_opened_at_a_companys_own_host_is_nothing_elsewhere(
    portal: Portal, company: Company, there: Client, below: Client, person: Person
) -> None:
    signed_in(there, below, person)
    other = portal.company()
    with other.system() as db:
        add_member(db, email=person.email, name=person.name, kind="customer", roles=["customer"])
    at_another_host = own_host(portal, other)
    assert there.get("/notices").status_int == 200
    for client, path in (
        (portal.client(), "/account"),
        (company.anonymous(), "/notices"),
        (portal.client(None, other.prefix), "/notices"),
        (at_another_host, "/notices"),
    ):
        client.set_session(there.web.cookies["portico"])
        assert "/sign-in?" in client.get(path, status=303).location
    assert there.get("/notices").status_int == 200


def test_what_is_opened_at_the_portals_host_is_nothing_at_a_companys_own(portal: Portal, there: Client, person: Person) -> None:
    there.set_session(portal.session(person))
    assert "/sign-in?" in there.get("/notices", status=303).location


def test_nobody_is_an_operator_by_what_was_opened_at_a_companys_host(
    portal: Portal, company: Company, there: Client, below: Client
) -> None:
    signed_in(there, below, portal.person("Olga Operator", operator=True))
    assert there.get("/join").status_int == 200
    home = portal.client()
    home.set_session(there.web.cookies["portico"])
    assert "/sign-in?" in home.get("/operator", status=303).location


def test_a_host_that_the_company_has_no_more_opens_nothing(
    portal: Portal, company: Company, there: Client, below: Client, person: Person
) -> None:
    """Taken away from it, given to another, or given back under another name: nobody is signed in by what was opened before."""
    signed_in(there, below, person)
    other = portal.company()
    with other.system() as db:
        add_member(db, email=person.email, name=person.name, kind="customer", roles=["customer"])
    with portal.superuser() as connection:
        alive = sa.text(
            "SELECT count(*) FROM web_session w, sessions_alive(array[w.id], array[cast(:t AS uuid)]) "
            "WHERE w.user_id = :u AND w.host IS NOT NULL"
        )
        asked_of = {"t": company.id, "u": person.id}
        assert connection.scalar(alive, asked_of) == 1
        moved = sa.text("UPDATE tenant SET host = :h, config_version = config_version + 1 WHERE id = :t")
        connection.execute(moved, {"t": company.id, "h": None})
        assert connection.scalar(alive, asked_of) == 0, "open streams end, too"
    assert there.get("/notices", status=404)
    below = company.anonymous()
    below.set_session(there.web.cookies["portico"])
    assert "/sign-in?" in below.get("/notices", status=303).location


def test_a_view_of_a_customer_is_good_where_it_was_opened(portal: Portal, company: Company, there: Client, person: Person) -> None:
    agent = company.member("staff", ["agent"], "Abel Agent")
    there.set_session(portal.session(agent, tenant_id=company.id, host=host_of(company)))
    look(company, there, person)
    assert "You see what Carla Customer sees" in there.get("/").text
    for own in ("/account", "/account/security"):
        there.get(own, status=403)
    below = company.client(agent)
    below.web.set_cookie("portico_view", there.web.cookies["portico_view"])
    assert "You see what" not in below.get("/").text


@pytest.mark.without("portico.identity.handoff.doors:_away PortalHostError")
def test_programs_ask_for_tokens_at_the_portals_host(portal: Portal, company: Company, there: Client, below: Client, person: Person) -> None:
    """With them goes the person's own account, as with a cookie: profile, password, second factor."""
    form = {"email": person.email, "password": Person.PASSWORD}
    refused = there.json("POST", f"{AUTH}/token", form, status=403).json
    assert (refused["code"], refused["address"]) == ("portal-host", f"http://localhost:6543{company.prefix}{AUTH}/token")
    made = below.json("POST", f"{AUTH}/token", form).json
    below.bearer(made["access_token"])
    assert below.get(NOTICES).status_int == 200
    there.bearer(made["access_token"])
    there.get(NOTICES, status=401)
    assert there.json("POST", f"{AUTH}/refresh", {"refresh_token": made["refresh_token"]}, status=403).json["code"] == "portal-host"
    assert below.json("POST", f"{AUTH}/refresh", {"refresh_token": made["refresh_token"]}).status_int == 200, "was not used up"


def test_personal_tokens_work_at_both(portal: Portal, company: Company, there: Client, below: Client) -> None:
    admin = company.member("staff", ["admin"], "Ada Admin")
    with company.scope_of(admin) as db:
        token = personal.create(db, name="Both", scopes=["company:audit"], days=7, offered=["company:audit"])[1]
    for client in (there, below):
        client.bearer(token)
        assert client.get("/api/v1/portal/companies").status_int == 200
        assert client.get(NOTICES, status=403).json["code"] == "forbidden", "known, and without that permission"


def test_what_was_opened_there_before_nobody_could_has_ended(portal: Portal, company: Company, person: Person) -> None:
    """What the migration does, in the database as it was: full sessions and programs of companies' own hosts go, with what came from
    them, and nothing else."""
    central = importlib.import_module("portico_migrations.versions.c0042_central_sign_in")
    confined = portal.session(person, tenant_id=company.id, host=host_of(company))
    tokens = {name: portal.session(person) for name in ("home", "full", "handed on")}
    program = portal.session(person, "api", company.id)
    there, ours = "UPDATE web_session SET host = :h WHERE {}", "SELECT token_hash FROM web_session WHERE user_id = :u"
    of = {name: hash_token(token) for name, token in tokens.items()}
    with portal.superuser() as connection, connection.begin_nested() as undone:
        connection.execute(sa.text("ALTER TABLE web_session DROP CONSTRAINT ck_web_session_host"))
        connection.execute(sa.text(there.format("token_hash = :t")), {"h": host_of(company), "t": of["full"]})
        connection.execute(sa.text(there.format("id = cast(:i AS uuid)")), {"h": host_of(company), "i": program})
        handed_on = "UPDATE web_session SET origin_id = (SELECT id FROM web_session WHERE token_hash = :o) WHERE token_hash = :t"
        connection.execute(sa.text(handed_on), {"o": of["full"], "t": of["handed on"]})
        connection.execute(sa.text("SET LOCAL ROLE portico_definer"))
        connection.execute(sa.text(central.OTHERS))
        connection.execute(sa.text("RESET ROLE"))
        left = set(connection.scalars(sa.text(ours), {"u": person.id}))
        connection.execute(sa.text(f"ALTER TABLE web_session ADD CONSTRAINT again CHECK ({central.CONFINED})"))
        undone.rollback()
    assert left == {hash_token(confined), of["home"]}


def links(portal: Portal, address: str, kind: str) -> list[str]:
    [mail] = [one for one in portal.mails(address) if one.kind == kind]
    return re.findall(r"https?://[^\s\"'<>]+", mail.text)


def test_mails_about_a_login_lead_to_the_portals_host(portal: Portal, company: Company, there: Client, below: Client, person: Person) -> None:
    """Anybody may ask for anybody, and one click would give the token to the company's host."""
    fresh, newer = new_address(), new_address()
    asked(below, "/forgot", person)
    asked(below, "/sign-in/link", person)
    below.post("/register", {"name": "Nora New", "email": fresh, "password": "a quiet blue house"}, status=303)
    asked(below, "/sign-in", person, password=Person.PASSWORD)
    below.post("/account/email", {"email": newer}, status=303)
    below.post("/account/password", {"current": Person.PASSWORD, "password": "a quiet blue house"}, status=303)
    below.post("/account/erase", {"email": person.email}, status="*")
    found = {
        kind: links(portal, address, kind)
        for address, kind in (
            (person.email, "reset"),
            (person.email, "sign-in"),
            (fresh, "verify"),
            (newer, "email-confirm"),
            (person.email, "security-changed"),
            (person.email, "erasure"),
        )
    }
    base = portal.settings.public_url.rstrip("/") + company.prefix
    home = f"http://{host_of(company)}:6543"
    for kind, addresses in found.items():
        assert any(one.startswith(f"{base}/") for one in addresses), kind
        assert [one for one in addresses if one.startswith(home) and one.rstrip("/") != home] == [], kind


def test_an_invitation_which_may_make_a_login_leads_there_too(portal: Portal, company: Company) -> None:
    account = company.account("Acme")
    organisation = Organisation(company, account, company.client(company.customer_person(account, "Olive Owner")))
    own_host(portal, company)
    address = new_address()
    organisation.api.json("post", f"{organisation.path}/invitations", {"email": address, "role": "viewer"}, status=201)
    base = portal.settings.public_url.rstrip("/") + company.prefix
    assert [one.partition("?")[0] for one in links(portal, address, "join-organisation") if "token=" in one] == [f"{base}/invitation"]


def test_a_link_that_signs_in_is_good_at_the_company_where_it_was_asked_for(
    portal: Portal, company: Company, there: Client, below: Client, person: Person
) -> None:
    def token() -> str:
        [link] = re.findall(r"\S+token=\S+", portal.mails(person.email)[-1].text)
        return parse_qs(urlsplit(link).query)["token"][0]

    asked(below, "/sign-in/link", person)
    made = token()
    for elsewhere in (portal.client(), portal.company().anonymous()):
        elsewhere.post("/sign-in/link/open", {"token": made}, status=410)
    there.post("/sign-in/link/open", {"token": made}, status=303)
    below.post("/sign-in/link/open", {"token": made}, status=303)
    portal.client().post("/sign-in/link", {"email": person.email}, status=303)
    made = token()
    company.anonymous().post("/sign-in/link/open", {"token": made}, status=410)
    portal.client().post("/sign-in/link/open", {"token": made}, status=303)
