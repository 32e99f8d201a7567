"""The database's own catalogue is read: no table without a wall, no policy that is slow or wide, no open function."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from portico.testing.portal import Portal

NO_TENANT = {  # tables without tenant_id, or with one that may be empty: their walls are in walls.sql and jobs/ddl.py
    "tenant",
    "app_user",
    "web_session",
    "user_token",
    "refresh_token",
    "rate_window",
    "user_factor",
    "recovery_code",
    "ceremony",
    "user_device",
    "consent",
    "data_request",
    "audit_entry",
    "audit_seal",
    "mail",
    "job",
    "job_dead",
    "job_periodic",
    "job_worker",
}


@pytest.fixture(scope="module")
def catalogue(portal: Portal) -> sa.Connection:
    with portal.superuser() as connection:
        yield connection


def tables(connection: sa.Connection) -> list[str]:
    rows = connection.execute(
        sa.text(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY 1"
        )
    )
    return [row[0] for row in rows if not row[0].endswith("_version")]


def test_every_table_forces_row_level_security(catalogue: sa.Connection) -> None:
    rows = catalogue.execute(
        sa.text(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
    )
    open_tables = [
        row.relname
        for row in rows
        if not row.relname.endswith("_version") and not (row.relrowsecurity and row.relforcerowsecurity)
    ]
    assert open_tables == []


def test_tenant_owned_tables_have_the_tenant_first_in_their_key(catalogue: sa.Connection) -> None:
    wrong = []
    for table in tables(catalogue):
        if table in NO_TENANT:
            continue
        key = catalogue.execute(
            sa.text(
                "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
                "WHERE i.indrelid = cast(:t as regclass) AND i.indisprimary"
            ),
            {"t": table},
        ).scalar()
        if key != "tenant_id":
            wrong.append((table, key))
    assert wrong == []


def test_references_between_tenant_owned_tables_carry_the_tenant(catalogue: sa.Connection) -> None:
    rows = catalogue.execute(
        sa.text(
            "SELECT c.conname, c.conrelid::regclass::text AS source, c.confrelid::regclass::text AS target, "
            "(SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)) AS columns "
            "FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace"
        )
    )
    loose = [row.conname for row in rows if row.target not in NO_TENANT and "tenant_id" not in row.columns]
    assert loose == []


def test_policies_contain_nothing_that_keeps_an_index_from_being_used(catalogue: sa.Connection) -> None:
    rows = catalogue.execute(
        sa.text(
            "SELECT tablename, policyname, coalesce(qual, '') || ' ' || coalesce(with_check, '') AS text FROM pg_policies"
        )
    )
    slow = [(row.tablename, row.policyname) for row in rows if re.search(r"\b(OR|CASE|SELECT)\b", row.text)]
    assert slow == []


def test_policies_on_tenant_owned_tables_compare_the_tenant(catalogue: sa.Connection) -> None:
    rows = catalogue.execute(
        sa.text("SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies WHERE schemaname = 'public'")
    )
    wide = []
    for row in rows:
        if row.tablename in NO_TENANT:
            continue
        texts = [text for text in (row.qual, row.with_check) if text is not None]
        if not texts or not all("tenant_id" in text for text in texts):
            wide.append((row.tablename, row.policyname))
    assert wide == []


def test_application_login_owns_nothing_and_bypasses_nothing(catalogue: sa.Connection) -> None:
    role = catalogue.execute(
        sa.text("SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'portico_app'")
    ).one()
    assert tuple(role) == (False, False, False, False)
    owned = catalogue.scalar(
        sa.text("SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = 'portico_app'")
    )
    assert owned == 0


def test_application_login_has_no_right_of_its_own_on_any_table(catalogue: sa.Connection) -> None:
    """Without a scope it sees nothing at all, not even an empty table."""
    found = [
        table
        for table in tables(catalogue)
        if catalogue.scalar(
            sa.text("SELECT has_table_privilege('portico_app', cast(:t as regclass), 'SELECT')"), {"t": table}
        )
    ]
    assert found == []


def test_definer_functions_are_pinned_and_closed_to_the_public(catalogue: sa.Connection) -> None:
    rows = catalogue.execute(
        sa.text(
            "SELECT p.oid::regprocedure::text AS name, p.proconfig, r.rolname, p.prosecdef, "
            "has_function_privilege('public', p.oid, 'EXECUTE') AS open FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner "
            "WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
        )
    )
    wrong = []
    for row in rows:
        if row.open:
            wrong.append((row.name, "open to the public"))
        if row.prosecdef and row.rolname != "portico_definer":
            wrong.append((row.name, "definer function of " + row.rolname))
        path = next((one for one in row.proconfig or () if one.startswith("search_path=")), "")
        if row.prosecdef and not path.endswith("pg_temp"):
            wrong.append((row.name, path or "no search_path"))
    assert wrong == []


def test_views_run_as_their_reader(catalogue: sa.Connection) -> None:
    rows = catalogue.execute(
        sa.text(
            "SELECT relname, reloptions FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm') "
            "AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"
        )
    )
    assert [row.relname for row in rows if "security_invoker=true" not in (row.reloptions or [])] == []


def test_models_and_migrations_agree(portal: Portal) -> None:
    """What the migrations built has every table and column that the models declare, and no other column."""
    from portico.db.base import Base

    with portal.superuser() as connection:
        inspector = sa.inspect(connection)
        differences = []
        for table in Base.metadata.sorted_tables:
            built = (
                {column["name"] for column in inspector.get_columns(table.name)}
                if inspector.has_table(table.name)
                else set()
            )
            if built != {column.name for column in table.columns}:
                differences.append((table.name, built ^ {column.name for column in table.columns}))
    assert differences == []
