"""Nobody signs in at a company's own host, and nothing of a person's own is there: every route, tried at one.

Generated from the route table: a new route is tried without a line of test, and one that strangers may send is asked for.
"""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from tests.functional.identity.handoff.way import own_host
from tests.walls import bodies
from tests.walls.test_routes import _route_table, path, send
from tests.walls.world import Side, build_side

from portico.identity.permissions import HERE, OWN_HERE, PUBLIC, SIGNED_IN
from portico.testing.client import Client
from portico.testing.portal import Portal
from portico.web.routes import RouteSpec

TAKEN_FROM_STRANGERS = {
    "identity.saml_answer": "what a company's provider posts; makes a session of that company alone (decision 0022)",
    "identity.join": "asks to be let into this company, as who is signed in",
    "identity.reauthenticate": "sends on to the portal's own host, or to the company's own sign-in",
    "identity.sign_out": "ends a session",
    "quotes.by_link": "answers the one offer that the secret of a mail's link names; makes no session (decision 0037)",
    "signatures.verify": "says of a file whether it was signed here; keeps nothing of it (decision 0038)",
}
"""Routes that strangers, or whoever is signed in, may send to a company's own host, each with the reason."""
ROUTES = [spec for spec in _route_table() if spec.site != "apex"]
SEE_OTHER, NOT_FOUND, FORBIDDEN = 303, 404, 403


@pytest.fixture(scope="module")
def side(portal: Portal) -> Side:
    """A world of its own, as its company gets a host."""
    return build_side(portal)


def clients(portal: Portal, side: Side) -> dict[str, Client]:
    """At the company's own host: nobody, and who came from the portal's."""
    anonymous, owner = own_host(portal, side.company), own_host(portal, side.company)
    person = side.clients["owner"].person
    assert person is not None
    owner.set_session(portal.session(person, tenant_id=side.company.id, host=f"{side.company.slug}.example"))
    return {"anonymous": anonymous, "owner": owner}


def asked(side: Side, client: Client, spec: RouteSpec):
    url = path(spec, side.samples)
    if spec.kind == "api":
        body = json.dumps(bodies.example(spec.body()) if spec.body else {}).encode()
        there = f"http://{client.web.extra_environ['HTTP_HOST']}{url}"
        return client.web.request(there, method=spec.method, body=body, content_type="application/json", expect_errors=True)
    return client.get(url, status="*") if spec.method == "GET" else client.post(url, {"email": "a@example.com", "password": "x"}, status="*")


def test_what_is_not_led_away_is_known() -> None:
    """A new route that strangers may send, or whoever is signed in, is asked for."""
    found = {spec.name for spec in ROUTES if spec.permission in (PUBLIC, HERE) and spec.method != "GET" and not spec.home}
    assert found == TAKEN_FROM_STRANGERS.keys()
    assert all(spec.home for spec in ROUTES if spec.permission in (SIGNED_IN, OWN_HERE))


@pytest.mark.parametrize("spec", [pytest.param(one, id=f"{one.name}-{one.method}") for one in ROUTES if one.home])
def test_what_is_a_persons_own_leads_to_the_portals_host(portal: Portal, side: Side, spec: RouteSpec) -> None:
    base = portal.parts.login_url(side.company.tenant)
    url = path(spec, side.samples)
    for who, client in clients(portal, side).items():
        answer = asked(side, client, spec)
        assert not any(one.startswith("portico=") for one in answer.headers.getall("Set-Cookie")), who
        if spec.kind == "api":
            assert (answer.status_int, answer.json["code"], answer.json["address"]) == (FORBIDDEN, "portal-host", base + url), who
        elif spec.name == "identity.sign_in" and who == "anonymous":
            assert answer.status_int == SEE_OTHER
            assert answer.location.startswith(f"{base}/sign-in/continue?challenge=")
        elif spec.name == "identity.sign_in":
            assert answer.location == f"http://{side.company.slug}.example:6543/", "is in already"
        elif "GET" in portal.parts.routes.methods(spec.name):
            assert (answer.status_int, answer.location) == (SEE_OTHER, base + url), who
        else:
            assert answer.status_int == NOT_FOUND, who


def test_who_looks_as_a_customer_is_shown_no_way_to_sign_in_either(portal: Portal, side: Side) -> None:
    agent = own_host(portal, side.company)
    person = side.clients["agent"].person
    assert person is not None
    agent.set_session(portal.session(person, tenant_id=side.company.id, host=f"{side.company.slug}.example"))
    agent.post(f"/admin/members/{side.samples['membership_id']}/see-as", {"reason": "as a test"}, status=SEE_OTHER)
    ways = [one for one in ROUTES if one.home and one.permission == PUBLIC and one.method == "GET" and one.kind != "api"]
    assert len(ways) > 5
    for spec in ways:
        answer = asked(side, agent, spec)
        assert answer.status_int == SEE_OTHER, spec.name
        assert "form" not in answer.text, spec.name


@pytest.mark.parametrize("spec", [pytest.param(one, id=f"{one.name}-{one.method}") for one in ROUTES if not one.home])
def test_nothing_else_signs_anybody_in(portal: Portal, side: Side, spec: RouteSpec) -> None:
    for who, client in clients(portal, side).items():
        before = sessions(portal, side)
        answer = asked(side, client, spec)
        ended = [one for one in answer.headers.getall("Set-Cookie") if one.startswith("portico=;")]
        assert [one for one in answer.headers.getall("Set-Cookie") if one.startswith("portico=")] == ended, who
        assert sessions(portal, side) <= before, who


def sessions(portal: Portal, side: Side) -> set[object]:
    with portal.superuser() as connection:
        return set(connection.scalars(sa.text("SELECT id FROM web_session WHERE host = :h"), {"h": f"{side.company.slug}.example"}))


def test_the_database_itself_has_no_other_sessions_there(portal: Portal, side: Side) -> None:
    assert clients(portal, side)
    host = {"h": f"{side.company.slug}.example"}
    with portal.superuser() as connection, pytest.raises(sa.exc.IntegrityError, match="ck_web_session_host"):
        connection.execute(sa.text("UPDATE web_session SET tenant_id = NULL WHERE host = :h"), host)


def test_a_session_of_the_portals_host_can_do_at_the_companys_path_what_is_refused_at_its_host(side: Side) -> None:
    """The refusals above are the host's doing."""
    reached = {spec.name for spec in ROUTES if spec.home and spec.method == "GET" and not spec.parameters
               and send(side, "owner", spec, side.samples).status_int == 200}  # fmt: skip
    assert reached >= {"identity.profile", "identity.security", "identity.devices", "identity.choose_company", "core.api.profile"}
