"""All that one process keeps of one connection: its bulkhead, its breaker, and the client of the present
version.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from portico.connections.breaker import Breaker
from portico.connections.bulkhead import Bulkhead
from portico.connections.connector import Check, Connector, Egress
from portico.connections.target import Target

log = logging.getLogger("portico.connections")


class Lane:
    """Made with the connection's first call."""

    def __init__(self, name: str) -> None:
        self.bulkhead = Bulkhead(name)
        self.breaker = Breaker()
        self._lock = threading.Lock()
        self._client: Check | None = None
        self._target: Target | None = None

    def client(self, target: Target, connector: Connector, egress: Egress) -> Check:
        """The client for exactly these settings. An older one is closed, and its breaker forgotten."""
        with self._lock:
            if self._client is not None and self._target == target:
                return self._client
            opened = connector.open(target.config, target.secrets, egress=egress)
            stale, self._client, self._target = self._client, opened, target
        if stale is not None:
            self.breaker.answered()
            _quietly(stale.close)
        return opened

    def close(self) -> None:
        self.bulkhead.close()
        with self._lock:
            stale, self._client, self._target = self._client, None, None
        if stale is not None:
            _quietly(stale.close)


def _quietly(close: Callable[[], Any]) -> None:
    try:
        close()
    except Exception:
        log.warning("a client could not be closed", exc_info=True)
