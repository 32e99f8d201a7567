"""Who may open a stream of live events: nobody whom a page of the company would send elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portico.testing.portal import Portal
from portico.web.live_gate import LiveGate


def asked(portal: Portal, company: Any, person: Any) -> Any:
    return opened(LiveGate(portal.parts), company, b"portico=" + portal.session(person).encode())


def opened(gate: LiveGate, company: Any, cookie: bytes) -> Any:
    scope = {
        "type": "http", "method": "GET", "path": f"/c/{company.slug}/events", "raw_path": f"/c/{company.slug}/events".encode(),
        "root_path": f"/c/{company.slug}", "query_string": b"", "scheme": "http", "http_version": "1.1",
        "server": ("localhost", 6543), "client": ("127.0.0.1", 1), "headers": [(b"host", b"localhost:6543"), (b"cookie", cookie)],
    }
    return gate.authorise(scope)


def test_members_hear_their_company(portal: Portal) -> None:
    company = portal.company()
    customer, agent = company.customer().person, company.agent().person
    assert asked(portal, company, customer).accounts == {customer.account_id}
    assert asked(portal, company, agent).staff


@pytest.mark.parametrize("who", ["a member of another company", "a member of none", "an operator", "one who waits"])
def test_others_hear_nothing(portal: Portal, who: str) -> None:
    company = portal.company()
    person = {"a member of another company": lambda: portal.company().customer().person,
              "an operator": lambda: portal.person("Olga Operator", operator=True)}.get(who, portal.person)()
    if who == "one who waits":
        portal.client(person, company.prefix).post("/join", {"claim": "X", "__formid__": "form"}, status=303)
    assert asked(portal, company, person) is None


@pytest.mark.parametrize("change", ["UPDATE membership SET status = 'inactive' WHERE user_id = :a", "UPDATE membership SET roles = '{}' WHERE user_id = :a",
                                    "UPDATE app_user SET status = 'disabled' WHERE id = :a"], ids=["left", "role taken", "disabled"])
def test_stream_of_a_view_goes_on_no_longer_than_its_pages(portal: Portal, change: str) -> None:
    company = portal.company()
    customer, agent = company.customer().person, company.agent()
    with company.system() as db:
        membership = db.scalar(sa.text("SELECT id FROM membership WHERE user_id = :u"), {"u": customer.id})
    agent.post(f"/admin/members/{membership}/see-as", {"reason": "She cannot find her order"}, status=303)
    gate = LiveGate(portal.parts)
    cookie = b"portico_view=" + agent.web.cookies["portico_view"].encode()
    stream = opened(gate, company, cookie)
    assert (stream.user_id, stream.accounts) == (customer.id, {customer.account_id})
    assert gate.revalidate([stream.session_id]) == {stream.session_id}
    with portal.superuser() as connection:
        connection.execute(sa.text(change), {"a": agent.person.id})
    assert gate.revalidate([stream.session_id]) == set()
    assert opened(gate, company, cookie) is None
