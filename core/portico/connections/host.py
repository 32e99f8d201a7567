"""The one door to companies' systems: every call has a time limit, a bulkhead and a breaker, and fails in
three ways.

Never called with a transaction open or on a page's thread: pages go through `portico.web.outside`, jobs call
between their sessions.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections import target as targets
from portico.connections.call import Call, capabilities_of
from portico.connections.connector import CapabilityWords, Connector, Rate
from portico.connections.egress import EgressGuard
from portico.connections.errors import ConnectorBusyError
from portico.connections.lane import Lane
from portico.connections.pace import Pace
from portico.connections.secrets import Cipher
from portico.connections.target import NoConnectionError, Target
from portico.pluginhost.manifest import Manifest

if TYPE_CHECKING:
    from portico.app import Portico
    from portico.connections.sync import SyncEntity
    from portico.web.outside import OutsideCall

Loader = Callable[[Session, Cipher, UUID], Target]
PAGE_TIMEOUT_S = 5.0
JOB_TIMEOUT_S = 20.0
_ACTIVE = sa.text("SELECT tenant_id, connection_id, connector FROM active_connections()")


@dataclass(frozen=True)
class LaneState:
    """What staff and metrics see of a connection in this process."""

    breaker: str
    busy: int
    waiting: int
    lost: int


class ConnectionHost:
    """One per process. `parts` gives database and keys; without it only calls with an explicit Target work.
    """

    def __init__(self, settings: Any, parts: Portico | None = None) -> None:
        self.egress = EgressGuard(settings.egress_allow, only=settings.egress_only)
        self.folder = Path(settings.database_folder).expanduser() if settings.database_folder else None
        self.connectors: dict[str, Connector] = {}
        self.titles: dict[str, Any] = {}
        self.unproven: dict[str, Any] = {}
        self.plugins: dict[str, Manifest] = {}
        self.words: dict[str, CapabilityWords] = {}
        self.pages: dict[str, tuple[Any, ...]] = {}
        self.entities: dict[str, tuple[str | None, SyncEntity]] = {}
        self.services: dict[str, tuple[Connector, Loader]] = {}
        self.pace = Pace(self._scoped) if parts is not None else None
        self._parts = parts
        self._lock = threading.Lock()
        self._lanes: dict[UUID, Lane] = {}
        self._targets: dict[UUID, tuple[int, Target]] = {}
        self._capable: dict[tuple[UUID, str], tuple[int, UUID | None]] = {}
        self._of_parent: list[dict[UUID, Lane]] = []

    def after_fork(self) -> None:
        """In a child process: the parent's threads are not here, and its connections are not ours to close."""
        self._of_parent.append(self._lanes)
        self._lock, self._lanes = threading.Lock(), {}

    def register(
        self, connector_types: Iterable[tuple[Any, Any]], entities: Iterable[tuple[Any, Any]]
    ) -> None:
        """Results of the start-up hooks, each with its plugin's manifest. A name twice stops the start."""
        for manifest, types in connector_types:
            for one in types or ():
                if one.name in self.connectors:
                    raise ValueError(f"{manifest.name}: there is a connector {one.name!r} already")
                self.connectors[one.name] = one.factory()
                self.titles[one.name], self.plugins[one.name] = one.title, manifest
                self.words.update(one.words)
                self.unproven[one.name] = one.unproven
                self.pages[one.name] = tuple(one.pages)
        for manifest, found in entities:
            for entity in found or ():
                if entity.name in self.entities:
                    raise ValueError(f"{manifest.name}: there is a sync entity {entity.name!r} already")
                self.entities[entity.name] = (manifest.name, entity)

    def register_service(self, capability: str, service: Connector, load: Loader) -> None:
        """Something of core's own that a company names an address for, and that is no connection to its data.

        It is called like a connector, with the same limits and through the same guard; `load` reads its settings.
        """
        if capability in self.services or service.name in self.connectors:
            raise ValueError(f"there is a service {capability!r} or a connector {service.name!r} already")
        self.services[capability] = (service, load)

    def connector(self, name: str) -> Connector:
        """Raises NoConnectionError when the connector's package is gone."""
        services = {service.name: service for service, _load in self.services.values()}
        try:
            return self.connectors.get(name) or services[name]
        except KeyError:
            raise NoConnectionError(f"no connector {name!r} is installed") from None

    def capabilities(self, name: str, config: Mapping[str, Any]) -> frozenset[str]:
        """What a connection with these settings can do; nothing where the connector's package is gone, or cannot tell."""
        connector = self.connectors.get(name)
        return frozenset() if connector is None else capabilities_of(connector, config)

    def lacking(self, name: str, config: Mapping[str, Any]) -> list[CapabilityWords]:
        """What a connection cannot do, of all that the contracts of installed connectors know; [] once its connector is gone."""
        if name not in self.connectors:
            return []
        able = self.capabilities(name, config)
        return [words for capability, words in self.words.items() if capability not in able]

    def proposed_rate(self, name: str, config: Mapping[str, Any]) -> Rate | None:
        """How often the connector says that such a system likes to be called; None: as often as one likes."""
        rate = getattr(self.connectors.get(name), "rate", None)
        found: Rate | None = rate(config) if rate is not None else None
        return found

    # -- calls
    # -------------------------------------------------------------------------------------------------

    def call(
        self,
        target: Target,
        capability: str,
        method: str,
        *arguments: Any,
        timeout_s: float = JOB_TIMEOUT_S,
        patience_s: float = 0,
        **named: Any,
    ) -> Any:
        """The client's answer. Raises the three connector errors and nothing else but programming errors.

        patience_s: how long a job waits for a turn where the system may be called only so often; pages do not wait.
        """
        ends_at = time.monotonic() + patience_s
        while True:
            try:
                return Call(self, target, capability, method, arguments, named, timeout_s, for_page=not patience_s).wait()
            except ConnectorBusyError as busy:
                if not busy.unasked or time.monotonic() + (busy.retry_after_s or 0) > ends_at:
                    raise
                time.sleep(busy.retry_after_s or 0)

    async def call_async(
        self,
        target: Target,
        capability: str,
        method: str,
        *arguments: Any,
        timeout_s: float = PAGE_TIMEOUT_S,
        **named: Any,
    ) -> Any:
        """The same without holding a thread of the caller's."""
        return await Call(self, target, capability, method, arguments, named, timeout_s, for_page=True).wait_async()

    def make_call(self, wanted: OutsideCall) -> Any:
        """A call that a page asked for, made at once; blocks."""
        target = self.target(wanted.tenant_id, wanted.connection_id, wanted.config_version, wanted.capability)
        return self.call(
            target, wanted.capability, wanted.method, *wanted.arguments, timeout_s=wanted.timeout_s
        )

    async def make_call_async(self, wanted: OutsideCall) -> Any:
        """The same for the event loop; reading the settings takes a short trip to a thread when they are not
        held.
        """
        held = self._targets.get(wanted.connection_id)
        if held is not None and held[0] == wanted.config_version and held[1].tenant_id == wanted.tenant_id:
            target = held[1]
        else:
            target = await asyncio.to_thread(
                self.target, wanted.tenant_id, wanted.connection_id, wanted.config_version, wanted.capability
            )
        return await self.call_async(
            target, wanted.capability, wanted.method, *wanted.arguments, timeout_s=wanted.timeout_s
        )

    # -- what is called
    # ----------------------------------------------------------------------------------------

    def target(
        self, tenant_id: UUID, connection_id: UUID, config_version: int | None = None, capability: str = ""
    ) -> Target:
        """Settings of a connection, or of the service of that capability, kept per `config_version` of the tenant
        (None: read now).
        """
        held = self._targets.get(connection_id)
        if held is not None and held[0] == config_version and held[1].tenant_id == tenant_id:
            return held[1]
        parts = self._attached()
        tenant = parts.tenant(tenant_id)
        with parts.sessions.scoped(parts.system_scope(tenant)) as db:
            found = self._loader(capability)(db, parts.cipher, connection_id)
        found = replace(found, rate=found.rate or self.proposed_rate(found.connector, found.config))
        if config_version is not None:
            self._targets[connection_id] = (config_version, found)
        return found

    def _loader(self, capability: str) -> Loader:
        return self.services[capability][1] if capability in self.services else targets.load

    def capable(self, db: Session, capability: str) -> UUID:
        """The company's connection that can do this. Raises NoConnectionError."""
        for connection_id, connector, config in targets.active(db):
            if capability in self.capabilities(connector, config):
                return connection_id
        raise NoConnectionError(f"no connection can do {capability!r}")

    def capable_of(self, tenant: Any, capability: str) -> UUID | None:
        """The same for pages, whose readers may not see connections; kept for as long as the company's settings are the same."""
        key = (tenant.id, capability)
        held = self._capable.get(key)
        if held is None or held[0] != tenant.config_version:
            parts = self._attached()
            with parts.sessions.scoped(parts.system_scope(tenant)) as db:
                try:
                    held = (tenant.config_version, self.capable(db, capability))
                except NoConnectionError:
                    held = (tenant.config_version, None)
            self._capable[key] = held
        return held[1]

    def entities_of(self, tenant: Any, target: Target) -> list[SyncEntity]:
        """What is read through this connection: what it can give and whose plugin is on, in order. Raises NoConnectionError."""
        able = capabilities_of(self.connector(target.connector), target.config)
        found = [one for plugin, one in self.entities.values() if plugin is None or plugin in tenant.plugins]
        return sorted([one for one in found if one.capability in able], key=lambda one: (one.order, one.name))

    def job_targets(self, plugin: str | None) -> list[Any]:
        """Receivers of periodic work per connection, as `portico.jobs` wants them."""
        from portico.jobs.parts import Target as Receiver

        with self._attached().engine.begin() as connection:
            rows = connection.execute(_ACTIVE).all()
        return [
            Receiver(row.tenant_id, {"connection_id": str(row.connection_id)})
            for row in rows
            if row.connector in self.connectors
        ]

    @contextmanager
    def _scoped(self, tenant_id: UUID) -> Iterator[Session]:
        parts = self._attached()
        with parts.sessions.scoped(parts.system_scope(parts.tenant(tenant_id))) as db:
            yield db

    def _attached(self) -> Portico:
        if self._parts is None:
            raise RuntimeError("this host was made without the application's parts")
        return self._parts

    # -- upkeep
    # ------------------------------------------------------------------------------------------------

    def lane(self, target: Target) -> Lane:
        with self._lock:
            return self._lanes.setdefault(target.connection_id, Lane(target.name))

    def state(self, connection_id: UUID) -> LaneState | None:
        """None: nothing was called yet in this process."""
        lane = self._lanes.get(connection_id)
        return None if lane is None else LaneState(lane.breaker.state, *lane.bulkhead.load)

    def forget(self, connection_id: UUID) -> None:
        """The connection was deleted."""
        with self._lock:
            lane = self._lanes.pop(connection_id, None)
            self._targets.pop(connection_id, None)
        if self.pace is not None:
            self.pace.forget(connection_id)
        if lane is not None:
            lane.close()

    def close(self) -> None:
        for connection_id in list(self._lanes):
            self.forget(connection_id)
