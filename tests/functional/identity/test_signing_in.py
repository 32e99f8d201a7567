"""Signing in by the pages, from a stranger's first click to the end of a session (SEC-1, SEC-3)."""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import sqlalchemy as sa

from portico.errors import TooManyRequestsError
from portico.identity.service import PER_ADDRESS, VERIFY_TTL, limit
from portico.tenancy.scope import Scope
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Portal

PASSWORD = "a quiet blue house"


@pytest.fixture
def browser(portal: Portal) -> Client:
    return portal.client(None, portal.company().prefix)


def new_address() -> str:
    return f"new-{secrets.token_hex(5)}@example.com"


def mails_to(portal: Portal, address: str) -> list[Any]:
    return portal.mails(address)


def link_in(mail: Any, portal: Portal) -> str:
    found = re.search(re.escape(portal.settings.public_url) + r"(/\S+)", mail.text)
    assert found, mail.text
    return found[1]


def register(browser: Client, address: str, password: str = PASSWORD, name: str = "Nora New", **options: object):
    return browser.post("/register", {"name": name, "email": address, "password": password}, **options)


def confirm(portal: Portal, browser: Client, link: str, password: str = PASSWORD, status: object = 303):
    path = link.removeprefix(browser.prefix)
    browser.get(path)
    return browser.post(path.split("?")[0], {"token": re.search(r"token=([^&]+)", link)[1], "password": password}, status=status)


def sign_in(browser: Client, email: str, password: str, **options: object):
    return browser.post("/sign-in", {"email": email, "password": password}, **options)


def test_stranger_registers_confirms_and_is_signed_in(portal: Portal, browser: Client) -> None:
    address = new_address()
    register(browser, address, status=303)
    [mail] = mails_to(portal, address)
    assert mail.kind == "verify"
    for said in (mail.text, browser.get("/register/done").text):
        assert f"works for {VERIFY_TTL.days} days" in said
    confirm(portal, browser, link_in(mail, portal))
    assert browser.get("/account").status_int == 200


def test_link_in_a_mail_names_the_stored_address_whatever_the_request_said(portal: Portal, browser: Client) -> None:
    address = new_address()
    browser.post(
        "/register",
        {"name": "N", "email": address, "password": PASSWORD},
        status=303,
        headers={"X-Forwarded-Host": "evil.example"},
    )
    assert "evil.example" not in mails_to(portal, address)[0].text


def test_forged_host_is_an_unknown_company(browser: Client) -> None:
    answer = browser.web.get(
        "/sign-in", headers={"Host": "evil.example"}, status="*", extra_environ={"HTTP_HOST": "evil.example"}
    )
    assert answer.status_int == 404
    assert "evil.example" not in answer.text


def test_link_to_confirm_works_once(portal: Portal, browser: Client) -> None:
    address = new_address()
    register(browser, address)
    link = link_in(mails_to(portal, address)[0], portal)
    confirm(portal, browser, link)
    other = portal.client(None, browser.prefix)
    assert confirm(portal, other, link, status="*").status_int == 410


def test_registering_somebody_elses_address_gains_nothing(portal: Portal, browser: Client) -> None:
    """The attacker registers the same address after its owner did; the owner's own link counts, with the owner's password."""
    address = new_address()
    register(browser, address)
    attacker = portal.client(None, browser.prefix)
    register(attacker, address, "the attacker's words")
    mine, theirs = (link_in(mail, portal) for mail in mails_to(portal, address))
    confirm(portal, browser, mine)
    assert confirm(portal, portal.client(None, browser.prefix), theirs, status="*").status_int == 410
    assert sign_in(attacker, address, "the attacker's words", status="*").status_int == 401
    assert sign_in(portal.client(None, browser.prefix), address, PASSWORD, status="*").status_int == 303


def test_following_the_link_of_a_strangers_registration_activates_no_password_of_theirs(portal: Portal, browser: Client) -> None:
    """The attacker registers first; the owner of the mailbox follows the link, and chooses a password of their own."""
    address, attacker = new_address(), portal.client(None, browser.prefix)
    register(attacker, address, "the attacker's words", name="Mallory")
    link = link_in(mails_to(portal, address)[0], portal)
    page = browser.get(link.removeprefix(browser.prefix)).text
    assert "chose a password" in page
    assert "/forgot" in page
    assert "This is not the password that was chosen" in confirm(portal, browser, link, status=422)
    assert sign_in(attacker, address, "the attacker's words", status="*").status_int == 403
    assert "/sign-in" in browser.get("/account", status=303).location
    browser.post("/forgot", {"email": address}, status=303)
    [reset] = [mail for mail in mails_to(portal, address) if mail.kind == "reset"]
    token = re.search(r"token=([^&\s]+)", link_in(reset, portal))
    assert token
    assert "Mallory" not in browser.get(f"/reset?token={token[1]}", status=200)
    browser.post("/reset", {"token": token[1], "password": PASSWORD}, status=422)
    browser.post("/reset", {"token": token[1], "name": "Olivia Owner", "password": PASSWORD}, status=303)
    assert "Olivia Owner" in browser.get("/account")
    assert sign_in(attacker, address, "the attacker's words", status="*").status_int == 401
    assert confirm(portal, portal.client(None, browser.prefix), link, "the attacker's words", status="*").status_int == 410
    assert sign_in(portal.client(None, browser.prefix), address, PASSWORD, status="*").status_int == 303


def test_known_and_unknown_addresses_are_answered_alike(portal: Portal, browser: Client) -> None:
    known = portal.person()
    answers = [
        register(portal.client(None, browser.prefix), address, status="*") for address in (known.email, new_address())
    ]
    assert [a.status_int for a in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    forgot = [
        portal.client(None, browser.prefix).post("/forgot", {"email": address}, status="*")
        for address in (known.email, new_address())
    ]
    assert [a.status_int for a in forgot] == [303, 303]
    wrong = [
        sign_in(portal.client(None, browser.prefix), address, "not the password", status="*")
        for address in (known.email, new_address())
    ]
    assert [a.status_int for a in wrong] == [401, 401]
    strip = [re.sub(r'value="[^"]*"|content="[0-9a-f]{20,}"|[\w-]+@example.com', "", a.text) for a in wrong]
    assert strip[0] == strip[1]
    assert [mail.kind for mail in mails_to(portal, known.email)] == ["known", "reset"]


@pytest.mark.without("portico.identity.service:sign_in UnconfirmedError")
def test_unconfirmed_person_is_told_so_and_gets_the_link_again(portal: Portal, browser: Client) -> None:
    address = new_address()
    register(browser, address)
    portal.answer_asked()
    answer = sign_in(browser, address, PASSWORD, status="*")
    assert answer.status_int == 403
    assert "Confirm your e-mail address" in answer.text
    assert [mail.kind for mail in mails_to(portal, address)] == ["verify", "verify"]


@pytest.mark.parametrize("password", ["short", "password", "aaaaaaaaaaaa", "12345678", "x" * 201])
def test_weak_password_is_refused_and_nothing_typed_is_lost(portal: Portal, browser: Client, password: str) -> None:
    answer = register(browser, new_address(), password, name="Kept Name", status="*")
    assert answer.status_int == 422
    assert "Kept Name" in answer.text
    assert password not in answer.text or len(password) < 9


def test_deep_link_survives_signing_in(portal: Portal) -> None:
    company = portal.company()
    person = company.customer_person()
    browser = company.anonymous()
    way = browser.get("/notices?show=unread", status=303).headers["Location"]
    assert "/sign-in?next=" in way
    browser.prefix = ""
    query = way[way.index("?") :]
    answer = browser.post(
        f"{company.prefix}/sign-in{query}", {"email": person.email, "password": Person.PASSWORD}, status=303
    )
    assert answer.headers["Location"].endswith("/notices?show=unread")


@pytest.mark.parametrize("words", ["Forgot your password?", "Link by mail", "Create an account"])
def test_deep_link_survives_every_way_by_mail(portal: Portal, words: str) -> None:
    """Also where somebody turns back on the way, and on the form that a page draws."""
    company = portal.company()
    person = portal.person() if words == "Create an account" else company.customer_person()
    address = new_address() if words == "Create an account" else person.email
    browser = portal.client(None, company.prefix)
    sent_to = browser.get("/notices", status=303).headers["Location"]
    page = browser.get(shown(browser, sent_to))
    asked = browser.get(shown(browser, linked(page, words)))
    assert linked(asked, "Sign in" if words == "Create an account" else "Back to sign-in").endswith(urlsplit(sent_to).query)
    fields = {"name": "Nora New", "password": PASSWORD} if words == "Create an account" else {}
    back = browser.post(shown(browser, action(asked)), {"email": address, **fields}, status=303)
    assert urlsplit(back.headers["Location"]).query == urlsplit(sent_to).query
    link = link_in(mails_to(portal, address)[-1], portal).removeprefix(company.prefix)
    token = re.search(r"token=([^&]+)", link)
    assert token
    last = browser.post(shown(browser, action(browser.get(link))), {"token": token[1], "password": PASSWORD}, status=303)
    assert last.headers["Location"].endswith(f"{company.prefix}/notices")


def shown(browser: Client, address: str) -> str:
    """Path and query below the company, of an address on a page."""
    split = urlsplit(address)
    return split.path.removeprefix(browser.prefix) + (f"?{split.query}" if split.query else "")


def linked(page: Any, words: str) -> str:
    return next(str(one["href"]) for one in page.html.find_all("a") if one.text.strip() == words)


def action(page: Any) -> str:
    """Where the page's form goes: by default, where the page is."""
    form = page.html.find("main").find("form")
    return str(form.get("action") or page.request.path_qs)


def test_a_fragment_leads_back_to_the_page_that_was_open_and_to_no_other_site(portal: Portal) -> None:
    company = portal.company()
    browser, fragment = company.anonymous(), "/notices/badge"
    site = browser.get("/sign-in").request.host_url

    def way(address: str | None) -> str:
        headers = {"HX-Request": "true"} | ({"HX-Current-URL": address} if address else {})
        there = urlsplit(browser.get(fragment, headers=headers, status=204).headers["HX-Redirect"])
        return parse_qs(there.query)["next"][0]

    page = f"{company.prefix}/quotes/17/edit"
    assert way(f"{site}{page}?q=a&b=%C3%A9") == f"{page}?q=a&b=%C3%A9"
    home = f"{company.prefix}/"
    for other in (None, f"https://evil.example{page}", f"{site}.evil.example{page}", "http://[", "javascript:alert(1)", site):
        assert way(other) == home
    assert browser.post("/notices/read", status=303).headers["Location"].endswith("/sign-in?next=" + quote(home, safe=""))


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site_after_signing_in(portal: Portal, browser: Client, target: str) -> None:
    person = portal.person()
    answer = browser.post("/sign-in?next=" + target, {"email": person.email, "password": Person.PASSWORD}, status=303)
    assert "evil" not in answer.headers["Location"]
    assert "javascript" not in answer.headers["Location"]


def test_session_is_new_at_each_sign_in_and_dead_after_signing_out(portal: Portal, browser: Client) -> None:
    person = portal.person()
    sign_in(browser, person.email, Person.PASSWORD, status=303)
    first = browser.web.cookies["portico"]
    browser._token = None
    sign_in(browser, person.email, Person.PASSWORD, status=303)
    second = browser.web.cookies["portico"]
    assert first != second
    old = portal.client(None, browser.prefix)
    old.set_session(first)
    assert old.get("/account", status="*").status_int == 303
    browser._token = None
    browser.post("/sign-out", status=303)
    again = portal.client(None, browser.prefix)
    again.set_session(second)
    assert again.get("/account", status="*").status_int == 303


def test_session_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(portal: Portal, browser: Client) -> None:
    answer = sign_in(browser, portal.person().email, Person.PASSWORD, status=303)
    [cookie] = [value for value in answer.headers.getall("Set-Cookie") if value.startswith("portico=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_reset_changes_the_password_and_ends_every_session(portal: Portal, browser: Client) -> None:
    person = portal.person()
    elsewhere = portal.client(person, browser.prefix)
    browser.post("/forgot", {"email": person.email}, status=303)
    link = link_in(mails_to(portal, person.email)[-1], portal)
    token = re.search(r"token=([^&\s]+)", link)[1]
    browser.get(link.removeprefix(browser.prefix), status=200)
    browser.post("/reset?token=" + token, {"token": token, "password": "an entirely new one"}, status=303)
    assert elsewhere.get("/account", status="*").status_int == 303
    assert sign_in(portal.client(None, browser.prefix), person.email, Person.PASSWORD, status="*").status_int == 401
    assert (
        sign_in(portal.client(None, browser.prefix), person.email, "an entirely new one", status="*").status_int == 303
    )
    assert browser.get("/reset?token=" + token, status="*").status_int == 410


def test_a_refused_form_of_a_link_leads_to_it_in_another_language(portal: Portal, browser: Client) -> None:
    person = portal.person()
    browser.post("/forgot", {"email": person.email}, status=303)
    token = re.search(r"token=([^&\s]+)", link_in(mails_to(portal, person.email)[-1], portal))[1]
    refused = browser.post("/reset", {"token": token, "password": ""}, status=422)
    (there,) = refused.html.select('footer a[lang="fr"]')
    assert token in browser.get(there["href"].removeprefix(browser.prefix)).text


def test_reset_takes_one_address_not_a_list(portal: Portal, browser: Client) -> None:
    """GitLab's CVE-2023-7028: an array of addresses, and the link went to all of them."""
    person = portal.person()
    browser.post("/forgot", [("email", person.email), ("email", "evil@evil.example")], status="*")
    browser.post("/forgot", {"email": f"{person.email},evil@evil.example"}, status="*")
    assert mails_to(portal, "evil@evil.example") == []


def test_changing_the_password_needs_the_old_one_and_ends_other_sessions(portal: Portal) -> None:
    person = portal.person()
    here, there = portal.client(person, portal.company().prefix), portal.client(person, portal.company().prefix)
    assert (
        here.post("/account/password", {"current": "wrong one here", "password": PASSWORD}, status="*").status_int
        == 422
    )
    here.post("/account/password", {"current": Person.PASSWORD, "password": PASSWORD}, status=303)
    assert here.get("/account", status="*").status_int == 200
    assert there.get("/account", status="*").status_int == 303


@pytest.mark.without("portico.identity.service:limit TooManyRequestsError")
def test_too_many_attempts_are_stopped_and_do_not_lock_others_out(portal: Portal, browser: Client) -> None:
    person = portal.person()
    attacker = portal.client(None, browser.prefix)
    attacker.web.extra_environ["REMOTE_ADDR"] = "127.0.0.77"
    answers = [sign_in(attacker, person.email, "guess number one", status="*").status_int for _ in range(12)]
    assert answers[:10] == [401] * 10
    assert answers[10:] == [429, 429]
    assert sign_in(browser, person.email, Person.PASSWORD, status="*").status_int == 303


def guess(portal: Portal, browser: Client, address: str, email: str) -> int:
    attacker = portal.client(None, browser.prefix)
    attacker.web.extra_environ["REMOTE_ADDR"] = address
    return sign_in(attacker, email, "guess number one", status="*").status_int


def test_addresses_of_one_ipv6_network_guess_as_one(portal: Portal, browser: Client) -> None:
    email, network = portal.person().email, f"2001:db8:{secrets.randbelow(65536):x}:{secrets.randbelow(65536):x}"
    assert [guess(portal, browser, f"{network}::{n + 1:x}", email) for n in range(12)] == [401] * 10 + [429] * 2
    assert guess(portal, browser, f"{network}:ffff::1", email) == 429
    assert guess(portal, browser, "2001:db9::1", email) == 401


def test_one_ipv6_network_guesses_at_many_people_as_one(portal: Portal) -> None:
    network = f"2001:db8:{secrets.randbelow(65536):x}:{secrets.randbelow(65536):x}"

    def attempt(address: str) -> None:
        limit(portal.parts.sessions, Scope(address=address), "sign-in", new_address())

    for n in range(PER_ADDRESS):
        attempt(f"{network}::{n + 1:x}")
    with pytest.raises(TooManyRequestsError):
        attempt(f"{network}:ffff::1")
    attempt("2001:db9::2")


def test_ipv4_neighbours_guess_each_for_themselves(portal: Portal, browser: Client) -> None:
    email = portal.person().email
    assert [guess(portal, browser, "192.0.2.77", email) for _ in range(11)] == [401] * 10 + [429]
    assert guess(portal, browser, "192.0.2.78", email) == 401
    assert guess(portal, browser, "::ffff:192.0.2.77", email) == 429


def test_disabled_person_is_out_with_the_next_request(portal: Portal, browser: Client) -> None:
    person = portal.person()
    client = portal.client(person, browser.prefix)
    assert client.get("/account").status_int == 200
    with portal.superuser() as connection:
        connection.execute(sa.text("UPDATE app_user SET status = 'disabled' WHERE id = :id"), {"id": person.id})
    assert client.get("/account", status="*").status_int == 303
    assert sign_in(portal.client(None, browser.prefix), person.email, Person.PASSWORD, status="*").status_int == 401


def test_idle_session_ends(portal: Portal, browser: Client) -> None:
    person = portal.person()
    client = portal.client(person, browser.prefix)
    with portal.superuser() as connection:
        connection.execute(
            sa.text("UPDATE web_session SET last_seen_at = now() - interval '31 minutes' WHERE user_id = :id"),
            {"id": person.id},
        )
    assert client.get("/account", status="*").status_int == 303
