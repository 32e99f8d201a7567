"""Starts and ends what is measured: the web server, a worker, the floor, each a process family of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.client import Address
from bench.machine import cpu_ms, family, family_cpu_ms, name_of
from bench.world import HOST, World, environment
from portico.db.embedded import EmbeddedServer

_PATIENCE_S = 60
WORKER = "portico worker"


@dataclass(frozen=True)
class Running:
    """Process ids. head: the parent of web and worker processes. postgres: the postmaster."""

    address: Address
    head: int
    postgres: int

    def cpu(self) -> tuple[float, float, float]:
        """Milliseconds so far: web with the parent, worker, PostgreSQL."""
        worker = cpu_ms(pid for pid in family(self.head) if name_of(pid) == WORKER)
        return family_cpu_ms(self.head) - worker, worker, family_cpu_ms(self.postgres)


@contextmanager
def portal(world: World, *, worker: bool = True) -> Iterator[Running]:
    """`portico serve --workers 1` on production.ini."""
    given = environment(world.settings)
    arguments = ["-m", "portico.cli", "serve", *(["--workers", "1"] if worker else [])]
    with process(arguments, given, world.settings.home / "web.log") as head:
        wait_until_up(world.settings.port, head)
        yield Running(Address(world.settings.port, HOST), head.pid, postmaster(world))


@contextmanager
def floor(world: World) -> Iterator[Running]:
    given = environment(world.settings) | {"BENCH_TENANTS": str(world.size.tenants),
                                           "BENCH_ORDERS": str(world.size.orders)}
    with process(["-m", "bench.floor"], given, world.settings.home / "floor.log") as web:
        wait_until_up(world.settings.port, web)
        yield Running(Address(world.settings.port, HOST), web.pid, postmaster(world))


@contextmanager
def process(arguments: list[str], given: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Python with these arguments; its output in `log`; ended by TERM."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTICO_")}
    with log.open("wb") as output:
        child = subprocess.Popen([sys.executable, *arguments], env=kept | dict(given), stdout=output, stderr=output,
                                 start_new_session=True)
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def wait_until_up(port: int, child: subprocess.Popen[bytes], path: str = "/healthz") -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        if child.poll() is not None:
            raise RuntimeError("the server ended at its start: see its log in the data folder")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing answers on port {port}")


def postmaster(world: Any) -> int:
    return int((EmbeddedServer(world.settings.home).data / "postmaster.pid").read_text().split()[0])
