"""The command that makes a list of breached passwords small."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from portico.cli.commands import Command, CommandError
from portico.identity.breached import SHORTEST, compile_list
from portico.settings import Settings


def passwords(parser: argparse.ArgumentParser) -> Command:
    """Make a list of breached passwords for PORTICO_BREACHED_PASSWORDS.

    portico passwords leaked.txt more.txt --output /etc/portico.passwords

    Each file has a password a line, in UTF-8. The result holds six bytes for each, from which none can be read back.
    It is looked into in addition to the list that ships.
    """
    parser.add_argument("files", nargs="+", metavar="FILE", help="a text file, a password a line")
    parser.add_argument("--output", required=True, metavar="FILE", help="the file to write")

    def run(settings: Settings, options: argparse.Namespace) -> None:
        try:
            content, count = compile_list(_lines(options.files), SHORTEST)
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
        if not count:
            raise CommandError(f"None of these passwords has {SHORTEST} characters or more: nothing was written.")
        target = Path(options.output)
        beside = target.with_name(target.name + ".new")
        beside.write_bytes(content)
        os.replace(beside, target)  # whoever has the old one mapped keeps it
        print(f"{count} passwords of at least {SHORTEST} characters, {len(content)} bytes. Restart web processes to use it.")

    return run


def _lines(files: list[str]) -> Iterator[str]:
    for name in files:
        with open(name, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                yield line.rstrip("\r\n")


COMMANDS = (("passwords", passwords),)
