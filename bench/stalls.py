"""How long a light page takes while others stall, dawdle, hang up, or wait for a dead company system.

    python -m bench.stalls [--quick]

As many bad clients as the server has threads (2 processes of 4) do one of four things, each more than once if it ends, while
one well-behaved browser asks for the dashboard every 30 ms. The goal: never above 100 ms. The company system that is
dead accepts connections and says nothing; it belongs to another company than the one whose page is timed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import sqlalchemy as sa

from bench import machine, report, servers
from bench.client import Address, Connection, Samples
from bench.servers import Running
from bench.world import LARGE, PROBE, Size, World, load, person_session
from portico.app import build
from portico.connections.keys import store_secrets
from portico.connections.models import Connection as ConnectionRecord
from portico.db.embedded import EmbeddedServer

THREADS = 8
LIGHT = f"/c/{PROBE}/"
GOAL_MS = 100.0
Bad = Callable[[Running, World, asyncio.Event, list[int]], Awaitable[None]]


async def stalled_post(running: Running, world: World, done: asyncio.Event, count: list[int]) -> None:
    """Promises a form of 5,000 bytes and sends a tenth."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.address.port)
    head = running.address.request(f"/c/{PROBE}/sign-in", (("Content-Length", "5000"),
                                   ("Content-Type", "application/x-www-form-urlencoded")), "POST")
    writer.write(head + b"email=" + b"a" * 500)
    count[0] += 1
    await done.wait()
    writer.close()


async def slow_reader(running: Running, world: World, done: asyncio.Event, count: list[int]) -> None:
    """Asks twenty times for the largest list, uncompressed, and takes 2 kB a second of it."""
    taking = socket.socket()
    taking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    taking.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(taking, ("127.0.0.1", running.address.port))
    one = running.address.request(f"/c/{PROBE}/orders?limit=100", (world.session,)).replace(b"gzip", b"identity")
    await loop.sock_sendall(taking, one * 20)
    count[0] += 1
    while not done.is_set():
        await loop.sock_recv(taking, 512)
        await asyncio.sleep(0.25)
    taking.close()


async def quitter(running: Running, world: World, done: asyncio.Event, count: list[int]) -> None:
    """Asks for the catalogue (or a long list), and is gone before the answer, again and again."""
    path = f"/c/{PROBE}/catalogue?q=steel" if world.quotes else f"/c/{PROBE}/orders?limit=100"
    while not done.is_set():
        _reader, writer = await asyncio.open_connection("127.0.0.1", running.address.port)
        writer.write(running.address.request(path, (world.session,)))
        await asyncio.sleep(0.01)
        writer.transport.abort()
        count[0] += 1
        await asyncio.sleep(0.1)


async def waiter(running: Running, world: World, done: asyncio.Event, count: list[int]) -> None:
    """Asks for live prices of a company whose system does not answer."""
    connection = Connection(running.address)
    request = running.address.request(f"/c/{LARGE}/catalogue/prices?item={world.dead_item}",
                                      (person_session(1), ("HX-Request", "true")))
    while not done.is_set():
        asking = asyncio.ensure_future(connection.ask(request))
        count[0] += 1
        await asyncio.wait({asking, asyncio.ensure_future(done.wait())}, return_when=asyncio.FIRST_COMPLETED)
        if asking.done() and asking.result().status != 200:
            raise RuntimeError(f"live prices: {asking.result().status}")
        asking.cancel()
        await asyncio.sleep(0.05)
    connection.close()


async def light(address: Address, world: World, count: int) -> Samples:
    """The dashboard on a connection of its own, with a pause between."""
    samples, connection = Samples(), Connection(address)
    request = address.request(LIGHT, (world.session,))
    for _ in range(count):
        started = time.perf_counter()
        answer = await connection.ask(request)
        samples.latencies.append(time.perf_counter() - started)
        if answer.status != 200:
            samples.note(str(answer.status))
        await asyncio.sleep(0.03)
    connection.close()
    return samples


async def under(running: Running, world: World, bad: Bad | None, count: int) -> tuple[Samples, int]:
    """The light page's times while `THREADS` bad clients are at it, and how often these began."""
    done, begun = asyncio.Event(), [0]
    others = [asyncio.create_task(bad(running, world, done, begun)) for _ in range(THREADS if bad else 0)]
    await asyncio.sleep(0.5)
    samples = await light(running.address, world, count)
    done.set()
    await asyncio.wait_for(asyncio.gather(*others), 30)
    return samples, begun[0]


@contextlib.asynccontextmanager
async def dead_system() -> AsyncIterator[int]:
    """A port that accepts and never answers."""
    held: list[asyncio.StreamWriter] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):  # at the end nobody waits for it
            await reader.read()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in held:
            writer.close()
        server.close()


def connect_company(world: World, port: int) -> str:
    """A company database for the large company at that port, with one item to be priced; the item's id."""
    parts = build(world.settings)
    tenant, item = parts.tenant(slug=LARGE), uuid4()
    with parts.sessions.scoped(parts.system_scope(tenant)) as db:
        connection_id: UUID = db.scalars(sa.select(ConnectionRecord.id)).one()
        config = {"host": "127.0.0.1", "port": port, "database": "dead", "user": "dead", "currency": "EUR", "sslmode": "disable"}
        db.execute(sa.update(ConnectionRecord).values(connector="companydb", config=config,
                                                      version=ConnectionRecord.version + 1))
        store_secrets(db, parts.cipher, connection_id, {"password": "dead"})
        db.execute(sa.text("DELETE FROM quotes_item"))
        db.execute(sa.text(
            "INSERT INTO quotes_item (tenant_id, id, connection_id, ref, code, name, kind, price, currency, tax_rate, "
            "remote_updated_at, folded_code, folded) VALUES (:tenant, :item, :connection, 'material:M1', 'M1', 'Steel sheet', "
            "'material', 10, 'EUR', 20, now(), 'm1', 'steel sheet')"),
            {"tenant": tenant.id, "item": item, "connection": connection_id})
    parts.connections.close()
    parts.engine.dispose()
    return str(item)


async def measure(world: World, count: int) -> list[list[object]]:
    cases: list[tuple[str, Bad | None]] = [
        ("nobody else", None), ("stall a POST", stalled_post), ("read a large answer slowly", slow_reader),
        ("hang up half-way", quitter)]
    async with dead_system() as port:
        if world.quotes:
            world = replace(world, dead_item=connect_company(world, port))
            cases.append(("wait for a dead company system", waiter))
        with servers.portal(world, worker=False) as running:
            for _ in range(20):
                await light(running.address, world, 2)
            rows: list[list[object]] = []
            for name, bad in cases:
                samples, begun = await under(running, world, bad, count)
                worst = samples.percentile(1)
                rows.append([name, begun, f"{samples.percentile(0.5):.1f}", f"{samples.percentile(0.99):.1f}",
                             report.goal(worst, GOAL_MS, f"{worst:.1f}"), samples.errors or ""])
                print(*rows[-1], sep="  ", flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.stalls", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a small world and 50 pages in each case")
    parser.add_argument("--port", type=int, default=6598)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("PORTICO_HOME", ".portico")) / "bench")
    parser.add_argument("--write", metavar="NAME")
    options = parser.parse_args()
    size = Size.of(3, 20_000)
    started = not EmbeddedServer(options.home).running()
    try:
        head = machine.description()
        world = load(options.home, options.port, "bench_stalls", size)
        rows = asyncio.run(measure(world, 50 if options.quick else 200))
        text = (f"# A light page while others misbehave\n\n{head}\n\n{THREADS} bad clients, as many as the server has threads "
                "(2 processes of 4). Milliseconds of the dashboard, asked for every 30 ms on a connection of its own.\n\n"
                + report.table(["clients that", "begun", "p50 ms", "p99 ms", "max ms", "errors"], rows))
        print("\n" + text)
        if options.write:
            report.write(options.write, text)
    finally:
        if started:
            EmbeddedServer(options.home).stop()


if __name__ == "__main__":
    main()
