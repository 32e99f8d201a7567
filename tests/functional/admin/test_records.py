"""The audit trail and the mails: search, pages, a harmless export, the chain's word, sending again."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
import sqlalchemy as sa

from portico import audit
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
