"""Every id and every field that somebody can send, at every route, with what must not be taken (ASVS 2.2.2, 8.2.2, 8.2.3,
15.3.3). Generated: fields of the API from its schemas, those of pages from the forms that the pages draw, those of actions from
what they read of a request that would be taken, names that nobody asked for from the columns of all tables, names of queries
from the source.

One test per route and place makes all its tries. Nothing of them lasts (see fields.py), so that they share a company.
"""

from __future__ import annotations

import ast
import uuid
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import colander
import pytest
from tests.off import files
from tests.walls.bodies import example
from tests.walls.fields import CANARY, MEMBERS, Spot, World, spots, tried
from tests.walls.markup import Reader
from tests.walls.test_routes import BAD_REQUEST, NOT_FOUND, OPEN_IDS, PERSONAL, _route_table, may
from tests.walls.world import Side
from webtest import TestResponse, Upload

from portico.api.schema import ExactDecimal, Uuid
from portico.db.base import Base
from portico.testing.portal import Portal

SERVER_ERROR, SUCCESS = 500, 400
LONG, LONGEST, HUGE = "x" * 100_000, "x" * 1_000_000, "9" * 60
GARBAGE = ("a\0b", "\x01\x1b\ufeff\u202e", "garbage", "-1", HUGE, "NaN", "1e999999999", "a'\"><portico-x> onportico={{1234*5678}}",
           "a\r\nX-Added: b")
DANGEROUS = ("tenant_id", "account_id", "user_id", "id", "status", "state", "role", "roles", "kind", "is_operator", "permissions",
             "created_at", "version_of_nobody")
"""Names that are sent alone as well, where one refusal would hide the next."""
READS = {"admin.audit_export": "takes what the search beside it does, and notes in the trail what was searched for",
         "operator.audit_export": "the same"}
"""Routes that take names of columns as fields of theirs, without a form."""
MORE: dict[str, dict[str, str]] = {"core.api.member": {"role": "purchaser", "limit": "10"}}
"""What else makes a field count that is not taken into account without."""


@pytest.fixture(scope="module")
def world(portal: Portal, right: Side) -> Iterator[World]:
    with tried(portal, right) as made:
        yield made


@pytest.fixture(autouse=True)
def _something_is_tried(request: pytest.FixtureRequest) -> Iterator[None]:
    """No route passes because there was nothing to send to it."""
    world = request.getfixturevalue("world") if "spot" in request.fixturenames else None
    if world is not None:
        world.tries = 0
    yield
    assert world is None or world.tries > 0


CHOSEN = {"test_no_field_takes": lambda spot: True,
          "test_nothing_that_was_not_asked_for": lambda spot: spot.spec.method != "GET",
          "test_an_id": lambda spot: bool(set(spot.spec.parameters) - OPEN_IDS),
          "test_whatever_is_asked_for_in_a_query": lambda spot: spot.spec.method == "GET"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "spot" in metafunc.fixturenames:
        chosen = next(one for name, one in CHOSEN.items() if metafunc.function.__name__.startswith(name))
        found = [one for one in spots() if chosen(one)]
        metafunc.parametrize("spot", found, ids=map(str, found))


# -- fields that there are ---------------------------------------------------------------------------------------------


def wrong_values(node: colander.SchemaNode, world: World, spot: Spot, who: str) -> Iterator[tuple[Any, bool]]:
    """(value, whether it has to be refused)."""
    api = spot.spec.kind == "api"
    yield "a\0b", True
    if isinstance(node.typ, colander.String):
        yield LONG, True
        yield from (([("x")], True), ({"x": 1}, True)) if api else ()
    elif isinstance(node.typ, Uuid):
        yield from ((one, True) for one in ("garbage", "-1", *strange(world, spot, node.name, who)))
    elif isinstance(node.typ, colander.Integer | colander.Float | colander.Decimal | ExactDecimal):
        yield from (("abc", True), ("NaN", True), ("1e999999999", True), (HUGE, False), ("-1", False))
        yield from (([], True), ({}, True), (-1, False)) if api else ()
    elif isinstance(node.typ, colander.Sequence) and api:
        yield from (("x", True), ({"x": 1}, True), ([None] * 5000, True), ([LONG], True))
        if isinstance(node.children[0].typ, Uuid):
            yield from (([one], True) for one in strange(world, spot, node.children[0].name, who))
    elif isinstance(node.typ, colander.Date | colander.DateTime):
        yield from (("yesterday", True), ("99999-01-01", True))
    if isinstance(node.validator, colander.OneOf) and not isinstance(node.typ, Uuid):
        yield from (("none-of-them", True), *((one, True) for one in strange(world, spot, node.name, who)))


def strange(world: World, spot: Spot, name: str, who: str = "owner") -> Iterator[str]:
    """Ids of the like of another company, of another organisation (not for staff, whose they are), of another person, and
    of nothing. For operators, whose all companies are, what is of another company than the one they ask for."""
    if who != "operator" or (name != "company_id" and "company_id" in spot.spec.parameters):
        yield world.right.samples.get(name, world.right.samples["account_id"])
    other = world.side.clients["other"].person
    assert other is not None
    yield from (str(world.side.accounts[1]), str(other.id)) if who == "owner" else ()
    yield str(uuid.uuid4())


def with_value(content: Any, name: str, *values: Any) -> Any:
    """Once, or as often as there are values."""
    if isinstance(content, dict) and len(values) == 1:
        return {**content, name: values[0]}
    kept = [(one, value) for one, value in (content.items() if isinstance(content, dict) else content) if one != name]
    return [*kept, *((name, value) for value in values)]


def wrong(answer: TestResponse, world: World, asked: str, who: str) -> str:
    """What an answer tells of others, or what was written of them; "" if nothing. asked: what the request named."""
    if answer.status_int >= SERVER_ERROR:
        return answer.status
    if any("\n" in value or "\r" in value for value in answer.headers.values()) or "X-Added" in answer.headers:
        return "a header"
    others = {one for name, one in world.right.samples.items() if name not in OPEN_IDS and len(one) > 20} if who != "operator" else set()
    for statement, parameters in world.noted.written:
        if any(one in parameters for one in others) and not statement.startswith(("INSERT INTO audit_entry", "INSERT INTO idempotency_key")):
            return f"wrote {statement[:80]}"
    if answer.content_type == "text/html" and (alive := Reader(answer.text).alive):
        return f"draws {alive[0]}"
    if (answer.content_type or "").startswith(("text/", "application/json")) and any(one in answer.text for one in others if one not in asked):
        return "shows what is another's"
    return ""


def test_no_field_takes_what_it_must_not(spot: Spot, world: World) -> None:
    spec, who, found = spot.spec, world.who(spot.spec), []
    content = {} if spec.method == "GET" else world.base(spot, who) | MORE[spec.name] if spec.name in MORE else world.base(spot, who)
    nodes, names = world.fields(spot, who, content)

    def attempt(name: str, shown: Any, sent: Any, refused: bool = False) -> None:
        answer = world.send(spot, who, **{"query" if spec.method == "GET" else "content": sent})
        if problem := wrong(answer, world, repr(sent), who) or ("was taken" if refused and answer.status_int < SUCCESS else ""):
            found.append((name, str(shown)[:40], problem))

    for name, node in nodes.items() if not spot.again else ():
        for value, refused in wrong_values(node, world, spot, who):
            attempt(name, value, with_value(content, name, value), refused and spec.method != "GET" and spec.kind != "fragment")
    for group in groups(sorted(names), 1 if spec.method == "GET" or spot.again else 5):
        for value in (*GARBAGE, *strange(world, spot, group[0], who)):
            sent = content
            for name in group:
                sent = with_value(sent, name, value)
            attempt(" ".join(group), value, sent)
    for shown, values in at_once(spec.kind == "api" or spec.method == "GET"):
        sent = content
        for name in (*nodes, *names) or DANGEROUS:
            sent = with_value(sent, name, *values)
        attempt("all", shown, sent)
    assert found == []


def groups(names: list[str], most: int) -> list[list[str]]:
    """Each name alone, if there are few."""
    return [names[start::most] for start in range(min(most, len(names)))]


def at_once(plain: bool) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """What is tried with all fields in one request: name, and the values that each has. plain: without files and repetition."""
    yield "control characters", (GARBAGE[1],)
    yield "empty", ("",)
    if not plain:
        yield "longest", (LONGEST,)
        yield "files", (Upload("name\u202e.txt", b"\0\xff"),)
        yield "repeated", ("one", "two", "three")


# -- fields that there are not -----------------------------------------------------------------------------------------


@lru_cache
def columns() -> tuple[str, ...]:
    return tuple(sorted({column.name for table in Base.metadata.sorted_tables for column in table.columns} | set(DANGEROUS) | {"is_admin"}))


def test_nothing_that_was_not_asked_for_is_written(spot: Spot, world: World) -> None:
    spec, who = spot.spec, world.who(spot.spec)
    content = world.base(spot, who)
    nodes, names = world.fields(spot, who, content)
    drawn = spec.kind == "page" and world.noted.drawn
    extras = [name for name in columns() if name not in nodes and name not in names]
    answer = world.send(spot, who, content, query=dict.fromkeys(extras, CANARY))  # beside what would be taken
    assert not wrong(answer, world, "", who), (answer.status, answer.text[:300])
    kept = canaries(world)
    if spec.kind == "api" and not spec.upload:
        answer = world.send(spot, who, {**content, **dict.fromkeys(extras, CANARY)})
        kept += canaries(world)
        if spec.body is not None:
            assert answer.status_int == 422, answer.text[:300]
            assert {one["pointer"] for one in answer.json["errors"]} >= {f"/{name}" for name in extras}
        assert answer.status_int < SERVER_ERROR
    else:
        pairs = list(content.items()) if isinstance(content, dict) else content
        for some in ([extras, *([one] for one in DANGEROUS if one in extras)] if drawn and not spot.again else [extras]):
            answer = world.send(spot, who, [*pairs, *((name, CANARY) for name in some)])
            kept += canaries(world)
            assert BAD_REQUEST <= answer.status_int < SERVER_ERROR if drawn else answer.status_int < SERVER_ERROR, (some[:3], answer.status)
    assert kept == [] or spec.name in READS


def canaries(world: World) -> list[str]:
    return [statement for statement, parameters in world.noted.written if CANARY in parameters]


# -- ids in paths and queries --------------------------------------------------------------------------------------------


def test_an_id_that_is_none_or_another_persons_does_not_exist(spot: Spot, world: World) -> None:
    spec, who = spot.spec, world.who(spot.spec)
    private = [name for name in spec.parameters if name not in OPEN_IDS]
    for value in ("garbage", "0", "-1", "9" * 60, "a" * 2000, "00000000-0000-0000-0000-000000000000"):
        answer = world.send(spot, who, samples=dict.fromkeys(private, value))
        assert answer.status_int == NOT_FOUND, (value[:40], answer.status)
    for other in ("other", *MEMBERS[1:]) if PERSONAL & set(private) else ():
        if may(world.side, other, spec):
            answer = world.send(spot, other)
            assert answer.status_int in (NOT_FOUND, 410, 422), (other, answer.status)
    for name in private:  # one strange id beside good ones
        for value in strange(world, spot, name, who):
            if value != world.side.samples.get(name):
                answer = world.send(spot, who, samples={name: value})
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


def test_whatever_is_asked_for_in_a_query_shows_nothing_of_others(spot: Spot, world: World) -> None:
    assert len(query_names()) > 25
    spec, who = spot.spec, world.who(spot.spec)
    names = [node.name for node in spec.query().children] if spec.query else query_names()
    for value in (world.right.samples["account_id"], str(world.side.accounts[1]), "garbage", HUGE, "-1", LONG[:3000], "a'\"><"):
        tries = [{name: value} for name in names] if spec.query else [dict.fromkeys(names, value)]
        for query in tries:
            answer = world.send(spot, who, query=query)
            assert not wrong(answer, world, value, who), (query, answer.status)


def test_every_route_is_tried_in_each_of_its_places() -> None:
    every = {(spec.name, spec.method) for spec in _route_table()}
    assert {(one.spec.name, one.spec.method) for one in spots() if CHOSEN["test_no_field_takes"](one)} == every
    assert {one.spec.name for one in spots() if one.apex} >= {spec.name for spec in _route_table() if spec.site in ("apex", "any")}


def test_samples_are_of_the_whole_api() -> None:
    """Or nothing above would be tried with more than its required fields."""
    assert any(isinstance(node.typ, Uuid) for spec in _route_table() if spec.body for node in spec.body().children)
    assert all(isinstance(example(spec.body()), dict) for spec in _route_table() if spec.body)
