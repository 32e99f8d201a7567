"""Each gate in front of the routes is tried at every route that it guards, and switched off: then the trial must notice.

Generated from the route table and the product's source (tests/off.py): a new route is tried, and a new refusal that is
none of these gates' fails here until a test is marked `without` it. What a route does when it is reached is a stand-in's
here: whatever would refuse there is a check of its own. That each route refuses with all gates in place is shown
by test_routes, test_see_as, test_limits and test_personal_tokens; where it is not, `also_as_it_is` does.
"""

from __future__ import annotations

import ast
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pyramid.httpexceptions import HTTPNoContent
from tests import off
from tests.walls.bodies import example
from tests.walls.test_routes import KNOWN, MAY, _route_table, at_the_apex, may, path, refused
from tests.walls.world import Side
from webtest import TestResponse

from portico.api.idempotency import IdempotencyKey
from portico.identity.cookies import hash_token
from portico.identity.permissions import OWN_HERE, PUBLIC, SEEING, SIGNED_IN
from portico.identity.personal import service as personal
from portico.identity.policy import permits
from portico.settings import Allowance
from portico.tenancy.scope import Scope
from portico.testing.client import Client
from portico.testing.portal import Portal
from portico.testing.samples import sample_connection
from portico.web.limits import CLASSES, MINUTE_S
from portico.web.routes import RouteSpec

ROOT = Path(__file__).parents[2]
READING = ("GET", "HEAD")
FORBIDDEN, NOT_FOUND, CONFLICT, TOO_MANY = 403, 404, 409, 429
MEMBERS = ("owner", "agent", "admin")
GIVES_TOKENS = "identity.register_done"
"""The page from which a test's client takes the form's token."""
CSRF = "portico.identity.csrf:"
ENTRY = "portico.web.entry:entry_tween_factory.tween "
Switch = Callable[[], AbstractContextManager[None]]


@dataclass
class World:
    """clients: by what they are, made once. kept: Idempotency-Keys that are in the database. bare: of a company without plugins."""

    portal: Portal
    side: Side
    clients: dict[str, Client] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    bare: dict[str, str] = field(default_factory=dict)

    def made(self, name: str, make: Callable[[], Client]) -> Client:
        if name not in self.clients:
            self.clients[name] = make()
        return self.clients[name]

    def who_may(self, spec: RouteSpec) -> str:
        return next(one for one in (*MEMBERS, "stranger", "anonymous") if may(self.side, one, spec))

    def client(self, who: str, spec: RouteSpec) -> Client:
        person = self.side.clients[who].person
        if spec.kind != "api":
            return self.side.clients[who]
        return self.side.company.anonymous() if person is None or who == "stranger" else self.api(who)

    def api(self, who: str) -> Client:
        return self.made(f"api of {who}", lambda: below(self.side.company.api(self.side.clients[who].person), self.side.company.prefix))


def below(client: Client, prefix: str) -> Client:
    client.prefix = prefix
    return client


@pytest.fixture(scope="module")
def world(portal: Portal, shared_left: Side) -> Iterator[World]:
    made = World(portal, shared_left)
    look = {"reason": "as a test of all gates"}
    view = made.made("view", shared_left.company.agent)
    view.post(f"/admin/members/{shared_left.samples['membership_id']}/see-as", look, status=303)
    owner = shared_left.clients["owner"].person
    assert owner is not None
    program = made.made("personal", shared_left.company.anonymous)
    with shared_left.company.scope_of(owner) as db:
        program.bearer(personal.create(db, name="Gates", scopes=["quotes:view"], days=7, offered=["quotes:view"])[1])
    limits, views = portal.parts.limits, [(spec, spec.view) for spec in portal.parts.routes if spec.name != GIVES_TOKENS]
    allowed, limits.allowed = limits.allowed, dict.fromkeys(CLASSES, Allowance(0, 0, 0))
    for spec, _view in views:
        object.__setattr__(spec, "view", reached)
    yield made
    limits.allowed = allowed
    for spec, view in views:
        object.__setattr__(spec, "view", view)


def reached(context: Any, request: Any) -> Any:
    raise HTTPNoContent


def send(world: World, client: Client, spec: RouteSpec, headers: dict[str, str] | None = None, *, token: bool = True,
         samples: dict[str, str] | None = None) -> TestResponse:
    """With what the schema asks for at least; an API's client sends its token, a page's the form's."""
    url = path(spec, samples or world.side.samples)
    if spec.method in READING:
        return client.get(url, status="*")
    if spec.kind != "api":
        return client.post(url, {}, csrf=token, headers=headers or {}, status="*")
    kind = {"content_type": "application/json"} if spec.method != "DELETE" else {}
    return client.web.request(client.prefix + url, method=spec.method, body=content(spec), headers={**client.headers, **(headers or {})},
                              expect_errors=True, **kind)


def content(spec: RouteSpec) -> bytes:
    return json.dumps(example(spec.body()) if spec.body else {}).encode()


# -- trials: True if the gate refused --------------------------------------------------------------------------------


def without_the_permission(world: World, spec: RouteSpec) -> bool:
    """Customers last: of them the record's own organisation is asked for the permission once more (check_place)."""
    who = next(one for one in ("agent", "admin", "stranger", "anonymous", "owner") if not may(world.side, one, spec))
    answer = at_the_apex(world.side, who, spec) if spec.site == "apex" else send(world, world.client(who, spec), spec)
    return refused(answer, spec)


def where_the_plugin_is_off(world: World, spec: RouteSpec) -> bool:
    """Of one who has all permissions that there are."""
    company = world.portal.company(plugins=[]) if "bare" not in world.clients else None
    if company is not None:
        admin = world.made("bare", company.admin)
        world.made("api of bare", lambda: below(company.api(admin.person), company.prefix))
        with company.system() as db:  # where core's permission is enough, the record has to be there, or its absence would be it
            world.bare = {**world.side.samples, **sample_connection(db, world.portal.parts)}
    client = world.clients["api of bare" if spec.kind == "api" else "bare"]
    return send(world, client, spec, samples=world.bare).status_int == NOT_FOUND


def below_a_company(world: World, spec: RouteSpec) -> bool:
    return send(world, world.side.clients["admin"], spec).status_int == NOT_FOUND


def long_after_signing_in(world: World, spec: RouteSpec) -> bool:
    def late() -> Client:
        person = world.side.clients[who].person
        assert person is not None
        client, token = world.side.company.anonymous(), world.portal.session(person)
        client.set_session(token)
        with world.portal.superuser() as connection:
            statement = "UPDATE web_session SET elevated_at = now() - interval '1 hour' WHERE token_hash = :h"
            assert connection.execute(sa.text(statement), {"h": hash_token(token)}).rowcount == 1
        return client

    who = world.who_may(spec)
    answer = send(world, world.made(f"{who} late", late), spec)
    return answer.status_int == 303 and "/account/prove?" in answer.location


def a_program_long_after_signing_in(world: World, spec: RouteSpec) -> bool:
    def late() -> Client:
        client = below(world.side.company.api(world.side.clients[who].person), world.side.company.prefix)
        with world.portal.superuser() as connection:
            statement = "UPDATE web_session SET elevated_at = now() - interval '1 hour' WHERE kind = 'api' AND user_id = :u"
            assert connection.execute(sa.text(statement), {"u": client.person.id}).rowcount
        return client

    who = world.who_may(spec)
    answer = send(world, world.made(f"{who}'s program, late", late), spec)
    return answer.status_int == FORBIDDEN and answer.json["code"] == "prove-again"


def form(headers: dict[str, str], *, token: bool = True) -> Callable[[World, RouteSpec], bool]:
    def trial(world: World, spec: RouteSpec) -> bool:
        if spec.site == "apex":
            client = world.made("operator", world.portal.operator)
        else:
            client = world.clients["view"] if spec.permission == SEEING else world.side.clients[world.who_may(spec)]
        answer = send(world, client, spec, headers, token=token)
        return answer.status_int == FORBIDDEN and "This form was open for too long" in answer.text

    return trial


def while_looking_as_a_customer(world: World, spec: RouteSpec) -> bool:
    answer = send(world, world.clients["view"], spec)
    return answer.status_int == FORBIDDEN and "nothing can be changed here" in answer.text


def with_a_personal_token(world: World, spec: RouteSpec) -> bool:
    answer = send(world, world.clients["personal"], spec)
    return answer.status_int == FORBIDDEN and answer.json["code"] == "read-only-token"


def keep(world: World, spec: RouteSpec, **values: Any) -> dict[str, str]:
    """The header that names an Idempotency-Key of one who may, which is in the database with these values."""
    key, person = f"{spec.name} {sorted(values)}", world.side.clients[world.who_may(spec)].person
    if key not in world.kept:
        world.kept.add(key)
        with world.side.company.system() as db:
            db.add(IdempotencyKey(user_id=person.id if person else None, key=key, **values))
    return {"Idempotency-Key": key}


def with_a_key_of_another_request(world: World, spec: RouteSpec) -> bool:
    answer = send(world, world.api(world.who_may(spec)), spec, keep(world, spec, fingerprint=b"of another"))
    return answer.status_int == CONFLICT and "already used for another request" in answer.text


def with_a_key_that_was_answered(world: World, spec: RouteSpec) -> bool:
    request = f"{spec.method} {world.side.company.prefix}{path(spec, world.side.samples)}\n".encode() + content(spec)
    kept = keep(world, spec, fingerprint=hashlib.sha256(request).digest(), status=200, answer='{"kept": true}')
    return send(world, world.api(world.who_may(spec)), spec, kept).text == '{"kept": true}'


def too_often(world: World, spec: RouteSpec) -> bool:
    limits = world.portal.parts.limits
    former, prefix = limits.allowed, "" if spec.site == "apex" else world.side.company.prefix
    limits.allowed = dict.fromkeys(CLASSES, Allowance(0, 1, 0))
    minute, found = 0, []
    try:
        while minute != (minute := int(time.time() // MINUTE_S)):  # requests are counted by the minute
            client = world.portal.client(None, prefix)
            found = [send(world, client, spec, token=False).status_int == TOO_MANY for _ in range(2)]
        return found == [False, True]
    finally:
        limits.allowed = former


# -- gates -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gate:
    """guards: the routes. check: the refusal that is switched off, by name, or `decision`: a function that says yes."""

    guards: Callable[[RouteSpec], bool]
    trial: Callable[[World, RouteSpec], bool]
    check: str = ""
    decision: tuple[str, str] = ("", "")
    also_as_it_is: bool = False
    one_of_each_kind: bool = False

    def off(self, number: int = 0) -> AbstractContextManager[None]:
        return off.off(off.checks()[self.check]) if self.check else off.always(*self.decision, number)

    def routes(self) -> list[RouteSpec]:
        found = [spec for spec in _route_table() if self.guards(spec)]
        if self.one_of_each_kind:
            found = list({(spec.kind, spec.method in READING, spec.rate, spec.site): spec for spec in found}.values())
        return found


def changes(spec: RouteSpec) -> bool:
    return spec.method not in READING


FROM_ELSEWHERE = {
    "identity.saml_answer": "tests/functional/identity/test_saml_forged.py::test_an_answer_that_is_not_exactly_right_lets_nobody_in"
}
"""Routes that other sites' pages post to → the test that they take only what was asked for."""


def has_a_form(spec: RouteSpec) -> bool:
    return changes(spec) and spec.kind != "api" and spec.name not in FROM_ELSEWHERE


def test_only_these_are_posted_to_from_elsewhere(portal: Portal) -> None:
    assert {spec.name for spec in portal.parts.routes if spec.from_elsewhere} == FROM_ELSEWHERE.keys()
    for named in FROM_ELSEWHERE.values():
        file, _, test = named.partition("::")
        assert f"def {test}(" in (off.ROOT / file).read_text()


GATES = {
    "permission": Gate(lambda spec: spec.permission != PUBLIC, without_the_permission,
                       decision=("portico.identity.policy", "ScopePolicy.permits")),
    "plugin": Gate(lambda spec: spec.plugin is not None, where_the_plugin_is_off, decision=("portico.web.wiring", "PluginOn.__call__")),
    "site": Gate(lambda spec: spec.site == "apex" and spec.pattern != "/", below_a_company,
                 decision=("portico.web.wiring", "SiteIs.__call__")),
    "fresh": Gate(lambda spec: spec.fresh and spec.kind != "api", long_after_signing_in, "portico.web.wiring:page_view.view prove_again", also_as_it_is=True),
    "fresh, of programs": Gate(lambda spec: spec.fresh and spec.kind == "api", a_program_long_after_signing_in,
                               "portico.api.views:api_view.view ProveAgainError", also_as_it_is=True),
    "form's token": Gate(has_a_form, form({}, token=False), CSRF + "csrf_deriver.checked BadCSRFToken", also_as_it_is=True),
    "other site": Gate(has_a_form, form({"Sec-Fetch-Site": "cross-site"}), CSRF + "check_origin BadCSRFOrigin", also_as_it_is=True),
    "other origin": Gate(has_a_form, form({"Origin": "https://elsewhere.example"}), CSRF + "check_origin BadCSRFOrigin 2",
                         one_of_each_kind=True, also_as_it_is=True),
    "no origin": Gate(has_a_form, form({"Origin": "null"}), CSRF + "check_origin BadCSRFOrigin 3", one_of_each_kind=True,
                      also_as_it_is=True),
    "looking as a customer": Gate(lambda spec: has_a_form(spec) and spec.site != "apex" and spec.permission != SEEING,
                                  while_looking_as_a_customer, ENTRY + "SeeingOnlyError"),
    "personal token": Gate(lambda spec: spec.kind == "api" and changes(spec), with_a_personal_token, ENTRY + "ReadOnlyTokenError",
                           also_as_it_is=True),
    "key of another request": Gate(lambda spec: spec.idempotent, with_a_key_of_another_request,
                                   "portico.api.idempotency:begin ConflictError", also_as_it_is=True),
    "rate": Gate(lambda spec: True, too_often, "portico.web.limits:Limits.check TooManyRequestsError", one_of_each_kind=True,
                 also_as_it_is=True),
}


@pytest.mark.parametrize("name", GATES)
def test_a_gate_that_is_off_is_noticed_at_every_route(world: World, name: str) -> None:
    gate = GATES[name]
    routes = gate.routes()
    assert routes
    if gate.also_as_it_is:
        assert [label(spec) for spec in routes if not gate.trial(world, spec)] == []
    for number in range(off.returns(*gate.decision) if gate.check == "" else 1):
        with gate.off(number):
            assert [label(spec) for spec in routes if gate.trial(world, spec)] == [], "not noticed"


def label(spec: RouteSpec) -> str:
    return f"{spec.name} {spec.method}"


@pytest.mark.parametrize("spec", [pytest.param(spec, id=spec.name) for spec in _route_table() if spec.idempotent])
def test_a_request_that_was_answered_is_answered_alike_and_done_once(world: World, spec: RouteSpec) -> None:
    assert with_a_key_that_was_answered(world, spec)


def people(world: World) -> dict[str, Scope]:
    """Who is in the table MAY, and who else there is: those who may the little that such a session is for."""
    company, clients = world.side.company, world.side.clients
    members = {who: company.scope(clients[who].person) for who in ("owner", "other", "agent", "admin")}
    stranger = Scope(kind="user", tenant=company.tenant, user_id=members["owner"].user_id)
    view = replace(members["owner"], actor_id=members["agent"].user_id)
    token = replace(members["admin"], session_kind="personal", permissions=frozenset({"company:audit"}))
    return {**members, "stranger": stranger, "anonymous": Scope(tenant=company.tenant), "a view": view, "a personal token": token,
            "by single sign-on": replace(members["owner"], methods=("sso",)),
            "at the company's own host": replace(members["owner"], methods=("password", "handoff"), host="own.example")}


def expected(world: World, who: str, permission: str, scopes: dict[str, Scope]) -> bool:
    if who == "a personal token":
        return permission in (PUBLIC, "company:audit")
    if who == "a view" and permission in MAY:
        return permission == SEEING or "owner" in MAY[permission] and MAY[permission] != KNOWN and permission != OWN_HERE
    if who in ("by single sign-on", "at the company's own host") and permission in MAY:
        return "owner" in MAY[permission] and permission not in (SIGNED_IN, OWN_HERE)
    return who in MAY[permission] if permission in MAY else permission in scopes[who].permissions


def test_each_branch_of_the_rule_is_needed(world: World) -> None:
    """The one rule on every permission that a route has, for everybody; then each of its branches says yes."""
    scopes, permissions = people(world), sorted({spec.permission for spec in _route_table()} | {"portico:nobody"})

    def wrong() -> list[tuple[str, str]]:
        return [(who, one) for who, scope in scopes.items() for one in permissions
                if permits(scope, one) != expected(world, who, one, scopes)]

    assert wrong() == []
    unnoticed = []
    for module, function in (("portico.identity.policy", "permits"), ("portico.tenancy.scope", "Scope.has")):
        for number in range(off.returns(module, function)):
            with off.always(module, function, number):
                if not wrong():
                    unnoticed.append((function, number))
    assert unnoticed == [("Scope.has", 1)], "which is check_place's"


# -- nothing is forgotten ---------------------------------------------------------------------------------------------


def marked() -> set[str]:
    """Names of the checks that some test of the tree is marked `without`."""
    found = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "without":
                found |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    return found


def test_every_refusal_of_the_product_is_switched_off_in_some_test() -> None:
    tried = {gate.check for gate in GATES.values()} - {""}
    assert sorted(off.checks().keys() - tried - marked()) == []
    assert sorted((tried | marked()) - off.checks().keys()) == [], "no such refusal"


def test_every_gate_of_the_application_is_one_of_these(portal: Portal) -> None:
    """What runs in front of a view: view derivers and route predicates of ours, and the security policy."""
    from pyramid.interfaces import IPredicateList, ISecurityPolicy, IViewDerivers

    registry = portal.wsgi.registry
    derivers = {name for name, _ in registry.getUtility(IViewDerivers).sorted() if name.startswith("portico")}
    predicates = {name for name, _ in registry.getUtility(IPredicateList, name="route").sorter.sorted() if name.startswith("portico")}
    assert derivers == {"portico_rate", "portico_home", "portico_csrf"}
    assert predicates == {"portico_plugin", "portico_site"}
    assert type(registry.getUtility(ISecurityPolicy)).__name__ == "ScopePolicy"
