"""One call to a company's system on its way: through its breaker, its bulkhead and its limit, and what each learns of its end."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from prometheus_client import Counter, Histogram
from sqlalchemy.orm import Session

from portico.connections import pace
from portico.connections.bulkhead import BulkheadFullError, OverdueError
from portico.connections.connector import Connector, Egress
from portico.connections.errors import (
    ConnectorBusyError,
    ConnectorError,
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)
from portico.connections.folder import CompanyEgress
from portico.connections.lane import Lane
from portico.connections.target import NoConnectionError, Target
from portico.web.i18n import _

if TYPE_CHECKING:
    from portico.connections.host import ConnectionHost

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
_GRACE_S = 0.25  # lets the thread's own deadline speak first: its error says more


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


class Call:
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
        for_page: bool,
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
        egress = CompanyEgress(host.egress, target.tenant_id, host.folder)
        turns = None
        if host.pace is not None and target.paced_as is not None:
            turns = pace.Turns(host.pace, target, for_page=for_page)
        self.function = partial(_invoke, turns, self.lane, target, connector, egress, method, arguments, named)

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
        if isinstance(error, ConnectorBusyError):
            self.lane.breaker.released()
            self._count("busy")
            return error
        if isinstance(error, ConnectorUnavailableError) and error.retry_after_s is not None:
            self.lane.breaker.answered()  # it says when it wants to be called again, and is left alone until then
            self._count("unavailable")
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
    turns: pace.Turns | None,
    lane: Lane,
    target: Target,
    connector: Connector,
    egress: Egress,
    method: str,
    arguments: tuple[Any, ...],
    named: Mapping[str, Any],
) -> Any:
    if turns is not None:
        turns.begin()
    try:
        with pace.within(turns):
            return getattr(lane.client(target, connector, egress), method)(*arguments, **named)
    except ConnectorBusyError:
        raise
    except ConnectorUnavailableError as error:
        if turns is not None and error.retry_after_s is not None:
            turns.pause(error.retry_after_s)
        raise
