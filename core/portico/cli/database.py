"""Commands about the portal's own database."""

from __future__ import annotations

import argparse

from portico.cli.commands import Command, CommandError
from portico.cli.records import prepare
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
                applied = prepare(settings, plugins)
            except migrations.MigrationError as error:
                raise CommandError(str(error)) from error
            print("\n".join(applied) if applied else "Nothing to do.")
            return
        engine = make_engine(setup.owner_url(settings), pool_size=1)
        with engine.connect() as connection:
            for state in migrations.states(connection, plugins.lineages()):
                note = "" if state.installed else "  (not installed: its data is kept)"
                print(f"{state.name:24} at {state.current or 'nothing':10} newest {state.head or '?'}{note}")
        engine.dispose()

    return run


COMMANDS = (("migrate", migrate),)
