"""Runs what sign-ins leave behind, as a worker would: the jobs of identity, then the notices made of their events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.tenancy.scope import Scope
from portico.testing.portal import Portal

_TAKE = sa.text("DELETE FROM job WHERE actor = :a RETURNING id, tenant_id, args, created_at")


def work(portal: Portal) -> None:
    """Every queued job of these actors, the oldest first."""
    for actor in ("identity.device_seen", "identity.apex_device_seen", "notify.fan_out"):
        with portal.superuser() as connection:
            rows = sorted(connection.execute(_TAKE, {"a": actor}), key=lambda row: row.created_at)
        for row in rows:
            portal.parts.jobs.actor_named(actor).func(_job(portal, row), **row.args)


def _job(portal: Portal, row: Any) -> Any:
    scope = portal.parts.system_scope(portal.parts.tenant(row.tenant_id)) if row.tenant_id else None

    @contextmanager
    def session() -> Iterator[Session]:
        with portal.parts.sessions.scoped(scope or Scope()) as db:
            yield db

    return SimpleNamespace(
        id=row.id,
        scope=scope,
        tenant=scope.tenant if scope else None,
        request_id="",
        portico=portal.parts,
        relay=portal.parts.relay(scope.tenant) if scope else None,
        session=session,
    )
