"""The `portico` command: serve, worker, run, migrate, tenant, user, and what plugins add."""

from __future__ import annotations

import argparse
import configparser
import logging
import os
import sys
import warnings
from collections.abc import Sequence

from portico.cli import commands
from portico.cli.failures import home_unusable
from portico.cli.metrics import share_metrics
from portico.settings import Settings, SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0, or 1 with one sentence on standard error; 2 for a wrong call."""
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")  # libraries', not the caller's to mend
    settings, unusable = None, ""
    try:
        settings = Settings.read(ini_settings(os.environ.get("PORTICO_CONFIG")))
        share_metrics(settings.home)  # before the commands: what they import reads where to count
    except SettingsError as error:
        unusable = str(error)
    except OSError as error:
        unusable = home_unusable(settings, error) if settings else str(error)
    parser = argparse.ArgumentParser(
        prog="portico",
        description="A customer portal in front of any ERP.",
        epilog="Settings come from the file named by PORTICO_CONFIG (an ini file) and from PORTICO_… variables, "
        "which win. See docs/operations/settings.md.",
    )
    words = sys.argv[1:] if arguments is None else list(arguments)
    registry = commands.registry(parser, *words[:1])
    options = parser.parse_args(words)
    if settings is None or unusable:
        print(f"portico: {unusable}", file=sys.stderr)
        return 1
    try:
        from portico.web.logs import set_up_logging

        set_up_logging(settings)
        return registry[options.command](settings, options) or 0
    except commands.CommandError as error:
        print(f"portico: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        logging.getLogger("portico").debug("nobody reads on")
        return 1
    except Exception as error:
        from portico.cli.failures import explain

        sentence = explain(error, settings)
        if sentence is None:
            raise
        print(f"portico: {sentence}", file=sys.stderr)
        return 1


def ini_settings(path: str | None) -> dict[str, str]:
    """The `portico.…` keys of an ini file's [app:main]; nothing without a file. Raises SettingsError."""
    if not path:
        return {}
    from paste.deploy import appconfig

    try:
        if not os.path.isfile(path):
            raise FileNotFoundError("there is no such file")
        found = appconfig(f"config:{os.path.abspath(path)}")
    except (OSError, LookupError, ValueError, configparser.Error) as error:
        reason = " ".join(str(error).split())
        raise SettingsError(
            f"the settings file {path}, which PORTICO_CONFIG names, cannot be read ({reason}): "
            "mend it, or unset PORTICO_CONFIG"
        ) from error
    return {key: value for key, value in found.items() if key.startswith("portico.")}
