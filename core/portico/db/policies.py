"""Row-level security: who sees a row of a table, as data, and the DDL that makes PostgreSQL enforce it.

No policy contains OR, CASE or a sub-select: with them PostgreSQL stops using the index (measured, architecture D2).
One policy per role instead; the role is set when the request's scope is entered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

TENANT = "tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid"
USER = "user_id = nullif(current_setting('portico.user_id', true), '')::uuid"
ACCOUNT = "= any(nullif(current_setting('portico.accounts', true), '')::uuid[])"

CUSTOMER, STAFF, PUBLIC = "portico_customer", "portico_staff", "portico_public"
VISITORS = "portico_public, portico_user"  # nobody signed in, or somebody who is no member of this tenant
READ: tuple[str, ...] = ("SELECT",)
WRITE: tuple[str, ...] = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Wall:
    """Who sees the rows of a tenant-owned table.

    customer: "account" (rows whose account_id is among the customer's), "user" (rows whose user_id is theirs),
        "tenant" (every customer of the tenant reads; nobody but staff writes), "none" (staff alone).
    customer_writes: which of INSERT, UPDATE, DELETE a customer may do on the rows they see.
    staff_writes: the same for staff. An append-only table has ("INSERT",).
    public: visitors who have not signed in read the rows of the tenant.
    account_column: the column that "account" compares.
    """

    customer: Literal["account", "user", "tenant", "none"] = "none"
    customer_writes: tuple[str, ...] = ()
    staff: bool = True
    staff_writes: tuple[str, ...] = WRITE
    public: bool = False
    account_column: str = "account_id"

    def condition(self, role: str) -> str | None:
        """The policy's expression for a role; None if the role sees nothing."""
        if role == STAFF:
            return TENANT if self.staff else None
        if role == PUBLIC:
            return TENANT if self.public else None
        return {"account": f"{TENANT} AND {self.account_column} {ACCOUNT}", "user": f"{TENANT} AND {USER}",
                "tenant": TENANT, "none": None}[self.customer]

    def commands(self, role: str) -> tuple[str, ...]:
        if role == STAFF:
            return (*READ, *self.staff_writes)
        return READ if role == PUBLIC else (*READ, *self.customer_writes)


def wall_sql(table: str, wall: Wall) -> Iterator[str]:
    """The statements that put the wall around a table; grants come with the policies, never without."""
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    for role in (STAFF, CUSTOMER, PUBLIC):
        condition = wall.condition(role)
        if condition is None:
            continue
        commands = wall.commands(role)
        grantees = VISITORS if role == PUBLIC else role
        yield f"GRANT {', '.join(commands)} ON {table} TO {grantees}"
        short = role.removeprefix("portico_")
        for command in commands:
            clauses = {"SELECT": f"USING ({condition})", "DELETE": f"USING ({condition})",
                       "INSERT": f"WITH CHECK ({condition})",
                       "UPDATE": f"USING ({condition}) WITH CHECK ({condition})"}[command]
            yield f"CREATE POLICY {short}_{command.lower()} ON {table} FOR {command} TO {grantees} {clauses}"


def apply_wall(op: Any, table: sa.Table | str, wall: Wall | None = None) -> None:
    """In a migration, right after the table is created. `op` is Alembic's operations object."""
    if isinstance(table, sa.Table):
        wall = wall or table.info["wall"]
        table = table.name
    assert wall is not None
    for statement in wall_sql(table, wall):
        op.execute(statement)


def create_with_wall(op: Any, *tables: sa.Table) -> None:
    """Create tables as a model declares them *today*, each with its wall: for a lineage's first migration, until it is
    released.

    From then on models move and databases stay: the release writes the statements down as SQL (as core and the shipped
    plugins do), and later migrations spell their changes out. A test compares what all migrations built with the models.
    """
    bind = op.get_bind()
    for table in sort_tables(tables):
        table.create(bind)
        if "wall" in table.info:
            apply_wall(op, table)


def sort_tables(tables: Iterable[sa.Table]) -> list[sa.Table]:
    """Referred tables first."""
    wanted = list(tables)
    return [table for table in sa.sql.ddl.sort_tables(wanted) if table in wanted]


def ddl(table: sa.Table) -> str:
    """The CREATE TABLE text, for tests and documentation."""
    return str(sa.schema.CreateTable(table).compile(dialect=postgresql.dialect()))
