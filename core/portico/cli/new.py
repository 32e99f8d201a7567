"""`portico new`: a package to begin with."""

from __future__ import annotations

import argparse
from pathlib import Path

from portico.cli.commands import Command, CommandError
from portico.scaffold import KINDS, ScaffoldError, make
from portico.settings import Settings


def new(parser: argparse.ArgumentParser) -> Command:
    """Begin a plugin or a connector: a package that installs, is tested, and shows in the portal at once.

    Writes a folder of the package's name. What to do next stands in its README.md.
    """
    parser.add_argument("kind", choices=KINDS, help="what to begin")
    parser.add_argument("name", help="the package's name, for example stock_board")
    parser.add_argument("--folder", type=Path, help="where to put it (default: a folder of that name, here)")

    def run(settings: Settings, options: argparse.Namespace) -> int:
        folder = options.folder or Path(options.name)
        try:
            written = make(options.kind, options.name, folder)
        except ScaffoldError as error:
            raise CommandError(str(error)) from error
        for file in written:
            print(file)
        print(f"\nNext: pip install --no-build-isolation -e {folder}; what then stands in {folder / 'README.md'}.")
        return 0

    return run


COMMANDS = (("new", new),)
