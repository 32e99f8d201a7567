"""Is this process alive, can it serve, what has it done: for supervisors and scrapers, beside the pages."""

from __future__ import annotations

import asyncio
import os
import resource
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import portico
from portico.web.asgi import AsyncRoutes

_STARTED = time.monotonic()
_PATIENCE_S = 3.0


def add_routes(routes: AsyncRoutes, parts: Any) -> None:
    """/healthz (alive), /readyz (can serve; connections' health is no part of it), /metrics (Prometheus)."""

    async def healthz(request: Request) -> Response:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return JSONResponse(
            {
                "status": "alive",
                "version": portico.__version__,
                "pid": os.getpid(),
                "uptime_s": round(time.monotonic() - _STARTED, 1),
                "memory_mib": round(usage.ru_maxrss / 1024, 1),
            }
        )

    async def readyz(request: Request) -> Response:
        names = ("database", "broker", "storage")
        results = await asyncio.gather(*(_timed(check, parts) for check in (_database, _broker, _storage)))
        checks = dict(zip(names, results, strict=True))
        ready = all(one["ok"] for one in checks.values())
        return JSONResponse(
            {"status": "ready" if ready else "not ready", "checks": checks}, status_code=200 if ready else 503
        )

    async def metrics(request: Request) -> Response:
        if not _may_scrape(request, parts.settings):
            return Response(status_code=404)
        return Response(await asyncio.to_thread(_metrics), media_type=CONTENT_TYPE_LATEST)

    routes.add("/healthz", healthz)
    routes.add("/readyz", readyz)
    routes.add("/metrics", metrics)


async def _timed(check: Callable[[Any], str | None], parts: Any) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        detail = await asyncio.wait_for(asyncio.to_thread(check, parts), _PATIENCE_S)
        ok = True
    except Exception as error:
        detail, ok = type(error).__name__, False  # the words may hold an address; the log has them
    found: dict[str, Any] = {"ok": ok, "ms": round((time.perf_counter() - started) * 1000, 1)}
    return found | ({"detail": detail} if detail else {})


def _database(parts: Any) -> None:
    with parts.engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))


def _broker(parts: Any) -> str:
    """The queue is a table that can be read. That nobody works on it keeps no page from being served: it is told, and
    watched by the age of the oldest job."""
    with parts.engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL ROLE portico_worker"))
        workers = connection.scalar(
            sa.text("SELECT count(*) FROM job_worker WHERE seen_at > now() - interval '1 minute'")
        )
    return f"{workers} worker processes"


def _storage(parts: Any) -> None:
    """Files can be written and taken away, wherever they lie."""
    storage, name = parts.files.storage, f"ready/{os.getpid()}"
    storage.put(name, iter((b"ready",)))
    storage.delete(name)


def _may_scrape(request: Request, settings: Any) -> bool:
    """Loopback peers and trusted proxies' networks only; to others the page does not exist."""
    from ipaddress import ip_address

    address = ip_address(request.client.host) if request.client else None
    return address is not None and (
        address.is_loopback or any(address in network for network in settings.trusted_proxies)
    )


def _metrics() -> bytes:
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        _AllProcesses(registry)
        return generate_latest(registry)
    return generate_latest(REGISTRY)


class _AllProcesses(multiprocess.MultiProcessCollector):
    """Without the files that are empty: those of processes that have only just begun, at which the library fails."""

    def collect(self) -> Any:
        with os.scandir(self._path) as entries:
            files = [one.path for one in entries if one.name.endswith(".db") and _holds_something(one)]
        return self.merge(files, accumulate=True)


def _holds_something(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.stat().st_size > 0
    except FileNotFoundError:  # of a process that has just ended
        return False
