"""What running jobs needs of the application, as one value, so that tests can run them with much less."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from portico.jobs.registry import JobRegistry


class Sessions(Protocol):
    """`portico.db.session.SessionFactory`, as far as jobs use it."""

    @property
    def engine(self) -> Engine: ...

    def scoped(self, scope: Any) -> AbstractContextManager[Session]: ...


@dataclass(frozen=True)
class Target:
    """One receiver of periodic work: a tenant, or something of a tenant that `arguments` names."""

    tenant_id: UUID
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return "/".join((str(self.tenant_id), *(f"{k}={v}" for k, v in sorted(self.arguments.items()))))


def _no_relay(scope: Any) -> Any:
    return None


def _utc(tenant_id: UUID) -> tzinfo:
    return UTC


@dataclass(frozen=True)
class JobQueue:
    """The jobs of an installation.

    url: libpq URL of the application's login, which must be able to become portico_worker.
    scope_for: a tenant's system scope, with its newest settings and plugins; None if it is not active.
    plugin_on: is this plugin on in that scope.
    relay_for: the hook relay of that scope.
    targets: "tenant" and "connection" → the receivers of periodic work for a plugin (None: of core). Only
        those whose tenant is active and has the plugin on.
    zone_of: a tenant's time zone, for work that is done at night.
    lease_s: a dead or frozen worker's jobs are taken over after at most this long.
    tenant_cap: how many jobs of one tenant run at a time, per queue, in the whole installation.
    """

    registry: JobRegistry
    url: str
    sessions: Sessions
    scope_for: Callable[[UUID], Any]
    plugin_on: Callable[[str, Any], bool]
    relay_for: Callable[[Any], Any] = _no_relay
    targets: Mapping[str, Callable[[str | None], Iterable[Target]]] = field(default_factory=dict)
    zone_of: Callable[[UUID], tzinfo] = _utc
    lease_s: float = 30
    tenant_cap: int = 8
    poll_s: float = 1.0
    tick_s: float = 1.0

    def check(self) -> None:
        """Raise JobNameError or LookupError if something registered can never run. Called once at start."""
        self.registry.check()
        for periodic in self.registry.periodics.values():
            if periodic.per != "installation" and periodic.per not in self.targets:
                raise LookupError(f"{periodic.name!r} is periodic per {periodic.per}; nobody lists those")
