"""Whatever changes about a person's way in is told to them, in their language (SEC-7; ASVS 6.3.7)."""

from __future__ import annotations

import secrets

import pytest
import sqlalchemy as sa
from tests.functional.identity.test_change_email import asked, new_address
from tests.functional.identity.test_second_factor import code, made, set_up
from tests.functional.identity.test_signing_in import link_in, mails_to

from portico.db.types import new_id
from portico.identity.factors import passkeys
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

TOLD = "security-changed"
NEW = "another quiet house"


@pytest.fixture(scope="module")
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def client(company: Company) -> Client:
    return company.customer()


def told(portal: Portal, address: str) -> list[str]:
    return [one.text for one in mails_to(portal, address) if one.kind == TOLD]


def who(client: Client) -> Person:
    assert client.person is not None
    return client.person


def speaks(portal: Portal, client: Client, locale: str) -> None:
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE app_user SET locale = :l WHERE id = :u"), {"l": locale, "u": who(client).id})
        db.execute(sa.text("UPDATE tenant SET locales = '{en,fr,ar}', config_version = config_version + 1"))


def test_a_new_password_is_told_in_the_persons_language(portal: Portal, client: Client) -> None:
    speaks(portal, client, "fr")
    client.post("/account/password?lang=en", {"current": Person.PASSWORD, "password": NEW}, status=303)
    [text] = told(portal, who(client).email)
    assert "Votre mot de passe a été changé" in text
    assert client.address in text


def test_a_password_that_was_set_by_a_link_is_told(portal: Portal, company: Company, client: Client) -> None:
    stranger, address = company.anonymous(), who(client).email
    stranger.post("/forgot", {"email": address}, status=303)
    [mail] = [one for one in mails_to(portal, address) if one.kind == "reset"]
    path = link_in(mail, portal).removeprefix(stranger.prefix)
    stranger.post(path, {"token": path.split("token=")[1], "password": NEW}, status=303)
    assert len(told(portal, address)) == 1
    assert stranger.address in told(portal, address)[0]


def test_every_change_of_a_factor_is_told(portal: Portal, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    address = who(client).email
    set_up(client)
    assert "An authenticator app was added" in told(portal, address)[-1]
    key = passkeys.Registered(new_id().bytes, b"not a key", 0, [], "localhost")
    monkeypatch.setattr(passkeys, "finish_registration", lambda *_signed: key)
    client.post("/account/security/passkey", {"name": "Laptop", "handle": "x", "answer": "x"}, status=303)
    assert "A passkey was added" in told(portal, address)[-1]
    made(client)
    assert "New recovery codes were made" in told(portal, address)[-1]
    page = client.get("/account/security")
    for form in [one["action"] for one in page.html.find_all("form") if one.get("action", "").endswith("/remove")]:
        client.post(form.removeprefix(client.prefix), status=303)
    assert len(told(portal, address)) == 5
    assert {one.splitlines()[2] for one in told(portal, address)[-2:]} == {
        "An authenticator app was removed from your account.", "A passkey was removed from your account."
    }  # fmt: skip


def test_a_change_by_the_api_is_told_too(portal: Portal, company: Company, client: Client) -> None:
    program = company.api(who(client))
    body = {"current": Person.PASSWORD, "password": NEW}
    program.json("PUT", "/password", body, status=204)
    assert len(told(portal, who(client).email)) == 1


def test_a_new_address_is_told_to_both(portal: Portal, client: Client) -> None:
    address, before = new_address(), who(client).email
    speaks(portal, client, "fr")
    client.post("/account/email/confirm", {"token": asked(portal, client, address)}, status=303)
    assert len(told(portal, address)) == 1
    [mail] = [one for one in mails_to(portal, before) if one.kind == "email-changed"]
    assert address in mail.text
    assert "Bonjour" in mail.text


def links(portal: Portal, company: Company, client: Client) -> dict[str, str]:
    """Purpose → path of one that was just mailed."""
    stranger, address = company.anonymous(), who(client).email
    stranger.post("/forgot", {"email": address}, status=303)
    stranger.post("/sign-in/link", {"email": address}, status=303)
    return {one.kind: link_in(one, portal).removeprefix(stranger.prefix) for one in mails_to(portal, address) if one.kind in ("reset", "sign-in")}


def test_a_new_password_ends_links_that_were_mailed(portal: Portal, company: Company, client: Client) -> None:
    mailed = links(portal, company, client)
    assert set(mailed) == {"reset", "sign-in"}
    token = asked(portal, client, new_address())
    client.post("/account/password", {"current": Person.PASSWORD, "password": NEW}, status=303)
    company.anonymous().get(mailed["reset"], status=410)
    for path in mailed.values():
        body = {"token": path.split("token=")[1].split("&")[0], "password": "a third quiet house"}
        company.anonymous().post(path, body, status=410)
    client.post("/account/email/confirm", {"token": token}, status=410)


def test_a_password_that_was_set_by_a_link_ends_the_other_links(portal: Portal, company: Company, client: Client) -> None:
    first, second = (links(portal, company, client) for _ in range(2))
    path = second["reset"]
    company.anonymous().post(path, {"token": path.split("token=")[1], "password": NEW}, status=303)
    company.anonymous().get(first["reset"], status=410)
    token = second["sign-in"].split("token=")[1].split("&")[0]
    company.anonymous().post(second["sign-in"], {"token": token}, status=410)


def test_the_new_password_is_not_the_persons_own_name(portal: Portal, company: Company, client: Client) -> None:
    """Also by a link; a refusal leaves the link as it was."""
    path = links(portal, company, client)["reset"]
    token, name = path.split("token=")[1], who(client).email.split("@")[0]
    stranger = company.anonymous()
    answer = stranger.post(path, {"token": token, "password": f"{name}{secrets.token_hex(3)}"}, status=422)
    assert "Do not use your name or address" in answer.text
    stranger.post(path, {"token": token, "password": NEW}, status=303)


def test_codes_of_the_second_factor_go_on(portal: Portal, company: Company, client: Client) -> None:
    """A change of the password leaves the factor as it is."""
    secret = set_up(client)
    client.post("/account/password", {"current": Person.PASSWORD, "password": NEW}, status=303)
    again = company.anonymous()
    again.post("/sign-in", {"email": who(client).email, "password": NEW}, status=303)
    again.post("/second-factor", {"code": code(secret)}, status=303)
    assert again.get("/account").status_int == 200
