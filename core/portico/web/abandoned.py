"""Ends work for a client that has hung up, where it is cheap to ask: before each statement and each rendering."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

ENVIRON = "portico.is_gone"
"""In the environ: says whether the client is gone. No client can set it: headers never make a key with a dot."""

_SAFE = frozenset({"GET", "HEAD"})
_is_gone: ContextVar[Callable[[], bool] | None] = ContextVar("portico_is_gone", default=None)


class Abandoned(BaseException):
    """Nobody reads the answer. No Exception, so that nothing draws a page for it; the transaction is rolled back."""


@contextmanager
def watched(environ: dict[str, Any]) -> Iterator[None]:
    """Work within may be ended by `stop_if_abandoned`; not what changes something, which is done whoever leaves."""
    token = _is_gone.set(environ.get(ENVIRON) if environ["REQUEST_METHOD"] in _SAFE else None)
    try:
        yield
    finally:
        _is_gone.reset(token)


def stop_if_abandoned() -> None:
    """Raises Abandoned if the request's client has gone."""
    is_gone = _is_gone.get()
    if is_gone is not None and is_gone():
        raise Abandoned
