"""Within a customer's organisation: each role and reach against each route and table of what people write (TEN-5).

Generated: a new route of a plugin with such tables, and a new table, are covered without a line of test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from tests.walls import roles
from tests.walls.bodies import BODIES
from tests.walls.test_policies import undone, visible
from tests.walls.test_routes import MAY, _parts, _route_table, path
from tests.walls.world import with_previews

from portico import events
from portico.approvals.models import Approval
from portico.db.base import Base
from portico.db.policies import ACCOUNT, TENANT, Wall
from portico.identity.permissions import ACCOUNT_ROLES
from portico.settings import Allowance
from portico.testing.client import Client
from portico.testing.person import Person
from portico.testing.portal import Company, Portal
from portico.web.limits import CLASSES
from portico.web.routes import RouteSpec

REACHES = ("own", "site", "all")
LACKING = ("purchaser", "finance", "viewer")
FORBIDDEN, NOT_FOUND = 403, 404


def tables() -> dict[str, Wall]:
    walls = {table.name: table.info["wall"] for table in Base.metadata.sorted_tables if "wall" in table.info}
    return {name: wall for name, wall in walls.items() if wall.customer == "reach"}


WITHOUT_ADDRESS = {"signatures_round": "is shown and changed at the address of what is agreed to, agreement_id"}
"""Tables of records that no route names, each with the reason."""


def owner_of(table: str) -> str | None:
    """The plugin; None: core."""
    plugins = {one.tables: one.name for one in _parts().plugins.manifests.values() if one.tables}
    return next((plugin for prefix, plugin in plugins.items() if table.startswith(prefix)), None)


def hangs_on(table: str) -> set[str]:
    """Others of this wall without which there is no row of it."""
    keys = Base.metadata.tables[table].foreign_key_constraints
    above = {key.referred_table.name for key in keys if not any(column.nullable for column in key.columns)} - {table}
    return above & tables().keys()


def records() -> dict[str, tuple[str, str]]:
    """Of each plugin's table that others of this wall hang on, or that may stand by itself: path parameter → (table, plugin)."""
    _parts()  # knows every plugin's tables
    found = {}
    for name in tables():
        owner = owner_of(name)
        if owner is not None and name not in WITHOUT_ADDRESS and not hangs_on(name):
            found[name.rpartition("_")[2] + "_id"] = (name, owner)
    return found | {"agreement_id": found["quote_id"]}  # whatever is agreed to has this name: of the samples, the quote


RECORDS = {parameter: table for parameter, (table, _plugin) in records().items()}
PLUGINS = frozenset(filter(None, map(owner_of, tables())))


@dataclass
class Somebody:
    """One of the organisation. `sees`: names of the records."""

    person: Person
    page: Client
    api: Client
    sees: frozenset[str]


@dataclass
class World:
    """records: name → path parameters of a quote and an order with all their parts; of each person of their own, too."""

    company: Company
    people: dict[str, Somebody]
    records: dict[str, dict[str, str]]
    ids: dict[str, list[UUID]]


@pytest.fixture(scope="module", autouse=True)
def _without_limits(portal: Portal) -> Iterator[None]:
    """A fast machine asks more within a minute than a person may."""
    limits = portal.parts.limits
    allowed, limits.allowed = limits.allowed, dict.fromkeys(CLASSES, Allowance(0, 0, 0))
    yield
    limits.allowed = allowed


@pytest.fixture(scope="module")
def world(portal: Portal) -> World:
    company = portal.company(plugins=list(portal.parts.plugins.manifests))
    account, other = company.account("Acme"), company.account("Bolt")
    with company.system() as db:
        here, there = (
            db.scalar(
                sa.text("INSERT INTO account_site (tenant_id, id, account_id, name) VALUES (:t, uuidv7(), :a, :n) RETURNING id"),
                {"t": company.id, "a": account, "n": name},
            )
            for name in ("Here", "There")
        )
    records = {
        "here": record(company, account, here, None),
        "there": record(company, account, there, None),
        "nobody's": record(company, account, None, None),
        "other organisation": record(company, other, None, None),
    }
    people = {}
    for role in ACCOUNT_ROLES:
        for reach in REACHES if role != "owner" else ("all",):
            name = f"{role}-{reach}"
            person = company.customer_person(
                account, f"{role} {reach}", role=role, reach=reach, site_ids=[here] if reach == "site" else []
            )
            records[name] = record(company, account, there, person.id)
            people[name] = (person, reach)
    stranger = company.customer_person(other, "Otto Other", role="owner")
    people["other-all"] = (stranger, "other")
    ours = frozenset(records) - {"other organisation"}
    seen = {
        "own": lambda name: frozenset({name}),
        "site": lambda name: frozenset({name, "here"}),
        "all": lambda _name: ours,
        "other": lambda _name: frozenset({"other organisation"}),
    }
    return World(
        company,
        {n: Somebody(p, company.client(p), company.api(p), seen[reach](n)) for n, (p, reach) in people.items()},
        records,
        {name: [UUID(one) for key, one in made.items() if key in RECORDS] for name, made in records.items()},
    )


def record(company: Company, account: Any, site: Any, author: Any) -> dict[str, str]:
    """A quote and an order, whose parts follow them by the database's own triggers, an event and a request for approval."""
    made: dict[str, str] = {"place": "1"}
    with company.system() as db:
        for answer in db.info["relay"].call("sample_records", db=db, account_id=account):
            made |= answer
        with_previews(db)
        for key, table in RECORDS.items():
            statement = sa.text(f"UPDATE {table} SET site_id = :s, author_id = :u WHERE id = :i")
            db.execute(statement, {"s": site, "u": author, "i": UUID(made[key])})
        whose = {"account_id": account, "site_id": site, "author_id": author}
        quote = {"kind": "quotes.submit", "subject_type": "quote", "subject_id": made["quote_id"]}
        db.add(Approval(**whose, **quote, amount=1, currency="EUR"))
        events.publish(db, "quotes.submitted", **whose, subject=("quote", made["quote_id"]), data={"number": ""})
    return made


def may(somebody: Somebody, spec: RouteSpec) -> bool:
    if spec.permission in MAY:
        return "owner" in MAY[spec.permission]
    return spec.permission in roles.permissions(somebody.person.roles, somebody.person.account_role)


def specs(*, named: bool) -> list[Any]:
    found = [one for one in _route_table() if one.plugin in PLUGINS and bool(set(one.parameters) & RECORDS.keys()) is named]
    return [pytest.param(one, id=f"{one.name}-{one.method}") for one in found]


def ask(somebody: Somebody, spec: RouteSpec, samples: dict[str, str]) -> Any:
    url = path(spec, samples)
    if spec.kind == "api":
        url, client = url.removeprefix("/api/v1/portal"), somebody.api
        if spec.method in ("POST", "PUT", "PATCH"):
            return client.json(spec.method.lower(), url, {}, status="*")
        return client.delete(url, status="*") if spec.method == "DELETE" else client.get(url, status="*")
    body = {name: value for name, value in BODIES.get(spec.name, {}).items() if isinstance(value, str)}
    return somebody.page.get(url, status="*") if spec.method == "GET" else somebody.page.post(url, body, status="*")


@pytest.mark.parametrize("spec", specs(named=True))
def test_each_role_and_reach_on_each_route(world: World, spec: RouteSpec) -> None:
    """Without the permission 403, whatever the record; out of reach 404, as if it were not there."""
    wrong, shown = [], 0
    for name, somebody in world.people.items():
        allowed = may(somebody, spec)
        for record_name, samples in world.records.items():
            within = record_name in somebody.sees
            if allowed and within and spec.method != "GET":
                continue  # that those who may succeed is shown by test_routes; here it would change the record
            answer = ask(somebody, spec, samples)
            expected = FORBIDDEN if not allowed else NOT_FOUND if not within else None
            if expected is None:
                shown += 1
                if answer.status_int not in (200, 204, 303):
                    wrong.append((name, record_name, answer.status_int, "within reach"))
            elif answer.status_int != expected:
                wrong.append((name, record_name, answer.status_int, expected))
    assert wrong == []
    if spec.method == "GET":
        assert shown >= len(REACHES)


def test_each_wall_of_reach_in_a_plugin_has_routes_and_records(world: World) -> None:
    """Or what is derived above would have left one out."""
    named = {table for table, _plugin in records().values()} | WITHOUT_ADDRESS.keys()
    assert [table for table in tables() if owner_of(table) and table not in named and not hangs_on(table)] == []
    assert {plugin for _table, plugin in records().values()} == {owner_of(table) for table in named} - {None}
    for parameter in RECORDS:
        assert any(parameter in spec.parameters for spec in _route_table()), parameter
        assert all(parameter in made for made in world.records.values()), parameter


def closed_to_some() -> list[Any]:
    """Routes of a company whose permission one of LACKING does not have, by the walls' own table."""
    some = [roles.OF_ORGANISATION[one] for one in LACKING]
    found = [
        spec for spec in _route_table()
        if spec.site != "apex" and ("owner" not in MAY[spec.permission] if spec.permission in MAY else any(spec.permission not in one for one in some))
    ]
    return [pytest.param(one, id=f"{one.name}-{one.method}") for one in found]


@pytest.mark.parametrize("spec", closed_to_some())
def test_what_a_role_lacks_is_closed_to_it(world: World, spec: RouteSpec) -> None:
    """Ids are of nothing: who may gets as far as to be told so. That they succeed with ids of their own is shown by test_routes."""
    nowhere = {name: str(uuid4()) for name in spec.parameters}
    lacking = [role for role in LACKING if not may(world.people[f"{role}-all"], spec)]
    assert lacking
    got = {role: ask(world.people[f"{role}-all"], spec, nowhere).status_int for role in lacking}
    assert set(got.values()) == {FORBIDDEN}, got
    if may(world.people["owner-all"], spec):
        assert ask(world.people["owner-all"], spec, nowhere).status_int != FORBIDDEN


@pytest.mark.parametrize("spec", [one for one in specs(named=False) if one.values[0].method == "GET"])
def test_lists_hold_what_is_within_reach_and_nothing_else(world: World, spec: RouteSpec) -> None:
    for name, somebody in world.people.items():
        if not may(somebody, spec):
            continue
        text = ask(somebody, spec, world.records["here"]).text
        strange = [one for one, ids in world.ids.items() if one not in somebody.sees and any(str(i) in text for i in ids)]
        assert strange == [], name


@pytest.mark.parametrize("address", ["/quotes", "/orders"])
def test_lists_hold_all_that_is_within_reach(world: World, address: str) -> None:
    for name, somebody in world.people.items():
        for text in (somebody.page.get(address).text, somebody.api.get(address).text):
            missing = [one for one in somebody.sees if not any(str(i) in text for i in world.ids[one])]
            assert missing == [], name


def test_search_finds_nothing_out_of_reach(world: World) -> None:
    with world.company.portal.superuser() as db:
        number = db.scalar(sa.text("SELECT number FROM orders_order WHERE id = :i"), {"i": UUID(world.records["there"]["order_id"])})
        db.execute(sa.text("UPDATE quotes_quote SET po_number = 'PO-THERE' WHERE id = :i"), {"i": UUID(world.records["there"]["quote_id"])})
    for name, somebody in world.people.items():
        expected = "there" in somebody.sees
        for client in (somebody.page, somebody.api):
            for address, words, record_id in (
                ("/orders", number, world.records["there"]["order_id"]),
                ("/quotes", "PO-THERE", world.records["there"]["quote_id"]),
            ):
                assert (record_id in client.get(address, {"q": words}).text) is expected, (name, address)
        related = somebody.page.get("/related", {"ref": world.records["there"]["quote_id"]}).text
        assert world.records["there"]["order_id"] not in related or expected


def test_feed_of_activity_tells_nothing_from_out_of_reach(world: World) -> None:
    for name, somebody in world.people.items():
        text = somebody.page.get("/dashboard/activity").text
        found = {one for one, ids in world.ids.items() if any(str(i) in text for i in ids)}
        assert found <= somebody.sees, name
        assert found, name


def test_approvals_are_seen_within_reach(world: World) -> None:
    with world.company.portal.superuser() as db:
        rows = db.execute(sa.text("SELECT id, subject_id FROM approval WHERE tenant_id = :t"), {"t": world.company.id}).all()
    of_record = {row.subject_id: str(row.id) for row in rows}
    for name, somebody in world.people.items():
        for record_name, samples in world.records.items():
            approval_id, within = of_record[samples["quote_id"]], record_name in somebody.sees
            for client in (somebody.page, somebody.api):
                assert client.get(f"/approvals/{approval_id}", status="*").status_int == (200 if within else NOT_FOUND), name
                assert (approval_id in client.get("/approvals").text) is within, name


@pytest.mark.parametrize("table", sorted(tables()))
def test_database_shows_each_person_exactly_what_is_within_reach(world: World, table: str) -> None:
    """Forgotten filters included: everything is asked for."""
    keys = tables()[table].keys
    with world.company.portal.superuser() as connection:
        rows = connection.execute(sa.text(f'SELECT * FROM "{table}" WHERE tenant_id = :t'), {"t": world.company.id}).all()
        for name, somebody in world.people.items():
            scope = world.company.scope(somebody.person)
            expected = {
                row.id
                for row in rows
                if row.account_id in scope.accounts and {getattr(row, key) for key in keys} & set(scope.keys)
            }
            assert {row.id for row in visible(connection, table, scope)} == expected, name


@pytest.mark.parametrize("table", sorted(tables()))
def test_each_wall_of_reach_is_needed(world: World, table: str) -> None:
    """With the organisation alone compared, somebody would see more: so the test above is none that cannot fail."""
    scopes = [world.company.scope(one.person) for one in world.people.values()]
    with undone(world.company.portal) as connection:
        before = [len(visible(connection, table, scope)) for scope in scopes]
        connection.execute(sa.text(f'ALTER POLICY customer_select ON "{table}" USING ({TENANT} AND account_id {ACCOUNT})'))
        after = [len(visible(connection, table, scope)) for scope in scopes]
    assert sum(after) > sum(before)


@pytest.mark.parametrize("table", sorted(tables()))
def test_nobody_writes_what_is_out_of_reach(world: World, table: str) -> None:
    narrow = [one for name, one in world.people.items() if name.endswith(("-own", "-site"))]
    for somebody in narrow:
        with world.company.scope_of(somebody.person) as db:
            seen = {row.id for row in db.execute(sa.text(f'SELECT id FROM "{table}"'))}
        for statement in (f'UPDATE "{table}" SET id = id', f'DELETE FROM "{table}"'):
            with undone(world.company.portal) as connection:
                connection.execute(
                    sa.text("SELECT set_config('portico.tenant_id', :t, true), set_config('portico.user_id', :u, true), "
                            "set_config('portico.accounts', :a, true), set_config('portico.keys', :k, true)"),
                    _settings(world.company.scope(somebody.person)),
                )
                connection.execute(sa.text("SET LOCAL ROLE portico_customer"))
                try:
                    touched = {row.id for row in connection.execute(sa.text(f"{statement} RETURNING id"))}
                except sa.exc.ProgrammingError:
                    touched = set()  # customers may not do that at all
            assert touched <= seen


def _settings(scope: Any) -> dict[str, str]:
    def literal(ids: Any) -> str:
        return "{" + ",".join(map(str, ids)) + "}"

    return {"t": str(scope.tenant.id), "u": str(scope.user_id), "a": literal(scope.accounts), "k": literal(scope.keys)}
