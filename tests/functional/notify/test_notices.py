"""What the notification centre lists and counts."""

from __future__ import annotations

import sqlalchemy as sa

from portico import events
from portico.notify.models import Notification
from portico.tenancy.models import TenantPlugin
from portico.testing.portal import Company, Portal

PLUGIN, OF_THE_PLUGIN, OF_CORE = "portico_quotes", "quotes.processed", "approvals.approved"
WORDS = "Approved:"
MORE_THAN_A_PAGE = 30


def notify(company: Company, user_id: object, account_id: object, kind: str) -> None:
    with company.system() as db:
        event_id = events.publish(db, kind, account_id=account_id, subject=("sample", "1"))
        db.add(Notification(user_id=user_id, event_id=event_id, kind=kind, data={}))


def switch(company: Company, *, on: bool) -> None:
    with company.system() as db:
        db.execute(sa.update(TenantPlugin).where(TenantPlugin.plugin == PLUGIN).values(enabled=on))


def test_many_of_a_plugin_that_is_off_hide_none_that_is_older(portal: Portal) -> None:
    company = portal.company(plugins=[PLUGIN])
    account_id = company.account()
    client = company.customer(account_id)
    notify(company, client.person.id, account_id, OF_CORE)
    for _ in range(MORE_THAN_A_PAGE):
        notify(company, client.person.id, account_id, OF_THE_PLUGIN)
    api = company.api(client.person)
    first = client.get("/notices")
    assert WORDS not in first  # on the second page
    assert "after=" in first
    assert str(MORE_THAN_A_PAGE + 1) in client.get("/notices/badge")
    switch(company, on=False)
    page = client.get("/notices")
    assert WORDS in page
    assert "after=" not in page
    told = api.get("/notices").json
    assert ([one["title"].startswith(WORDS) for one in told["items"]], told["next_cursor"]) == ([True], None)
    assert str(MORE_THAN_A_PAGE + 1) not in client.get("/notices/badge")
    switch(company, on=True)
    assert str(MORE_THAN_A_PAGE + 1) in client.get("/notices/badge")
