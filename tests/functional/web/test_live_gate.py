"""Who may open a stream of live events: nobody whom a page of the company would send elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from portico.testing.portal import Portal
from portico.web.live_gate import LiveGate


def asked(portal: Portal, company: Any, person: Any) -> Any:
    cookie = b"portico=" + portal.session(person).encode()
    scope = {
        "type": "http", "method": "GET", "path": f"/c/{company.slug}/events", "raw_path": f"/c/{company.slug}/events".encode(),
        "root_path": f"/c/{company.slug}", "query_string": b"", "scheme": "http", "http_version": "1.1",
        "server": ("localhost", 6543), "client": ("127.0.0.1", 1), "headers": [(b"host", b"localhost:6543"), (b"cookie", cookie)],
    }
    return LiveGate(portal.parts).authorise(scope)


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
