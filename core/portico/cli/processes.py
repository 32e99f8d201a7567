"""Commands that stay: the web server, the workers, and both together."""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

from portico.cli import family, records
from portico.cli.commands import GROUP, Command, CommandError
from portico.cli.failures import check_database
from portico.cli.metrics import forget_dead_metrics
from portico.db import setup
from portico.settings import Settings

if TYPE_CHECKING:
    from portico.app import Portico

_WORKER_GRACE_S = 10.0
"""How long `portico run`, which a person ends by Ctrl-C, lets a job go on."""


def serve(parser: argparse.ArgumentParser) -> Command:
    """Run the web server.

    Binds PORTICO_HOST:PORTICO_PORT once and forks PORTICO_PROCESSES processes of PORTICO_THREADS threads.
    The database must be there and migrated: `portico run` does that too.

    For developers, with --reload and PORTICO_CONFIG=development.ini: one process that starts anew whenever a file changes;
    the database is started and migrated first, with the demo if the file has it, and stopped at the end.
    """
    parser.add_argument("--workers", type=int, default=0, metavar="N",
                        help="fork N worker processes too: they share memory with the web's, and need no service of their own")

    parser.add_argument("--reload", action="store_true", help="for developers: start anew when a file changes")

    def run(settings: Settings, options: argparse.Namespace) -> int | None:
        from portico.db.logins import login_url
        from portico.jobs.process import GRACE_S
        from portico.web.server import listen, server_runner

        listen(settings.host, settings.port).close()  # before the slow part
        forget_dead_metrics(settings.home)
        if options.reload:
            return serve_reloading(settings)
        check_database(login_url(settings))
        parts, wsgi = family.load(settings)
        parts.themes.compile()
        if options.workers:
            family.run_family(parts, wsgi, workers=options.workers, grace_s=GRACE_S)
        else:
            server_runner(wsgi, {})
        return None

    return run


def serve_reloading(settings: Settings) -> int:
    """`pserve --reload` of the file that PORTICO_CONFIG names, on a database that is there."""
    from portico.app import build

    file = os.environ.get("PORTICO_CONFIG")
    if not file:
        raise CommandError("--reload serves what a settings file says: set PORTICO_CONFIG=development.ini")
    with family.database(settings) as ready:
        ready()
        print(family.in_child(settings, lambda: prepare(build(settings), demo=settings.demo)), flush=True)
        quiet = {"PYTHONWARNINGS": "ignore:pkg_resources is deprecated", **os.environ}  # as in `main`
        process = subprocess.Popen([sys.executable, "-m", "pyramid.scripts.pserve", file, "--reload"], env=quiet)
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise


def worker(parser: argparse.ArgumentParser) -> Command:
    """Run background jobs.

    Any number of worker processes may run, on any machine that reaches the database; one of them schedules.
    """
    parser.add_argument("--processes", type=int, help="how many processes (default: PORTICO_WORKER_PROCESSES)")
    parser.add_argument("--threads", type=int, help="threads of each (default: PORTICO_WORKER_THREADS)")
    parser.add_argument("--queue", action="append", help="only this queue; may be repeated")

    def run(settings: Settings, options: argparse.Namespace) -> int:
        import portico
        from portico.app import build
        from portico.db.logins import login_url
        from portico.jobs.run import run_worker

        forget_dead_metrics(settings.home)
        check_database(login_url(settings))
        parts = build(settings)
        portico.make_app(parts)  # links in notices are made from the route table
        return run_worker(parts, options.processes or settings.worker_processes,
                          options.threads or settings.worker_threads, options.queue)

    return run


def run_all(parser: argparse.ArgumentParser) -> Command:
    """Start everything on this machine: database, migrations, web server and workers.

    Without PORTICO_DATABASE_URL a PostgreSQL of our own is started in PORTICO_HOME and stopped at the end.
    With --demo the demo companies are loaded first, if they are not there yet.
    """
    parser.add_argument("--demo", action="store_true", help="load the demo companies and print their logins")

    def run(settings: Settings, options: argparse.Namespace) -> None:
        from portico.web.server import listen

        if options.demo:
            local = (ip_network("127.0.0.0/8"),)
            settings = replace(settings, demo=True, egress_allow=settings.egress_allow or local)
        listen(settings.host, settings.port).close()
        forget_dead_metrics(settings.home)
        setup.reach(settings)
        with family.database(settings) as ready:
            parts, wsgi = family.load(settings)
            ready()
            logins = family.in_child(settings, lambda: prepare(parts, demo=options.demo), parts.themes.compile)

            def started() -> None:
                print(f"\nPortico is running at {settings.public_url}\n{logins}\nStop it with Ctrl-C.", flush=True)

            family.run_family(parts, wsgi, workers=settings.worker_processes, grace_s=_WORKER_GRACE_S, started=started)

    return run


def prepare(parts: Portico, *, demo: bool) -> str:
    """Roles, migrations and, if wished, the demo; what is there already stays. Returns the demo's logins."""
    applied = records.prepare(parts.settings, parts.plugins)
    if applied:
        print(f"Database: {len(applied)} migrations applied.", flush=True)
    return load_demo(parts) if demo else ""


def load_demo(parts: Portico) -> str:
    """What the plugin that brings the command `demo` loads; its answer is printed."""
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP, name="demo"):
        return str(importlib.import_module(point.module.rpartition(".")[0] + ".loading").load(parts.settings, parts))
    raise CommandError("the demo is not installed: install the package portico_demo, or run without --demo")


COMMANDS = (("run", run_all), ("serve", serve), ("worker", worker))
