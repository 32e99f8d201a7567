"""Each policy is proved twice: with it nobody sees what is not theirs; without it somebody would.

The second half is the test of the first: a policy that can be opened without any probe noticing is not tested.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from portico.db.session import scope_parameters
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


def test_each_reading_policy_is_needed(portal: Portal, left, right, walls) -> None:
    """Open one policy at a time, to everything: the probe must see what is not its own."""
    unnoticed = []
    scopes = {kind: scope(left, kind) for kind in ROLES.values()}  # made before anything is locked
    for policy in policies(portal):
        roles = set(policy.roles) & ROLES.keys()
        if policy.cmd not in ("SELECT", "ALL") or not roles or (policy.tablename, "portico_staff") in known_empty():
            continue
        with undone(portal) as connection:
            connection.execute(sa.text(f'ALTER POLICY "{policy.policyname}" ON "{policy.tablename}" USING (true)'))
            for role in roles:
                who = scopes[ROLES[role]]
                if not foreign(visible(connection, policy.tablename, who), policy.tablename, who, walls):
                    unnoticed.append((policy.tablename, policy.policyname, role))
    assert unnoticed == []


def attempt(connection: sa.Connection, who: Scope, statement: str, values: dict) -> int:
    """How many rows a statement changed in that scope; -1 if it was refused."""
    connection.execute(sa.text("SAVEPOINT probe"))
    try:
        connection.execute(ENTER, scope_parameters(who))
        return connection.execute(sa.text(statement), values).rowcount
    except DBAPIError:
        return -1
    finally:
        connection.execute(sa.text("ROLLBACK TO SAVEPOINT probe"))


def writing_policies(portal: Portal, walls: dict) -> list[tuple[str, str, str, str]]:
    found = []
    for policy in policies(portal):
        if policy.cmd in ("UPDATE", "DELETE") and policy.tablename in walls:
            found += [
                (policy.tablename, policy.policyname, policy.cmd, role)
                for role in set(policy.roles) & {"portico_staff", "portico_customer"}
            ]
    return found


def write(connection: sa.Connection, table: str, command: str, who: Scope, victim) -> int:
    if command == "DELETE":
        return attempt(connection, who, f'DELETE FROM "{table}" WHERE tenant_id = :t', {"t": victim})
    return attempt(connection, who, f'UPDATE "{table}" SET id = id WHERE tenant_id = :t', {"t": victim})


def test_nobody_writes_a_foreign_row_and_each_writing_policy_is_needed(portal: Portal, left, right, walls) -> None:
    wrong = []
    for table, name, command, role in writing_policies(portal, walls):
        who = scope(left, ROLES[role])
        with undone(portal) as connection:
            if write(connection, table, command, who, right.company.id) > 0:
                wrong.append((table, name, "writes a foreign row"))
            # With the reading policy and this one open, the write must go through: else the refusal proves nothing.
            connection.execute(sa.text(f'ALTER POLICY "{name}" ON "{table}" USING (true)'))
            connection.execute(
                sa.text(f'ALTER POLICY "{role.removeprefix("portico_")}_select" ON "{table}" USING (true)')
            )
            if write(connection, table, command, who, right.company.id) == 0:
                wrong.append((table, name, "is not needed"))
    assert wrong == []
