"""The data that is measured on: 60 companies, a million orders, a large catalogue, and sessions for a thousand people.

Written by a superuser in set-based statements (the walls are in the way of nothing but this), with the triggers and
foreign keys of bulk tables asleep meanwhile; what the pages then read is the same as if it had come by a sync.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from portico.app import Portico, build
from portico.cli import ini_settings
from portico.db import setup
from portico.db.base import Base
from portico.db.types import UtcDateTime
from portico.identity.tokens import access_token
from portico.pluginhost.host import PluginHost
from portico.settings import Settings
from portico.tenancy.setup import create_company

ROOT = Path(__file__).resolve().parent.parent
HOST = "portal.example.com"
COOKIE = "__Host-portico"
PROBE, LARGE = "probe", "large"
PEOPLE = 1000


@dataclass(frozen=True)
class Size:
    """orders: of all companies. probe: of the measured company, besides the 100 open ones of the measured customer."""

    tenants: int = 60
    orders: int = 1_000_000
    large: int = 300_000
    probe: int = 20_000
    items: int = 100_000

    @classmethod
    def of(cls, tenants: int, orders: int) -> Size:
        share = min(1.0, orders / 1_000_000)
        return cls(tenants, orders, int(300_000 * share), int(20_000 * max(share, 0.1)), int(100_000 * max(share, 0.1)))

    @property
    def each(self) -> int:
        """Orders of a company that is neither the measured nor the large one."""
        return max(100, (self.orders - self.large - self.probe) // max(1, self.tenants - 2))


LIMITS, NO_LIMIT = ("rate_read", "rate_write", "rate_anonymous", "rate_sensitive"), "0 0 0"
"""A thousand people come from this one address."""


def settings(home: Path, port: int, database: str) -> Settings:
    """production.ini on the embedded server."""
    given = {**ini_settings(str(ROOT / "production.ini")), "portico.home": str(home), "portico.port": str(port),
             "portico.database": database, "portico.public_url": f"https://{HOST}",
             "portico.egress_allow": "127.0.0.0/8"}
    given |= {f"portico.{name}": NO_LIMIT for name in LIMITS}
    return Settings.read(given, {})


def environment(chosen: Settings) -> dict[str, str]:
    """The same for a process of its own."""
    return {"PORTICO_CONFIG": str(ROOT / "production.ini"), "PORTICO_HOME": str(chosen.home),
            "PORTICO_PORT": str(chosen.port), "PORTICO_DATABASE": chosen.database,
            "PORTICO_PUBLIC_URL": chosen.public_url, "PORTICO_EGRESS_ALLOW": "127.0.0.0/8",
            **{f"PORTICO_{name.upper()}": NO_LIMIT for name in LIMITS}}


@dataclass(frozen=True)
class World:
    """A loaded database, and what a request to it needs."""

    settings: Settings
    size: Size
    orders: list[str]  # of the measured customer, newest first
    quotes: list[str]
    items: list[str]
    tenant_id: str
    api_session: str
    dead_item: str = ""  # of the large company, whose system `bench.stalls` lets die

    @property
    def session(self) -> tuple[str, str]:
        return person_session(0)

    def bearer(self) -> tuple[str, str]:
        """Good for a quarter of an hour."""
        token = access_token(self.settings.master_key, UUID(self.api_session), UUID(self.tenant_id))
        return "Authorization", f"Bearer {token}"


def person_token(number: int) -> str:
    return f"bench-session-of-person-{number:06d}"


def person_session(number: int) -> tuple[str, str]:
    return "Cookie", f"{COOKIE}={person_token(number)}"


def person_company(number: int, tenants: int) -> str:
    """Person 0 is the measured customer; the others are spread over the companies."""
    return PROBE if number == 0 else slug(number % tenants)


def slug(number: int) -> str:
    return (PROBE, LARGE)[number] if number < 2 else f"company-{number:02d}"


def load(home: Path, port: int, database: str, size: Size, say: Any = print) -> World:
    """The world in `database`: found as it was left, or made. Sessions are fresh afterwards."""
    chosen = settings(home, port, database)
    plugins = PluginHost.discover()
    setup.start_embedded(chosen)
    key = json.dumps([asdict(size), [f"{one.name}:{one.head()}" for one in plugins.lineages()], (_SQL.read_text())])
    mark = home / f"{database}.loaded"
    if not mark.exists() or mark.read_text() != key:
        mark.unlink(missing_ok=True)
        with psycopg.connect(setup.admin_url(chosen), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
        setup.prepare(chosen, plugins)
        _fill(chosen, size, say)
        mark.write_text(key)
    with psycopg.connect(setup.admin_url(chosen, database), autocommit=True) as admin:
        admin.execute("UPDATE web_session SET last_seen_at = now(), expires_at = now() + interval '1 day'")
        admin.execute("UPDATE connection_sync SET last_success_at = now() + interval '1 day'")
        return _world(admin, chosen, size)


def _world(admin: psycopg.Connection[Any], chosen: Settings, size: Size) -> World:
    def column(query: str) -> list[str]:
        return [str(row[0]) for row in admin.execute(query)]

    tenant_id = column("SELECT id FROM tenant WHERE slug = 'probe'")[0]
    account = column("SELECT account_id FROM bench_person WHERE number = 0")[0]
    has_quotes = admin.execute("SELECT to_regclass('quotes_quote') IS NOT NULL").fetchone() == (True,)
    mine = f"WHERE tenant_id = '{tenant_id}' AND account_id = '{account}' ORDER BY id DESC LIMIT 100"
    return World(
        chosen, size, column(f"SELECT id FROM orders_order {mine}"),  # noqa: S608
        column(f"SELECT id FROM quotes_quote {mine}") if has_quotes else [],  # noqa: S608
        column(f"SELECT id FROM quotes_item WHERE tenant_id = '{tenant_id}' ORDER BY id LIMIT 60")  # noqa: S608
        if has_quotes else [],
        tenant_id, column("SELECT id FROM web_session WHERE kind = 'api'")[0])


_SQL = Path(__file__).with_name("world.sql")


def _fill(chosen: Settings, size: Size, say: Any) -> None:
    parts = build(replace(chosen, log_level="WARNING"))
    made: list[tuple[str, UUID, int]] = []
    for number in range(size.tenants):
        name = slug(number)
        count = {PROBE: size.probe, LARGE: size.large}.get(name, size.each)
        made.append((name, _company(parts, name, number), count))
    parts.connections.close()
    parts.engine.dispose()
    sections = dict(_section(text) for text in _SQL.read_text().split("-- :: ")[1:])
    with psycopg.connect(setup.admin_url(chosen, chosen.database)) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("SET synchronous_commit = off")
        admin.execute(sections["once"])
        _defaults(admin)
        for name, tenant_id, count in made:
            _run(admin, sections["company"], tenant=tenant_id, orders=count, accounts=max(20, count // 100))
            admin.commit()
            say(f"  {name}: {count:,} orders", flush=True)
        admin.execute("SET session_replication_role = origin")
        _run(admin, sections["people"], people=PEOPLE, tenants=len(made))
        _run(admin, sections["probe"])
        if admin.execute("SELECT to_regclass('quotes_quote') IS NOT NULL").fetchone() == (True,):
            _run(admin, sections["quotes"], items=size.items)
        admin.commit()
        admin.autocommit = True
        admin.execute("VACUUM ANALYZE")


def _defaults(admin: psycopg.Connection[Any]) -> None:
    """What models fill in by themselves, for statements that pass them by: a new column needs nothing here."""
    for table in Base.metadata.tables.values():
        for column in table.c:
            given = column.default
            if column.nullable or column.server_default is not None or given is None or column.primary_key:
                continue
            value = str(given.arg) if given.is_scalar else "now" if isinstance(column.type, UtcDateTime) else "{}"
            admin.execute(sql.SQL("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {}").format(
                sql.Identifier(table.name), sql.Identifier(column.name), sql.Literal(value)))


def _section(text: str) -> tuple[str, str]:
    name, _, body = text.partition("\n")
    return name.strip(), body


def _run(admin: psycopg.Connection[Any], text: str, **values: Any) -> None:
    for statement in text.split(";\n"):
        if statement.strip():
            admin.execute(statement, values)


def _company(parts: Portico, name: str, number: int) -> UUID:
    return create_company(parts, slug=name, name=f"Bench {name.title()}", currency="EUR", locale="en",
                          locales=["en", "fr", "ar"], time_zone="Europe/Paris", signup="open",
                          theme="portico_clear", brand={"colour": "#0F5C8C"})
