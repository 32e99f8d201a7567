"""Opens the portal that is installed, migrated, on the database that the settings name."""

from __future__ import annotations

import portico
from portico.app import build
from portico.db import setup
from portico.pluginhost.host import PluginHost
from portico.settings import Settings
from portico.testing.portal import Portal


def open_portal() -> tuple[Portal, list[str]]:
    """The portal, and the migrations that were applied for it."""
    settings = Settings.read()
    applied = setup.prepare(settings, PluginHost.discover())
    return Portal(settings, build(settings)), applied


def origin() -> str:
    """Where the framework was imported from."""
    return str(portico.__path__[0])
