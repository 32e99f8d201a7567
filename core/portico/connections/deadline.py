"""How much time the present call has left: set by the portal around every call, read by connectors for their
sockets.

A thread cannot be stopped from outside. A connector that waits no longer than `remaining_s()` gives its
thread back when the portal has given up on the call.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends_at: ContextVar[float | None] = ContextVar("portico_call_deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Everything inside must be done in `seconds`; nested limits only ever shorten."""
    outer = _ends_at.get()
    ends_at = time.monotonic() + seconds
    token = _ends_at.set(ends_at if outer is None else min(outer, ends_at))
    try:
        yield
    finally:
        _ends_at.reset(token)


def remaining_s(default: float = 20.0) -> float:
    """Seconds left, never negative; `default` when no limit was set."""
    ends_at = _ends_at.get()
    return default if ends_at is None else max(0.0, ends_at - time.monotonic())
