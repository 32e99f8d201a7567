"""A company in which requests are only tried: whatever gets as far as a route's own code is rolled back, and it is noted what
the route reads of a request, by which schema, and what it would have written.

Routes of one address are tried where they are: below a company, outside of every company, or in both places.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import colander
import pytest
import sqlalchemy as sa
from tests.walls import bodies
from tests.walls.test_routes import _route_table, may, path
from tests.walls.world import Side, build_side
from webob import multidict
from webtest import TestResponse

from portico.db.types import new_id
from portico.forms import submission
from portico.identity.permissions import OPERATOR, SEEING
from portico.settings import Allowance
from portico.testing.client import Client
from portico.testing.portal import Portal
from portico.web.limits import CLASSES
from portico.web.routes import RouteSpec

MEMBERS = ("owner", "agent", "admin")
CANARY = "canary-of-fields"
OURS = frozenset({"csrf_token", "csrf-token", "__formid__", "_charset_", "__start__", "__end__", "submit", "lang"})
"""What every form has, and every page reads."""
FRESH_S = 300
"""Seconds after which whoever sends is signed in anew: pages ask who sits there after ten minutes."""
WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Spot:
    """A route where it is."""

    spec: RouteSpec
    apex: bool

    @property
    def again(self) -> bool:
        """The same view as below a company: what it takes is tried there."""
        return self.apex and self.spec.site == "any"

    def __str__(self) -> str:
        return f"{self.spec.name}-{self.spec.method}" + ("-apex" if self.again else "")


def spots() -> list[Spot]:
    """Every route of the table in every place that it has."""
    places = {"tenant": (False,), "apex": (True,), "any": (False, True)}
    return [Spot(spec, apex) for spec in _route_table() for apex in places[spec.site]]


@dataclass
class Noted:
    """Of one request. names: what was asked for of it. nodes: fields of the schemas that it was checked by. written: (statement,
    its parameters) of what changed rows."""

    names: set[str] = field(default_factory=set)
    nodes: dict[str, colander.SchemaNode] = field(default_factory=dict)
    written: list[tuple[str, str]] = field(default_factory=list)
    drawn: bool = False


@dataclass
class World:
    portal: Portal
    side: Side
    right: Side
    noted: Noted = field(default_factory=Noted)
    tries: int = 0
    sessions: dict[tuple[str, bool], tuple[float, str]] = field(default_factory=dict)
    clients: dict[tuple[str, bool], Client] = field(default_factory=dict)

    def who(self, spec: RouteSpec) -> str:
        """The least powerful one who may."""
        if spec.permission in (OPERATOR, SEEING):
            return {OPERATOR: "operator", SEEING: "view"}[spec.permission]
        return next(one for one in (*MEMBERS, "stranger", "anonymous") if may(self.side, one, spec))

    def client(self, spot: Spot, who: str) -> Client:
        known = self.clients.get((who, spot.apex))
        if known is None:
            known = self.clients[who, spot.apex] = self._client(spot, who)
        if who in ("operator", "view"):
            return known
        if spot.spec.kind != "api" and known.person is not None:  # one signed in by what was rolled back has a cookie of nobody
            since, token = self.sessions.get((who, spot.apex), (0.0, ""))
            if not token or monotonic() - since > FRESH_S:
                token = self.portal.session(known.person)
                self.sessions[who, spot.apex] = monotonic(), token
            known.set_session(token)
        return known

    def _client(self, spot: Spot, who: str) -> Client:
        if who == "operator":
            return self.portal.operator()
        person = self.side.clients[who].person
        client = self.portal.client(None, "" if spot.apex else self.side.company.prefix)
        client.person = person
        return client

    def _program(self, who: str) -> Client:
        known = self.clients.get((f"program of {who}", False))
        if known is None:
            person = self.side.clients[who].person
            signed_in = person is not None and who not in ("anonymous", "stranger")
            known = self.side.company.api(person) if signed_in else self.side.company.anonymous()
            self.clients[f"program of {who}", False] = known
        return known

    def send(self, spot: Spot, who: str, content: Any = None, query: Any = None, samples: dict[str, str] | None = None) -> TestResponse:
        """What is noted afterwards is of this request."""
        spec, url = spot.spec, path(spot.spec, self.side.samples | (samples or {}))
        self.tries += 1
        if spec.kind != "api":
            client = self.client(spot, who)
            client.token()
            self.noted = Noted()
            if spec.method == "GET":
                return client.get(url, query, status="*")
            return client.post(url + _query(query), content or {}, status="*")
        program, full = self._program(who), self.side.company.prefix + url + _query(query)
        self.noted = Noted()
        if spec.upload:
            return program.web.post(full, content or {}, headers=program.headers, expect_errors=True)
        if spec.method == "GET":
            return program.web.get(full, headers=program.headers, expect_errors=True)
        return program.web.request(full, method=spec.method, body=json.dumps(content or {}).encode(), headers=program.headers,
                                   expect_errors=True, content_type="application/json")

    def page(self, spot: Spot, who: str) -> TestResponse:
        """Where the form of a page is drawn, with what is noted of drawing it."""
        client = self.client(spot, who)
        self.noted = Noted()
        return client.get(path(spot.spec, self.side.samples), status="*")

    def base(self, spot: Spot, who: str) -> Any:
        """What would be taken."""
        if spot.spec.upload:
            return {"file": bodies.a_file(self.side)}
        return bodies.body(self.side, spot.spec, lambda: self.page(spot, who))

    def fields(self, spot: Spot, who: str, content: Any) -> tuple[dict[str, colander.SchemaNode], set[str]]:
        """(fields that a schema says something of, other names that are read), found by sending what would be taken."""
        nodes: dict[str, colander.SchemaNode] = {}
        if spot.spec.kind == "page" and spot.spec.method == "POST":
            self.page(spot, who)
            nodes |= self.noted.nodes
        declared = spot.spec.body if spot.spec.method != "GET" else spot.spec.query
        if declared:
            nodes |= {child.name: child for child in declared().children}
        self.send(spot, who, content)
        self.tries -= 1  # this was none
        names = self.noted.names | (set(content) if isinstance(content, dict) else {name for name, _value in content})
        if spot.spec.body is None and spot.spec.method != "GET":  # not what was kept, and is checked again
            nodes |= {name: node for name, node in self.noted.nodes.items() if name in names}
        return nodes, names - nodes.keys() - OURS


def _query(query: Any) -> str:
    return "?" + urlencode(query, doseq=True) if query else ""


@contextmanager
def tried(portal: Portal, right: Side) -> Iterator[World]:
    side = build_side(portal)
    world = World(portal, side, right)
    side.samples["job_id"] = str(a_dead_job(portal, side))
    world.clients["view", False] = a_view(side)
    limits = portal.parts.limits
    with pytest.MonkeyPatch.context() as patch, note_writing(world):
        patch.setattr(limits, "allowed", dict.fromkeys(CLASSES, Allowance(0, 0, 0)))
        note_fields(world, patch)
        changed = [(spec, name, getattr(spec, name)) for spec in portal.parts.routes for name in ("view", "context")]
        for spec, name, former in changed:
            if former is not None:
                first = name == "context" or spec.context is None
                object.__setattr__(spec, name, rolled_back(former, before(world, spec) if first else None))
        try:
            yield world
        finally:
            for spec, name, former in changed:
                object.__setattr__(spec, name, former)


def a_view(side: Side) -> Client:
    """Somebody who sees the portal as a customer does."""
    client = side.company.agent()
    client.post(f"/admin/members/{side.samples['membership_id']}/see-as", {"reason": "as a test of all fields"}, status=303)
    return client


def a_dead_job(portal: Portal, side: Side) -> Any:
    statement = sa.text(
        "INSERT INTO job_dead (id, tenant_id, queue, actor, args, priority, request_id, attempts, created_at, reason) "
        "VALUES (:id, :tenant, 'default', 'notify.fan_out', '{}', 5, '', 1, now(), 'failed') RETURNING id"
    )
    with portal.superuser() as connection:
        return connection.scalar(statement, {"id": new_id(), "tenant": side.company.id})


def rolled_back(view: Callable[..., Any], first: Callable[[Any], None] | None) -> Callable[..., Any]:
    def called(*given: Any) -> Any:
        request = given[-1]
        request.tm.doom()
        if first is not None:
            first(request)
        return view(*given)

    return called


def before(world: World, spec: RouteSpec) -> Callable[[Any], None] | None:
    """Brings the company into the state in which the request can succeed, within the request's own transaction."""
    said = bodies.BEFORE.get(spec.name) if spec.method != "GET" else None
    if said is None:
        return None
    statement = sa.text(said.statement)

    def prepare(request: Any) -> None:
        values = {name: world.side.samples[name] for name in statement._bindparams}
        former = request.db.scalar(sa.text("SELECT current_setting('role')"))
        user = request.db.scalar(sa.text("SELECT current_setting('portico.user_id')"))
        enter = sa.text("SELECT set_config('role', :role, true), set_config('portico.user_id', :user, true)")
        request.db.execute(enter, {"role": "portico_staff", "user": user})
        request.db.execute(statement, values)
        request.db.execute(enter, {"role": former, "user": user})

    return prepare


def note_fields(world: World, patch: pytest.MonkeyPatch) -> None:
    def noting(method: Callable[..., Any]) -> Callable[..., Any]:
        def noted(self: Any, key: Any, *rest: Any, **options: Any) -> Any:
            if isinstance(key, str):
                world.noted.names.add(key)
            return method(self, key, *rest, **options)

        return noted

    for kind in (multidict.MultiDict, multidict.NestedMultiDict, multidict.NoVars):
        for name in {"__getitem__", "__contains__", "get", "getall", "getone"} & vars(kind).keys():
            patch.setattr(kind, name, noting(vars(kind)[name]))
    draw, read = submission.Form.__init__, colander.SchemaNode.deserialize

    def drawing(self: submission.Form, schema: colander.SchemaNode, *given: Any, **options: Any) -> None:
        draw(self, schema, *given, **options)
        world.noted.nodes |= {node.name: node for node in leaves(schema)}
        world.noted.drawn = True

    def reading(self: colander.SchemaNode, *given: Any, **options: Any) -> Any:
        if isinstance(self.typ, colander.Mapping):
            world.noted.nodes |= {node.name: node for node in self.children if not isinstance(node.typ, colander.Mapping)}
        return read(self, *given, **options)

    patch.setattr(submission.Form, "__init__", drawing)
    patch.setattr(colander.SchemaNode, "deserialize", reading)


@contextmanager
def note_writing(world: World) -> Iterator[None]:
    def executed(connection: Any, cursor: Any, text: str, parameters: Any, context: Any, many: Any) -> None:
        said = repr(parameters)
        if CANARY in said or text.lstrip().startswith(WRITES) and cursor.rowcount:
            world.noted.written.append((text, said))

    engine = world.portal.parts.engine
    sa.event.listen(engine, "after_cursor_execute", executed)
    try:
        yield
    finally:
        sa.event.remove(engine, "after_cursor_execute", executed)


def leaves(node: colander.SchemaNode) -> Iterator[colander.SchemaNode]:
    for child in node.children:
        if isinstance(child.typ, colander.Mapping):
            yield from leaves(child)
        else:
            yield child
