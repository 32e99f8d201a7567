"""Devices: seen, ended, and a word to their owner when a new one appears (SEC-3, SEC-7, ACC-8; ASVS 7.4.1, 7.5.2)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.functional.identity.mmdb import write_mmdb
from tests.functional.identity.test_second_factor import code, set_up, sign_in
from tests.functional.identity.working import work

from portico.identity.devices.places import Places
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def person(company: Company) -> Person:
    return company.customer_person()


@pytest.fixture
def places(portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "places.mmdb"
    write_mmdb(file, {"81.2.69.0/24": ("GB", "London"), "2.2.2.0/24": ("FR", "Paris")})
    monkeypatch.setattr(portal.parts, "places", Places(str(file)))


def browser(company: Company, agent: str, address: str = "") -> Client:
    client = company.anonymous()
    client.headers["User-Agent"] = agent
    if address:
        client.web.extra_environ["REMOTE_ADDR"] = address
    return client


def mails(portal: Portal, person: Person) -> list[str]:
    work(portal)
    with portal.superuser() as db:
        query = sa.text("SELECT text FROM mail WHERE recipient = :a AND kind = 'new-device' ORDER BY id")
        return list(db.execute(query, {"a": person.email}).scalars())


def test_list_says_browser_place_and_which_one_this_is(company: Company, person: Person, places: None) -> None:
    desk, pocket = browser(company, FIREFOX, "81.2.69.160"), browser(company, SAFARI, "2.2.2.2")
    sign_in(desk, person, status=303)
    sign_in(pocket, person, status=303)
    page = pocket.get("/account/devices").text
    assert "Firefox on Linux" in page
    assert "Safari on iOS" in page
    assert "London, United Kingdom" in page
    assert "Paris, France" in page
    assert "2.2.2.2" in page
    assert page.count("This device") == 1
    assert "Londres" not in page
    assert "Royaume-Uni" in pocket.get("/account/devices?lang=fr").text


def test_without_a_file_places_are_unknown(company: Company, person: Person) -> None:
    client = browser(company, FIREFOX, "81.2.69.160")
    sign_in(client, person, status=303)
    assert "Place unknown" in client.get("/account/devices").text


def test_unreadable_file_of_places_keeps_nobody_out(
    portal: Portal, company: Company, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.mmdb").write_bytes(b"not a database")
    monkeypatch.setattr(portal.parts, "places", Places(str(tmp_path / "bad.mmdb")))
    client = browser(company, FIREFOX, "81.2.69.160")
    sign_in(client, person, status=303)
    assert "Place unknown" in client.get("/account/devices").text


def end_paths(client: Client) -> list[str]:
    return re.findall(r'action="[^"]*(/account/devices/[0-9a-f-]{36}/end)"', client.get("/account/devices").text)


def test_ended_session_is_dead_at_once_and_audited(portal: Portal, company: Company, person: Person) -> None:
    """ASVS 7.4.1: nothing is left of it."""
    here, there = browser(company, FIREFOX), browser(company, SAFARI)
    sign_in(here, person, status=303)
    sign_in(there, person, status=303)
    (path,) = end_paths(here)
    here.post(path, status=303)
    assert person.email not in there.get("/account", status="*").text
    assert person.email in here.get("/account").text
    with portal.superuser() as db:
        counted = sa.text("SELECT count(*) FROM audit_entry WHERE action = 'identity.session-ended' AND user_id = :u")
        assert db.scalar(counted, {"u": person.id}) == 1
    here.post(path, status=404)


def test_a_second_tab_is_told_how_it_stands_and_led_back(company: Company, person: Person) -> None:
    here, there = browser(company, FIREFOX), browser(company, SAFARI)
    sign_in(here, person, status=303)
    sign_in(there, person, status=303)
    page = here.get("/account/devices").request
    (path,) = end_paths(here)
    here.post(path, status=303)
    again = here.post(path, headers={"Referer": page.url}, status=404)
    assert "is not there any more" in again.text
    assert [one["href"] for one in again.html.select("main .btn-primary")] == [page.path]
    for elsewhere in ("https://elsewhere.example/account/devices", f"{page.host_url}//elsewhere.example", "not an address"):
        assert "elsewhere" not in here.post(path, headers={"Referer": elsewhere}, status="*").html.find("main").decode()


def test_stranger_ends_nobodys_session(company: Company, person: Person) -> None:
    here, there = browser(company, FIREFOX), browser(company, SAFARI)
    sign_in(here, person, status=303)
    sign_in(there, person, status=303)
    (path,) = end_paths(here)
    stranger = company.customer()
    stranger.post(path, status=404)
    assert person.email in there.get("/account").text


def test_all_others_end_together(company: Company, person: Person) -> None:
    clients = [browser(company, agent) for agent in (FIREFOX, SAFARI, "")]
    for client in clients:
        sign_in(client, person, status=303)
    api = company.api(person)
    clients[0].post("/account/devices/end-others", status=303)
    assert person.email in clients[0].get("/account").text
    assert all(person.email not in client.get("/account", status="*").text for client in clients[1:])
    assert api.get("/memberships", status="*").status_int == 401


def test_open_streams_of_an_ended_session_are_told(portal: Portal, company: Company, person: Person) -> None:
    import psycopg

    here, there = browser(company, FIREFOX), browser(company, SAFARI)
    sign_in(here, person, status=303)
    sign_in(there, person, status=303)
    with psycopg.connect(portal.app_url, autocommit=True) as listener:
        listener.execute("LISTEN portico_events")
        (path,) = end_paths(here)
        here.post(path, status=303)
        told = [note.payload for note in listener.notifies(timeout=5, stop_after=1)]
    assert "session.revoked" in told[0]
    assert path.split("/")[-2] in told[0]


def test_programs_see_and_end_sessions_too(company: Company, person: Person) -> None:
    client = browser(company, FIREFOX)
    sign_in(client, person, status=303)
    api = company.api(person)
    items = api.get("/sessions").json["items"]
    assert {one["kind"] for one in items} == {"api", "browser"}
    (other,) = [one["id"] for one in items if not one["current"]]
    api.delete(f"/sessions/{other}", status=204)
    assert person.email not in client.get("/account", status="*").text
    api.delete(f"/sessions/{other}", status=404)


def test_first_sign_in_tells_nobody_a_second_browser_does(portal: Portal, company: Company, person: Person) -> None:
    client = browser(company, FIREFOX)
    sign_in(client, person, status=303)
    assert mails(portal, person) == []
    client.post("/sign-out", status=303)
    sign_in(client, person, status=303)
    assert mails(portal, person) == []
    sign_in(browser(company, SAFARI, "198.51.100.7"), person, status=303)
    (mail,) = mails(portal, person)
    assert "Safari on iOS" in mail
    assert "198.51.100.7" in mail
    assert f"{company.prefix}/account/devices" in mail
    assert "New sign-in to your account" in client.get("/notices").text


def test_staff_get_the_notice_as_well(portal: Portal, company: Company) -> None:
    agent = company.member("staff", ["agent"], "Abel Agent")
    for name in (FIREFOX, SAFARI):
        client = browser(company, name)
        sign_in(client, agent, status=303)
    assert len(mails(portal, agent)) == 1
    assert "New sign-in to your account" in client.get("/notices").text


def test_unknown_country_tells_even_on_a_known_browser(
    portal: Portal, company: Company, person: Person, places: None
) -> None:
    client = browser(company, FIREFOX, "81.2.69.160")
    sign_in(client, person, status=303)
    assert mails(portal, person) == []
    client.post("/sign-out", status=303)
    client.web.extra_environ["REMOTE_ADDR"] = "2.2.2.2"
    sign_in(client, person, status=303)
    (mail,) = mails(portal, person)
    assert "Paris, France" in mail


def test_whoever_stops_at_the_second_factor_has_not_signed_in(portal: Portal, company: Company, person: Person) -> None:
    own = browser(company, FIREFOX)
    sign_in(own, person, status=303)
    assert mails(portal, person) == []
    secret = set_up(own)
    thief = browser(company, SAFARI)
    sign_in(thief, person, status=303)
    assert mails(portal, person) == []
    thief.post("/second-factor", {"code": code(secret)}, status=303)
    assert len(mails(portal, person)) == 1


def statements(client: Client) -> list[str]:
    """Without the word to workers, who are not woken twice within a moment."""
    return [one for one in client.queries if "pg_notify" not in one]


def test_answer_is_the_same_for_a_known_and_an_unknown_browser(company: Company, person: Person) -> None:
    known = browser(company, FIREFOX)
    sign_in(known, person, status=303)
    known.post("/sign-out", status=303)
    first = sign_in(known, person, status=303)
    asked = statements(known)
    unknown = browser(company, SAFARI)
    second = sign_in(unknown, person, status=303)
    assert first.location == second.location
    assert statements(unknown) == asked
    cookies = [re.sub(r"=[\w-]{30,}", "=…", text.split("expires")[0]) for text in second.headers.getall("Set-Cookie")]
    assert any(text.startswith("portico_device=…") and "Max-Age=31536000" in text for text in cookies)
    assert any("HttpOnly" in text and "SameSite=Lax" in text for text in second.headers.getall("Set-Cookie"))


def test_program_with_a_new_name_tells_too(portal: Portal, company: Company, person: Person) -> None:
    sign_in(browser(company, FIREFOX), person, status=303)
    body = {"email": person.email, "password": Person.PASSWORD}
    program = company.anonymous()
    program.headers["User-Agent"] = "curl/8.9"
    for _time in range(2):
        program.json("POST", "/api/v1/portal/auth/token", body)
    (mail,) = mails(portal, person)
    assert "curl" in mail


def test_sign_in_at_the_apex_tells_too(portal: Portal) -> None:
    person = portal.person()
    for agent in (FIREFOX, SAFARI):
        client = portal.client()
        client.headers["User-Agent"] = agent
        sign_in(client, person, status=303)
    (mail,) = mails(portal, person)
    assert "Safari on iOS" in mail


def test_tokens_of_programs_are_listed_beside_the_devices(company: Company) -> None:
    client = company.customer()
    assert "No tokens yet" in client.get("/account/devices").text
    fields = [("name", "Stock report"), ("__start__", "scopes:sequence"), ("checkbox", "quotes:view"), ("__end__", "scopes:sequence")]
    client.post("/account/tokens/new", [*fields, ("days", "30")], status=200)
    page = client.get("/account/devices")
    assert "Stock report" in page.text
    assert page.html.find("a", href=lambda href: href and href.endswith("/account/tokens"))
