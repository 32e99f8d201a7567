"""The demo's company databases in the same server as the portal's, each behind a login of its own and closed
to others.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from portico_demo import contracts, nile, regency_company, turinova
from portico_demo.company import LoadReport

LOADERS: dict[str, Callable[[str], LoadReport]] = {
    "regency": regency_company.load,
    "turinova": turinova.load,
    "nile": nile.load,
}
CURRENCIES = {"regency": regency_company.CURRENCY, "turinova": turinova.CURRENCY, "nile": nile.CURRENCY}
DEMO_CUSTOMERS = {
    "regency": regency_company.DEMO_CUSTOMER,
    "turinova": turinova.DEMO_CUSTOMER,
    "nile": nile.DEMO_CUSTOMER,
}
"""Company → the ERP customer of customer@SLUG.example."""
CLAIM_CODES = {
    "regency": regency_company.claim_code(regency_company.DEMO_CUSTOMER),
    "turinova": turinova.claim_code(turinova.DEMO_CUSTOMER),
    "nile": nile.claim_code(nile.DEMO_CUSTOMER),
}
"""Company → the code by which customer@SLUG.example connects to it."""

_OPEN_TO_ALL = """
    SELECT datname FROM pg_database WHERE datallowconn AND (datacl IS NULL OR EXISTS (
        SELECT FROM aclexplode(datacl) a
        WHERE a.grantee = 0 AND a.privilege_type IN ('CONNECT', 'TEMPORARY')))"""
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True)
class CompanyLogin:
    """How the company's database is reached over TCP: what a connection of the portal is given."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)

    @property
    def dsn(self) -> str:
        return psycopg.conninfo.make_conninfo(
            "", host=self.host, port=self.port, dbname=self.database, user=self.user, password=self.password
        )

    def settings(self, currency: str) -> tuple[dict[str, Any], dict[str, str]]:
        """(config, secrets) of a `companydb` connection."""
        config = {
            "host": self.host,
            "port": self.port,
            "database": self.database,
            "user": self.user,
            "sslmode": "prefer",  # the server that comes with the portal speaks no TLS, and leaves this machine for nobody
            "currency": currency,
        }
        return config, {"password": self.password}


def create_empty(admin_url: str, home: Path, name: str) -> CompanyLogin:
    """The database `company_<name>` and its login, made if missing. `admin_url`: libpq URL of a superuser.

    The password is made once and kept in `<home>/secrets/company_<name>` (mode 0600). Whoever makes the same one meanwhile waits.
    """
    if not _SLUG.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a company: use a-z, 0-9 and hyphens")
    database = f"company_{name.replace('-', '_')}"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        _one_at_a_time(admin, database)
        password = _password(home / "secrets" / database)
        _ensure_login(admin, database, password)
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            admin.execute(
                sql.SQL("CREATE DATABASE {0} OWNER {0} TEMPLATE template0 ENCODING 'UTF8'").format(
                    sql.Identifier(database)
                )
            )
        close_doors(admin)
        host, port = admin.info.host, admin.info.port
    return CompanyLogin("127.0.0.1" if host.startswith("/") else host, port, database, database, password)


def create(admin_url: str, home: Path, slug: str, *, name: str | None = None) -> tuple[CompanyLogin, LoadReport | None]:
    """The database of a demo company, filled; the report is None when it was filled before.

    name: what `create_empty` is given, where there is more than one of the company; else its slug. Whoever fills the same one
    meanwhile waits.
    """
    login = create_empty(admin_url, home, name or slug)
    with psycopg.connect(login.dsn, autocommit=True) as connection:
        _one_at_a_time(connection, login.database)
        filled = connection.execute("SELECT to_regclass('portico_schema')").fetchone() != (None,)
        if filled:
            return login, None
        report = LOADERS[slug](login.dsn)
        contracts.add(login.dsn, slug, DEMO_CUSTOMERS[slug])
        return login, report


def customer_name(login: CompanyLogin, code: str) -> str:
    """What the company calls its customer: the organisation in the portal has the same name. Raises LookupError."""
    with psycopg.connect(login.dsn) as connection:
        found = connection.execute("SELECT name FROM customers WHERE code = %s", [code]).fetchone()
    if found is None:
        raise LookupError(f"the company's database has no customer {code}")
    return str(found[0])


def _one_at_a_time(connection: psycopg.Connection[Any], database: str) -> None:
    """Held until `connection` ends."""
    connection.execute("SELECT pg_advisory_lock(hashtext('portico company database ' || %s))", [database])


def allow_connections(admin_url: str, slug: str, *, allow: bool) -> None:
    """A company's database down (open connections are cut) or up again: what an outage looks like to the portal."""
    database = f"company_{slug.replace('-', '_')}"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(
            sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
                sql.Identifier(database), sql.SQL("true" if allow else "false")
            )
        )
        if not allow:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database]
            )


def close_doors(admin: psycopg.Connection[Any]) -> None:
    """Nobody connects to a database of this server but its owner, those who were granted it, and superusers.
    """
    # Held until `admin` disconnects.
    admin.execute("SELECT pg_advisory_lock(hashtext('portico company databases'))")
    for (name,) in admin.execute(_OPEN_TO_ALL).fetchall():
        with contextlib.suppress(psycopg.errors.InvalidCatalogName):  # dropped in this moment
            admin.execute(
                sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name))
            )


def _ensure_login(admin: psycopg.Connection[Any], role: str, password: str) -> None:
    known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    options = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD {}").format(
        sql.Literal(password)
    )
    admin.execute(
        sql.SQL("{} ROLE {} {}").format(
            sql.SQL("ALTER" if known else "CREATE"), sql.Identifier(role), options
        )
    )


def _password(file: Path) -> str:
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(24))
    return file.read_text().strip()
