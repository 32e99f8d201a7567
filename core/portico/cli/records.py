"""What commands leave in the audit trail: whoever sits at the server's keyboard has no name there, but is no secret either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from portico.db import setup
from portico.db.types import new_id
from portico.pluginhost.host import PluginHost
from portico.settings import Settings
from portico.tenancy.scope import Scope

ACTOR = "command"
INSTALLATION = "installation"
"""Kind of subject: the whole of it."""


def by_command(scope: Scope | None = None) -> Scope:
    """Acts in the company of the scope; without one, for the installation."""
    return replace(scope, user_name=ACTOR) if scope else Scope(kind="operator", user_name=ACTOR)


def note(settings: Settings, action: str, after: Mapping[str, Any] | None = None) -> None:
    """In the installation's own trail, in a transaction of its own."""
    with psycopg.connect(setup.admin_url(settings, settings.database)) as admin:
        note_by(admin, action, after)


def prepare(settings: Settings, plugins: PluginHost) -> list[str]:
    """`portico.db.setup.prepare`, on record if it changed anything."""
    if applied := setup.prepare(settings, plugins):
        note(settings, "installation.migrated", {"applied": applied})
    return applied


def note_by(admin: psycopg.Connection[Any], action: str, after: Mapping[str, Any] | None = None) -> None:
    """The same in the administrator's transaction."""
    admin.execute(
        "INSERT INTO audit_entry (id, actor_kind, actor, action, subject_type, after, address, request_id) "
        "VALUES (%s, 'operator', %s, %s, %s, %s, '', '')",
        (new_id(), ACTOR, action, INSTALLATION, Jsonb(dict(after)) if after else None),
    )
