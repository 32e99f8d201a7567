"""A company's client as jobs hold it: methods of one capability, each call through the host."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from portico.connections.breaker import CLOSED
from portico.connections.host import JOB_TIMEOUT_S, ConnectionHost
from portico.connections.target import Target

PATIENCE_S, LONG_PATIENCE_S = 5.0, 70.0
"""For a turn: of most jobs, and of those that begin anew when they are cut short. Any limit gives one within a minute."""


class Client:
    """`client.submit(request)` is `host.call(target, capability, "submit", request)`."""

    def __init__(
        self,
        host: ConnectionHost,
        target: Target,
        capability: str,
        timeout_s: float = JOB_TIMEOUT_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """patience_s: how long a call waits for its turn before it raises ConnectorBusyError, for the job to come back later."""
        self._host, self.target, self.capability, self.timeout_s = host, target, capability, timeout_s
        self._patience_s = patience_s

    @property
    def breaker_state(self) -> str:
        """Of the connection in this process: "open" while it is not asked at all."""
        state = self._host.state(self.target.connection_id)
        return CLOSED if state is None else state.breaker

    @property
    def capabilities(self) -> frozenset[str]:
        """All that the connection can do with its settings."""
        return self._host.capabilities(self.target.connector, self.target.config)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)
        limits = {"timeout_s": self.timeout_s, "patience_s": self._patience_s}
        return partial(self._host.call, self.target, self.capability, method, **limits)


def open_client(
    portico: Any, tenant_id: UUID, capability: str, *, timeout_s: float = JOB_TIMEOUT_S
) -> Client:
    """The company's connection that has `capability`, for jobs and commands: `portico` is `job.portico`.

    Raises NoConnectionError. Must not be called with a session open: it uses short ones of its own.
    """
    host: ConnectionHost = portico.connections
    scope = portico.system_scope(portico.tenant(tenant_id))
    with portico.sessions.scoped(scope) as db:
        connection_id = host.capable(db, capability)
    return Client(
        host, host.target(tenant_id, connection_id, scope.tenant.config_version), capability, timeout_s
    )
