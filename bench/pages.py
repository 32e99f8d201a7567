"""Measures the pages over the wire: throughput, latency, bytes, and the CPU of whole process families."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urljoin

from bench import servers
from bench.client import Address, Answer, Connection, Samples, run
from bench.machine import family, memory_mib, name_of
from bench.servers import Running
from bench.targets import Target
from bench.world import PROBE, World


@dataclass
class Load:
    """One target under one number of connections. CPU in milliseconds per request; worker: of the whole run."""

    samples: Samples
    application: float
    database: float
    worker: float

    @property
    def cpu(self) -> float:
        return self.application + self.database

    @property
    def bytes_each(self) -> int:
        return self.samples.wire // max(1, len(self.samples.latencies))


@dataclass
class Result:
    """By name of the target: one and sixteen connections."""

    alone: dict[str, Load] = field(default_factory=dict)
    crowd: dict[str, Load] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    idle: tuple[float, float, float] = (0, 0, 0)


CROWD = 16


def measure(world: World, targets: list[Target], *, count: int, with_floor: bool) -> tuple[Result, Result | None]:
    with servers.portal(world) as running:
        stack = _measure(running, targets, count)
        stack.idle = _idle(running)
        stack.memory = memory(running)
    if not with_floor:
        return stack, None
    first = [Target(one.name, one.paths[:1], one.headers) for one in targets]
    with servers.floor(world) as running:
        return stack, _measure(running, first, count)


def _measure(running: Running, targets: list[Target], count: int) -> Result:
    found = Result()
    for target in targets:
        requests = target.requests(running.address)
        asyncio.run(run(running.address, requests, connections=CROWD, count=max(100, len(requests))))
        found.alone[target.name] = _load(running, requests, 1, count)
        found.crowd[target.name] = _load(running, requests, CROWD, count * 2)
    return found


def _load(running: Running, requests: list[bytes], connections: int, count: int) -> Load:
    before = running.cpu()
    samples = asyncio.run(run(running.address, requests, connections=connections, count=count))
    web, worker, database = (now - then for now, then in zip(running.cpu(), before, strict=True))
    return Load(samples, web / count, database / count, worker)


def _idle(running: Running, seconds: float = 5.0) -> tuple[float, float, float]:
    """CPU milliseconds a second of web, worker and PostgreSQL while nobody asks for anything."""
    before = running.cpu()
    time.sleep(seconds)
    return tuple((now - then) / seconds for now, then in zip(running.cpu(), before, strict=True))  # type: ignore[return-value]


def memory(running: Running) -> dict[str, float]:
    """Proportional MiB of each process after the load, their parent among them."""
    found: dict[str, float] = {}
    for pid in sorted(family(running.head)):
        kind = "parent" if pid == running.head else name_of(pid).removeprefix("portico ")
        place = 1 + sum(name.startswith(kind) for name in found)
        found[kind if kind == "parent" else f"{kind} {place}"] = memory_mib([pid])
    found["PostgreSQL, all processes"] = memory_mib(family(running.postgres))
    return found


_LINKED = re.compile(r'<(?:link|script|img)[^>]*?(?:href|src)="(/[^"]+)"')
_IMPORTED = re.compile(r'(?:from|import)\s*["\'](\.{1,2}/[^"\']+)["\']')
_NAMED = re.compile(r'url\(["\']?([^"\')]+\.woff2[^"\')]*)')


@dataclass
class FirstView:
    requests: int
    wire: int


async def first_view(world: World, address: Address, path: str = f"/c/{PROBE}/") -> FirstView:
    """What a browser with an empty cache fetches for a page: it, what it links, its modules, the Latin font, its parts."""
    connection, seen, total = Connection(address), {path}, 0
    waiting = [path]
    while waiting:
        one = waiting.pop(0)
        answer = await connection.ask(address.request(one, (world.session, *_htmx(one, path))))
        total += answer.wire
        for found in _wanted(one, answer, one == path):
            if found not in seen:
                seen.add(found)
                waiting.append(found)
    connection.close()
    return FirstView(len(seen), total)


def _htmx(one: str, page: str) -> tuple[tuple[str, str], ...]:
    return (("HX-Request", "true"),) if one != page and "/static/" not in one else ()


def _wanted(path: str, answer: Answer, is_page: bool) -> list[str]:
    kind = answer.headers.get("content-type", "")
    if is_page:
        html = answer.text.replace("&amp;", "&")
        parts = re.findall(r'hx-get="(/[^"]+)"[^>]*hx-trigger="load', html)
        links = [link for link in _LINKED.findall(html) if "/events" not in link]
        return [*links, *parts]
    if kind.startswith("text/javascript"):
        return [urljoin(path.partition("?")[0], found) for found in _IMPORTED.findall(answer.text)]
    return []
