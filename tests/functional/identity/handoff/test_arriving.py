"""On to a company's own host from the portal's, where people sign in: a code that is good once, for a minute, in one browser
(TEN-3, SEC-8)."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from tests.functional.identity.handoff.way import AT_HOME, CODES, Way, came, own_host, path_of, signs_in
from tests.functional.identity.test_change_email import new_address
from tests.functional.identity.test_devices import mails
from tests.functional.identity.test_second_factor import code as code_of
from tests.functional.identity.test_second_factor import set_up

from portico.identity.cookies import hash_token
from portico.tenancy.service import add_member
from portico.testing.person import Person
from portico.testing.portal import Company, Portal


def test_who_is_signed_in_nowhere_signs_in_at_the_portals_host_and_goes_on_at_once(portal: Portal, way: Way) -> None:
    way.home = portal.client()
    assert way.there.get("/notices", status=303).location == f"{way.own}/sign-in?next=%2Fnotices"
    at = way.begun(next="/notices")
    page = way.home.get(path_of(way.home.get(at, status=303).location))
    assert f"To go on to {way.host}" in page.text
    assert f"form-action 'self' {way.own};" in page.headers["Content-Security-Policy"]
    back = signs_in(way, at)
    assert path_of(back.location) == at
    code = way.home.get(at, status=303)
    assert code.location.startswith(f"{way.own}/sign-in/arrive?code=")
    assert code.headers["Referrer-Policy"] == "no-referrer"
    answer = came(way.there, path_of(code.location))
    assert (answer.location, answer.headers["Referrer-Policy"]) == (f"{way.own}/notices", "no-referrer")
    assert "no-store" in answer.headers["Cache-Control"]
    assert way.there.get("/notices").status_int == 200


def test_who_is_signed_in_there_already_is_asked_once(portal: Portal, way: Way) -> None:
    chooser = way.home.get("/companies")
    assert chooser.html.find("a", href=f"{way.own}/sign-in"), "choosing it leads there"
    at = way.begun(next="/notices")
    for _again in range(2):
        page = way.home.get(at, status=200)
        assert f"Go on as {way.person.name}?" in page.html.h1.text
        assert way.person.email in page.html.main.text
    assert f"form-action 'self' {way.own};" in page.headers["Content-Security-Policy"]
    way.home.post(at, csrf=False, status=403)
    way.home.post(at, headers={"Sec-Fetch-Site": "cross-site"}, status=403)
    assert way.sql(CODES) == []
    assert came(way.there, way.coded(at)).location == f"{way.own}/notices"
    assert way.there.get("/notices").status_int == 200
    assert mails(portal, way.person) == [], "the person knows that they went on"


def test_signing_in_for_something_else_is_no_word_for_going_on(portal: Portal, way: Way) -> None:
    """An address that a page of the company opens in the background must not tell it who somebody is."""
    way.home = portal.client()
    at = way.begun()
    way.home.get(at, status=303)
    form = {"email": way.person.email, "password": Person.PASSWORD}
    way.home.post("/sign-in", form, status=303)
    assert "Go on as" in way.home.get(at, status=200).html.h1.text


def test_the_word_is_for_one_challenge_and_for_once(portal: Portal, way: Way) -> None:
    way.home = portal.client()
    at = way.begun()
    signs_in(way, at)
    assert "Go on as" in way.home.get(way.begun(), status=200).html.h1.text
    came(way.there, path_of(way.home.get(at, status=303).location))
    assert "Go on as" in way.home.get(at, status=200).html.h1.text


def test_signing_in_for_something_else_takes_the_word_back(portal: Portal, way: Way) -> None:
    way.home = portal.client()
    at = way.begun()
    signs_in(way, at)
    way.home.post("/sign-in", {"email": way.person.email, "password": Person.PASSWORD}, status=303)
    assert "Go on as" in way.home.get(at, status=200).html.h1.text


def test_another_account_can_be_used(portal: Portal, way: Way) -> None:
    other = way.company.customer_person(name="Otto Other")
    at = way.begun()
    button = way.home.get(at).html.find("button", formaction=True)
    sent = way.home.post(button["formaction"], status=303)
    assert way.sql("SELECT 1 FROM web_session WHERE user_id = :u") == []
    sent = way.home.post(path_of(sent.location), {"email": other.email, "password": Person.PASSWORD}, status=303)
    came(way.there, path_of(way.home.get(path_of(sent.location), status=303).location))
    assert other.name in way.there.get("/").text


def test_a_second_factor_is_shown_at_the_portals_host(portal: Portal, way: Way) -> None:
    secret = set_up(way.home)
    way.home = portal.client()
    at = way.begun(next="/notices")
    signs_in(way, at)
    gate = way.home.get(at, status=303)
    assert gate.location.startswith(f"http://{AT_HOME}{way.company.prefix}/second-factor?next=")
    page = way.home.get(path_of(gate.location))
    assert f"To go on to {way.host}" in page.text
    assert way.own in page.headers["Content-Security-Policy"]
    way.home.post(path_of(gate.location), {"code": code_of(secret)}, status=303)
    came(way.there, path_of(way.home.get(at, status=303).location))
    assert way.there.get("/notices").status_int == 200


def test_a_mailed_link_leads_on_too(portal: Portal, way: Way) -> None:
    way.home = portal.client()
    at = way.begun(next="/notices")
    asked = path_of(way.home.get(at, status=303).location).replace("/sign-in?", "/sign-in/link?")
    way.home.post(asked, {"email": way.person.email}, status=303)
    [link] = re.findall(r"http\S+token=\S+", portal.mails(way.person.email)[-1].text)
    query = parse_qs(urlsplit(link).query)
    assert query["next"] == [at]
    assert f"To go on to {way.host}" in way.home.get(path_of(link)).text
    assert path_of(way.home.post(path_of(link), {"token": query["token"][0]}, status=303).location) == at
    assert came(way.there, path_of(way.home.get(at, status=303).location)).location == f"{way.own}/notices"


def test_a_registration_leads_on_too(portal: Portal, way: Way) -> None:
    way.home, email = portal.client(), new_address()
    at = way.begun(next="/notices")
    page = way.home.get(path_of(way.home.get(at, status=303).location))
    register = page.html.find("a", string="Create an account")["href"]
    way.home.post(register, {"name": "Nora New", "email": email, "password": "a quiet blue house"}, status=303)
    [link] = re.findall(r"http\S+token=\S+", portal.mails(email)[-1].text)
    assert f"To go on to {way.host}" in way.home.get(path_of(link)).text
    token = parse_qs(urlsplit(link).query)["token"][0]
    assert path_of(way.home.post(path_of(link), {"token": token, "password": "a quiet blue house"}, status=303).location) == at
    came(way.there, path_of(way.home.get(at, status=303).location))
    assert "/join?next=" in way.there.get("/notices", status=303).location


def test_two_tabs_at_once_both_arrive(way: Way) -> None:
    first, second = way.begun(next="/notices"), way.begun(next="/join")
    one, two = way.coded(first), way.coded(second)
    assert came(way.there, two).location.endswith("/join")
    assert came(way.there, one).location.endswith("/notices")
    assert way.there.get("/notices").status_int == 200


def test_whoever_is_in_already_is_not_bothered_with_a_used_code(way: Way) -> None:
    path = way.coded(way.begun(next="/notices"))
    came(way.there, path)
    assert way.there.get(path, status=303).location == f"{way.own}/notices"
    assert way.there.get("/sign-in", {"next": "/notices"}, status=303).location == f"{way.own}/notices"


def test_both_sides_are_in_the_companys_trail(way: Way) -> None:
    way.arrived()
    query = "SELECT action, tenant_id, after FROM audit_entry WHERE user_id = :u AND action LIKE 'identity.handoff%' ORDER BY at, id"
    made, arrived = way.sql(query)
    assert (made.action, made.tenant_id, made.after) == ("identity.handoff-made", way.company.id, {"host": way.host})
    assert (arrived.action, arrived.tenant_id) == ("identity.handoff-arrived", way.company.id)
    assert str(way.sql("SELECT id FROM web_session WHERE origin_id IS NOT NULL AND user_id = :u")[0].id) == arrived.after["session"]


def test_a_code_is_kept_as_its_hash_and_for_a_minute(way: Way) -> None:
    code = parse_qs(urlsplit(way.coded()).query)["code"][0]
    [kept] = way.sql("SELECT *, expires_at - now() <= '60 s' AS short FROM ceremony WHERE user_id = :u AND purpose = 'handoff'")
    assert (kept.handle_hash, kept.short) == (hash_token(code), True)
    assert code not in str(kept)


def test_what_the_session_there_is_good_for(portal: Portal, way: Way) -> None:
    way.arrived()
    [made] = way.sql("SELECT * FROM web_session WHERE user_id = :u AND origin_id IS NOT NULL")
    [origin] = way.sql("SELECT * FROM web_session WHERE user_id = :u AND origin_id IS NULL")
    assert (made.tenant_id, made.origin_id, made.host) == (way.company.id, origin.id, way.host)
    assert (made.created_at, made.expires_at) == (origin.created_at, origin.expires_at)
    assert (made.elevated_at, made.methods) == (origin.elevated_at, [*origin.methods, "handoff"])
    other = portal.company()
    with other.system() as db:
        add_member(db, email=way.person.email, name=way.person.name, kind="customer", roles=["customer"])
    for there in (portal.client(None, other.prefix), own_host(portal, other), way.company.anonymous()):
        there.set_session(way.there.web.cookies["portico"])
        assert "/sign-in?" in there.get("/notices", status=303).location


def test_what_is_the_persons_own_is_at_the_portals_host(way: Way) -> None:
    way.arrived()
    links = [one["href"] for one in way.there.get("/").html.select("a[href='/account'], a[href='/companies']")]
    assert links
    for path in ("/account", "/account/security", "/account/tokens", "/companies", "/account/devices?x=1"):
        assert way.there.get(path, status=303).location == f"http://{AT_HOME}{way.company.prefix}{path}"
        assert way.home.get(way.company.prefix + path).status_int == 200
    way.there.post("/account/devices/end-others", status=404)
    told = way.there.htmx("/account/data/status", status=204)
    assert told.headers["HX-Redirect"] == f"http://{AT_HOME}{way.company.prefix}/account/data/status"


def test_a_proof_of_the_last_minutes_is_asked_for_at_the_portals_host(portal: Portal, company: Company) -> None:
    admin = company.member("staff", ["admin"], "Ada Admin")
    way = Way(portal, company, admin, portal.client(admin), own_host(portal, company))
    way.arrived()
    fresh = next(one.pattern for one in portal.parts.routes if one.fresh and one.permission == "company:security" and one.method == "GET")
    assert way.there.get(fresh).status_int == 200
    way.sql("UPDATE web_session SET elevated_at = now() - interval '1 hour' WHERE user_id = :u")
    prove = way.there.get(fresh, status=303)
    begun = way.there.get(path_of(prove.location), status=303)
    at = path_of(begun.location)
    assert f"{way.onward}?challenge=" in at
    asked = way.home.get(at, status=303)
    assert asked.location.startswith(f"http://{AT_HOME}{company.prefix}/account/prove?next=")
    page = way.home.get(path_of(asked.location))
    assert f"form-action 'self' {way.own};" in page.headers["Content-Security-Policy"]
    again = way.home.post(path_of(asked.location), {"password": "not this one"}, status="*")
    assert f"form-action 'self' {way.own};" in again.headers["Content-Security-Policy"]
    assert path_of(way.home.post(path_of(asked.location), {"password": Person.PASSWORD}, status=303).location) == at
    assert came(way.there, path_of(way.home.get(at, status=303).location)).location == way.own + fresh
    assert way.there.get(fresh).status_int == 200
