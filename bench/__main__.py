"""`make bench`: loads 60 companies with a million orders, starts the real server, and prints what each page costs.

    python -m bench                      everything, about a quarter of an hour
    python -m bench --quick              a small world, few requests: to see that it works
    python -m bench --only orders        the targets whose name contains the word
    python -m bench --in-process         the ratio to the floor alone, without a server
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from bench import machine, pages, report, servers
from bench.capture import Stack
from bench.inprocess import Comparison, compare
from bench.targets import Target, targets
from bench.world import Size, World, load
from portico.db.embedded import EmbeddedServer


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="3 companies, 20,000 orders, few requests")
    parser.add_argument("--tenants", type=int, default=60)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--count", type=int, default=400, help="requests at one connection; twice as many at sixteen")
    parser.add_argument("--only", help="targets whose name contains this")
    parser.add_argument("--in-process", action="store_true")
    parser.add_argument("--port", type=int, default=6599)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("PORTICO_HOME", ".portico")) / "bench",
                        help="where the loaded world is kept for the next run")
    parser.add_argument("--write", metavar="NAME", help="also write bench/results/NAME.md")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.tenants, chosen.orders, chosen.count = min(chosen.tenants, 3), min(chosen.orders, 20_000), min(chosen.count, 60)
    return chosen


def compared(world: World, single: World | None, chosen: list[Target], *, rounds: int, runs: int) -> list[Comparison]:
    """Each page in one process beside the floor; and in a database with its company alone, if there is one."""
    stack = Stack(world.settings)
    other = Stack(single.settings) if single else None
    same = {one.name: one for one in targets(single)} if single else {}
    found = []
    for target in chosen:
        alone = (other, same[target.name]) if other and target.name in same else None
        found.append(compare(stack, target, rounds=rounds, runs=runs, alone=alone))
    for one in filter(None, (stack, other)):
        one.close()
    return found


def worlds(chosen: argparse.Namespace) -> tuple[World, World]:
    """The one that is measured, and the same company alone in a database of its own."""
    size = Size.of(chosen.tenants, chosen.orders)
    print(f"Loading {chosen.tenants} companies with {chosen.orders:,} orders (kept for the next run)…", flush=True)
    many = load(chosen.home, chosen.port, "bench", size)
    return many, load(chosen.home, chosen.port, "bench_alone", Size(1, size.probe, 0, size.probe, size.items))


def main() -> int:
    chosen = options()
    head = machine.description()
    started = not EmbeddedServer(chosen.home).running()
    try:
        many, alone = worlds(chosen)
        wanted = [one for one in targets(many) if not chosen.only or chosen.only in one.name]
        rounds = 4 if chosen.quick else 12
        parts = [f"# Pages, measured\n\n{head}\n\n{chosen.tenants} companies, {chosen.orders:,} orders; the measured "
                 f"customer has 100 open orders among {many.size.probe:,} of others, the company {many.size.items:,} items to "
                 f"sell. {chosen.count} requests at one connection, twice as many at sixteen.\n\n{report.HOW}"]
        ratios = compared(many, alone, wanted, rounds=rounds, runs=25)
        if not chosen.in_process:
            stack, floor = pages.measure(many, wanted, count=chosen.count, with_floor=True)
            with servers.portal(many, worker=False) as running:
                view = asyncio.run(pages.first_view(many, running.address))
            parts += ["## Over the wire\n\n" + report.pages(stack, ratios), report.first_view(view)]
            if floor:
                parts.append("## The floor behind the same server\n\n" + report.served_floor(stack, floor))
            parts.append("## Memory\n\n" + report.memory(stack))
        parts.append("## In one process, in turns (CPU ms per page)\n\n" + report.in_process(ratios))
        parts.append(f"At the end: load {os.getloadavg()[0]:.1f}, loop of plain Python {machine.loop_ms():.1f} ms.")
        text = "\n\n".join(parts)
        print("\n" + text)
        if chosen.write:
            report.write(chosen.write, text)
    finally:
        if started:
            EmbeddedServer(chosen.home).stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
