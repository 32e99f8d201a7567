"""A thousand people who think between clicks, against the server as it is shipped: 2 processes of 4 threads.

    python -m bench.people [--quick] [--people 1000] [--seconds 60]

Each has a session, a company and a browser of their own (a connection that is kept), looks at a page, thinks for 5 to 15
seconds, and goes on as people do: the dashboard and its parts, lists, an order, the catalogue. The rate is theirs, not
the server's: where it cannot follow, times grow. Everything is on the loopback and ends by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench import machine, pages, report, servers
from bench.client import Address, Connection, Samples
from bench.servers import Running
from bench.world import PEOPLE, PROBE, Size, World, load, person_company, person_session
from portico.db.embedded import EmbeddedServer

THINK_S = (5.0, 15.0)
PATIENCE_S = 30.0
"""After which an answer counts as an error."""
PARTS = ("/dashboard/activity", "/orders-summary", "/quotes/widget/tracker")


@dataclass
class Everybody:
    """Times by kind of page, in the order in which they were asked for."""

    by_kind: dict[str, Samples] = field(default_factory=dict)

    def of(self, kind: str) -> Samples:
        return self.by_kind.setdefault(kind, Samples())

    def together(self) -> Samples:
        found = Samples()
        for one in self.by_kind.values():
            found.latencies += one.latencies
            found.wire += one.wire
            for what, times in one.errors.items():
                found.errors[what] = found.errors.get(what, 0) + times
        return found


class Person:
    """One browser. Only the measured customer has ids to look at: everybody else follows lists."""

    def __init__(self, number: int, address: Address, world: World, everybody: Everybody) -> None:
        self.site = f"/c/{person_company(number, world.size.tenants)}"
        self.headers = (person_session(number),)
        self.world, self.everybody = world, everybody
        self.connection = Connection(address)
        self.chance = random.Random(number)  # the same walk in each run

    async def live(self, until: float) -> None:
        await asyncio.sleep(self.chance.uniform(0, THINK_S[1]))
        while time.monotonic() < until:
            for kind, path in self.next_page():
                await self.look(kind, path)
            await asyncio.sleep(self.chance.uniform(*THINK_S))
        self.connection.close()

    def next_page(self) -> list[tuple[str, str]]:
        """What the click asks for: a page, and with the dashboard the parts that its browser fetches."""
        kind = self.chance.choices(("dashboard", "orders", "orders searched", "quotes", "catalogue", "notices"),
                                   (25, 30, 10, 15, 10, 10))[0]
        if kind == "dashboard":
            return [(kind, "/"), *(("dashboard's parts", part) for part in PARTS if self.world.quotes or "quotes" not in part)]
        if kind == "orders searched":
            return [(kind, f"/orders?q={self.chance.randrange(10, 99)}")]
        if kind in ("quotes", "catalogue") and not self.world.quotes:
            kind = "orders"
        return [(kind, f"/{kind}")]

    async def look(self, kind: str, path: str) -> None:
        part = (("HX-Request", "true"),) if kind == "dashboard's parts" else ()
        samples, started = self.everybody.of(kind), time.perf_counter()
        try:
            asked = self.connection.address.request(self.site + path, (*self.headers, *part))
            answer = await asyncio.wait_for(self.connection.ask(asked), PATIENCE_S)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            samples.note(type(error).__name__)
            self.connection.close()
            return
        samples.latencies.append(time.perf_counter() - started)
        samples.wire += answer.wire
        if answer.status != 200:
            samples.note(str(answer.status))


async def crowd(address: Address, world: World, people: int, seconds: float) -> Everybody:
    everybody, until = Everybody(), time.monotonic() + seconds
    await asyncio.gather(*(Person(number, address, world, everybody).live(until) for number in range(people)))
    return everybody


def measure(running: Running, world: World, people: int, seconds: float) -> str:
    """Runs a short while first, so that every connection to the database is open and every template drawn."""
    asyncio.run(crowd(running.address, world, min(people, 100), min(10.0, seconds)))
    before, started = running.cpu(), time.monotonic()
    everybody = asyncio.run(crowd(running.address, world, people, seconds))
    took = time.monotonic() - started
    web, worker, database = (now - then for now, then in zip(running.cpu(), before, strict=True))
    whole = everybody.together()
    count = max(1, len(whole.latencies))
    rows = [_row(kind, samples, took) for kind, samples in sorted(everybody.by_kind.items())]
    memory = sum(value for name, value in pages.memory(running).items() if not name.startswith("Postgre"))
    return (report.table(["page", "answers", "a second", "p50 ms", "p95 ms", "p99 ms", "errors"],
                         [*rows, _row("**all**", whole, took)])
            + f"\n\nCPU: application {web / count:.2f} ms and database {database / count:.2f} ms a request; of one core, web "
            f"{web / took / 10:.0f} %, worker {worker / took / 10:.0f} %, PostgreSQL {database / took / 10:.0f} %. "
            f"{whole.wire / count:,.0f} bytes an answer. Memory of web and worker afterwards: {memory:.0f} MiB.")


def _row(name: str, samples: Samples, took: float) -> list[object]:
    times = [f"{samples.percentile(share):.1f}" for share in (0.5, 0.95, 0.99)]
    errors = ", ".join(f"{times} × {what}" for what, times in samples.errors.items()) or 0
    return [name, len(samples.latencies), f"{len(samples.latencies) / took:.1f}", *times, errors]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.people", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small world, 50 people, ten seconds")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--port", type=int, default=6597)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("PORTICO_HOME", ".portico")) / "bench")
    parser.add_argument("--write", metavar="NAME")
    options = parser.parse_args()
    people, seconds = (50, 10.0) if options.quick else (min(options.people, PEOPLE), options.seconds)
    size, database = (Size.of(3, 20_000), "bench_small") if options.quick else (Size.of(60, 1_000_000), "bench")
    started = not EmbeddedServer(options.home).running()
    try:
        head = machine.description()
        world = load(options.home, options.port, database, size)
        with servers.portal(world) as running:
            found = measure(running, world, people, seconds)
        text = (f"# {people:,} people\n\n{head}\n\n{size.tenants} companies, {size.orders:,} orders; the first person is the "
                f"customer of “{PROBE}”, the others are spread over all companies. Each thinks {THINK_S[0]:.0f} to "
                f"{THINK_S[1]:.0f} s between clicks, for {seconds:.0f} s; an answer over {PATIENCE_S:.0f} s is an error. "
                f"{report.CROWD}\n\n{found}\n\nAt the end: load {os.getloadavg()[0]:.1f}, loop of plain Python "
                f"{machine.loop_ms():.1f} ms.")
        print("\n" + text)
        if options.write:
            report.write(options.write, text)
    finally:
        if started:
            EmbeddedServer(options.home).stop()


if __name__ == "__main__":
    main()
