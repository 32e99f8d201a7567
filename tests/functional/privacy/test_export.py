"""The archive of one's own data: made by a worker, fetched by its person alone, gone after some days (SEC-11, ACC-10)."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from tests.functional.admin.test_security_rules import plain, save
from tests.functional.identity.test_second_factor import set_up

from portico.db.types import new_id
from portico.identity import account
from portico.identity.sealing import UnsealableError, unseal
from portico.privacy.service import ARCHIVE
from portico.tenancy.models import AccountMember
from portico.tenancy.service import add_member
from portico.testing.client import Client
from portico.testing.portal import Company, Portal

Work = Callable[[], None]


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company()


@pytest.fixture
def client(company: Company) -> Client:
    return company.customer()


def link(client: Client) -> str:
    found = client.get("/account/data").html.find("a", download=True)
    assert found is not None
    return str(found["href"])


def opened(client: Client, path: str) -> zipfile.ZipFile:
    answer = client.get(path, status=200)
    assert answer.content_type == "application/zip"
    assert "attachment" in answer.headers["Content-Disposition"]
    return zipfile.ZipFile(io.BytesIO(answer.body))


def actions(company: Company, person_id: object) -> list[str]:
    with company.system() as db:
        found = db.execute(sa.text("SELECT action FROM audit_entry WHERE user_id = :u ORDER BY at"), {"u": person_id})
        return [row.action for row in found]


def test_from_the_button_to_the_archive(portal: Portal, company: Company, client: Client, work: Work) -> None:
    client.post("/account/data/export", status=303)
    waiting = client.get("/account/data")
    assert "being made" in waiting
    assert 'hx-get="' in client.htmx("/account/data/status").text
    client.post("/account/data/export", status=409)  # one at a time
    work()
    assert "being made" not in client.htmx("/account/data/status")
    made = opened(client, link(client))
    assert client.person is not None
    data = json.loads(made.read("data.json"))["tables"]
    assert data["app_user"][0]["email"] == client.person.email
    assert data["membership"][0]["tenant_id"] == str(company.id)
    assert "password_hash" not in str(data)
    assert client.person.email in made.read("index.html").decode()
    found = actions(company, client.person.id)
    assert found.count("identity.data-asked") == 1
    assert found.count("identity.data-downloaded") == 1
    with portal.superuser() as db:
        mails = db.scalars(sa.text("SELECT subject FROM mail WHERE recipient = :r"), {"r": client.person.email}).all()
    assert "The archive of your data is ready" in mails


def test_it_lies_sealed_with_its_persons_key_until_it_is_fetched(portal: Portal, client: Client, work: Work) -> None:
    client.post("/account/data/export", status=303)
    work()
    assert client.person is not None
    with portal.superuser() as db:
        query = sa.text("SELECT id, file FROM data_request WHERE user_id = :u")
        row = db.execute(query, {"u": client.person.id}).one()
    sealed, key = bytes(row.file), portal.settings.master_key
    assert not zipfile.is_zipfile(io.BytesIO(sealed))
    assert b"index.html" not in sealed
    assert zipfile.is_zipfile(io.BytesIO(unseal(key, ARCHIVE, client.person.id, sealed, row=row.id)))
    with pytest.raises(UnsealableError):
        unseal(key, ARCHIVE, new_id(), sealed, row=row.id)


def test_its_page_is_in_the_persons_language(client: Client, work: Work) -> None:
    client.get("/account/data?lang=ar")
    client.post("/account/data/export?lang=ar", status=303)
    work()
    page = opened(client, link(client)).read("index.html").decode()
    assert '<html lang="ar" dir="rtl">' in page


def test_companies_whose_factor_the_person_lacks_are_left_out_and_named(portal: Portal, company: Company, work: Work) -> None:
    """What a company's pages would not show to this session, the archive does not tell either."""
    there = portal.company(name="Lock & Söhne")
    person = company.customer_person()
    with there.system() as db:
        add_member(db, email=person.email, name=person.name, kind="customer", roles=["customer"])
        db.add(AccountMember(account_id=there.account("There"), user_id=person.id, role="owner"))
    client, at_there = company.client(person), plain(there, person)
    client.post("/quotes/new", status=303)
    at_there.post("/quotes/new", status=303)
    assert "left out" not in client.get("/account/data")
    save(there.admin(), "owner")
    assert "/account/security" in at_there.get("/quotes", status=303).location
    page = client.get("/account/data")
    assert "Some companies are left out" in page
    assert "Lock &amp; Söhne" in page

    def made(lang: str) -> zipfile.ZipFile:
        client.post(f"/account/data/export?lang={lang}", status=303)
        work()
        return opened(client, link(client))

    for lang, title in (("en", "not in this archive"), ("fr", "ne figurent pas dans cette archive"), ("ar", "غير موجودة في هذا الأرشيف")):
        archive = made(lang)
        told, shown = json.loads(archive.read("data.json")), archive.read("index.html").decode()
        assert [one["company"] for one in told["companies_left_out"]] == ["Lock & Söhne"]
        assert title in shown
        assert "<bdi>Lock &amp; Söhne</bdi>" in shown
        assert {row["company"] for row in told["tables"]["quotes_quote"]} == {company.tenant.name}
        of_there = {name for name, rows in told["tables"].items() if any(row.get("tenant_id") == str(there.id) for row in rows)}
        assert of_there == {"membership"}
    set_up(client)
    assert "left out" not in client.get("/account/data?lang=en")
    archive = made("en")
    told = json.loads(archive.read("data.json"))
    assert told["companies_left_out"] == []
    assert len(told["tables"]["quotes_quote"]) == 2
    assert "not in this archive" not in archive.read("index.html").decode()


def test_erasing_tells_nothing_of_a_company_whose_factor_the_person_lacks(portal: Portal, company: Company) -> None:
    """And asks for no factor; the mail to their own address names who follows."""
    client = company.customer()
    assert client.person is not None
    company.customer_person(client.person.account_id, "Fina First", role="purchaser")
    assert "Fina First" in client.get("/account/erase")
    save(company.admin(), "owner")
    at_home = portal.client(client.person)
    assert "Fina First" not in at_home.get("/account/erase")
    at_home.post("/account/erase", {"email": client.person.email}, status=303)
    [mail] = [one for one in portal.mails(client.person.email) if one.kind == "erasure"]
    assert "Fina First" in mail.text


def test_its_tables_run_nothing_in_a_spreadsheet(company: Company, client: Client, work: Work) -> None:
    assert client.person is not None
    with company.scope_of(client.person) as db:
        account.change_profile(db, name="=cmd|' /C calc'!A0", locale=None, colour_mode="dark")
    client.post("/account/data/export", status=303)
    work()
    text = opened(client, link(client)).read("tables/app_user.csv").decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert row["name"] == "'=cmd|' /C calc'!A0"


def test_nobody_else_gets_it(company: Company, client: Client, work: Work) -> None:
    client.post("/account/data/export", status=303)
    work()
    path = link(client)
    assert path.startswith(company.prefix)
    company.customer().get(path, status=404)
    company.admin().get(path, status=404)
    company.anonymous().get(path, status=303)
    for broken in (path[:-1] + ("0" if path[-1] != "0" else "1"), path.split("token=")[0], path.replace("token=", "token=9")):
        client.get(broken, status=404)
    client.get(path, status=200)


def test_a_link_ends_and_so_does_the_archive(portal: Portal, client: Client, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    from portico.privacy import service

    client.post("/account/data/export", status=303)
    work()
    path, now = link(client), service.time.time()
    monkeypatch.setattr(service.time, "time", lambda: now + service.LINK_S + 1)
    client.get(path, status=404)
    monkeypatch.undo()
    fresh = link(client)
    assert client.person is not None
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE data_request SET expires_at = now() WHERE user_id = :u"), {"u": client.person.id})
    client.get(fresh, status=404)
    work()
    with portal.superuser() as db:
        row = db.execute(sa.text("SELECT state, file FROM data_request WHERE user_id = :u"), {"u": client.person.id}).one()
    assert (row.state, row.file) == ("expired", None)


def test_asking_needs_a_fresh_proof(portal: Portal, client: Client) -> None:
    assert client.person is not None
    with portal.superuser() as db:
        db.execute(sa.text("UPDATE web_session SET elevated_at = NULL WHERE user_id = :u"), {"u": client.person.id})
    before = client.get("/account/data").request
    way = client.post("/account/data/export", headers={"Referer": before.url}, status=303).location
    assert "/account/prove" in way
    assert way.endswith("next=" + quote(before.path, safe=""))  # back to the page: the action itself is none
    way = client.post("/account/data/export", headers={"Referer": "https://elsewhere.example/x"}, status=303).location
    assert "elsewhere" not in way
    assert "/account/prove" in client.get("/account/erase", status=303).location


def test_what_fails_again_and_again_is_said_to_have_failed(portal: Portal, client: Client, work: Work) -> None:
    assert client.person is not None
    with portal.superuser() as db:
        db.execute(
            sa.text(
                "INSERT INTO data_request (id, user_id, kind, locale, attempts, lease) "
                "VALUES (:id, :u, 'export', 'en', 5, now() - interval '1 minute')"
            ),
            {"id": new_id(), "u": client.person.id},
        )
    work()
    assert "could not be made" in client.get("/account/data")
