"""What connections to companies' systems cost: a large catalogue, 60 databases at once, a question for prices, and one bad ERP.

    python -m bench.sync [--quick] [--write sync]

Every company has a PostgreSQL database of its own and the `companydb` connector. Reading runs in a process of its own, whose
memory is the kernel's figure (VmHWM). The bad ERP is a real one behind a proxy that falls silent, answers each call rightly but
a minute late, cuts answers off, answers with nonsense or refuses connections; three browsers ask for its prices four times a
second each, while another company's pages are timed. With the ERP well, the same three browsers ask at the same pace: what is
compared is what the fault changes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from bench import companies, machine, report, servers
from bench.client import Address, Connection
from bench.companies import BenchCompany
from bench.world import HOST, environment, settings
from portico.connections import sync
from portico.connections.call import capabilities_of
from portico.connections.client import Client
from portico.db import setup
from portico.db.embedded import EmbeddedServer
from portico.jobs import enqueue
from portico.settings import Settings
from portico_erp.conformance.proxy import Fault, FaultProxy, Kind

DATABASE = "bench_sync"
CATALOGUE = "quotes.catalogue"
ASKERS, PACE_S = 3, 0.25
"""Few: a well ERP's answers are work, and with many of them it is the well one that makes others wait."""
GOAL = 1.10
"""Of the p95 without a fault: what one bad ERP may make of another company's pages."""


def read_catalogue(home: Path, port: int, tenant: str, connection: str) -> dict[str, Any]:
    """In this process: everything new of the catalogue."""
    parts = companies.open_parts(settings(home, port, DATABASE))
    record = parts.tenant(UUID(tenant))
    target = parts.connections.target(record.id, UUID(connection))
    _plugin, entity = parts.connections.entities[CATALOGUE]
    assert entity.capability in capabilities_of(parts.connections.connector(target.connector), target.config)
    before = peak_mib()
    started = time.perf_counter()
    opened = partial(parts.sessions.scoped, parts.system_scope(record))
    done = sync.run(opened, Client(parts.connections, target, entity.capability), entity, budget_s=3600)
    return {"rows": done.counts.rows, "pages": done.pages, "s": time.perf_counter() - started, "before_mib": before,
            "most_mib": peak_mib()}


def peak_mib() -> float:
    """The most that this process ever held."""
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def child(chosen: Settings, company: BenchCompany) -> dict[str, Any]:
    ids = [str(company.tenant_id), str(company.connection_id)]
    arguments = ["--child", *ids, "--home", str(chosen.home), "--port", str(chosen.port)]
    done = subprocess.run([sys.executable, "-m", "bench.sync", *arguments], env={**os.environ, **environment(chosen)},
                          capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def large(chosen: Settings, parts: Any, count: int) -> tuple[list[list[object]], BenchCompany]:
    company = companies.add(parts, chosen, "large", count)
    rows = []

    def note(what: str) -> None:
        one = child(chosen, company)
        rate = f"{one['rows'] / one['s']:,.0f}" if one["rows"] else ""
        rows.append([what, f"{one['rows']:,}", f"{one['s']:.1f}", rate, f"{one['before_mib']:.0f}", f"{one['most_mib']:.0f}"])
        print(*rows[-1], sep="  ", flush=True)

    note(f"all of {count:,} items")
    with psycopg.connect(company.login.dsn) as erp:
        erp.execute("UPDATE materials SET price = price + 1 WHERE id %% 100 = %s", [7])
    note("after 1 % changed")
    note("after nothing changed")
    return rows, company


def many(chosen: Settings, made: Sequence[BenchCompany]) -> str:
    """All connections due at once, for one worker as it is shipped; until the last catalogue is there."""
    parts = companies.open_parts(chosen)
    for one in made:
        with parts.sessions.scoped(parts.system_scope(parts.tenant(one.tenant_id))) as db:
            enqueue(db, "connections.sync", connection_id=one.connection_id, unique=f"connections.sync/{one.connection_id}")
    parts.engine.dispose()
    query = "SELECT count(*) FROM connection_sync WHERE entity = %s AND last_success_at IS NOT NULL AND tenant_id = ANY(%s)"
    url = setup.admin_url(chosen, chosen.database)
    started = time.perf_counter()
    with servers.process(["-m", "portico.cli", "worker"], environment(chosen), chosen.home / "worker.log"), \
            psycopg.connect(url, autocommit=True) as admin:
        while admin.execute(query, [CATALOGUE, [one.tenant_id for one in made]]).fetchone() != (len(made),):
            if time.perf_counter() - started > 600:
                raise RuntimeError("the worker does not finish: see worker.log in the data folder")
            time.sleep(0.1)
        took = time.perf_counter() - started
        counted = "SELECT count(*) FROM quotes_item WHERE tenant_id = ANY(%s)"
        total = admin.execute(counted, [[one.tenant_id for one in made]]).fetchone()
    assert total
    count = len(made)
    return f"{count} connections to {count} databases, {total[0]:,} items: {took:.1f} s with one worker, its start included."


def prices(chosen: Settings, company: BenchCompany, times: int) -> list[list[object]]:
    """One question for 20 prices: by the connector alone, and through the host with breaker, bulkhead and its thread."""
    parts = companies.open_parts(chosen)
    target = parts.connections.target(company.tenant_id, company.connection_id)
    direct = parts.connections.connector(target.connector).open(target.config, target.secrets, egress=parts.connections.egress)
    wanted = [(f"material:M{n:06}", Decimal(2)) for n in range(1, 21)]
    through = Client(parts.connections, target, "prices")
    spent: dict[str, list[float]] = {"the connector, its database included": [], "through the host": []}
    for turn in range(times + 10):
        for name, ask in zip(spent, (direct.prices, through.prices), strict=True):
            started = time.perf_counter()
            assert len(ask("C1", wanted).prices) == len(wanted)
            if turn >= 10:
                spent[name].append((time.perf_counter() - started) * 1000)
    direct.close()
    parts.connections.close()
    parts.engine.dispose()
    rows: list[list[object]] = [
        [name, f"{statistics.median(found):.2f}", f"{sorted(found)[int(len(found) * 0.95)]:.2f}"] for name, found in spent.items()
    ]
    first, second = (statistics.median(found) for found in spent.values())
    return [*rows, ["added by the host", f"{second - first:.2f}", ""]]


async def asking(address: Address, request: bytes, done: asyncio.Event) -> None:
    """A browser that asks for prices at a steady pace; it gives up after a second and asks anew."""
    connection, turn = Connection(address), time.perf_counter()
    while not done.is_set():
        turn = max(turn + PACE_S, time.perf_counter())
        try:
            await asyncio.wait_for(connection.ask(request), 1)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            connection.close()
        await asyncio.sleep(max(0.0, turn - time.perf_counter()))
    connection.close()


async def timed(address: Address, requests: Sequence[bytes], count: int) -> list[float]:
    connection, found = Connection(address), []
    for turn in range(count):
        started = time.perf_counter()
        answer = await connection.ask(requests[turn % len(requests)])
        found.append((time.perf_counter() - started) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}")
        await asyncio.sleep(0.02)
    connection.close()
    return found


async def beside_a_bad_one(chosen: Settings, good: BenchCompany, bad: BenchCompany, proxy: FaultProxy, rounds: int,
                           count: int) -> list[list[object]]:
    """The good company's pages, in turns with the bad one's ERP well and at fault."""
    faults = {"falls silent": Kind.SILENCE, "answers 60 s late": Kind.LATE, "cuts its answers off": Kind.CUT_ANSWER,
              "answers with nonsense": Kind.GARBLE, "refuses connections": Kind.REFUSE}
    address = Address(chosen.port, HOST)
    pages = {"dashboard": [address.request(f"/c/{good.slug}/", (good.cookie,))],
             "live prices": [companies.prices_request(address, good, companies.items(chosen, good, 20))]}
    worse = companies.prices_request(address, bad, companies.items(chosen, bad, 20))
    rows: list[list[object]] = []
    for name, kind in faults.items():
        spent: dict[tuple[str, bool], list[float]] = {}
        for _round in range(rounds):
            for broken in (False, True):
                done = asyncio.Event()
                others = [asyncio.create_task(asking(address, worse, done)) for _ in range(ASKERS)]
                fault = proxy.failing(Fault(kind)) if broken else None
                if fault:
                    fault.__enter__()
                await asyncio.sleep(1.5)
                for page, requests in pages.items():
                    spent.setdefault((page, broken), []).extend(await timed(address, requests, count))
                done.set()
                await asyncio.gather(*others)
                if fault:
                    fault.__exit__(None, None, None)
                    await asyncio.sleep(6)  # the breaker's first pause
        for page in pages:
            well, ill = (sorted(spent[page, broken])[int(len(spent[page, broken]) * 0.95)] for broken in (False, True))
            rows.append([name, page, f"{well:.1f}", f"{ill:.1f}", report.goal(ill / well, GOAL, f"{ill / well:.2f}")])
            print(*rows[-1], sep="  ", flush=True)
    return rows


def measure(home: Path, port: int, *, quick: bool) -> str:
    chosen = companies.prepare(home, port, DATABASE)
    parts = companies.open_parts(chosen)
    head = machine.description()
    catalogue, big = large(chosen, parts, 5_000 if quick else 100_000)
    made = [companies.add(parts, chosen, f"one-of-many-{n:02}", 500) for n in range(6 if quick else 60)]
    proxy = FaultProxy(("127.0.0.1", big.login.port))
    bad = companies.add(parts, chosen, "bad", 500, port=proxy.address[1])
    parts.connections.close()
    parts.engine.dispose()
    at_once = many(chosen, [*made, bad])
    print(at_once, flush=True)
    question = prices(chosen, made[0], 50 if quick else 400)
    world = type("Served", (), {"settings": chosen})()
    with servers.portal(world, worker=False):  # type: ignore[arg-type]
        beside = asyncio.run(beside_a_bad_one(chosen, made[0], bad, proxy, 1 if quick else 6, 40 if quick else 100))
    proxy.close()
    parts_of = [
        f"# Connections to companies' systems\n\n{head}\n\n{(__doc__ or '').split('[--write sync]')[1].strip()}\n",
        "## A large catalogue\n\n"
        + report.table(["read", "rows taken over", "s", "rows/s", "MiB before", "MiB at most"], catalogue),
        f"## Many at once\n\n{at_once}\n",
        "## A question for 20 prices\n\n" + report.table(["way", "median ms", "p95 ms"], question),
        "## Beside one bad ERP\n\n"
        + report.table(["the other company's ERP", "page", "p95 ms, well", "p95 ms, at fault", "ratio"], beside),
        f"At the end: loop of plain Python {machine.loop_ms():.1f} ms.\n",
    ]
    return "\n\n".join(parts_of)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sync", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="5,000 items, 6 companies, few pages")
    parser.add_argument("--port", type=int, default=6596)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("PORTICO_HOME", ".portico")) / "bench")
    parser.add_argument("--write", metavar="NAME")
    parser.add_argument("--child", nargs=2, metavar=("TENANT", "CONNECTION"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(read_catalogue(options.home, options.port, *options.child)))
        return
    started = not EmbeddedServer(options.home).running()
    try:
        text = measure(options.home, options.port, quick=options.quick)
        print("\n" + text)
        if options.write:
            report.write(options.write, text)
    finally:
        if started:
            EmbeddedServer(options.home).stop()


if __name__ == "__main__":
    main()
