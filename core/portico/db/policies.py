"""Row-level security: who sees a row of a table, as data, and the DDL that makes PostgreSQL enforce it.

No policy contains OR, CASE or a sub-select: with them PostgreSQL stops using the index (measured, architecture D2).
One policy per role instead; the role is set when the request's scope is entered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from string import Template
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from portico.db.definer import create_definer_functions

TENANT = "tenant_id = nullif(current_setting('portico.tenant_id', true), '')::uuid"
USER = "user_id = nullif(current_setting('portico.user_id', true), '')::uuid"
ACCOUNT = "= any(nullif(current_setting('portico.accounts', true), '')::uuid[])"
OWNED = "= any(nullif(current_setting('portico.owned', true), '')::uuid[])"
KEYS = "nullif(current_setting('portico.keys', true), '')::uuid[]"
REACH = ("account_id", "site_id", "author_id")

CUSTOMER, STAFF, PUBLIC = "portico_customer", "portico_staff", "portico_public"
VISITORS = "portico_public, portico_user"  # nobody signed in, or somebody who is no member of this tenant
READ: tuple[str, ...] = ("SELECT",)
WRITE: tuple[str, ...] = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Wall:
    """Who sees the rows of a tenant-owned table.

    customer: "account" (rows whose account_id is among the customer's), "reach" (of these, the rows that a key of theirs
        opens, see docs/decisions/0017), "owner" (rows of organisations that they own), "user" (rows whose user_id is
        theirs), "tenant" (every customer of the tenant reads; nobody but staff writes), "none" (staff alone).
    keys: the columns of a "reach" row that hold what opens it.
    customer_writes: which of INSERT, UPDATE, DELETE a customer may do on the rows they see.
    owner_writes: only owners of the organisation may do these.
    staff_writes: the same for staff. An append-only table has ("INSERT",).
    public: visitors who have not signed in read the rows of the tenant.
    account_column: the column that "account" compares.
    """

    customer: Literal["account", "reach", "owner", "user", "tenant", "none"] = "none"
    customer_writes: tuple[str, ...] = ()
    owner_writes: bool = False
    staff: bool = True
    staff_writes: tuple[str, ...] = WRITE
    public: bool = False
    account_column: str = "account_id"
    keys: tuple[str, ...] = REACH

    def condition(self, role: str, command: str = "SELECT") -> str | None:
        """The policy's expression for a role; None if the role sees nothing."""
        if role == STAFF:
            return TENANT if self.staff else None
        if role == PUBLIC:
            return TENANT if self.public else None
        account, owner = f"{TENANT} AND {self.account_column} {ACCOUNT}", f"{TENANT} AND {self.account_column} {OWNED}"
        if command != "SELECT" and self.owner_writes:
            return owner
        return {"account": account, "reach": f"{account} AND ARRAY[{', '.join(self.keys)}] && {KEYS}", "owner": owner,
                "user": f"{TENANT} AND {USER}", "tenant": TENANT, "none": None}[self.customer]

    def commands(self, role: str) -> tuple[str, ...]:
        if role == STAFF:
            return (*READ, *self.staff_writes)
        return READ if role == PUBLIC else (*READ, *self.customer_writes)


def wall_sql(table: str, wall: Wall) -> Iterator[str]:
    """The statements that put the wall around a table; grants come with the policies, never without."""
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    for role in (STAFF, CUSTOMER, PUBLIC):
        yield from _policies(table, wall, role)


def _policies(table: str, wall: Wall, role: str) -> Iterator[str]:
    if wall.condition(role) is None:
        return
    commands = wall.commands(role)
    grantees = VISITORS if role == PUBLIC else role
    yield f"GRANT {', '.join(commands)} ON {table} TO {grantees}"
    short = role.removeprefix("portico_")
    for command in commands:
        condition = wall.condition(role, command)
        clauses = {"SELECT": f"USING ({condition})", "DELETE": f"USING ({condition})",
                   "INSERT": f"WITH CHECK ({condition})",
                   "UPDATE": f"USING ({condition}) WITH CHECK ({condition})"}[command]
        yield f"CREATE POLICY {short}_{command.lower()} ON {table} FOR {command} TO {grantees} {clauses}"


def change_customer_wall(op: Any, table: str, wall: Wall) -> None:
    """In a migration: put the customers' part of a table's wall up anew."""
    for command in (*READ, *WRITE):
        op.execute(f"DROP POLICY IF EXISTS customer_{command.lower()} ON {table}")
    for statement in _policies(table, wall, CUSTOMER):
        op.execute(statement)


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


_STAMP = Template("""
CREATE FUNCTION ${child}_reach() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$f$$
BEGIN
  SELECT p.site_id, p.author_id INTO NEW.site_id, NEW.author_id FROM public.${parent} p
    WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.${key};
  RETURN NEW;
END $$f$$;
REVOKE ALL ON FUNCTION ${child}_reach() FROM PUBLIC;
CREATE TRIGGER reach BEFORE INSERT ON ${child} FOR EACH ROW EXECUTE FUNCTION ${child}_reach();
GRANT UPDATE (account_id, site_id, author_id) ON ${child} TO portico_definer;
""")
_SPREAD = Template("""
CREATE FUNCTION ${child}_reach_spread() RETURNS trigger LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$f$$
BEGIN
  UPDATE public.${child} SET account_id = NEW.account_id, site_id = NEW.site_id, author_id = NEW.author_id
    WHERE tenant_id = NEW.tenant_id AND ${key} = NEW.id;
  RETURN NULL;
END $$f$$;
CREATE TRIGGER ${child}_reach AFTER UPDATE OF account_id, site_id, author_id ON ${parent} FOR EACH ROW
  WHEN ((OLD.account_id, OLD.site_id, OLD.author_id) IS DISTINCT FROM (NEW.account_id, NEW.site_id, NEW.author_id))
  EXECUTE FUNCTION ${child}_reach_spread();
""")


def follow_parent(op: Any, child: str, parent: str, key: str) -> None:
    """In a migration: the rows of `child` have the account, site and author of the `parent` row that `key` names.

    By triggers, so that no writer forgets: a new row is stamped, and a change of the parent spreads. A policy could not look
    the parent up: with a sub-select PostgreSQL stops using the index.
    """
    names = {"child": child, "parent": parent, "key": key}
    op.get_bind().exec_driver_sql(_STAMP.substitute(names))
    grants: dict[str, tuple[str, ...]] = {f"{child}_reach_spread()": ()}
    create_definer_functions(op, _SPREAD.substitute(names), grants, reads=(child, parent))
