"""The end of an account: asked for with a proof, taken back by a link, then really done (SEC-11, ACC-10)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from portico.privacy import jobs
from portico.privacy.collecting import collect
from portico.privacy.erasing import erase
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal
from portico.testing.samples import sample_connection

Work = Callable[[], None]


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def client(company: Company) -> Client:
    return company.customer()


def ask(client: Client, **options: object) -> None:
    assert client.person is not None
    client.post("/account/erase", {"email": client.person.email}, **options)


def end_the_wait(portal: Portal, person: Person) -> None:
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE data_request SET due_at = now() WHERE user_id = :u"), {"u": person.id})


def actions(portal: Portal, person: Person) -> list[str]:
    with portal.superuser() as db:
        found = db.execute(
            sa.text("SELECT action FROM audit_entry WHERE user_id = :u OR subject_id = cast(:u AS text) ORDER BY at"), {"u": person.id}
        )
        return [row.action for row in found]


def test_the_page_says_plainly_what_goes_and_what_stays(client: Client) -> None:
    page = client.get("/account/erase").text
    assert "The audit trail is evidence" in page
    assert "business records" in page
    assert "For 7 days nothing happens" in page
    assert "Delivery addresses belong to the organisation" in page
    assert "in its own system, behind this portal, is not touched" in page


def test_a_contact_is_erased_and_an_address_stays_without_who_it_named(portal: Portal, company: Company, client: Client) -> None:
    """They are the organisation's; whose they are says the e-mail address."""
    person, other = client.person, company.customer_person(name="Olaf Other")
    assert person is not None
    with portal.superuser() as db:
        for account, email in ((person.account_id, person.email.upper()), (other.account_id, other.email)):
            values = {"t": company.id, "a": account, "e": email, "n": person.name}
            db.execute(sa.text("INSERT INTO customers_contact (tenant_id, id, account_id, state, name, email, phone) "
                               "VALUES (:t, uuidv7(), :a, 'known', 'The Boss', :e, '+33 1')"), values)  # fmt: skip
            db.execute(sa.text("INSERT INTO customers_address (tenant_id, id, account_id, state, name, street, city, email, phone) "
                               "VALUES (:t, uuidv7(), :a, 'known', 'Dock of ' || :n, 'Quay 3', 'Dijon', :e, '+33 2')"), values)  # fmt: skip
    told = {one.table: one.rows for one in collect(portal.parts, person.id) if one.table.startswith("customers_")}
    assert [(row["name"], row["phone"]) for row in told["customers_contact"]] == [("The Boss", "+33 1")]
    assert [(row["street"], row["city"]) for row in told["customers_address"]] == [("Quay 3", "Dijon")]
    erase(portal.parts, person.id)
    with portal.superuser() as db:
        theirs = {"a": person.account_id}
        contact = db.execute(sa.text("SELECT name, email, phone FROM customers_contact WHERE account_id = :a"), theirs).one()
        address = db.execute(sa.text("SELECT name, street, city, email, phone FROM customers_address WHERE account_id = :a"), theirs).one()
        left = db.execute(sa.text("SELECT name, email, phone FROM customers_contact WHERE account_id = :a"), {"a": other.account_id}).one()
    assert tuple(contact) == ("", "", "")
    assert tuple(address) == ("Dock of …", "Quay 3", "Dijon", "", "")
    assert tuple(left) == ("The Boss", other.email, "+33 1")


def test_it_is_done_when_the_days_are_over(portal: Portal, company: Company, client: Client, work: Work) -> None:
    person = client.person
    assert person is not None
    other = company.anonymous()
    other.post("/sign-in", {"email": person.email, "password": Person.PASSWORD}, status=303)
    ask(client, status=303)
    work()
    assert person.email in client.get("/account").text, "not before its time"
    end_the_wait(portal, person)
    work()
    for browser in (client, other):
        assert "/sign-in" in browser.get("/account", status=303).location
    company.anonymous().post("/sign-in", {"email": person.email, "password": Person.PASSWORD}, status=401)
    with portal.superuser() as db:
        row = db.execute(sa.text("SELECT * FROM app_user WHERE id = :u"), {"u": person.id}).one()
        left = db.scalar(sa.text("SELECT count(*) FROM membership WHERE user_id = :u"), {"u": person.id})
    assert (row.name, row.status, row.password_hash, left) == ("", "disabled", None, 0)
    found = actions(portal, person)
    assert "identity.erasure-asked" in found
    assert "membership.erased" in found
    assert "identity.erased" in found
    again = company.anonymous()
    again.post("/register", {"name": "Carla Again", "email": person.email, "password": "a quite different sentence"}, status=303)


def test_the_mail_takes_it_back_without_signing_in(portal: Portal, company: Company, client: Client, work: Work) -> None:
    person = client.person
    assert person is not None
    ask(client, status=303)
    [text] = [one.text for one in portal.mails(person.email) if one.kind == "erasure"]
    assert "business records" in text
    path = re.search(r"/account/erase/undo-link\?token=\S+", text)
    assert path is not None
    stranger = company.anonymous()
    stranger.get(path[0], status=200)  # a mail scanner follows it, and nothing happens
    assert "will be erased" in client.get("/account/data")
    token = path[0].split("token=")[1]
    stranger.post("/account/erase/undo-link", {"token": token}, status=303)
    stranger.post("/account/erase/undo-link", {"token": token}, status=410)
    end_the_wait(portal, person)
    work()
    assert person.email in client.get("/account").text
    assert "identity.erasure-cancelled" in actions(portal, person)


def test_it_can_be_taken_back_while_it_waits(portal: Portal, client: Client, work: Work) -> None:
    person = client.person
    assert person is not None
    client.post("/account/erase/undo", status=404)
    ask(client, status=303)
    ask(client, status=409)
    client.post("/account/erase/undo", status=303)
    with portal.superuser() as db:
        [row] = db.execute(
            sa.text("SELECT * FROM audit_entry WHERE action = 'identity.erasure-cancelled' AND user_id = :u"), {"u": person.id}
        ).all()
    assert (row.actor, row.address) == (person.email, client.address)
    end_the_wait(portal, person)
    work()
    assert person.email in client.get("/account").text


def test_another_address_confirms_nothing(client: Client) -> None:
    client.post("/account/erase", {"email": "somebody@example.com"}, status=422)
    assert "will be erased" not in client.get("/account/data")


def test_staff_are_removed_by_their_company_first(company: Company) -> None:
    admin = company.admin()
    assert admin.person is not None
    page = admin.post("/account/erase", {"email": admin.person.email}, status=409)
    assert "You are staff of" in page


def test_colleagues_and_their_records_stay(portal: Portal, company: Company, work: Work) -> None:
    shared = company.account()
    leaving, staying = company.customer(shared), company.customer(shared)
    assert leaving.person is not None
    assert staying.person is not None
    answer = leaving.post("/quotes/new", status=303)
    quote = answer.location.split("localhost:6543")[1]
    ask(leaving, status=303)
    end_the_wait(portal, leaving.person)
    work()
    staying.get(quote, status=200)
    assert staying.person.email in staying.get("/account").text


def told(portal: Portal, person: Person, kind: str) -> list[str]:
    return [one.text for one in portal.mails(person.email) if one.kind == kind]


def fail(portal: Portal, client: Client, work: Work, monkeypatch: pytest.MonkeyPatch, times: int = jobs.TRIES) -> None:
    """The erasure is begun, and fails so many times."""
    assert client.person is not None

    def broken(*_args: object) -> None:
        raise RuntimeError("as a test")

    ask(client, status=303)
    end_the_wait(portal, client.person)
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "erase", broken)
        for _n in range(times):
            work()
            with portal.superuser() as db:
                values = {"u": client.person.id}
                db.execute(sa.text("UPDATE data_request SET lease = now() - interval '1 minute' WHERE user_id = :u"), values)


def test_an_erasure_that_failed_is_told_and_can_be_asked_for_again(
    portal: Portal, client: Client, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = client.person
    assert person is not None
    fail(portal, client, work, monkeypatch)
    assert told(portal, person, "data-failed") == []
    work()
    work()
    [text] = told(portal, person, "data-failed")
    assert "could not be erased" in client.get("/account/data").text
    assert "asked for your account to be erased" in text
    assert actions(portal, person).count("identity.erasure-failed") == 1
    ask(client, status=303)
    end_the_wait(portal, person)
    work()
    assert "/sign-in" in client.get("/account", status=303).location


def test_nobody_is_told_that_it_was_taken_back_when_it_was_not(
    portal: Portal, company: Company, client: Client, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = client.person
    assert person is not None
    fail(portal, client, work, monkeypatch, times=1)
    [text] = told(portal, person, "erasure")
    token = text.split("undo-link?token=")[1].split()[0]
    answer = company.anonymous().post("/account/erase/undo-link", {"token": token}, status=409)
    assert "nothing to take back any more" in answer.text
    client.post("/account/erase/undo", status=409)
    assert "identity.erasure-cancelled" not in actions(portal, person)


def test_who_follows_the_only_owner_is_named_told_and_on_record(portal: Portal, company: Company, work: Work) -> None:
    leaving = company.customer()
    person = leaving.person
    assert person is not None
    assert person.account_id is not None
    first = company.customer_person(person.account_id, "Fina First", role="purchaser", limit_amount=5, limit_currency="EUR")
    company.customer_person(person.account_id, "Sela Second", role="finance")
    page = leaving.get("/account/erase").text
    assert "Fina First becomes its owner" in page
    assert "Sela Second" not in page
    ask(leaving, status=303)
    assert "Fina First becomes its owner" in told(portal, person, "erasure")[0]
    end_the_wait(portal, person)
    work()
    with portal.superuser() as db:
        row = db.execute(sa.text("SELECT * FROM account_member WHERE user_id = :u"), {"u": first.id}).one()
        [entry] = db.execute(
            sa.text("SELECT * FROM audit_entry WHERE tenant_id = :t AND action = 'organisation.passed-on'"), {"t": company.id}
        ).all()
        [event] = db.execute(sa.text("SELECT * FROM event WHERE kind = 'organisation.owner' AND user_id = :u"), {"u": first.id}).all()
    assert (row.role, row.reach, row.limit_amount) == ("owner", "all", None)
    assert (entry.subject_id, entry.before["role"], entry.after["role"]) == (str(first.id), "purchaser", "owner")
    assert event.subject_id == str(person.account_id)


def test_nobody_follows_where_another_owner_stays(company: Company) -> None:
    leaving = company.customer()
    assert leaving.person is not None
    company.customer_person(leaving.person.account_id, "Olga Other", role="owner")
    company.customer_person(leaving.person.account_id, "Paul Purchaser", role="purchaser")
    assert "becomes its owner" not in leaving.get("/account/erase").text


def test_what_was_accepted_is_kept_shown_and_required(portal: Portal, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    stated = replace(portal.settings, terms_version="2026-10", terms_url="https://example.com/terms", privacy_version="3")
    monkeypatch.setattr(portal.parts, "settings", stated)
    browser, email = company.anonymous(), f"nora-{company.slug}@example.com"
    body = {"name": "Nora New", "email": email, "password": "a quite different sentence"}
    page = browser.get("/register")
    assert "version 2026-10" in page
    assert "https://example.com/terms" in page
    browser.post("/register", body, status=422)
    browser.post("/register", body | {"terms": "true", "privacy": "true"}, status=303)
    portal.answer_asked()
    with portal.superuser() as db:
        rows = db.execute(
            sa.text("SELECT c.* FROM consent c JOIN app_user u ON u.id = c.user_id WHERE u.email = :e ORDER BY document"), {"e": email}
        ).all()
        db.execute(sa.text("UPDATE app_user SET email_verified_at = now() WHERE email = :e"), {"e": email})
    assert [(row.document, row.version, row.address) for row in rows] == [
        ("privacy", "3", browser.address), ("terms", "2026-10", browser.address)
    ]  # fmt: skip
    # Who registers an address that is known accepts nothing in its person's name.
    company.anonymous().post("/register", body | {"terms": "true", "privacy": "true"}, status=303)
    portal.answer_asked()
    with portal.superuser() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM consent WHERE user_id = :u"), {"u": rows[0].user_id}) == 2
    browser.post("/sign-in", {"email": email, "password": "a quite different sentence"}, status=303)
    assert "Version 2026-10" in browser.get("/account/data")


def test_free_texts_of_others_name_them_no_more_and_records_stay_as_they_are(
    portal: Portal, company: Company, client: Client, work: Work
) -> None:
    person = client.person
    assert person is not None
    first, last = person.name.split()
    text = f"For {first}  {last.upper()}, or write to {person.email.upper()}. Not {last}ia, nor {first} alone."
    gone = f"For …, or write to …. Not {last}ia, nor {first} alone."
    colleague = company.customer_person(person.account_id, "Cole League", role="purchaser")
    with company.system() as db:
        made = {name: value for answer in (db.info["relay"].call("sample_records", db=db, account_id=person.account_id) for _ in range(2))
                for one in answer for name, value in one.items()}
        quotes = db.scalars(sa.text("SELECT id FROM quotes_quote ORDER BY id")).all()
        for state, quote_id in zip(("draft", "processed"), quotes, strict=True):
            values = {"t": text, "i": quote_id, "s": state, "u": colleague.id}
            number = "number = 'Q-1', erp_ref = 'quote:1', delivery = 'sent'" if state == "processed" else "number = NULL"
            db.execute(sa.text(f"UPDATE quotes_quote SET note = :t, author_id = :u, state = :s, {number} WHERE id = :i"), values)
            db.execute(sa.text("UPDATE quotes_line SET note = :t WHERE quote_id = :i"), values)
    assert made
    samples = sample_problem(company, portal, {"customer": {"email": person.email, "who": [f"{first} {last}"]}})
    ask(client, status=303)
    end_the_wait(portal, person)
    work()
    with portal.superuser() as db:
        for table, key in (("quotes_quote", "id"), ("quotes_line", "quote_id")):
            notes = [set(db.scalars(sa.text(f"SELECT note FROM {table} WHERE {key} = :i"), {"i": one})) for one in quotes]
            assert notes == [{gone}, {text}], table
        payload = db.scalar(sa.text("SELECT payload FROM connection_sync_problem WHERE id = cast(:i AS uuid)"), {"i": samples["problem_id"]})
    assert payload == {"customer": {"email": "…", "who": ["…"]}}


def sample_problem(company: Company, portal: Portal, payload: dict[str, object]) -> dict[str, str]:
    with company.system() as db:
        made = sample_connection(db, portal.parts)
        db.execute(sa.text("UPDATE connection_sync_problem SET payload = cast(:p AS jsonb)"), {"p": json.dumps(payload)})
    return made


def test_jobs_that_wait_or_were_given_up_go_with_whom_they_name(portal: Portal, company: Company, client: Client, work: Work) -> None:
    person, other = client.person, company.customer_person()
    assert person is not None
    with portal.superuser() as db:
        for who in (person, other):
            for table, more, values in (("job_dead", ", attempts, created_at, reason", ", 8, now(), 'r'"), ("job", "", "")):
                for arguments in ({"user_id": str(who.id)}, {"to": who.email.upper()}):
                    db.execute(
                        sa.text(f"INSERT INTO {table} (id, tenant_id, queue, actor, args, priority, request_id{more}) VALUES "
                                f"(uuidv7(), :t, 'default', 'tests.nothing', cast(:a AS jsonb), 5, ''{values})"),
                        {"t": company.id, "a": json.dumps(arguments)},
                    )
    ask(client, status=303)
    end_the_wait(portal, person)
    work()
    with portal.superuser() as db:
        left = db.scalars(sa.text("SELECT args::text FROM job WHERE actor = 'tests.nothing' UNION ALL SELECT args::text FROM job_dead "
                                  "WHERE actor = 'tests.nothing' AND tenant_id = :t"), {"t": company.id}).all()
    assert len([one for one in left if str(other.id) in one or other.email.upper() in one]) == 4
    assert [one for one in left if str(person.id) in one or person.email.upper() in one] == []
