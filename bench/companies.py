"""Companies whose systems are real: each has a PostgreSQL database of its own, reached by `companydb` with a login of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from bench.client import Address
from bench.world import COOKIE, HOST, settings
from portico.app import Portico, build
from portico.cli.people import create_person
from portico.connections import check
from portico.db import setup
from portico.identity import service
from portico.pluginhost.host import PluginHost
from portico.settings import Settings
from portico.tenancy.models import AccountMember
from portico.tenancy.scope import Scope
from portico.tenancy.service import add_member, open_account
from portico.tenancy.setup import create_company
from portico_companydb import schema
from portico_demo.databases import CompanyLogin, create_empty

_ITEMS = """
    INSERT INTO materials (code, name, description, price, category, unit, tax_rate)
    SELECT 'M' || lpad(n::text, 6, '0'), 'Sheet ' || n, repeat('Measured material. ', 5), (n %% 9000 + 10) / 10.0,
           'Shelf ' || n %% 40, 'piece', 20 FROM generate_series(1, %s) n"""
_CUSTOMER = "INSERT INTO customers (code, name, email, currency) VALUES ('C1', 'Customer', 'c1@example.com', 'EUR')"
AGENT = "bench@{slug}.example"


@dataclass(frozen=True)
class BenchCompany:
    """`cookie`: of one of its customers. dsn: of its database, as its owner."""

    slug: str
    tenant_id: UUID
    connection_id: UUID
    login: CompanyLogin
    cookie: tuple[str, str]


def prepare(home: Path, port: int, database: str) -> Settings:
    """An empty portal in a new database on the embedded server."""
    chosen = settings(home, port, database)
    setup.start_embedded(chosen)
    with psycopg.connect(setup.admin_url(chosen), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
    setup.prepare(chosen, PluginHost.discover())
    return chosen


def open_parts(chosen: Settings) -> Portico:
    return build(chosen)


def add(parts: Portico, chosen: Settings, slug: str, items: int, *, port: int | None = None) -> BenchCompany:
    """A company with a customer and that many items in a new database. port: where the portal finds it, if it is not there."""
    admin_url = setup.admin_url(chosen)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        name = sql.Identifier(f"company_{slug.replace('-', '_')}")
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    login = create_empty(admin_url, chosen.home, slug)
    with psycopg.connect(login.dsn) as company:
        for statement in schema.statements("postgresql", 0):
            company.execute(statement.encode())
        company.execute(_ITEMS, [items])
        company.execute(_CUSTOMER)
        company.execute("ANALYZE")
    tenant_id = create_company(parts, slug=slug, name=f"Bench {slug}", currency="EUR", signup="open")
    config, secrets = login.settings("EUR")
    values: dict[str, Any] = {**config, **secrets, "port": port or login.port}
    connection_id = check.create(parts, tenant_id, connector="companydb", name=f"{slug} ERP", values=values)
    return BenchCompany(slug, tenant_id, connection_id, login, _customer(parts, tenant_id, slug))


def _customer(parts: Portico, tenant_id: UUID, slug: str) -> tuple[str, str]:
    email = AGENT.format(slug=slug)
    create_person(parts, email, "Bench", "not-guessed-by-anybody-4711")
    with parts.sessions.scoped(parts.system_scope(parts.tenant(tenant_id))) as db:
        user_id = add_member(db, email=email, name="Bench", kind="customer", roles=["customer"])
        account_id = open_account(db, name="Bench", erp_ref="C1")
        db.add(AccountMember(account_id=account_id, user_id=user_id))
    with parts.sessions.scoped(Scope(address="127.0.0.1", request_id="0" * 32)) as db:
        person = service.Person(user_id, email, "Bench", None)
        _id, token = service.open_session(db, person, kind="browser", tenant_id=None, agent="bench")
    return "Cookie", f"{COOKIE}={token}"


def items(chosen: Settings, company: BenchCompany, count: int) -> list[str]:
    with psycopg.connect(setup.admin_url(chosen, chosen.database)) as admin:
        query = "SELECT id FROM quotes_item WHERE tenant_id = %s ORDER BY id LIMIT %s"
        return [str(row[0]) for row in admin.execute(query, [company.tenant_id, count])]


def prices_request(address: Address, company: BenchCompany, wanted: list[str]) -> bytes:
    query = "&".join(f"item={one}" for one in wanted)
    return address.request(f"/c/{company.slug}/catalogue/prices?{query}", (company.cookie, ("HX-Request", "true")))


__all__ = ["HOST", "BenchCompany", "add", "items", "open_parts", "prepare", "prices_request"]
