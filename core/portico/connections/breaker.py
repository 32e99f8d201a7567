"""Circuit breaker of one connection in one process: stops asking a system that does not answer, and tries
again.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"


class Breaker:
    """Opens after `failures` unanswered calls in a row; lets one probe through after a pause that doubles.

    Only "unavailable" counts: an answer that refuses us or our data is an answer.
    """

    def __init__(
        self,
        *,
        failures: int = 5,
        pause_s: float = 5,
        longest_pause_s: float = 60,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._failures, self._pause_s, self._longest_pause_s = failures, pause_s, longest_pause_s
        self._clock, self._jitter = clock, jitter
        self._lock = threading.Lock()
        self._failed = 0
        self._opened = 0
        self._until = 0.0
        self._probing = False

    @property
    def state(self) -> str:
        with self._lock:
            if self._failed < self._failures:
                return CLOSED
            return OPEN if self._clock() < self._until else HALF_OPEN

    def admit(self) -> float | None:
        """None = go ahead (and report the outcome); else seconds until it is worth asking again."""
        with self._lock:
            if self._failed < self._failures:
                return None
            left = self._until - self._clock()
            if left > 0:
                return left
            if self._probing:
                return self._pause_s
            self._probing = True
            return None

    def answered(self) -> None:
        with self._lock:
            self._failed = self._opened = 0
            self._probing = False

    def failed(self) -> None:
        with self._lock:
            self._failed += 1
            self._probing = False
            if self._failed >= self._failures and self._clock() >= self._until:
                pause = min(self._pause_s * 2**self._opened, self._longest_pause_s)
                self._opened = min(self._opened + 1, 16)
                self._until = self._clock() + pause * (0.75 + self._jitter() / 2)

    def released(self) -> None:
        """The call never reached the system (refused by the bulkhead): no evidence either way."""
        with self._lock:
            self._probing = False
