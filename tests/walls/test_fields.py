"""Every id and every field that somebody can send, at every route, with what must not be taken (ASVS 2.2.2, 8.2.2, 8.2.3,
15.3.3). Generated: fields of the API from its schemas, those of pages from the forms that the pages draw, names that nobody
asked for from the columns of all tables, names of queries from the source.

One test per route makes all its tries. Nothing of them lasts: whatever gets as far as a route's own code is rolled back, so
that they share a company. What a statement would have written is looked at as it is sent to the database.
"""

from __future__ import annotations

import ast
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import colander
import pytest
import sqlalchemy as sa
from tests.off import files
from tests.walls.bodies import body, example
from tests.walls.test_routes import BAD_REQUEST, NOT_FOUND, OPEN_IDS, PERSONAL, _route_table, may, path
from tests.walls.world import Side, build_side
from webtest import TestResponse

from portico.api.schema import ExactDecimal, Uuid
from portico.db.base import Base
from portico.forms import submission
from portico.identity.permissions import SEEING
from portico.settings import Allowance
from portico.testing.client import Client
from portico.testing.portal import Portal
from portico.web.limits import CLASSES
from portico.web.routes import RouteSpec

SERVER_ERROR, SUCCESS = 500, 400
CANARY = "canary-of-fields"
MEMBERS = ("owner", "agent", "admin")
LONG, HUGE = "x" * 100_000, "9" * 60
DANGEROUS = ("tenant_id", "account_id", "user_id", "id", "status", "state", "role", "roles", "kind", "is_operator", "permissions",
             "created_at", "version_of_nobody")
"""Names that are sent alone as well, where one refusal would hide the next."""
READS = {"admin.audit_export": "takes what the search beside it does, and notes in the trail what was searched for"}
"""Routes that take names of columns as fields of theirs, without a form."""
MORE: dict[str, dict[str, str]] = {"core.api.member": {"role": "purchaser", "limit": "10"}}
"""What else makes a field count that is not taken into account without."""


@dataclass
class World:
    """forms: fields of each page's form, as it was drawn last. written: statements that a canary was sent with."""

    portal: Portal
    side: Side
    right: Side
    forms: dict[str, list[colander.SchemaNode]] = field(default_factory=dict)
    programs: dict[str, Client] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    sessions: dict[str, str] = field(default_factory=dict)

    def who(self, spec: RouteSpec) -> str:
        return next(one for one in (*MEMBERS, "stranger", "anonymous") if may(self.side, one, spec))

    def session(self, who: str, client: Client) -> str:
        if who not in self.sessions and client.person is not None:
            self.sessions[who] = self.portal.session(client.person)
        return self.sessions[who]

    def send(self, spec: RouteSpec, who: str, content: Any = None, query: Any = None, samples: dict[str, str] | None = None) -> TestResponse:
        url, client = path(spec, self.side.samples | (samples or {})), self.side.clients[who]
        if client.person is not None:  # a sign-in that was rolled back gave a cookie which is nobody's
            client.set_session(self.session(who, client))
        if spec.kind != "api":
            return client.get(url, query, status="*") if spec.method == "GET" else client.post(url, content or {}, status="*")
        if who not in self.programs:
            known = client.person is not None and who not in ("anonymous", "stranger")
            self.programs[who] = self.side.company.api(client.person) if known else self.side.company.anonymous()
        program, prefix = self.programs[who], self.side.company.prefix
        if spec.method == "GET":
            return program.web.get(prefix + url, query, headers=program.headers, expect_errors=True)
        options = {} if spec.method == "DELETE" else {"content_type": "application/json"}
        return program.web.request(prefix + url, method=spec.method, body=json.dumps(content or {}).encode(), headers=program.headers,
                                   expect_errors=True, **options)


@pytest.fixture(scope="module")
def world(portal: Portal, right: Side) -> Iterator[World]:
    made = World(portal, build_side(portal), right)
    limits, draw = portal.parts.limits, submission.make_form
    allowed, limits.allowed = limits.allowed, dict.fromkeys(CLASSES, Allowance(0, 0, 0))

    def noted(request: Any, schema: Any, **options: Any) -> Any:
        form = draw(request, schema, **options)
        made.forms[request.matched_route.name] = list(leaves(form.schema))
        return form

    def statement(connection: Any, cursor: Any, text: str, parameters: Any, context: Any, many: Any) -> None:
        if CANARY in repr(parameters):
            made.written.append(text)

    views = [(spec, spec.view) for spec in portal.parts.routes]
    for spec, view in views:
        object.__setattr__(spec, "view", rolled_back(view))
    sa.event.listen(portal.parts.engine, "before_cursor_execute", statement)
    submission.make_form = noted
    yield made
    submission.make_form = draw
    sa.event.remove(portal.parts.engine, "before_cursor_execute", statement)
    for spec, view in views:
        object.__setattr__(spec, "view", view)
    limits.allowed = allowed


def rolled_back(view: Callable[..., Any]) -> Callable[..., Any]:
    def called(context: Any, request: Any) -> Any:
        request.tm.doom()
        return view(context, request)

    return called


def leaves(node: colander.SchemaNode) -> Iterator[colander.SchemaNode]:
    for child in node.children:
        if isinstance(child.typ, colander.Mapping):
            yield from leaves(child)
        else:
            yield child


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "spec" in metafunc.fixturenames:
        wanted = {"test_no_field_takes": lambda spec: spec.method in ("POST", "PUT", "PATCH"),
                  "test_nothing_that_was_not_asked_for": lambda spec: spec.method in ("POST", "PUT", "PATCH"),
                  "test_whatever_is_asked_for_in_a_query": lambda spec: spec.method == "GET"}
        chosen = next((one for name, one in wanted.items() if metafunc.function.__name__.startswith(name)), lambda spec: bool(spec.parameters))
        found = [one for one in _route_table() if one.site != "apex" and one.permission != SEEING and chosen(one)]
        metafunc.parametrize("spec", found, ids=[f"{one.name}-{one.method}" for one in found])


# -- fields that there are ---------------------------------------------------------------------------------------------


def wrong_values(node: colander.SchemaNode, world: World, who: str, *, api: bool) -> Iterator[tuple[Any, bool]]:
    """(value, whether it has to be refused)."""
    yield "a\0b", True
    if isinstance(node.typ, colander.String):
        yield LONG, True
        yield from (([("x")], True), ({"x": 1}, True)) if api else ()
    elif isinstance(node.typ, Uuid):
        yield from ((one, True) for one in ("garbage", "-1", *strange(world, node.name, who)))
    elif isinstance(node.typ, colander.Integer | colander.Float | colander.Decimal | ExactDecimal):
        yield from (("abc", True), ("NaN", True), ("1e999999999", True), (HUGE, False), ("-1", False))
        yield from (([], True), ({}, True), (-1, False)) if api else ()
    elif isinstance(node.typ, colander.Sequence) and api:
        yield from (("x", True), ({"x": 1}, True), ([None] * 5000, True), ([LONG], True))
        if isinstance(node.children[0].typ, Uuid):
            yield from (([one], True) for one in strange(world, node.children[0].name, who))
    elif isinstance(node.typ, colander.Date | colander.DateTime):
        yield from (("yesterday", True), ("99999-01-01", True))
    if isinstance(node.validator, colander.OneOf) and not isinstance(node.typ, Uuid):
        yield from (("none-of-them", True), *((one, True) for one in strange(world, node.name, who)))


def strange(world: World, name: str, who: str = "owner") -> Iterator[str]:
    """Ids of the like of another company, of another organisation (not for staff, whose they are), of another person, and
    of nothing."""
    yield world.right.samples.get(name, world.right.samples["account_id"])
    other = world.side.clients["other"].person
    assert other is not None
    yield from (str(world.side.accounts[1]), str(other.id)) if who == "owner" else ()
    yield str(uuid.uuid4())


def fields_of(world: World, spec: RouteSpec, who: str) -> list[colander.SchemaNode]:
    if spec.kind == "api":
        return list(spec.body().children) if spec.body else []
    if spec.kind != "page":
        return []
    world.forms.pop(spec.name, None)
    world.side.clients[who].get(path(spec, world.side.samples), status="*")
    return world.forms.get(spec.name, [])


def base_of(world: World, spec: RouteSpec, who: str) -> Any:
    """What would be taken."""
    return body(world.side, spec, lambda: world.side.clients[who].get(path(spec, world.side.samples), status="*"))


def with_value(content: Any, node: colander.SchemaNode, value: Any) -> Any:
    if isinstance(content, dict):
        return {**content, node.name: value}
    if any(name == node.name for name, _value in content):
        return [(name, value if name == node.name else old) for name, old in content]
    return [*content, (node.name, value)]


def test_no_field_takes_what_it_must_not(spec: RouteSpec, world: World) -> None:
    who = world.who(spec)
    fields = fields_of(world, spec, who)
    if not fields:
        return
    content, wrong = base_of(world, spec, who), []
    if spec.name in MORE:
        content = {**content, **MORE[spec.name]}
    for node in fields:
        for value, refused in wrong_values(node, world, who, api=spec.kind == "api"):
            answer = world.send(spec, who, with_value(content, node, value))
            if answer.status_int >= SERVER_ERROR or (refused and answer.status_int < SUCCESS):
                wrong.append((node.name, str(value)[:40], answer.status_int))
    assert wrong == []


# -- fields that there are not -----------------------------------------------------------------------------------------


@lru_cache
def columns() -> tuple[str, ...]:
    return tuple(sorted({column.name for table in Base.metadata.sorted_tables for column in table.columns} | set(DANGEROUS) | {"is_admin"}))


def test_nothing_that_was_not_asked_for_is_written(spec: RouteSpec, world: World) -> None:
    who = world.who(spec)
    own = {node.name for node in fields_of(world, spec, who)}
    content = base_of(world, spec, who)
    world.written.clear()
    own |= set(content) if isinstance(content, dict) else {name for name, _value in content}
    extras = [name for name in columns() if name not in own]
    if spec.kind == "api":
        answer = world.send(spec, who, {**content, **dict.fromkeys(extras, CANARY)})
        if spec.body is not None:
            assert answer.status_int == 422, answer.text[:300]
            assert {one["pointer"] for one in answer.json["errors"]} >= {f"/{name}" for name in extras}
    else:
        pairs = list(content.items()) if isinstance(content, dict) else content
        drawn = spec.kind == "page" and spec.name in world.forms
        for names in ([extras, *([one] for one in DANGEROUS if one in extras)] if drawn else [extras]):
            answer = world.send(spec, who, [*pairs, *((name, CANARY) for name in names)])
            assert BAD_REQUEST <= answer.status_int < SERVER_ERROR if drawn else answer.status_int < SERVER_ERROR, (names[:3], answer.status)
    assert world.written == [] or spec.name in READS


# -- ids in paths and queries --------------------------------------------------------------------------------------------


def test_an_id_that_is_none_or_another_persons_does_not_exist(spec: RouteSpec, world: World) -> None:
    private = [name for name in spec.parameters if name not in OPEN_IDS]
    who = world.who(spec)
    for value in ("garbage", "0", "-1", "9" * 60, "a" * 2000, "00000000-0000-0000-0000-000000000000") if private else ():
        answer = world.send(spec, who, samples=dict.fromkeys(private, value))
        assert answer.status_int == NOT_FOUND, (value[:40], answer.status)
    for other in MEMBERS[1:] if PERSONAL & set(private) else ():
        if may(world.side, other, spec):
            answer = world.send(spec, other)
            assert answer.status_int in (NOT_FOUND, 410, 422), (other, answer.status)
    if not private:
        return
    for name in private:  # one strange id beside good ones
        for value in strange(world, name, who):
            if value != world.side.samples.get(name):
                answer = world.send(spec, who, samples={name: value})
                assert answer.status_int == NOT_FOUND, (name, value, answer.status)


@lru_cache
def query_names() -> tuple[str, ...]:
    """Names that the source reads from a query, and those of the API's schemas."""
    found = {node.name for spec in _route_table() if spec.query for node in spec.query().children}
    for file in files().values():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "getall", "getone"):
                source, first = ast.unparse(node.func.value), node.args[0] if node.args else None
                if source.endswith((".GET", ".params", "given", "values", "query")) and isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return tuple(sorted(found))


def test_whatever_is_asked_for_in_a_query_shows_nothing_of_others(spec: RouteSpec, world: World) -> None:
    assert len(query_names()) > 25
    who = world.who(spec)
    foreign = [value for name, value in world.right.samples.items() if name not in OPEN_IDS and len(value) > 20]
    names = [node.name for node in spec.query().children] if spec.query else query_names()
    for value in (world.right.samples["account_id"], str(world.side.accounts[1]), "garbage", HUGE, "-1", LONG[:3000], "a'\"><"):
        tries = [{name: value} for name in names] if spec.query else [dict.fromkeys(names, value)]
        for query in tries:
            answer = world.send(spec, who, query=query)
            assert answer.status_int < SERVER_ERROR, (query, answer.status)
            if answer.content_type.startswith(("text/", "application/json")):
                assert [one for one in foreign if one != value and one in answer.text] == []


def test_samples_are_of_the_whole_api() -> None:
    """Or nothing above would be tried with more than its required fields."""
    assert any(isinstance(node.typ, Uuid) for spec in _route_table() if spec.body for node in spec.body().children)
    assert all(isinstance(example(spec.body()), dict) for spec in _route_table() if spec.body)
