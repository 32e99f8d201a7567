"""The command `portico mapping`: a company's mapping out to a file, and in from one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from portico.cli.commands import Command, CommandError
from portico.cli.records import by_command
from portico.connections import check, service
from portico.connections.errors import ConnectorError, plain
from portico.connections.models import Connection
from portico.errors import DomainError, InvalidError
from portico.settings import Settings
from portico_companydb.foreign import document, editing

NAME = "companydb"


def add(parser: argparse.ArgumentParser) -> Command:
    """Write the mapping of a company's database to a file, or take one over after testing it.

    portico mapping export acme > mapping.json
    portico mapping import acme mapping.toml             tests it, and puts it to use if it passes
    portico mapping import acme mapping.toml --connection "Our ERP"    where there are several
    """
    actions = parser.add_subparsers(dest="action", required=True)
    out = actions.add_parser("export", help="print the mapping as JSON")
    bring = actions.add_parser("import", help="test a mapping (TOML or JSON) and put it to use")
    for one in (out, bring):
        one.add_argument("company", help="the company's short name")
        one.add_argument("--connection", default="", help="the connection's name, where there are several")
    bring.add_argument("file", help="- reads from standard input")

    def run(settings: Settings, options: argparse.Namespace) -> None:
        from portico.app import UnknownTenantError, opened

        try:
            with opened(settings) as parts:
                if options.action == "export":
                    print(exported(parts, options.company, options.connection))
                    return
                text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text(encoding="utf-8-sig")
                print(f"It works, and {imported(parts, options.company, text, options.connection)} uses it.")
        except UnknownTenantError as error:
            raise CommandError(f"there is no company {options.company!r}") from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options.file} cannot be read: {error}") from error

    return run


def exported(parts: Any, slug: str, name: str = "") -> str:
    """As JSON. Raises CommandError."""
    with parts.sessions.scoped(parts.system_scope(parts.tenant(slug=slug))) as db:
        raw = _chosen(db, name).config.get("mapping")
    if not raw:
        raise CommandError("this connection has no mapping: it reads the standard schema")
    return editing.dumped(raw)


def imported(parts: Any, slug: str, text: str, name: str = "") -> str:
    """Test the mapping as the connection's; the connection's name once it uses it. Raises CommandError, and then the connection
    goes on as before.
    """
    tenant = parts.tenant(slug=slug)
    scope = by_command(parts.system_scope(tenant))
    try:
        raw = document.load(text)
        with parts.sessions.scoped(scope) as db:
            found = _chosen(db, name)
            title, known = found.name, found.id
            values = {**found.config, "mapping": raw}
            draft_id = service.propose(
                db, parts.connections, parts.cipher, connector=NAME, name=title, values=values, replaces_id=known
            )
    except (DomainError, ConnectorError) as error:
        fields = error.fields if isinstance(error, InvalidError) else {}
        raise CommandError(plain(next(iter(fields.values()), error.message))) from error
    if check.run(parts, tenant.id, draft_id) is None:
        with parts.sessions.scoped(scope) as db:
            raise CommandError(plain(service.get(db, draft_id).last_error or service.NOTHING_WORKS))
    return title


def _chosen(db: Any, name: str) -> Connection:
    found = [one for one in service.listing(db) if one.connector == NAME and name in ("", one.name)]
    if not found:
        raise CommandError("the company has no such connection to a database")
    if len(found) > 1:
        raise CommandError(f"choose one with --connection: {', '.join(sorted(repr(one.name) for one in found))}")
    return found[0]
