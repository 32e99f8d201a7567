"""Each policy is proved three times: with it nobody reads or writes what is not theirs, with it opened somebody would, and
without it nobody could work.

Generated from the catalogue of the database, so that a new policy is tried without a line of test. What is whose is not read
from the policies but said once more, by the walls of the models and, for tables without one, by `MINE`. The rows are made of
one that fits: each differs from it in one column alone, so that no other condition can be what keeps it away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg.errors
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from portico.db.base import Base
from portico.db.session import array_literal, scope_parameters
from portico.db.types import new_id
from portico.tenancy.scope import Place, Scope
from portico.testing.portal import Portal

ENTER = sa.text(
    "SELECT set_config('portico.tenant_id', :tenant, true), set_config('portico.user_id', :user, true), "
    "set_config('portico.accounts', :accounts, true), set_config('portico.keys', :keys, true), "
    "set_config('portico.owned', :owned, true), set_config('role', :role, true)"
)
ROLES = {"portico_staff": "staff", "portico_customer": "customer", "portico_public": "public", "portico_user": "user"}


def scope(side, kind: str) -> Scope:
    person = side.clients["owner" if kind == "customer" else "admin"].person
    return Scope(
        kind=kind,
        tenant=side.company.tenant,
        user_id=None if kind == "public" else person.id,
        places=(Place(side.accounts[0], "owner"),) if kind == "customer" else (),
    )


def visible(connection: sa.Connection, table: str, who: Scope) -> list[sa.Row]:
    """All rows that this scope reads from a table; none without the right to read."""
    connection.execute(sa.text("SAVEPOINT probe"))
    try:
        connection.execute(ENTER, scope_parameters(who))
        columns = "id" if table == "app_user" else "*"  # the password's hash is granted to nobody
        return connection.execute(sa.text(f'SELECT {columns} FROM "{table}"')).all()
    except DBAPIError:
        return []
    finally:
        connection.execute(sa.text("ROLLBACK TO SAVEPOINT probe"))


def foreign(rows: list[sa.Row], table: str, who: Scope, walls: dict) -> list[sa.Row]:
    """Of these rows, those that are not the scope's to see."""
    found = []
    for row in rows:
        values = row._mapping
        tenant = values.get("id") if table == "tenant" else values.get("tenant_id")
        if "tenant_id" in values or table == "tenant":
            if tenant != who.tenant.id:
                found.append(row)
                continue
        if table == "app_user" and values["id"] != who.user_id:
            found.append(row)
        wall = walls.get(table)
        if who.kind == "customer" and wall is not None:
            if wall.customer in ("account", "reach", "owner") and values[wall.account_column] not in who.accounts:
                found.append(row)
            if wall.customer == "user" and values["user_id"] != who.user_id:
                found.append(row)
    return found


@pytest.fixture(scope="module")
def walls() -> dict:
    from portico.db.base import Base

    return {table.name: table.info["wall"] for table in Base.metadata.sorted_tables if "wall" in table.info}


class _Undo(Exception):
    """Ends a block whose changes were for a look only."""


@contextmanager
def undone(portal: Portal) -> Iterator[sa.Connection]:
    """A superuser's transaction that is rolled back."""
    with suppress(_Undo), portal.superuser() as connection:
        yield connection
        raise _Undo


def policies(portal: Portal) -> list[sa.Row]:
    with portal.superuser() as connection:
        return connection.execute(
            sa.text(
                "SELECT tablename, policyname, roles::text[] AS roles, cmd FROM pg_policies WHERE schemaname = 'public' ORDER BY 1, 2"
            )
        ).all()


def test_nobody_reads_a_foreign_row(portal: Portal, left, right, walls) -> None:
    empty, leaks = [], []
    with portal.superuser() as connection:
        for policy in policies(portal):
            for role in set(policy.roles) & ROLES.keys():
                if policy.cmd not in ("SELECT", "ALL"):
                    continue
                who = scope(left, ROLES[role])
                rows = visible(connection, policy.tablename, who)
                leaks += [(policy.tablename, role)] if foreign(rows, policy.tablename, who, walls) else []
                if not rows and ROLES[role] in ("staff", "customer"):
                    empty.append((policy.tablename, role))
    assert leaks == []
    # A table in which the owner sees nothing proves nothing: its plugin's sample_records must fill it.
    assert sorted(set(empty) - known_empty()) == []


def known_empty() -> set[tuple[str, str]]:
    """Tables that hold rows only for a moment, or only after something failed."""
    return {("job_dead", "portico_staff"), ("job", "portico_staff"), ("mail", "portico_staff")}


# -- each policy by itself -----------------------------------------------------------------------------------------------

TENANT, OTHER_TENANT, USER, STRANGER, OWNED, JOINED, NOBODYS = (new_id() for _ in range(7))
"""The scope of all trials: in a company, somebody who owns one customer organisation and only belongs to another."""
APEX_JOB = "identity.apex_device_seen"
MINE: dict[str, dict[str, dict[str, Any]]] = {
    "tenant": {"": {"id": TENANT}},
    "app_user": {"": {"id": USER}},
    "audit_entry": {"": {"tenant_id": TENANT}, "portico_operator": {"tenant_id": None}},
    "mail": {"": {"tenant_id": TENANT}, "portico_worker": {"tenant_id": None}},
    "job": {"": {"tenant_id": TENANT}, "job_enqueue_apex": {"tenant_id": None, "actor": APEX_JOB}},
    "job_dead": {"": {"tenant_id": TENANT}},
}
"""What a row of a table without a wall has to have, for everybody or for a role or by a policy that is another rule."""
OTHERS: dict[str, tuple[Any, ...]] = {"tenant_id": (OTHER_TENANT, None), "id": (STRANGER,), "actor": ("another",)}
OPEN = {
    ("tenant", "portico_operator"): "operators look after all companies, and see nothing else of theirs",
    ("job", "portico_worker"): "workers do the jobs of all companies, each in the scope of its own",
    ("job_dead", "portico_worker"): "as for job",
    ("job_periodic", "portico_worker"): "of the installation",
    ("job_worker", "portico_worker"): "of the installation",
    ("job", "portico_owner"): "the functions of the queue are the owner's",
    ("job_dead", "portico_owner"): "as for job",
    ("job_periodic", "portico_owner"): "as for job",
    ("job_worker", "portico_owner"): "as for job",
}
"""Who is not walled at all in a table, and why: opening that changes nothing; whoever else it were, it would be a hole."""
FIXED = {("tenant", "staff_update"), ("app_user", "self_update")}
"""Policies by which no row can be moved to somebody else: no column that they look at may be written by their roles."""


@dataclass(frozen=True)
class Rule:
    """One policy for one of its roles. mine: what a row has to have; theirs: each a way in which it is somebody else's."""

    table: str
    name: str
    command: str
    role: str
    mine: Mapping[str, Any]
    theirs: tuple[Mapping[str, Any], ...]

    def changed(self, clauses: str) -> str:
        return f'ALTER POLICY "{self.name}" ON "{self.table}" {clauses}'

    @property
    def opened(self) -> str:
        reads, writes = self.command != "INSERT", self.command in ("INSERT", "UPDATE", "ALL")
        return self.changed(" ".join(("USING (true)",) * reads + ("WITH CHECK (true)",) * writes))

    @property
    def dropped(self) -> str:
        return f'DROP POLICY "{self.name}" ON "{self.table}"'


def rules(portal: Portal, walls: dict) -> list[Rule]:
    found = []
    for policy in policies(portal):
        for role in policy.roles:
            mine, theirs = whose(policy, role, walls.get(policy.tablename))
            found.append(Rule(policy.tablename, policy.policyname, policy.cmd, role, mine, theirs))
    return found


def whose(policy: sa.Row, role: str, wall: Any) -> tuple[dict[str, Any], tuple[dict[str, Any], ...]]:
    if (policy.tablename, role) in OPEN:
        return {}, ()
    if wall is None:
        said = MINE[policy.tablename]
        mine = said.get(policy.policyname) or said.get(role) or said[""]
        return mine, tuple({name: other} for name, own in mine.items() for other in OTHERS[name] if other != own)
    mine, theirs = {"tenant_id": TENANT}, [{"tenant_id": OTHER_TENANT}]
    if role == "portico_customer":
        of_owners = wall.customer == "owner" or wall.owner_writes and policy.cmd != "SELECT"
        if wall.customer in ("account", "reach", "owner"):
            mine[wall.account_column] = OWNED
            theirs += [{wall.account_column: one} for one in (NOBODYS, *([JOINED] if of_owners else []))]
        if wall.customer == "reach":  # rows of the own organisation open by who wrote them alone
            columns = Base.metadata.tables[policy.tablename].c  # a key that is always there is a record's, and not theirs
            mine |= {key: None for key in wall.keys if key not in mine and columns[key].nullable} | {"author_id": USER}
            theirs += [{"author_id": STRANGER}]
        if wall.customer == "user":
            mine["user_id"] = USER
            theirs += [{"user_id": STRANGER}]
    return mine, tuple(theirs)


def enter(connection: sa.Connection, role: str) -> None:
    connection.execute(ENTER, {"tenant": str(TENANT), "user": str(USER), "accounts": array_literal((OWNED, JOINED)),
                               "keys": array_literal((USER,)), "owned": array_literal((OWNED,)), "role": role})


class Table:
    """One table within a transaction that is rolled back: nothing refers to anything, and it holds the rows of a trial alone."""

    def __init__(self, connection: sa.Connection, name: str) -> None:
        self.connection, self.name = connection, name
        self._granted: dict[tuple[str, str], list[str]] = {}
        self.types = dict(connection.execute(COLUMNS, {"table": name}).all())
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        self.sample = self._sample()
        connection.execute(sa.text(f'DELETE FROM "{name}"'))

    def _sample(self) -> dict[str, str | None]:
        shown = ", ".join(f'"{one}"::text' for one in self.types)
        any_row = sa.text(f'SELECT {shown} FROM "{self.name}" LIMIT 1')
        row = self.connection.execute(any_row).one_or_none()
        if row is None:
            needed = self.connection.execute(NEEDED, {"table": self.name}).all()
            values = {name: MADE_UP.get(kind, "x") for name, kind in needed}
            self.connection.execute(sa.text(self.insertion(values)), values)
            row = self.connection.execute(any_row).one()
        return dict(zip(self.types, row, strict=True))

    def insertion(self, values: Mapping[str, Any]) -> str:
        names = ", ".join(f'"{one}"' for one in values)
        return f'INSERT INTO "{self.name}" ({names}) VALUES ({", ".join(map(self.cast, values))})'

    def cast(self, column: str) -> str:
        return f"CAST(:{column} AS {self.types[column]})"

    def granted(self, role: str, command: str) -> list[str]:
        """Columns that the role may write by that command."""
        if (role, command) not in self._granted:
            given = {"role": role, "table": f'"{self.name}"', "command": command, "columns": list(self.types)}
            self._granted[role, command] = list(self.connection.scalars(GRANTED, given))
        return self._granted[role, command]

    def trial(self, rule: Rule, command: str, row: Mapping[str, Any], values: Mapping[str, Any], *before: str) -> int:
        """How many rows the rule's role reads or writes, of that one row (or by writing it); -1: a policy refused.

        values: what an UPDATE sets. before: what is changed first of the policies. No statement names a column that it does
        not write, for then the policy for reading would have its say."""
        written = self.granted(rule.role, command) if command in ("INSERT", "UPDATE") else []
        if command == "UPDATE":
            values = {name: values[name] for name in values if name in written} or {written[0]: self.sample[written[0]]}
        nested = self.connection.begin_nested()
        try:
            for statement in before:
                self.connection.execute(sa.text(statement))
            if command != "INSERT":
                self.connection.execute(sa.text(self.insertion(row)), row)
            enter(self.connection, rule.role)
            if command == "SELECT":
                return self.connection.scalar(sa.text(f'SELECT count(*) FROM "{self.name}"')) or 0
            if command == "DELETE":
                return self.connection.execute(sa.text(f'DELETE FROM "{self.name}"')).rowcount
            if command == "INSERT":
                row = {name: row[name] for name in written}
                return self.connection.execute(sa.text(self.insertion(row)), row).rowcount
            changes = ", ".join(f'"{one}" = {self.cast(one)}' for one in values)
            return self.connection.execute(sa.text(f'UPDATE "{self.name}" SET {changes}'), values).rowcount
        except DBAPIError as error:  # anything else that is wrong with the row would prove nothing
            if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege) or "row-level security" not in str(error):
                raise
            return -1
        finally:
            nested.rollback()

    def problems(self, rule: Rule) -> Iterator[tuple[str, ...]]:
        commands = ("SELECT", "INSERT", "UPDATE", "DELETE") if rule.command == "ALL" else (rule.command,)
        own = {**self.sample, **rule.mine}
        for command in commands:
            if self.trial(rule, command, own, rule.mine) != 1:
                yield rule.table, rule.name, rule.role, command, "keeps one's own away"
            if self.trial(rule, command, own, rule.mine, rule.dropped) == 1:
                yield rule.table, rule.name, rule.role, command, "is not needed by anybody"
            for other in rule.theirs:
                said = (rule.table, rule.name, rule.role, command, str(other))
                for found in self.foreign(rule, command, own, other):
                    yield *said, found

    def foreign(self, rule: Rule, command: str, own: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
        theirs = {**own, **other}
        if self.trial(rule, command, theirs, rule.mine) == 1:
            yield "lets it through"
        if self.trial(rule, command, theirs, rule.mine, rule.opened) != 1:
            yield "can be opened, and nothing is noticed"
        if command != "UPDATE":
            return
        movable = other.keys() <= set(self.granted(rule.role, command))
        if movable == ((rule.table, rule.name) in FIXED):
            yield "is fixed, or is not"
        if movable:
            if self.trial(rule, command, theirs, rule.mine, rule.changed("USING (true)")) != 1:
                yield "lets what is there be opened, and nothing is noticed"
            if self.trial(rule, command, own, other) == 1:
                yield "lets it be given away"
            if self.trial(rule, command, own, other, rule.changed("WITH CHECK (true)")) != 1:
                yield "lets what is written be opened, and nothing is noticed"


COLUMNS = sa.text(
    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = cast(:table AS regclass) "
    "AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
)
NEEDED = sa.text(
    "SELECT attname, format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = cast(:table AS regclass) "
    "AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attnotnull AND NOT atthasdef"
)
GRANTED = sa.text("SELECT name FROM unnest(cast(:columns AS text[])) name WHERE has_column_privilege(:role, :table, name, :command)")
MADE_UP: dict[str, Any] = {"uuid": NOBODYS, "timestamp with time zone": "2026-01-01", "integer": 1, "bigint": 1, "smallint": 1,
                           "boolean": True, "jsonb": "{}", "text[]": "{}", "numeric": 1, "bytea": b"x"}


def test_each_policy_keeps_others_away_and_is_needed(portal: Portal, left, right, walls) -> None:
    """`left` and `right`: rows that there are, of which these trials are made."""
    wanted, wrong = rules(portal, walls), []
    for table in sorted({rule.table for rule in wanted}):
        with undone(portal) as connection:
            trials = Table(connection, table)
            wrong += [found for rule in wanted if rule.table == table for found in trials.problems(rule)]
    assert wrong == []
    assert {(rule.table, rule.name) for rule in wanted} == {(one.tablename, one.policyname) for one in policies(portal)}
    assert {(rule.table, rule.role) for rule in wanted if not rule.theirs} == OPEN.keys()


def test_who_is_not_walled_is_never_somebody_of_a_company(portal: Portal) -> None:
    """What OPEN says is so: these policies say nothing but yes, and no other does."""
    with portal.superuser() as connection:
        found = connection.execute(
            sa.text("SELECT tablename, unnest(roles)::text FROM pg_policies WHERE schemaname = 'public' AND 'true' IN (qual, with_check)")
        ).all()
    assert {tuple(row) for row in found} == OPEN.keys()
    assert {role for _table, role in OPEN} == {"portico_operator", "portico_worker", "portico_owner"}
