"""The audit trail and the mails: search, pages, a harmless export, the chain's word, sending again."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
import sqlalchemy as sa

from portico import audit
from portico.admin import trail
from portico.audit.anchors import Anchor, Anchors
from portico.notify.mail import queue_mail
from portico.testing.portal import Company, Portal


@pytest.fixture
def company(portal: Portal) -> Company:
    return portal.company(plugins=[])


def note(company: Company, action: str, subject: Any = ("thing", "1"), **facts: Any) -> None:
    with company.system() as db:
        audit.record(db, action, subject=subject, **facts)


def test_entries_are_found_by_who_what_and_when(company: Company) -> None:
    admin = company.admin()
    note(company, "things.made", ("thing", "X-1"), before={"price": 1}, after={"price": 2})
    note(company, "things.sold", ("thing", "X-2"))
    page = admin.get("/admin/audit?action=made")
    assert "things.made" in page
    assert "things.sold" not in page
    assert "&#34;price&#34;: 2" in page or '"price": 2' in page
    assert "things.sold" in admin.get("/admin/audit?subject=x-2")
    assert "things.made" not in admin.get("/admin/audit?actor=nobody")
    assert "things.made" not in admin.get("/admin/audit?until=2001-01-01")
    assert "things.made" in admin.get("/admin/audit?since=2001-01-01&until=9999-12-31")
    admin.get("/admin/audit?since=0001-01-01&until=x", status=200)
    assert "things.made" not in admin.get("/admin/audit?action=%25")


def test_pages_follow_each_other_without_gap_or_overlap(company: Company) -> None:
    admin = company.admin()
    for number in range(60):
        note(company, "things.made", ("thing", f"N{number:03}"))
    seen: list[str] = []
    path = "/admin/audit?action=things"
    while path:
        page = admin.get(path)
        seen += [tag.text for tag in page.html.select("span.sub") if tag.text.startswith("N")]
        following = page.html.find("a", rel="next")
        path = following["href"] if following else ""
    assert seen == [f"N{number:03}" for number in reversed(range(60))]
    admin.get("/admin/audit?after=nonsense", status=422)


def test_the_export_runs_nothing_in_a_spreadsheet_and_is_on_record(company: Company) -> None:
    admin = company.admin()
    evil = ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "\tx", "\rx", "  =1", "\n=1"]
    for subject in evil:
        note(company, "things.made", ("thing", subject))
    answer = admin.post("/admin/audit/export", {"action": "things"})
    assert answer.content_type == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert sorted(row["subject_id"] for row in rows) == sorted("'" + one for one in evil)
    assert "audit.export" in admin.get("/admin/audit")
    admin.get("/admin/audit/export", status=405)


def test_entries_are_found_by_any_text_in_them(company: Company) -> None:
    admin = company.admin()
    note(company, "things.made", ("thing", "X-1"), before={"colour": "Vermilion"}, after={"colour": "teal"})
    note(company, "things.sold", ("thing", "X-2"), after={"to": {"city": "Łódź"}})
    admin.get("/")
    for text, found, other in (("vermil", "X-1", "X-2"), ("teal", "X-1", "X-2"), ("łódź", "X-2", "X-1")):
        page = admin.get("/admin/audit", {"text": text})
        assert found in page
        assert other not in page
    assert "X-1" not in admin.get("/admin/audit?text=%25")
    admin.post("/account", {"name": "Ada New", "locale": "en", "colour_mode": "dark"}, status=303)
    assert "identity.profile-changed" in admin.get("/admin/audit", {"text": admin.address})


def test_an_export_has_what_was_searched_for_and_all_of_it(portal: Portal, company: Company) -> None:
    """In portions, so that a million entries need no more memory than a thousand."""
    admin = company.admin()
    with portal.superuser() as db:
        db.execute(
            sa.text(
                "INSERT INTO audit_entry (id, tenant_id, actor_kind, actor, action, subject_type, subject_id, address, request_id) "
                "SELECT uuidv7(), :t, 'system', 'Portico', CASE WHEN n % 2 = 0 THEN 'things.even' ELSE 'things.odd' END, 'n', n, '', '' "
                "FROM generate_series(1, 5000) n"
            ),
            {"t": company.id},
        )
    answer = admin.post("/admin/audit/export", {"action": "even"})
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert {row["subject_id"] for row in rows} == {str(n) for n in range(2, 5001, 2)}
    assert len(rows) == 2500
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    selects = [one for one in admin.queries if "FROM audit_entry" in one]
    assert len(selects) == 1 + 2500 // trail.AT_ONCE
    assert all("LIMIT" in one for one in selects)


def test_more_than_a_file_can_hold_is_refused_and_not_cut(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = company.admin()
    for number in range(4):
        note(company, "things.made", ("thing", f"N{number}"))
    monkeypatch.setattr(trail, "MOST_EXPORTED", 3)
    assert "Choose fewer days" in admin.post("/admin/audit/export", {"action": "things"}, status=422)
    monkeypatch.setattr(trail, "MOST_EXPORTED", 4)
    assert admin.post("/admin/audit/export", {"action": "things"}, status=200).text.count("things.made") == 4


def test_operators_have_the_same_for_their_own_trail(portal: Portal) -> None:
    operator = portal.operator()
    operator.post("/account", {"name": "Olga Operator", "locale": "en", "colour_mode": "dark"}, status=303)
    assert "identity.profile-changed" in operator.get("/operator/audit", {"text": operator.address})
    for part in ("actor", "action", "subject"):
        operator.get("/operator/audit", {part: "Olga"})
        operator.post("/operator/audit/export", {part: "Ol\0ga"}, status=200)
    answer = operator.post("/operator/audit/export", {"text": operator.address})
    assert "audit-installation.csv" in answer.headers["Content-Disposition"]
    assert "identity.profile-changed" in answer.text
    assert "The chain" in operator.htmx("/operator/audit/verify")


def test_the_newest_page_is_a_click_away(company: Company) -> None:
    admin = company.admin()
    for _number in range(30):
        note(company, "things.made")
    first = admin.get("/admin/audit?action=things")
    assert first.html.find("a", rel="prev") is None
    second = admin.get(first.html.find("a", rel="next")["href"])
    assert admin.get(second.html.find("a", rel="prev")["href"]).html.find("a", rel="next")["href"]


def test_the_page_tells_a_cut_trail_from_a_broken_one(portal: Portal, company: Company) -> None:
    admin = company.admin()
    for number in range(3):
        note(company, "things.made", ("thing", f"N{number}"))
    with portal.superuser() as db:
        db.execute(sa.text("SELECT audit_seal_pending(100000)"))
        head = db.execute(sa.text("SELECT number, hash FROM audit_seal WHERE chain = :c ORDER BY number DESC LIMIT 1"), {"c": company.id}).one()
    assert "No anchor outside the database is at hand" in admin.htmx("/admin/audit/verify")
    seen = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    Anchors(portal.settings.anchors_folder).append([Anchor(seen, company.id, head.number, bytes(head.hash))])
    assert "Its end is anchored" in admin.htmx("/admin/audit/verify")
    with portal.superuser() as db:
        db.execute(sa.text("DELETE FROM audit_seal WHERE chain = :c AND number = :n"), {"c": company.id, "n": head.number})
    assert "The end of the trail was cut off" in admin.htmx("/admin/audit/verify")


def test_the_chain_is_checked(portal: Portal, company: Company) -> None:
    admin = company.admin()
    note(company, "things.made")
    with portal.superuser() as db:
        db.execute(sa.text("SELECT audit_seal_pending(100000)"))
    assert "The chain holds" in admin.htmx("/admin/audit/verify")
    with portal.superuser() as db:
        db.execute(
            sa.text("UPDATE audit_entry SET actor = 'somebody else' WHERE tenant_id = :t AND action = 'things.made'"),
            {"t": company.id},
        )
    assert "The chain is broken at entry" in admin.htmx("/admin/audit/verify")


def test_another_companys_entries_are_not_there(portal: Portal, company: Company) -> None:
    note(portal.company(plugins=[]), "things.elsewhere")
    note(company, "things.here")
    page = company.admin().get("/admin/audit?action=things")
    assert "things.here" in page
    assert "things.elsewhere" not in page


def test_only_those_who_may_read_the_trail(company: Company) -> None:
    company.admin().get("/admin/audit", status=200)
    for client in (company.agent(), company.customer()):
        client.get("/admin/audit", status=403)
        client.get("/admin/audit/verify", status=403)
        client.post("/admin/audit/export", status=403)


def mail(portal: Portal, company: Company, status: str, error: str | None = None) -> Any:
    with company.system() as db:
        queue_mail(
            db,
            portal.parts,
            "carla@example.com",
            "portico/mail/reset",
            locale="en",
            name="C",
            link="https://x/reset?token=SECRETLINK",
        )
    with portal.superuser() as db:
        return db.scalar(
            sa.text(
                "UPDATE mail SET status = :s, error = :e WHERE id = (SELECT max(id::text)::uuid FROM mail WHERE tenant_id = :t) "
                "RETURNING id"
            ),
            {"s": status, "e": error, "t": company.id},
        )


def test_a_failed_mail_shows_the_servers_words_and_is_sent_again(portal: Portal, company: Company) -> None:
    agent = company.agent()
    mail_id = mail(portal, company, "failed", "550 no such user here")
    page = agent.get("/admin/mails?show=failed")
    assert "550 no such user here" in page
    assert "SECRETLINK" not in page  # a mail may hold a link for one person
    agent.post(f"/admin/mails/{mail_id}/retry", status=303)
    with portal.superuser() as db:
        assert db.scalar(sa.text("SELECT status FROM mail WHERE id = :i"), {"i": mail_id}) == "queued"
        assert (
            db.scalar(sa.text("SELECT count(*) FROM job WHERE args->>'mail_id' = :i"), {"i": str(mail_id)}) == 2
        )  # at first, and again
    agent.post(f"/admin/mails/{mail_id}/retry", status=409)


def test_another_companys_mail_is_not_there(portal: Portal, company: Company) -> None:
    other = portal.company(plugins=[])
    mail_id = mail(portal, other, "failed")
    company.agent().post(f"/admin/mails/{mail_id}/retry", status=404)
    assert "carla@example.com" not in company.agent().get("/admin/mails")
    other.agent().post(f"/admin/mails/{mail_id}/retry", status=303)


def test_customers_see_no_mails(company: Company) -> None:
    company.agent().get("/admin/mails", status=200)
    company.customer().get("/admin/mails", status=403)
