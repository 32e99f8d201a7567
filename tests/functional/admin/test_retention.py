"""What a company does not keep any longer goes, by its own rule; nothing else does (SEC-11)."""

from __future__ import annotations

from types import SimpleNamespace

import sqlalchemy as sa

from portico.admin import retention
from portico.testing.portal import Company, Portal


def run(company: Company) -> None:
    retention.retain(SimpleNamespace(tenant=company.tenant, session=company.system))


def fill(portal: Portal, company: Company, days: int) -> None:
    values = {"t": company.id, "d": days, "u": company.customer_person().id}
    with portal.superuser() as db:
        for statement in (
            "INSERT INTO mail (id, tenant_id, recipient, kind, subject, text, html, status, created_at) "
            "VALUES (uuidv7(), :t, 'x@example.com', 'x', 'x', 'x', 'x', 'sent', now() - make_interval(days => :d))",
            "INSERT INTO mail (id, tenant_id, recipient, kind, subject, text, html, status, created_at) "
            "VALUES (uuidv7(), :t, 'x@example.com', 'waits', 'x', 'x', 'x', 'queued', now() - make_interval(days => :d))",
            "INSERT INTO notification (tenant_id, id, user_id, event_id, kind, data, at) "
            "VALUES (:t, uuidv7(), :u, uuidv7(), 'x', '{}', now() - make_interval(days => :d))",
            "INSERT INTO event (tenant_id, id, kind, actor, data, at) "
            "VALUES (:t, uuidv7(), 'x', '', '{}', now() - make_interval(days => :d))",
        ):
            db.execute(sa.text(statement), {key: value for key, value in values.items() if f":{key}" in statement})


def counts(portal: Portal, company: Company) -> tuple[int, int, int]:
    with portal.superuser() as db:
        found = [
            db.scalar(sa.text(f"SELECT count(*) FROM {table} WHERE tenant_id = :t"), {"t": company.id})
            for table in ("mail", "notification", "event")
        ]
    return found[0] or 0, found[1] or 0, found[2] or 0


def test_each_company_keeps_as_long_as_it_says(portal: Portal) -> None:
    short, usual = portal.company(plugins=[]), portal.company(plugins=[])
    admin = short.admin()
    page = admin.get("/admin/retention")
    form = next(one for one in page.forms.values() if "mails" in one.fields)
    for name, days in {"mails": "30", "notices": "60", "activity": "90"}.items():
        form[name] = days
    admin.web.post(page.request.path, form.submit_fields(), headers={"X-CSRF-Token": admin.token()}, status=303)
    for company in (short, usual):
        for days in (10, 50, 70, 200):
            fill(portal, company, days)
    run(short)
    run(usual)
    assert counts(portal, short) == (1 + 4, 2, 3)  # mails that wait are never too old
    assert counts(portal, usual) == (4 + 4, 4, 4)
    assert "company.retained" in admin.get("/admin/audit?action=company.ret")


def test_a_rule_has_bounds(portal: Portal) -> None:
    admin = portal.company(plugins=[]).admin()
    page = admin.get("/admin/retention")
    form = next(one for one in page.forms.values() if "mails" in one.fields)
    form["mails"] = "1"
    admin.web.post(page.request.path, form.submit_fields(), headers={"X-CSRF-Token": admin.token()}, status=422)
