"""The portal's database as a stream: PostgreSQL's own pg_dump and pg_restore. Their password goes by the environment alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from portico.backup.errors import BackupError
from portico.db import roles, setup
from portico.db.embedded import EmbeddedServer
from portico.pluginhost.host import PluginHost
from portico.settings import Settings

_VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "options": "PGOPTIONS",
}  # fmt: skip


def program(settings: Settings, name: str) -> Path:
    """PostgreSQL's program of that name: for a server elsewhere the machine's own, which speaks TLS, if there is one that is not
    older than the server: pg_dump refuses a newer one."""
    installed = shutil.which(name) if settings.database_url is not None else None
    if installed is not None and _version_of(installed) >= _version_of_server(settings):
        return Path(installed)
    return EmbeddedServer.programs() / name


def _version_of(path: str) -> int:
    """The main version; 0 if it does not say, as something else of that name would not."""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0


def _version_of_server(settings: Settings) -> int:
    """0 if it does not answer: a backup can be looked into without it."""
    try:
        with psycopg.connect(setup.admin_url(settings)) as connection:
            return connection.info.server_version // 10_000
    except psycopg.OperationalError:
        return 0


@contextmanager
def dump(settings: Settings) -> Iterator[IO[bytes]]:
    """A consistent dump in pg_dump's custom format. Raises BackupError at the end if it is not whole."""
    command = ["pg_dump", "--format=custom", "--no-password", settings.database]
    with _running(settings, command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.stdout


def load(settings: Settings, pieces: Iterable[bytes], *, into: str | None) -> None:
    """Feed a dump to pg_restore: into that database, all or nothing; None: only look whether it can be read."""
    target = ["--file=/dev/null"] if into is None else ["--single-transaction", "--no-password", f"--dbname={into}"]
    command = ["pg_restore", "--exit-on-error", *target]
    with _running(settings, command, stdin=subprocess.PIPE, connects=into is not None) as process:
        assert process.stdin is not None
        try:
            for piece in pieces:
                process.stdin.write(piece)
            process.stdin.close()
        except BrokenPipeError:
            """It ended early; what it said comes with its exit status."""


def holds_companies(settings: Settings) -> bool:
    """Whether the portal's database has companies or people already."""
    with psycopg.connect(setup.admin_url(settings), autocommit=True) as admin:
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (settings.database,)).fetchone():
            return False
    with psycopg.connect(setup.admin_url(settings, settings.database), autocommit=True) as admin:
        if admin.execute("SELECT to_regclass('public.tenant')").fetchone() == (None,):
            return False
        admin.execute("SET row_security = off")  # an error instead of a count that leaves rows out
        row = admin.execute("SELECT EXISTS (SELECT FROM tenant) OR EXISTS (SELECT FROM app_user)").fetchone()
        return bool(row and row[0])


def make_empty(settings: Settings) -> None:
    """An empty database with its roles, instead of one that holds nobody. Raises BackupError while somebody uses it."""
    name = sql.Identifier(settings.database)
    with psycopg.connect(setup.admin_url(settings), autocommit=True) as admin, roles.alone(admin):
        roles.ensure_roles(admin, settings.master_key)
        try:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
        except psycopg.errors.ObjectInUse as error:
            raise BackupError("The database is in use: stop web and workers first.") from error
        roles.ensure_database(admin, settings.database)
        roles.note_master_key_of(admin, settings.database, settings.master_key)


def migrate(settings: Settings) -> list[str]:
    """To where this version of the software needs it."""
    return setup.prepare(settings, PluginHost.discover(only=settings.plugins or None))


@contextmanager
def _running(
    settings: Settings, command: list[str], *, stdin: int | None = None, stdout: int | None = None, connects: bool = True
) -> Iterator[subprocess.Popen[bytes]]:
    """One of PostgreSQL's programs. Raises BackupError with its own words if it fails."""
    given = conninfo_to_dict(setup.admin_url(settings)) if connects else {}
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    environ |= {variable: str(given[name]) for name, variable in _VARIABLES.items() if given.get(name)}
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            [str(program(settings, command[0])), *command[1:]],
            env=environ | {"LC_ALL": "C"},
            stdin=stdin,
            stdout=stdout,
            stderr=words,
        )
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None and not pipe.closed:
                    pipe.close()
            status = process.wait()
        if status:
            words.seek(0)
            said = " ".join(words.read().decode(errors="replace").split())[-600:]
            raise BackupError(f"{command[0]} did not come to its end: {said or f'exit status {status}'}")
