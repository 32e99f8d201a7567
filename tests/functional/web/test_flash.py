"""Messages for the next page, where nobody opens one."""

from __future__ import annotations

from portico.testing.portal import Portal


def test_messages_that_nobody_looks_at_are_forgotten_the_oldest_first(portal: Portal) -> None:
    company = portal.company(locale="ar")
    account_id = company.account("A")
    client = company.customer(account_id)
    for number in range(60):
        client.post(f"/organisations/{account_id}/sites/new?lang=ar", {"name": f"S{number}", "address": ""}, status=303)
    shown = client.get(f"/organisations/{account_id}").html.select("#toasts .flash")
    assert 5 < len(shown) < 60
