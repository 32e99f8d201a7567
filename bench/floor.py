"""The bare floor behind the portal's own server: a WSGI application of a page's SQL and its precompiled template.

    python -m bench.floor       serves the world that the environment's PORTICO_… name, as `python -m bench` starts it
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bench.capture import Captured, Floor, Stack
from bench.targets import targets
from bench.world import Size, load
from portico.settings import Settings
from portico.web.server import server_runner


class FloorApplication:
    """Answers each measured address with what the floor makes of it. `registry` is what the server runner looks for."""

    def __init__(self, stack: Stack, pages: dict[str, Captured], url: str) -> None:
        self.registry = stack.wsgi.registry
        self.pages, self.floor = pages, Floor(url)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        query = environ.get("QUERY_STRING")
        path = environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"] + (f"?{query}" if query else "")
        captured = self.pages[path]
        body = self.floor.page(captured)
        start_response("200 OK", [("Content-Type", captured.content_type), ("Cache-Control", "no-store")])
        return [body]


def main() -> None:
    chosen = Settings.read()
    size = Size.of(int(os.environ["BENCH_TENANTS"]), int(os.environ["BENCH_ORDERS"]))
    world = load(Path(chosen.home), chosen.port, chosen.database, size)
    stack = Stack(world.settings)
    pages = {path: stack.capture(path, target.headers) for target in targets(world) for path in target.paths[:1]}
    stack.parts.engine.dispose()
    server_runner(FloorApplication(stack, pages, stack.parts.database_url()), {})


if __name__ == "__main__":
    main()
