"""Which commands there are: core's own, and one group for each plugin that brings some."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from portico.settings import Settings

Command = Callable[[Settings, argparse.Namespace], int | None]
GROUP = "portico.commands"
"""Entry-point group: name of the command → a function (parser) that adds its options and returns the Command."""


class CommandError(Exception):
    """Said to the person at the keyboard in one sentence, with what to do."""


def registry(parser: argparse.ArgumentParser, wanted: str = "") -> dict[str, Command]:
    """Adds every command to the parser; name → what runs it.

    wanted: the one that is called. If there is one of that name, plugins' others are not loaded: that takes its time.
    """
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    found: dict[str, Command] = {}
    for name, add in core_commands():
        found[name] = _add(subparsers, name, add)
    points = sorted(entry_points(group=GROUP), key=lambda one: one.name)
    known = wanted in {*found, *(point.name for point in points)}
    for point in points:
        if point.name not in found and not (known and point.name != wanted):
            found[point.name] = _add(subparsers, point.name, point.load())
    return found


def core_commands() -> tuple[tuple[str, Callable[[argparse.ArgumentParser], Command]], ...]:
    """Core's own: name → the function that adds its options."""
    from portico.cli import backup, database, docs, i18n, keys, new, passwords, people, processes, trail, vendor

    modules = (processes, database, backup, keys, trail, people, passwords, docs, i18n, vendor, new)
    return tuple(command for module in modules for command in module.COMMANDS)


def _add(subparsers: Any, name: str, add: Callable[[argparse.ArgumentParser], Command]) -> Command:
    words = (add.__doc__ or "").strip()
    child = subparsers.add_parser(name, help=words.splitlines()[0] if words else None, description=words,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    return add(child)
