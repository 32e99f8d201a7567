"""Second factors: every way in passes the same gate (SEC-2; ASVS 6.3.4, 6.4.3, 6.5.1, 6.6.3, 7.2.4, 7.5.1)."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pyotp
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portico.db.types import new_id
from portico.identity import service as identity
from portico.identity.factors import passkeys, sealing
from portico.identity.factors import service as factors
from portico.identity.sealing import derived
from portico.identity.service import WrongCredentialsError
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal

NOTICES = "/api/v1/portal/notices"


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def person(company: Company) -> Person:
    return company.customer_person()


def sign_in(client: Client, person: Person, **options: object):
    return client.post("/sign-in", {"email": person.email, "password": Person.PASSWORD}, **options)


def set_up(client: Client) -> str:
    """The secret of an authenticator that is switched on now."""
    begun = client.post("/account/security/authenticator", status=303)
    path = begun.location.split("localhost:6543")[1]
    page = client.get(path)
    secret = re.search(r"secret=([A-Z2-7]+)", page.text)[1]
    client.post(path, {"code": earlier(secret), "name": "My telephone"}, status=303)
    return secret


def made(client: Client):
    """The page with new recovery codes."""
    handle = client.get("/account/security/recovery-codes").html.find("input", {"name": "handle"})["value"]
    return client.post("/account/security/recovery-codes", {"handle": handle}, status=200)


def earlier(secret: str) -> str:
    """The code of now: a test that needs another one at once has that of the step after it left."""
    return pyotp.TOTP(secret).now()


def code(secret: str) -> str:
    """Of the step to come, which is taken as well: for a minute and a half, however long a test is on its way."""
    return pyotp.TOTP(secret).at(time.time() + 30)


@pytest.fixture
def secret(company: Company, person: Person, portal: Portal) -> str:
    client = company.anonymous()
    sign_in(client, person, status=303)
    return set_up(client)


def test_changes_of_factors_are_on_record(company: Company, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a key signs is put aside here: tests/browser/test_factors.py has one that signs."""
    client = company.anonymous()
    sign_in(client, person, status=303)
    set_up(client)
    key = passkeys.Registered(new_id().bytes, b"not a key", 0, [], "localhost")
    monkeypatch.setattr(passkeys, "finish_registration", lambda *_signed: key)
    client.post("/account/security/passkey", {"name": "Laptop", "handle": "x", "answer": "x"}, status=303)
    row = SimpleNamespace(user_id=person.id, email=person.email, name=person.name, locale=None)
    monkeypatch.setattr(passkeys, "finish_assertion", lambda *_signed: row)
    other = company.anonymous()
    other.post("/sign-in/passkey", {"handle": "x", "answer": "x"}, status=303)
    with company.system() as db:
        entries = db.execute(sa.text("SELECT action, actor, address, after FROM audit_entry ORDER BY at")).all()
    told = [(row.action, row.address, row.after) for row in entries if row.actor == person.email]
    assert ("identity.factor-begun", client.address, {"kind": "totp"}) in told
    assert ("identity.factor-added", client.address, {"kind": "totp", "name": "My telephone"}) in told
    assert ("identity.factor-added", client.address, {"kind": "passkey", "name": "Laptop"}) in told
    assert ("identity.sign-in", other.address, {"kind": "browser", "methods": ["passkey"]}) in told


def test_password_alone_opens_nothing_any_more(company: Company, person: Person, secret: str) -> None:
    client = company.anonymous()
    answer = sign_in(client, person, status=303)
    assert client.get("/account", status="*").location.endswith(f"/second-factor?next={company.prefix.replace('/', '%2F')}%2Faccount")
    for path in ("/", "/notices", "/account/security", "/account/password", "/companies"):
        page = client.get(path, status="*")
        assert person.email not in page.text, path
    client.post("/second-factor", {"code": code(secret)}, status=303)
    assert person.email in client.get("/account").text
    assert answer.status_int == 303


def test_deep_link_survives_both_steps(company: Company, person: Person, secret: str) -> None:
    client = company.anonymous()
    asked = client.get("/notices", status=303)
    path = asked.location.split("localhost:6543")[1]
    first = client.post(path, {"email": person.email, "password": Person.PASSWORD}, status=303)
    second = client.get(first.location.split("localhost:6543")[1], status=303)
    done = client.post(second.location.split("localhost:6543")[1], {"code": code(secret)}, status=303)
    assert done.location.endswith("/notices")


def test_session_token_changes_when_the_factor_is_shown(company: Company, person: Person, secret: str) -> None:
    client = company.anonymous()
    sign_in(client, person, status=303)
    before = client.web.cookies["portico"]
    client.post("/second-factor", {"code": code(secret)}, status=303)
    assert client.web.cookies["portico"] != before
    stale = company.anonymous()
    stale.set_session(before)
    assert person.email not in stale.get("/account", status="*").text


@pytest.mark.without("portico.identity.service:elevate WrongCredentialsError")
def test_session_that_ended_meanwhile_is_not_signed_in_by_a_factor(company: Company, person: Person) -> None:
    scope = replace(company.scope(person), session_id=new_id())
    with pytest.raises((WrongCredentialsError, sa.exc.IntegrityError)) as told, company.portal.parts.sessions.scoped(scope) as db:
        identity.elevate(db, "totp", second_factor=True)
    assert told.type is WrongCredentialsError, "nobody is told that the session ended"


def test_a_code_is_good_once(company: Company, person: Person, secret: str) -> None:
    first, second = company.anonymous(), company.anonymous()
    sign_in(first, person, status=303)
    sign_in(second, person, status=303)
    typed = code(secret)
    first.post("/second-factor", {"code": typed}, status=303)
    assert "used already" in second.post("/second-factor", {"code": typed}, status=422).text


def together(tries: list) -> list[bool]:
    results: list[bool] = []
    start = threading.Barrier(len(tries))

    def one(attempt) -> None:
        start.wait()
        results.append(attempt())

    threads = [threading.Thread(target=one, args=(attempt,)) for attempt in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("kind", ["totp", "recovery"])
def test_a_code_is_good_once_in_parallel_too(
    portal: Portal, company: Company, person: Person, secret: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many at the same moment as a process has threads, in transactions of their own: one winner."""
    monkeypatch.setattr(factors, "count_try", lambda *_args: None)
    key = portal.settings.master_key
    if kind == "recovery":
        with company.scope_of(person) as db:
            typed = factors.new_recovery_codes(db, portal.parts)[0]
    else:
        typed = code(secret)

    def attempt() -> bool:
        try:
            with company.scope_of(person) as db:
                factors.prove(db, portal.parts.sessions, key, person.id, typed)
        except factors.WrongCodeError:
            return False
        return True

    assert sorted(together([attempt] * 4)) == [False] * 3 + [True]


def test_recovery_code_opens_once_and_is_kept_hashed(portal: Portal, company: Company, person: Person, secret: str) -> None:
    client = company.anonymous()
    sign_in(client, person, status=303)
    client.post("/second-factor", {"code": code(secret)}, status=303)
    page = made(client)
    codes = re.findall(r"<code><bdi>([a-z0-9-]{29})</bdi>", page.text)
    assert len(codes) == 10
    with portal.superuser() as db:
        stored = db.execute(sa.text("SELECT code_hash FROM recovery_code WHERE user_id = :u"), {"u": person.id}).scalars().all()
    assert len(stored) == 10
    assert not any(code.encode() in bytes(one) for one in stored for code in codes)
    other = company.anonymous()
    sign_in(other, person, status=303)
    other.post("/second-factor", {"code": codes[0].upper()}, status=303)
    assert "9" in other.get("/account/security").text
    third = company.anonymous()
    sign_in(third, person, status=303)
    third.post("/second-factor", {"code": codes[0]}, status=422)
    portal.answer_asked()
    with portal.superuser() as db:
        query = sa.text("SELECT text FROM mail WHERE recipient = :e AND text LIKE '%A recovery code was used%'")
        [told] = db.scalars(query, {"e": person.email}).all()
    assert other.address in told


def test_a_code_from_before_they_were_long_works_until_new_ones_are_made(
    portal: Portal, company: Company, person: Person, secret: str
) -> None:
    key, former = portal.settings.master_key, "abcd-efgh-2345"
    with company.scope_of(person) as db:
        db.execute(sa.select(sa.func.recovery_replace([sealing.keyed_hash(key, person.id, former)])))
    client = company.anonymous()
    sign_in(client, person, status=303)
    client.post("/second-factor", {"code": former.replace("-", " ")}, status=303)
    assert person.email in client.get("/account")


def test_an_authenticator_that_was_sealed_with_the_key_of_all_opens_as_it_did(
    portal: Portal, company: Company, person: Person, secret: str
) -> None:
    as_before(portal, person, secret)
    client = company.anonymous()
    sign_in(client, person, status=303)
    client.post("/second-factor", {"code": code(secret)}, status=303)


def as_before(portal: Portal, person: Person, secret: str) -> None:
    """Its authenticator, as it was sealed until each person had a key."""
    aead = AESGCM(derived(portal.settings.master_key, "portico personal secrets v1"))
    with portal.superuser() as db:
        factor = db.scalar(sa.text("SELECT id FROM user_factor WHERE user_id = :u"), {"u": person.id})
        sealed = b"\x01" + b"n" * 12 + aead.encrypt(b"n" * 12, secret.encode(), f"{person.id}|{factor}".encode())
        db.execute(sa.text("UPDATE user_factor SET sealed = :s WHERE id = :f"), {"s": sealed, "f": factor})


@pytest.mark.without("portico.identity.factors.service:count_try TooManyRequestsError")
def test_guessing_stops_after_a_few_tries(company: Company, person: Person, secret: str) -> None:
    client = company.anonymous()
    sign_in(client, person, status=303)
    answers = [client.post("/second-factor", {"code": "000000"}, status="*").status_int for _ in range(12)]
    assert answers[:8] == [422] * 8
    assert answers[-1] == 429
    assert client.post("/second-factor", {"code": code(secret)}, status="*").status_int == 429


def signed_in_at(company: Company, person: Person, address: str) -> Client:
    """By the password, from a network of one's choice; the code is still to come."""
    client = company.anonymous()
    client.web.extra_environ["REMOTE_ADDR"] = address
    sign_in(client, person, status=303)
    return client


def guess(company: Company, person: Person, address: str, times: int) -> list[int]:
    client = signed_in_at(company, person, address)
    return [client.post("/second-factor", {"code": "000000"}, status="*").status_int for _ in range(times)]


def test_a_stranger_with_the_password_does_not_keep_the_owner_out(company: Company, person: Person, secret: str) -> None:
    assert guess(company, person, "2001:db8:1:1::1", 12)[-1] == 429
    assert guess(company, person, "2001:db8:1:1:ffff::2", 1) == [429], "one IPv6 /64 is one network"
    owner = signed_in_at(company, person, "2001:db8:2:1::1")
    owner.post("/second-factor", {"code": code(secret)}, status=303)


def test_right_codes_are_not_counted(portal: Portal, company: Company, person: Person, secret: str) -> None:
    with company.scope_of(person) as db:
        codes = factors.new_recovery_codes(db, portal.parts)
    for one in codes:
        with company.scope_of(person) as db:
            assert factors.prove(db, portal.parts.sessions, portal.settings.master_key, person.id, one) == "recovery"
    with portal.superuser() as db:
        query = sa.text("SELECT count(*), sum(hits) FROM rate_window WHERE key LIKE :k")
        count, hits = db.execute(query, {"k": f"second-factor:{person.id}:%"}).one()
    assert count > 0
    assert hits == 0


def test_from_everywhere_together_six_digits_cannot_be_guessed_and_a_recovery_code_is_good(
    portal: Portal, company: Company, person: Person, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factors, "EVERYWHERE_AND_DAY", 6)
    with company.scope_of(person) as db:
        spare = factors.new_recovery_codes(db, portal.parts)[0]
    assert [guess(company, person, f"192.0.2.{n}", 2) for n in range(1, 4)] == [[422, 422]] * 3
    owner = signed_in_at(company, person, "192.0.2.9")
    owner.post("/second-factor", {"code": code(secret)}, status=429)
    owner.post("/second-factor", {"code": spare}, status=303)


def test_a_network_that_is_refused_uses_up_nothing_of_all_others(
    portal: Portal, company: Company, person: Person, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factors, "PER_NETWORK_AND_DAY", 3)
    assert guess(company, person, "192.0.2.1", 6) == [422] * 3 + [429] * 3
    with portal.superuser() as db:
        query = sa.text("SELECT sum(hits) FROM rate_window WHERE key = :k")
        assert db.scalar(query, {"k": f"second-factor:{person.id}:day"}) <= 4  # one of them when the factor was set up


@pytest.mark.without("portico.identity.api:token SecondFactorNeededError")
def test_api_asks_for_the_factor_too(company: Company, person: Person, secret: str) -> None:
    body = {"email": person.email, "password": Person.PASSWORD}
    refused = company.anonymous().json("POST", "/api/v1/portal/auth/token", body, status=401)
    assert refused.json["code"] == "second-factor-required"
    company.anonymous().json("POST", "/api/v1/portal/auth/token", body | {"code": "000000"}, status=422)
    answer = company.anonymous().json("POST", "/api/v1/portal/auth/token", body | {"code": code(secret)}).json
    client = company.anonymous()
    client.bearer(answer["access_token"])
    assert client.get(NOTICES).json["items"] == []


def test_older_sessions_are_asked_when_a_factor_is_set_up(company: Company, person: Person) -> None:
    old, new = company.anonymous(), company.anonymous()
    sign_in(old, person, status=303)
    sign_in(new, person, status=303)
    set_up(new)
    assert person.email in new.get("/account").text
    assert "/second-factor" in old.get("/account", status=303).location


def test_reset_of_the_password_keeps_the_factor(portal: Portal, company: Company, person: Person, secret: str) -> None:
    client = company.anonymous()
    client.post("/forgot", {"email": person.email}, status=303)
    [text] = [one.text for one in portal.mails(person.email) if one.kind == "reset"]
    token = re.search(r"token=([\w-]+)", text)[1]
    client.post(f"/reset?token={token}", {"token": token, "password": "another quiet house"}, status=303)
    assert "/second-factor" in client.get("/account", status=303).location


def test_link_by_mail_signs_in_once_and_keeps_the_factor(portal: Portal, company: Company, person: Person) -> None:
    client = company.anonymous()
    client.post("/sign-in/link", {"email": person.email}, status=303)
    [text] = [one.text for one in portal.mails(person.email) if one.kind == "sign-in"]
    token = re.search(r"token=([\w-]+)", text)[1]
    client.get(f"/sign-in/link/open?token={token}")
    client.post("/sign-in/link/open", {"token": token}, status=303)
    assert person.email in client.get("/account").text
    company.anonymous().post("/sign-in/link/open", {"token": token}, status=410)


def test_asking_for_a_link_tells_nobody_who_is_known(company: Company, person: Person) -> None:
    known = company.anonymous().post("/sign-in/link", {"email": person.email}, status=303)
    unknown = company.anonymous().post("/sign-in/link", {"email": "nobody@example.com"}, status=303)
    assert known.location == unknown.location


def test_factor_changes_ask_again_who_sits_there(portal: Portal, company: Company, person: Person) -> None:
    client = company.anonymous()
    sign_in(client, person, status=303)
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE web_session SET elevated_at = now() - interval '11 minutes' WHERE user_id = :u"), {"u": person.id})
    asked = client.get("/account/security/passkey", status=303)
    assert "/account/prove" in asked.location
    client.post("/account/prove", {"password": "wrong words here"}, status=401)
    done = client.post("/account/prove?next=/x", {"password": Person.PASSWORD}, status=303)
    assert done.location.endswith("/x")
    client.get("/account/security/passkey", status=200)


def test_company_demands_a_factor_of_a_role(portal: Portal, company: Company) -> None:
    admin = company.member("staff", ["admin"], "Ada Admin")
    with portal.superuser() as db:
        db.execute(
            sa.text("UPDATE tenant SET settings = settings || '{\"second_factor\": [\"admin\"]}' WHERE id = :t"),
            {"t": company.id},
        )
    client = company.anonymous()
    sign_in(client, admin, status=303)
    assert "/account/security" in client.get("/admin/plugins", status=303).location
    set_up(client)
    client.get("/admin/plugins", status=200)
    customer = company.anonymous()
    sign_in(customer, company.customer_person(), status=303)
    customer.get("/", status=200)


def test_removed_factor_is_not_asked_for(company: Company, person: Person, secret: str) -> None:
    client = company.anonymous()
    sign_in(client, person, status=303)
    client.post("/second-factor", {"code": code(secret)}, status=303)
    page = client.get("/account/security")
    path = re.search(r'action="[^"]*(/account/security/factors/[^"]+/remove)"', page.text)[1]
    stranger = company.anonymous()
    sign_in(stranger, company.customer_person(name="Olaf Other"), status=303)
    stranger.post(path, status=404)
    client.post(path, status=303)
    again = company.anonymous()
    sign_in(again, person, status=303)
    assert person.email in again.get("/account").text


def test_secret_is_sealed_in_the_database(portal: Portal, person: Person, secret: str) -> None:
    with portal.superuser() as db:
        sealed = db.scalar(sa.text("SELECT sealed FROM user_factor WHERE user_id = :u"), {"u": person.id})
    assert sealed
    assert secret.encode() not in bytes(sealed)


def test_a_factor_gets_another_name(portal: Portal, company: Company, person: Person) -> None:
    client = company.anonymous()
    sign_in(client, person, status=303)
    set_up(client)
    page = client.get("/account/security")
    assert "Remove My telephone" in page.text
    path = page.html.find("a", href=lambda href: href and href.endswith("/rename"))["href"].removeprefix(client.prefix)
    assert 'value="My telephone"' in client.get(path).text
    client.post(path, {"name": " "}, status=422)
    client.post(path, {"name": "Kitchen telephone"}, status=303)
    assert "Kitchen telephone" in client.get("/account/security").text
    company.customer().get(path, status=404)
    with portal.superuser() as db:
        row = db.execute(sa.text("SELECT before, after FROM audit_entry WHERE action = 'identity.factor-renamed' AND user_id = :u"),
                         {"u": person.id}).one()
    assert (row.before, row.after) == ({"name": "My telephone"}, {"name": "Kitchen telephone"})


def test_a_factor_without_a_name_is_called_by_its_kind_in_the_readers_language(company: Company, person: Person) -> None:
    client = company.anonymous()
    sign_in(client, person, status=303)
    begun = client.post("/account/security/authenticator", status=303).location.split("localhost:6543")[1]
    secret = re.search(r"secret=([A-Z2-7]+)", client.get(begun).text)[1]
    client.post(begun, {"code": earlier(secret), "name": ""}, status=303)
    page = client.get("/account/security?lang=fr")
    assert "Retirer Application d" in page.text.replace("Supprimer", "Retirer")
    assert "totp" not in page.text
    form = next(one["action"] for one in page.html.find_all("form") if one.get("action", "").endswith("/remove"))
    client.post(form.removeprefix(client.prefix), status=303)
    assert "Application d" in client.get("/account/security").text.partition("toasts")[2]


@pytest.mark.parametrize("page", ["recovery-codes", "passkey"])
def test_a_page_that_keeps_something_for_the_session_does_not_wait_for_itself(
    portal: Portal, company: Company, person: Person, secret: str, page: str
) -> None:
    """After a minute without a request, the next one notes that the session is in use."""
    client = company.client(person)
    with portal.superuser() as connection:
        quiet = sa.text("UPDATE web_session SET last_seen_at = now() - interval '2 minutes' WHERE user_id = :id")
        connection.execute(quiet, {"id": person.id})
    client.get(f"/account/security/{page}", status=200)


def test_sending_the_page_again_makes_no_other_recovery_codes(company: Company, person: Person) -> None:
    client = company.anonymous()
    sign_in(client, person, status=303)
    set_up(client)
    handle = client.get("/account/security/recovery-codes").html.find("input", {"name": "handle"})["value"]
    page = client.post("/account/security/recovery-codes", {"handle": handle}, status=200)
    [one, *_rest] = re.findall(r"<bdi>([a-z0-9]{5}(?:-[a-z0-9]{5}){4})</bdi>", page.text)
    again = client.post("/account/security/recovery-codes", {"handle": handle}, status=303)
    shown = client.get(again.location.split("localhost:6543")[1].removeprefix(client.prefix))
    assert "Codes are shown once" in shown.text
    other = company.anonymous()
    sign_in(other, person, status=303)
    other.post("/second-factor", {"code": one}, status=303)
    assert other.get("/account").status_int == 200
