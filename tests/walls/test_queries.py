"""Every page's statements are counted, and the count does not grow with the rows: generated from the route table."""

from __future__ import annotations

import pytest
from tests.walls.crowd import with_records
from tests.walls.test_routes import _route_table, assert_done, may, path, sent
from tests.walls.world import Side, build_side

from portico.identity.permissions import OPERATOR
from portico.testing.portal import Portal
from portico.web.routes import RouteSpec

LIST, DETAIL = 5, 8
"""Statements a page may send: without an id in its address, and with one (architecture D15). `enter` is one of them."""
MANY, MORE = 12, 47
"""Records beside the first; with the second as well, a list has more than one page."""
MORE_ALLOWED: dict[str, int] = {
    "quotes.by_link": DETAIL,  # one record, which the secret of its link names
    "signatures.api.contract_sign": DETAIL + 1,  # the record, its document, and the connection that has to take the answer
    "payments.statement": DETAIL,  # one record: the account of the reader's own organisation
    "payments.statement_pdf": DETAIL,
}
"""Routes that need more, each with a reason beside it."""


ASKED = {"operator.connection_new": {"connector": "companydb"}}
"""What the address has to say beside its path."""
DASHBOARDS = {"operator.home"}
"""Pages without an id that put many things together: they may send as many statements as a page with one."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "spec" not in metafunc.fixturenames:
        return
    left_out = "apex" if "few" in metafunc.fixturenames else "tenant"
    found = [spec for spec in _route_table() if spec.method == "GET" and spec.site != left_out]
    metafunc.parametrize("spec", found, ids=[spec.name for spec in found])


def budget(spec: RouteSpec) -> int:
    return MORE_ALLOWED.get(spec.name, DETAIL if spec.parameters or spec.name in DASHBOARDS else LIST)


@pytest.fixture(scope="module")
def few(portal: Portal) -> Side:
    return build_side(portal)


@pytest.fixture(scope="module")
def many(portal: Portal) -> Side:
    return with_records(build_side(portal), MANY)


@pytest.fixture(scope="module")
def a_page_more(portal: Portal) -> Side:
    return with_records(build_side(portal), MANY + MORE)


def readers(side: Side, spec: RouteSpec) -> list[str]:
    """The least powerful who may; of a list the agent too, who has everybody's in it."""
    able = [one for one in ("owner", "agent", "admin") if may(side, one, spec)]
    return [one for one in able if one == able[0] or (one == "agent" and not spec.parameters)]


def count(side: Side, spec: RouteSpec, who: str) -> tuple[int, list[str]]:
    """Statements of the page, the second time: the first fills per-process caches."""
    client = side.clients[who]
    if spec.kind == "api":
        client = side.company.api(client.person)
        client.prefix = side.company.prefix
    for _ in range(2):
        answer = client.get(path(spec, side.samples), sent(side, spec), status="*")
        assert_done(answer, spec, who)
    return len(client.queries), client.queries


def test_page_keeps_its_budget_however_many_rows_there_are(
    spec: RouteSpec, few: Side, many: Side, a_page_more: Side
) -> None:
    for who in readers(few, spec):
        lean, _ = count(few, spec, who)
        for side, records in ((many, MANY + 1), (a_page_more, MANY + MORE + 1)):
            full, statements = count(side, spec, who)
            told = f"{who}: {lean} statements with one record of each kind, {full} with {records}:\n" + "\n\n".join(statements)
            assert full <= budget(spec), told
            assert full <= lean, told


@pytest.fixture(scope="module")
def outside(portal: Portal) -> Side:
    """The first of several companies, of which one has many records; what the apex shows of them all has something to
    grow with."""
    first = build_side(portal)
    with_records(build_side(portal), MANY)
    build_side(portal)
    return first


def test_page_outside_of_companies_keeps_its_budget(spec: RouteSpec, portal: Portal, outside: Side) -> None:
    person = outside.clients["owner"].person
    client = portal.operator() if spec.permission == OPERATOR else portal.client(person)
    for _ in range(2):
        answer = client.get(path(spec, outside.samples), {**ASKED.get(spec.name, {}), **sent(outside, spec)}, status="*")
        assert_done(answer, spec, "the operator" if spec.permission == OPERATOR else "owner")
    assert len(client.queries) <= budget(spec), "\n\n".join(client.queries)


PAGED = {
    "owner": ("/quotes", "/orders", "/invoices", "/notices", "/approvals"),
    "agent": ("/quotes", "/orders", "/invoices", "/notices", "/approvals", "/admin/members", "/admin/mails", "/admin/sync-problems"),
    "admin": ("/admin/audit",),
}
WHOLE = {
    "owner": ("/account/security", "/account/tokens", "/account/devices", "/organisations/{account_id}"),
    "agent": ("/admin/roles", "/customers", "/organisation"),
    "admin": ("/admin/connections", "/admin/sso"),
}


def test_lists_have_more_than_one_page(a_page_more: Side) -> None:
    """Or the third count above would be as good as the second."""
    for who, addresses in PAGED.items():
        for address in addresses:
            assert "after=" in a_page_more.clients[who].get(address), (who, address)


def test_lists_that_are_shown_whole_have_more_of_everything(few: Side, many: Side) -> None:
    for who, addresses in WHOLE.items():
        for address in addresses:
            lean, full = (len(side.clients[who].get(address.format(**side.samples)).html.select("main li, main tr")) for side in (few, many))
            assert full >= lean + MANY, (who, address, lean, full)
