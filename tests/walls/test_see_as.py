"""Whoever looks as a customer changes nothing and sees nothing of the customer's own: every route, from the route table."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.walls.bodies import prepare
from tests.walls.test_routes import _route_table, path, sent, succeeded
from tests.walls.world import Side, build_side
from webtest import TestResponse

from portico.identity.permissions import HERE, OWN_HERE, PUBLIC, SEEING, SIGNED_IN
from portico.testing.client import Client
from portico.testing.portal import Portal
from portico.web.routes import RouteSpec

ENDS = "identity.see_as_end"
FORBIDDEN = 403


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "spec" in metafunc.fixturenames:
        changing = "changes" in metafunc.function.__name__
        found = [
            one for one in _route_table()
            if one.site != "apex" and one.kind != "api" and one.name != ENDS and (one.method not in ("GET", "HEAD")) == changing
        ]
        metafunc.parametrize("spec", found, ids=[f"{one.name}-{one.method}" for one in found])


@pytest.fixture(scope="module")
def side(portal: Portal) -> Side:
    return build_side(portal)


@pytest.fixture(scope="module")
def viewer(side: Side) -> Client:
    """An agent who looks as the first customer."""
    agent = side.company.agent()
    agent.post(f"/admin/members/{side.samples['membership_id']}/see-as", {"reason": "as a test of all routes"}, status=303)
    return agent


def test_nothing_changes(spec: RouteSpec, side: Side, viewer: Client) -> None:
    """Not even what strangers may send, such as a sign-in: the answer is the same for every address."""
    prepare(side, spec)
    before = counted(side)
    answer = viewer.post(path(spec, side.samples), sent(side, spec), status="*")
    assert answer.status_int == FORBIDDEN, (spec.name, answer.status)
    assert "nothing can be changed here" in answer.text
    assert counted(side) == before


def counted(side: Side) -> int:
    """Rows of the company's trail but for the refusals themselves."""
    with side.company.portal.superuser() as connection:
        statement = sa.text("SELECT count(*) FROM audit_entry WHERE tenant_id = :t AND action <> 'see-as.refused'")
        return int(connection.scalar(statement, {"t": side.company.id}) or 0)


def test_what_is_the_customers_own_stays_closed_and_the_rest_is_as_they_see_it(spec: RouteSpec, side: Side, viewer: Client) -> None:
    url = path(spec, side.samples)
    answer = viewer.get(url, status="*")
    if spec.permission in (SIGNED_IN, OWN_HERE, HERE, SEEING):
        assert answer.status_int == FORBIDDEN, (spec.name, answer.status)
        return
    if spec.fresh:
        assert closed(answer), (spec.name, answer.status, answer.headers.get("Location"))
        return
    owner = side.clients["owner"].get(url, status="*")
    if spec.permission != PUBLIC:
        assert answer.status_int == owner.status_int, (spec.name, answer.status, owner.status)
    if succeeded(owner, spec) and owner.content_type == "text/html" and "<body" in owner.text and answer.status_int == 200:
        assert "/see-as/end" in answer.text or "brand_preview" in spec.name, f"{spec.name}: no banner"


def closed(answer: TestResponse) -> bool:
    """Refused, or sent to prove who sits there, which a view cannot: that page is closed to it, too."""
    return answer.status_int == FORBIDDEN or answer.status_int == 303 and "/account/prove?" in answer.location


def test_tokens_of_a_view_open_no_api(side: Side, viewer: Client) -> None:
    token = viewer.web.cookies["portico_view"]
    program = side.company.anonymous()
    program.bearer(token)
    assert program.get("/api/v1/portal/notices", status="*").status_int == 401
