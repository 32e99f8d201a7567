"""The database's roles: who owns, who runs, who merely names a wall. Made by a superuser before the first migration."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

OWNER, APP, DEFINER = "portico_owner", "portico_app", "portico_definer"
OPERATOR = "portico_operator"
SCOPES = ("portico_public", "portico_customer", "portico_staff", "portico_user", "portico_worker", OPERATOR)
"""Roles without login that a transaction takes on: each has policies of its own (architecture D2)."""

EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")


def password_for(role: str, master_key: bytes) -> str:
    """The login's password: derived, so that no second secret has to be kept beside the master key."""
    return hmac.new(master_key, b"database login " + role.encode(), hashlib.sha256).hexdigest()


def fingerprint(master_key: bytes) -> str:
    """Tells keys apart and nothing of what they are."""
    return hmac.new(master_key, b"fingerprint", hashlib.sha256).hexdigest()[:32]


def note_master_key(admin: psycopg.Connection[Any], master_key: bytes) -> None:
    """Keep in the database's settings under which master key its secrets are, for `portico keys move`."""
    note_master_key_of(admin, admin.info.dbname, master_key)


def note_master_key_of(admin: psycopg.Connection[Any], database: str, master_key: bytes) -> None:
    """The same from a connection to another database of the server."""
    noted = sql.Literal(fingerprint(master_key))
    admin.execute(sql.SQL("ALTER DATABASE {} SET portico.master_key = {}").format(sql.Identifier(database), noted))


def master_key_of(admin: psycopg.Connection[Any]) -> str | None:
    """The fingerprint that was noted; None in a database from before there were any."""
    row = admin.execute(
        "SELECT split_part(setting, '=', 2) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, "
        "unnest(s.setconfig) setting WHERE d.datname = current_database() AND s.setrole = 0 "
        "AND setting LIKE 'portico.master_key=%'"
    ).fetchone()
    return row[0] if row else None


@contextmanager
def alone(admin: psycopg.Connection[Any]) -> Iterator[None]:
    """While nobody else does the same on this server: of two that change a role at once one fails, "tuple concurrently updated".

    `admin` is connected to the database that all of them begin with.
    """
    admin.execute("SELECT pg_advisory_lock(hashtextextended('portico.roles', 0))")
    try:
        yield
    finally:
        admin.execute("SELECT pg_advisory_unlock(hashtextextended('portico.roles', 0))")


def ensure_roles(admin: psycopg.Connection[Any], master_key: bytes) -> None:
    """Create what is missing and set the logins' passwords. Needs a superuser (BYPASSRLS is theirs to give)."""
    present = {row[0] for row in admin.execute("select rolname from pg_roles where rolname like 'portico%'")}
    for role, options in (
        (OWNER, "LOGIN NOINHERIT"),
        (APP, "LOGIN NOINHERIT NOBYPASSRLS"),
        (DEFINER, "NOLOGIN BYPASSRLS"),
    ):
        if role not in present:
            admin.execute(sql.SQL("CREATE ROLE {} " + options).format(sql.Identifier(role)))
    for role in SCOPES:
        if role not in present:
            admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        admin.execute(
            sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(sql.Identifier(role), sql.Identifier(APP))
        )
    # The owner hands functions over to the definer role, and writes what a command did into the trail as those who run the
    # installation, in the transaction of what it did. It needs SET for that, and must not inherit their power.
    for role in (DEFINER, OPERATOR):
        admin.execute(
            sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(sql.Identifier(role), sql.Identifier(OWNER))
        )
    for role in (OWNER, APP):
        admin.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(role), sql.Literal(password_for(role, master_key))
            )
        )
    admin.execute(sql.SQL("ALTER ROLE {} SET search_path = public").format(sql.Identifier(APP)))


def ensure_database(admin: psycopg.Connection[Any], name: str) -> bool:
    """Create the portal's database, closed to everybody but its two logins. True if it was made now."""
    made = admin.execute("select 1 from pg_database where datname = %s", (name,)).fetchone() is None
    if made:
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(name), sql.Identifier(OWNER)
            )
        )
    admin.execute(sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    admin.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(
            sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(APP)
        )
    )
    return made


def prepare_database(admin_in_database: psycopg.Connection[Any]) -> None:
    """Inside the portal's database: extensions, and a `public` schema that only the owner may add to."""
    for name in EXTENSIONS:
        admin_in_database.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))
    admin_in_database.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(OWNER)))
    admin_in_database.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    grantees = sql.SQL(", ").join(sql.Identifier(role) for role in (APP, DEFINER, *SCOPES))
    admin_in_database.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(grantees))
