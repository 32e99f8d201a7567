"""Commands that make, look through and restore encrypted backups."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from portico.cli.commands import Command, CommandError
from portico.cli.records import note
from portico.settings import Settings

EVERY_S = 1.0


def backup(parser: argparse.ArgumentParser) -> Command:
    """Make, check and restore encrypted backups of the whole installation.

    portico backup create                  the database, the files and the anchors of the audit trail, in one file
    portico backup list                    what there is
    portico backup verify FILE             reads all of it: whole, ours, and its database can be restored
    portico backup restore FILE            into an installation that has no company yet

    A backup is encrypted to a key that follows from the master key, and is never in plain on a disk. Without the master key
    nobody can open it: keep that elsewhere. It may be made while the portal runs; to restore, stop web and workers.
    """
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, words in (("create", "make one"), ("list", "list what there is")):
        action = actions.add_parser(name, help=words)
        action.add_argument("--folder", type=Path, metavar="FOLDER", help="where backups are; else home/backups")
    for name, words in (("verify", "read all of one"), ("restore", "put one back")):
        action = actions.add_parser(name, help=words)
        action.add_argument("file", type=Path, metavar="FILE")
    action.add_argument("--yes", action="store_true", help="do not ask")

    def run(settings: Settings, options: argparse.Namespace) -> None:
        from portico.backup.errors import BackupError

        try:
            {"create": _create, "list": _list, "verify": _verify, "restore": _restore}[options.action](settings, options)
        except BackupError as error:
            raise CommandError(str(error)) from error

    return run


class Told:
    """Progress on standard error: one line that changes on a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._last, self._text = 0.0, ""

    def __call__(self, text: str) -> None:
        self._text = text
        if time.monotonic() - self._last >= EVERY_S:
            self._last = time.monotonic()
            self._say()

    def done(self) -> None:
        self._say()
        if sys.stderr.isatty():
            print(file=sys.stderr)

    def _say(self) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{self._text}", end="", file=sys.stderr, flush=True)
        elif self._text:
            print(self._text, file=sys.stderr)


def _folder(settings: Settings, options: argparse.Namespace) -> Path:
    return Path(options.folder) if options.folder else settings.home / "backups"


def _create(settings: Settings, options: argparse.Namespace) -> None:
    from portico.backup import archive

    with _Server(settings):
        note(settings, "installation.backup")  # before: what is copied says so itself
        told = Told()
        path, content = archive.create(settings, _folder(settings, options), told)
        told.done()
    print(f"{path}: {content}")


def _list(settings: Settings, options: argparse.Namespace) -> None:
    from portico.backup import archive

    found = sorted(_folder(settings, options).glob(f"*{archive.SUFFIX}"))
    for path in found:
        print(f"{path}  {archive.size(path.stat().st_size)}")
    if not found:
        print(f"There is no backup in {_folder(settings, options)}.")


def _verify(settings: Settings, options: argparse.Namespace) -> None:
    from portico.backup import archive

    told = Told()
    content = archive.verify(settings, options.file, told)
    told.done()
    print(f"{options.file} is whole: {content}")


def _restore(settings: Settings, options: argparse.Namespace) -> None:
    from portico.backup import archive, database

    told = Told()
    content = archive.verify(settings, options.file, told)
    told.done()
    print(f"{options.file} is whole: {content}")
    settings.home.mkdir(parents=True, exist_ok=True)
    with _Server(settings):
        if database.holds_companies(settings):
            raise CommandError(
                f"The database {settings.database} already has companies or people. A backup is restored into an empty "
                "installation: choose another PORTICO_HOME, or another PORTICO_DATABASE_URL or PORTICO_DATABASE."
            )
        if not options.yes and not _agreed(settings):
            raise CommandError("Nothing was changed.")
        content, applied = archive.restore(settings, options.file, told)
        note(settings, "installation.restored", {"made_at": content.made_at})
        told.done()
    print(f"Restored: {content}")
    print("\n".join(applied) if applied else "Nothing to migrate.")


def _agreed(settings: Settings) -> bool:
    """Whether somebody types yes."""
    print(f"This makes the database {settings.database} anew and puts the files back. Type yes to go on: ", end="", flush=True)
    return sys.stdin.readline().strip().lower() == "yes"


class _Server:
    """The embedded server for the time of the command, if it is the one in use and does not run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._started = False

    def __enter__(self) -> None:
        from portico.db import setup

        self._started = setup.start_embedded(self._settings)

    def __exit__(self, *_error: object) -> None:
        from portico.db.embedded import EmbeddedServer

        if self._started:
            EmbeddedServer(self._settings.home).stop()


COMMANDS = (("backup", backup),)
