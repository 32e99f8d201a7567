"""The guarded way out is the only one: who else opens sockets is on a list, with what they are for (SEC-12)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("core", "plugins", "connectors", "themes")
OPENERS = {
    "socket", "http.client", "urllib.request", "smtplib", "ftplib", "poplib", "imaplib", "telnetlib", "xmlrpc", "httpcore", "httpx", "requests",
    "aiohttp", "urllib3", "psycopg", "psycopg2", "asyncpg", "pymysql", "dns", "websockets", "obstore", "paramiko", "ldap3", "redis", "webbrowser",
}  # fmt: skip
"""Modules that can lead out."""
CALLS = {"create_engine", "open_connection", "create_connection", "open_unix_connection"}
"""And functions of others that can: of SQLAlchemy and asyncio."""
OURS = "the portal's own database, which the operator names"
ALLOWED: dict[str, str] = {
    "core/portico/connections/egress.py": "the guard: it resolves names, and opens nothing",
    "core/portico/connections/http.py": "the guarded HTTP client",
    "connectors/portico_companydb/database.py": "connects where the guard says; tests/functional/connections/test_ssrf.py",
    "connectors/portico_companydb/mysql.py": "connects where the guard says; tests/contract/test_mapped_mariadb.py",
    "core/portico/files/scanning.py": "the virus scanner, which the operator names",
    "core/portico/files/storage.py": "the storage of files, which the operator names",
    "core/portico/identity/sso/proof.py": "asks the operator's resolver for TXT records",
    "core/portico/notify/mail.py": "the mail server, which the operator names",
    "core/portico/backup/database.py": OURS,
    "core/portico/cli/failures.py": OURS,
    "core/portico/cli/keys.py": OURS,
    "core/portico/cli/records.py": OURS,
    "core/portico/db/direct.py": OURS,
    "core/portico/db/embedded.py": OURS,
    "core/portico/db/roles.py": OURS,
    "core/portico/db/session.py": OURS,
    "core/portico/db/setup.py": OURS,
    "core/portico/jobs/broker.py": OURS,
    "core/portico/jobs/claims.py": OURS,
    "core/portico/jobs/pulse.py": OURS,
    "core/portico/jobs/scheduler.py": OURS,
    "core/portico/web/live_source.py": OURS,
    "core/portico/web/server.py": "listens, and calls nobody",
    "core/portico/testing/portal.py": "the database of tests",
    "connectors/portico_companydb/stage.py": "the database of connectors' tests",
    "connectors/portico_odoo/simulator/administrator.py": "plays the company in the contract's tests, on this machine",
    "connectors/portico_supabase/simulator/gateway.py": "the gateway of the contract's tests, between connector and PostgREST",
    "connectors/portico_supabase/simulator/postgrest.py": "the PostgREST of the contract's tests, on this machine",
    "connectors/portico_supabase/stage.py": "the database of connectors' tests",
    "connectors/portico_erp/conformance/proxy.py": "the proxy of connectors' tests, between them and their stage",
    "plugins/portico_demo/backoffice.py": "plays the company: its own database, beside the demo",
    "plugins/portico_demo/contracts.py": "plays the company: its own database, beside the demo",
    "plugins/portico_demo/filling.py": "plays the company: its own database, beside the demo",
    "plugins/portico_demo/databases.py": "plays the company: its own database, beside the demo",
}


def opens(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield from [called] if called in CALLS else []
            if called in ("import_module", "__import__") and node.args and isinstance(node.args[0], ast.Constant):
                names = [str(node.args[0].value)]
        yield from (name for name in names if any(name == one or name.startswith(one + ".") for one in OPENERS))


def found() -> dict[str, set[str]]:
    files = (file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))
    opened = {str(file.relative_to(ROOT)): set(opens(ast.parse(file.read_text(encoding="utf-8")))) for file in files}
    return {name: what for name, what in opened.items() if what}


def test_nobody_else_opens_a_way_out() -> None:
    unknown = {name: sorted(what) for name, what in found().items() if name not in ALLOWED}
    assert unknown == {}, "go through portico.connections (egress, http), or say here what it is for"


def test_the_list_holds_nobody_who_is_gone() -> None:
    assert ALLOWED.keys() - found().keys() == set()


def test_what_leads_out_is_noticed() -> None:
    for text in ("import socket", "from urllib import request", "import urllib.request as r", "from psycopg import connect", "import dns.resolver",
                 "import importlib; importlib.import_module('http.client')", "import asyncio; asyncio.open_connection('x', 1)"):
        assert list(opens(ast.parse(text))), text
