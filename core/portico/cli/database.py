"""Commands about the portal's own database."""

from __future__ import annotations

import argparse

import sqlalchemy as sa

from portico.cli.commands import Command, CommandError
from portico.db import migrate as migrations
from portico.db import setup
from portico.db.session import make_engine
from portico.pluginhost.host import PluginHost
from portico.settings import Settings


def migrate(parser: argparse.ArgumentParser) -> Command:
    """Bring the database to where this version of the software needs it.

    Creates roles, database and extensions if they are missing, then applies core's and every plugin's migrations,
    each in a transaction, checked before the first change. Plugins that are gone are listed and never touched.
    Needs PORTICO_DATABASE_URL to name an administrator, or starts the embedded server.
    """
    parser.add_argument("--status", action="store_true", help="say where each lineage stands and change nothing")

    def run(settings: Settings, options: argparse.Namespace) -> None:
        plugins = PluginHost.discover(only=settings.plugins or None)
        setup.start_embedded(settings)
        if not options.status:
            try:
                applied = setup.prepare(settings, plugins)
            except migrations.MigrationError as error:
                raise CommandError(str(error)) from error
            print("\n".join(applied) if applied else "Nothing to do.")
            return
        engine = make_engine(setup.owner_url(settings), pool_size=1)
        with engine.connect() as connection:
            for state in migrations.states(connection, plugins.lineages()):
                note = "" if state.installed else "  (not installed: its data is kept)"
                print(f"{state.name:24} at {state.current or 'nothing':10} newest {state.head or '?'}{note}")

    return run


def audit(parser: argparse.ArgumentParser) -> Command:
    """Verify the audit trail's chain of a company.

    Recomputes every link; says how many there are, and where the first one breaks. Exit status 1 if one does.
    """
    parser.add_argument(
        "company", nargs="?", help="short name of the company; without it, the installation's own trail"
    )

    def run(settings: Settings, options: argparse.Namespace) -> int:
        from portico.app import build
        from portico.tenancy.scope import Scope

        parts = build(settings)
        chain = (
            parts.tenant(slug=options.company).id
            if options.company
            else sa.text("'00000000-0000-0000-0000-000000000000'::uuid")
        )
        with parts.sessions.scoped(Scope(kind="operator")) as db:
            row = db.execute(
                sa.select(sa.text("links, broken_at, encode(head, 'hex') AS head")).select_from(
                    sa.func.audit_verify(chain)
                )
            ).one()
        if row.broken_at is not None:
            print(f"The chain breaks at link {row.broken_at} of at least {row.links}.")
            return 1
        print(f"{row.links} links, all sound. Head {row.head or 'none'}.")
        return 0

    return run


COMMANDS = (("migrate", migrate), ("audit", audit))
