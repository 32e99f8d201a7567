"""The one door to companies' systems: every call has a time limit, a bulkhead and a breaker, and fails in
three ways.

Never called with a transaction open or on a page's thread: pages go through `portico.web.outside`, jobs call
between their sessions.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from prometheus_client import Counter, Histogram
from sqlalchemy.orm import Session

from portico.connections import target as targets
from portico.connections.bulkhead import BulkheadFullError, OverdueError
from portico.connections.connector import CapabilityWords, Connector
from portico.connections.egress import EgressGuard
from portico.connections.errors import (
    ConnectorError,
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)
from portico.connections.lane import Lane
from portico.connections.secrets import Cipher
from portico.connections.target import NoConnectionError, Target
from portico.web.i18n import _

if TYPE_CHECKING:
    from portico.app import Portico
    from portico.connections.sync import SyncEntity
    from portico.web.outside import OutsideCall

log = logging.getLogger("portico.connections")
CALLS = Counter(
    "portico_connection_calls", "Calls to companies' systems", ["connector", "capability", "outcome"]
)
SECONDS = Histogram(
    "portico_connection_seconds",
    "Time of calls to companies' systems",
    ["connector"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)

Loader = Callable[[Session, Cipher, UUID], Target]
PAGE_TIMEOUT_S = 5.0
JOB_TIMEOUT_S = 20.0
_GRACE_S = 0.25  # lets the thread's own deadline speak first: its error says more
_ACTIVE = sa.text("SELECT tenant_id, connection_id, connector FROM active_connections()")


@dataclass(frozen=True)
class LaneState:
    """What staff and metrics see of a connection in this process."""

    breaker: str
    busy: int
    waiting: int
    lost: int


def capabilities_of(connector: Connector, config: Mapping[str, Any]) -> frozenset[str]:
    """Of one connection. Settings that the connector cannot read any more give none."""
    told = getattr(connector, "capabilities_of", None)
    if told is None:
        return connector.capabilities
    try:
        return frozenset(told(config))
    except ConnectorError:
        log.warning("%s cannot tell what a connection of its can do", connector.name, exc_info=True)
        return frozenset()


class ConnectionHost:
    """One per process. `parts` gives database and keys; without it only calls with an explicit Target work.
    """

    def __init__(self, settings: Any, parts: Portico | None = None) -> None:
        self.egress = EgressGuard(settings.egress_allow)
        self.connectors: dict[str, Connector] = {}
        self.titles: dict[str, Any] = {}
        self.unproven: dict[str, Any] = {}
        self.plugins: dict[str, str] = {}
        self.words: dict[str, CapabilityWords] = {}
        self.pages: dict[str, tuple[Any, ...]] = {}
        self.entities: dict[str, tuple[str | None, SyncEntity]] = {}
        self.services: dict[str, tuple[Connector, Loader]] = {}
        self._parts = parts
        self._lock = threading.Lock()
        self._lanes: dict[UUID, Lane] = {}
        self._targets: dict[UUID, tuple[int, Target]] = {}

    def register(
        self, connector_types: Iterable[tuple[Any, Any]], entities: Iterable[tuple[Any, Any]]
    ) -> None:
        """Results of the start-up hooks, each with its plugin's manifest. A name twice stops the start."""
        for manifest, types in connector_types:
            for one in types or ():
                if one.name in self.connectors:
                    raise ValueError(f"{manifest.name}: there is a connector {one.name!r} already")
                self.connectors[one.name] = one.factory()
                self.titles[one.name], self.plugins[one.name] = one.title, manifest.name
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

    # -- calls
    # -------------------------------------------------------------------------------------------------

    def call(
        self,
        target: Target,
        capability: str,
        method: str,
        *arguments: Any,
        timeout_s: float = JOB_TIMEOUT_S,
        **named: Any,
    ) -> Any:
        """The client's answer. Raises the three connector errors and nothing else but programming errors."""
        return _Call(self, target, capability, method, arguments, named, timeout_s).wait()

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
        return await _Call(self, target, capability, method, arguments, named, timeout_s).wait_async()

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
        if lane is not None:
            lane.close()

    def close(self) -> None:
        for connection_id in list(self._lanes):
            self.forget(connection_id)


class _Call:
    """One call on its way: through breaker and bulkhead, and its outcome back into breaker and metrics."""

    def __init__(
        self,
        host: ConnectionHost,
        target: Target,
        capability: str,
        method: str,
        arguments: tuple[Any, ...],
        named: Mapping[str, Any],
        timeout_s: float,
    ) -> None:
        if any(isinstance(value, Session | sa.Connection) for value in (*arguments, *named.values())):
            raise TypeError("a database session must not travel to a connector")
        connector = host.connector(target.connector)
        if capability != "check" and capability not in capabilities_of(connector, target.config):
            raise NoConnectionError(f"{target.connector} cannot do {capability!r}")
        self.target, self.capability, self.timeout_s = target, capability, timeout_s
        self.lane = host.lane(target)
        self.started = time.monotonic()
        # The client is opened inside the thread too: whatever a connector does there must not hold up a
        # caller.
        self.function = partial(_invoke, self.lane, target, connector, host.egress, method, arguments, named)

    def _submit(self) -> Any:
        pause_s = self.lane.breaker.admit()
        if pause_s is not None:
            CALLS.labels(self.target.connector, self.capability, "refused").inc()
            raise ConnectorUnavailableError(
                _("The company's system does not answer at the moment."), retry_after_s=pause_s
            )
        try:
            return self.lane.bulkhead.submit(self.function, self.timeout_s)
        except BulkheadFullError:
            self.lane.breaker.released()
            CALLS.labels(self.target.connector, self.capability, "full").inc()
            raise ConnectorUnavailableError(_("The company's system is busy."), retry_after_s=1) from None

    def wait(self) -> Any:
        task = self._submit()
        try:
            return self._settle(task.future.result(self.timeout_s + _GRACE_S))
        except concurrent.futures.CancelledError:
            self.lane.breaker.released()
            raise self._closed() from None
        except Exception as error:
            self.lane.bulkhead.abandon(task)
            raise self._failed(error) from error

    async def wait_async(self) -> Any:
        task = self._submit()
        try:
            result = await asyncio.wait_for(asyncio.wrap_future(task.future), self.timeout_s + _GRACE_S)
        except asyncio.CancelledError:
            self.lane.bulkhead.abandon(task)
            self.lane.breaker.released()
            if (caller := asyncio.current_task()) is None or caller.cancelling():
                raise
            raise self._closed() from None
        except Exception as error:
            self.lane.bulkhead.abandon(task)
            raise self._failed(error) from error
        return self._settle(result)

    def _settle(self, result: Any) -> Any:
        self.lane.breaker.answered()
        self._count("ok")
        return result

    def _closed(self) -> ConnectorError:
        """The connection was forgotten while the call waited for a thread: by another test of the same draft, or a
        removal.
        """
        self._count("closed")
        return ConnectorUnavailableError(_("The connection was changed in the meantime. Try again."), retry_after_s=1)

    def _failed(self, error: BaseException) -> ConnectorError:
        """What the caller gets to see, and what the breaker learns."""
        if isinstance(error, ConnectorRejectedError | ConnectorUnauthorisedError):
            self.lane.breaker.answered()
            self._count("rejected" if isinstance(error, ConnectorRejectedError) else "unauthorised")
            return error
        self.lane.breaker.failed()
        if isinstance(error, ConnectorUnavailableError):
            self._count("unavailable")
            return error
        if isinstance(error, TimeoutError | OverdueError):
            self._count("timeout")
            return ConnectorUnavailableError(_("The company's system took too long."))
        log.error("connector %s failed in %s", self.target.connector, self.capability, exc_info=error)
        self._count("crashed")
        return ConnectorUnavailableError(_("The connection to the company's system failed."))

    def _count(self, outcome: str) -> None:
        CALLS.labels(self.target.connector, self.capability, outcome).inc()
        SECONDS.labels(self.target.connector).observe(time.monotonic() - self.started)


def _invoke(
    lane: Lane,
    target: Target,
    connector: Connector,
    egress: EgressGuard,
    method: str,
    arguments: tuple[Any, ...],
    named: Mapping[str, Any],
) -> Any:
    return getattr(lane.client(target, connector, egress), method)(*arguments, **named)
