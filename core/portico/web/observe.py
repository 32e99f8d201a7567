"""Each request's id, its line in the log and its figures; the outermost tween, so that nothing goes unseen."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from prometheus_client import Counter, Histogram
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import event

from portico.db.types import new_id
from portico.web import outside
from portico.web.abandoned import Abandoned, stop_if_abandoned, watched

log = logging.getLogger("portico.request")
GONE = 499
"""In log and figures: the client hung up before there was an answer."""
REQUESTS = Counter("portico_requests", "Requests answered", ["route", "method", "status"])
SECONDS = Histogram("portico_request_seconds", "Time to answer", ["route"],
                    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10))
QUERIES = Histogram("portico_request_queries", "Statements sent to the database", ["route"],
                    buckets=(1, 2, 3, 4, 5, 6, 8, 10, 15, 25, 50))
queries: ContextVar[list[str] | None] = ContextVar("portico_queries", default=None)
_recorder: ContextVar[list[str] | None] = ContextVar("portico_recorder", default=None)


def observe_tween_factory(handler: Callable[[Request], Response], registry: Any) -> Callable[[Request], Response]:
    def tween(request: Request) -> Response:
        request.request_id = new_id().hex
        request.add_finished_callback(_let_go)
        seen: list[str] = []
        marker = queries.set(seen)
        started = time.perf_counter()
        status = 500
        try:
            with watched(request.environ):
                response = handler(request)
            status = response.status_code
            response.headers["X-Request-Id"] = request.request_id
            return response
        except Abandoned:
            status = GONE
            raise
        finally:
            queries.reset(marker)
            recorder = _recorder.get()
            if recorder is not None:
                recorder.extend(seen)
            if outside.pending(request.environ) is None:  # else nobody gets this answer: the request runs again
                _note(request, status, time.perf_counter() - started, len(seen))

    return tween


def _let_go(request: Request) -> None:
    """These two refer back to their request: without this the answer's bytes and all rows would wait for the cycle
    collector."""
    vars(request).pop("_portico_chrome", None)
    vars(request).pop("session", None)


def _note(request: Request, status: int, seconds: float, count: int) -> None:
    route = request.matched_route.name if getattr(request, "matched_route", None) else "none"
    requests, duration, statements = _figures(route, request.method, status)
    requests.inc()
    duration.observe(seconds)
    statements.observe(count)
    level = logging.WARNING if status >= 500 else logging.INFO
    if not log.isEnabledFor(level):
        return
    scope = getattr(request, "scope", None)
    log.log(level, "%s %s %s", request.method, route, status, extra={
        "request_id": request.request_id, "tenant": scope.tenant.slug if scope and scope.tenant else None,
        "user": str(scope.user_id) if scope and scope.user_id else None, "route": route, "status": status,
        "ms": round(seconds * 1000, 1), "queries": count, "address": request.client_addr})


@lru_cache(maxsize=4096)
def _figures(route: str, method: str, status: int) -> tuple[Counter, Histogram, Histogram]:
    """Those with these labels. Kept, since finding them costs more than counting does."""
    return REQUESTS.labels(route, method, str(status)), SECONDS.labels(route), QUERIES.labels(route)


@contextmanager
def recording() -> Iterator[list[str]]:
    """The statements that requests send meanwhile in this thread, for tests that count them."""
    seen: list[str] = []
    marker = _recorder.set(seen)
    try:
        yield seen
    finally:
        _recorder.reset(marker)


def count_queries(engine: sa.Engine) -> None:
    """Have every statement of this engine counted for the request that sent it."""

    @event.listens_for(engine, "before_cursor_execute")
    def _count(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen = queries.get()
        if seen is not None:
            stop_if_abandoned()
            seen.append(statement)
