"""A company's client as jobs hold it: methods of one capability, each call through the host."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from portico.connections.breaker import CLOSED
from portico.connections.host import JOB_TIMEOUT_S, ConnectionHost
from portico.connections.target import Target


class Client:
    """`client.submit(request)` is `host.call(target, capability, "submit", request)`."""

    def __init__(
        self, host: ConnectionHost, target: Target, capability: str, timeout_s: float = JOB_TIMEOUT_S
    ) -> None:
        self._host, self.target, self.capability, self.timeout_s = host, target, capability, timeout_s

    @property
    def breaker_state(self) -> str:
        """Of the connection in this process: "open" while it is not asked at all."""
        state = self._host.state(self.target.connection_id)
        return CLOSED if state is None else state.breaker

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)
        return partial(self._host.call, self.target, self.capability, method, timeout_s=self.timeout_s)


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
