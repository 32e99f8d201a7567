"""Whatever changes something says so in the audit trail: generated from the route table, with requests that succeed.

An entry counts if it has the actor, the company, the action and the address of that very request.
"""

from __future__ import annotations

import ast
import datetime as dt
import importlib
import inspect
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.walls import bodies
from tests.walls.test_routes import _route_table, ask, assert_done, may, path
from tests.walls.used import NotDoneError, Used
from tests.walls.world import Side, build_side
from webtest import TestResponse

from portico.db.types import new_id
from portico.identity.factors import recovery, sealing
from portico.identity.permissions import OPERATOR, PUBLIC
from portico.testing.client import Client
from portico.testing.portal import Portal
from portico.web.routes import RouteSpec

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
NOTHING_CHANGES = {
    "admin.brand_preview": "draws what is not saved",
    "admin.email_preview": "draws what is not saved",
    "signatures.verify": "says of a file whether it was signed here, and keeps nothing of it",
}
"""Routes that are sent something and change nothing, each with what they do instead."""
IN_THEIR_OWN_TEST = {
    "core.api.second_factor_confirm": "tests/functional/identity/test_account_api.py::test_changes_of_factors_are_on_record",
    "identity.authenticator": "tests/functional/identity/test_second_factor.py::test_changes_of_factors_are_on_record",
    "identity.passkey": "tests/functional/identity/test_second_factor.py::test_changes_of_factors_are_on_record",
    "identity.passkey_sign_in": "tests/functional/identity/test_second_factor.py::test_changes_of_factors_are_on_record",
    "identity.handoff": "tests/functional/identity/handoff/test_arriving.py::test_both_sides_are_in_the_companys_trail",
    "identity.see_as_end": "tests/functional/identity/test_see_as.py::test_the_end_gives_the_agent_back_to_themselves",
    "identity.erase_undo": "tests/functional/privacy/test_erasure.py::test_it_can_be_taken_back_while_it_waits",
    "identity.token_new": "tests/functional/identity/test_personal_tokens.py::test_making_a_token_is_on_record",
}
"""Routes whose success no body can bring about: the test that makes it and looks into the trail."""
ACTORS = {"identity.join": "stranger"}
"""Who makes something happen, where the least powerful who may is not the one."""

BODIES: dict[str, dict[str, str | Callable[[Side], Any]]] = {
    "core.api.notice_settings": {"items": lambda side: [{"kind": "approvals.approved", "mail": False}]},
    "notices.choices": {"checkbox": "portal:approvals.approved"},
    "customers.address": {"city": "Dijon"},
    "customers.contact": {"name": "Another"},
    "customers.api.address": {"city": "Dijon"},
    "customers.api.contact": {"name": "Another"},
    "admin.documents": {"footer": "Registered no. 7"},
    "admin.retention": {"mails": "90"},
    "admin.security": {"idle_minutes": "45"},
    "admin.plugin_settings": {"history_months": "12"},
    "admin.connection_new": {"name": "New", "database": "erp", "user": "portal", "host": "192.0.2.1", "password": "not-a-secret"},
    "operator.company_new": {"name": "A New One", "slug": lambda side: "n" + new_id().hex[-12:]},
    "operator.company_edit": {"name": "Renamed"},
    "operator.company_invite": {"name": "First Admin", "email": bodies.a_new_email},
    "operator.connection_new": {"database": "erp", "user": "portal", "host": "192.0.2.1", "password": "not-a-secret"},
}
"""What makes a difference, where the form as it stands would change nothing or is empty."""
SAMPLES = {"plugin": "portico_orders"}
"""The plugin whose setting is in BODIES."""


def generated() -> list[RouteSpec]:
    known = (*NOTHING_CHANGES, *IN_THEIR_OWN_TEST)
    return [spec for spec in _route_table() if spec.method in CHANGING and spec.name not in known]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "spec" in metafunc.fixturenames:
        apex = metafunc.function is test_what_an_operator_changes_is_on_record
        found = [spec for spec in generated() if (spec.permission == OPERATOR) == apex and spec.name != "identity.second_factor"]
        metafunc.parametrize("spec", found, ids=[f"{s.name}-{s.method}" for s in found])


def test_exemptions_are_of_routes_and_tests_that_exist() -> None:
    changing = {spec.name for spec in _route_table() if spec.method in CHANGING}
    assert NOTHING_CHANGES.keys() | IN_THEIR_OWN_TEST.keys() | BODIES.keys() | ACTORS.keys() <= changing
    for named in IN_THEIR_OWN_TEST.values():
        file, _, test = named.partition("::")
        assert reads_the_trail(file, test), f"{named} does not look into the trail"


def reads_the_trail(file: str, test: str) -> bool:
    """The test asks the database for entries, itself or by a function that it calls."""
    module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    text = inspect.getsource(getattr(module, test))
    called = {node.func.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    functions = [one for name in called if inspect.isfunction(one := getattr(module, name, None))]
    return any("FROM audit_entry" in one for one in (text, *map(inspect.getsource, functions)))


@pytest.fixture
def side(portal: Portal) -> Side:
    """One that no request has changed."""
    return build_side(portal)


@pytest.fixture(autouse=True)
def more_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, values in BODIES.items():
        monkeypatch.setitem(bodies.BODIES, name, bodies.BODIES.get(name, {}) | values)


def test_a_change_is_on_record(spec: RouteSpec, portal: Portal, used: Used) -> None:
    used.attempt(lambda side: a_change_is_on_record(spec, portal, side))


def a_change_is_on_record(spec: RouteSpec, portal: Portal, side: Side) -> None:
    who = ACTORS.get(spec.name) or next(one for one in ("owner", "agent", "admin", "anonymous") if may(side, one, spec))
    person, since = side.clients[who].person, now(portal)
    if spec.name == "admin.connection_new":
        answer = with_a_connector(portal, side, spec)
    else:
        side.samples |= SAMPLES
        answer = ask(side, who, spec, side.samples)
    assert_done(answer, spec, who)
    assert_on_record(portal, since, answer, {side.company.id}, person.email if person and spec.permission != PUBLIC else None)


def with_a_connector(portal: Portal, side: Side, spec: RouteSpec) -> TestResponse:
    """Its form is that of the kind of connection that the address names."""
    client = side.clients["admin"]
    url = f"{path(spec, side.samples)}?connector={a_connector(portal)}"
    return client.post(url, bodies.body(side, spec, lambda: client.get(url)), status="*")


def test_what_an_operator_changes_is_on_record(spec: RouteSpec, portal: Portal, used: Used) -> None:
    used.attempt(lambda side: what_an_operator_changes_is_on_record(spec, portal, side))


def what_an_operator_changes_is_on_record(spec: RouteSpec, portal: Portal, side: Side) -> None:
    client = portal.operator()
    company_id = str(side.company.id)
    samples = side.samples | {"company_id": company_id, "job_id": dead_job(portal, side.company.id)}
    query = f"?connector={a_connector(portal)}" if spec.name == "operator.connection_new" else ""
    if spec.name == "operator.connection_test":
        as_a_draft(portal, samples["connection_id"])
    if spec.name == "operator.company_activate":
        client.post(f"/operator/companies/{company_id}/suspend", status=303)
    url, since = path(spec, samples) + query, now(portal)
    answer = client.post(url, bodies.body(side, spec, lambda: client.get(url)), status="*")
    assert_done(answer, spec, "operator")
    assert_on_record(portal, since, answer, {None, side.company.id} | newest_company(portal), "olga-")


def test_showing_the_second_factor_is_on_record(portal: Portal, side: Side) -> None:
    """At its gate nobody is signed in yet: the entry names who it turned out to be."""
    person, code = side.clients["owner"].person, recovery.new_codes()[0]
    assert person is not None
    key = portal.settings.master_key
    with side.company.scope_of(person) as db:
        hashed = sealing.keyed_hash(key, person.id, recovery.plain(code))
        db.execute(sa.select(sa.func.recovery_replace([hashed])))
    client = side.company.anonymous()
    client.post("/sign-in", {"email": person.email, "password": person.PASSWORD}, status=303)
    since = now(portal)
    answer = client.post("/second-factor", {"code": code}, status=303)
    assert_on_record(portal, since, answer, {side.company.id}, person.email)


def assert_on_record(
    portal: Portal, since: dt.datetime, answer: TestResponse, tenants: set[UUID | None], actor: str | None
) -> None:
    """actor: the beginning of the address; None: whoever, but somebody. Raises NotDoneError if the request left no entry at
    all, as where others had left it nothing to change; a wrong entry is wrong in every company."""
    address = answer.request.environ["REMOTE_ADDR"]
    with portal.superuser() as connection:
        rows = connection.execute(sa.text("SELECT * FROM audit_entry WHERE at > :since ORDER BY at"), {"since": since}).all()
    own = [row for row in rows if row.request_id == answer.headers["X-Request-Id"]]
    good = [
        row
        for row in own
        if row.address == address
        and row.tenant_id in tenants
        and row.actor.startswith(actor or "")
        and row.actor
        and row.action not in ("access.refused", "identity.sign-in-refused")
    ]
    shown = [(row.action, row.actor, row.address, row.tenant_id, row.request_id) for row in rows]
    if not own:
        raise NotDoneError(f"no entry of the request in {shown}")
    assert good, f"no entry of {actor} from {address} in {shown}"


def now(portal: Portal) -> dt.datetime:
    with portal.superuser() as connection:
        moment = connection.scalar(sa.text("SELECT clock_timestamp()"))
    assert isinstance(moment, dt.datetime)
    return moment


def newest_company(portal: Portal) -> set[UUID | None]:
    with portal.superuser() as connection:
        return {connection.scalar(sa.text("SELECT id FROM tenant ORDER BY created_at DESC LIMIT 1"))}


def dead_job(portal: Portal, tenant_id: UUID) -> str:
    job_id = new_id()
    with portal.superuser() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO job_dead (id, tenant_id, queue, actor, args, priority, request_id, attempts, created_at, reason) "
                "VALUES (:id, :tenant, 'default', 'tests.nothing', '{}', 5, '', 8, now(), 'r')"
            ),
            {"id": job_id, "tenant": tenant_id},
        )
    return str(job_id)


def a_connector(portal: Portal) -> str:
    return sorted(portal.parts.connections.connectors)[0]


def as_a_draft(portal: Portal, connection_id: str) -> None:
    with portal.superuser() as connection:
        connection.execute(sa.text("UPDATE connection SET status = 'draft' WHERE id = :id"), {"id": connection_id})


def test_clients_of_a_test_have_addresses_of_their_own(side: Side) -> None:
    """Or an entry of one request would pass for that of another."""
    addresses = [client.address for client in side.clients.values() if isinstance(client, Client)]
    assert len(set(addresses)) == len(addresses)
