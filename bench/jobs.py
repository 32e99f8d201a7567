"""How many no-op jobs a second the queue runs: 2 processes of 4 threads on an embedded server, fsync on.

    python bench/jobs.py [--jobs 20000] [--tenants 20] [--processes 2] [--threads 4]

The jobs are enqueued first, in one statement. The clock runs from the first claim that the database sees to
the moment the table is empty, so the start of the processes is not counted; claims, heartbeats and
acknowledgements are. Log lines are off. Each job counts in a byte of its own in shared memory, which proves
that every one ran, once. That takes no system call, which would let go of the interpreter's lock (writing one
byte to a file makes it about half as many jobs/s).
"""

from __future__ import annotations

import argparse
import logging
import mmap
import os
import signal
import tempfile
import time
from pathlib import Path
from uuid import UUID

import psycopg

from portico.db import roles
from portico.db.embedded import EmbeddedServer
from portico.db.session import SessionFactory, make_engine
from portico.jobs import JobRegistry, ddl
from portico.jobs.job import Job
from portico.jobs.parts import JobQueue
from portico.jobs.run import run_jobs
from portico.tenancy.scope import Scope
from portico.tenancy.tenant import Tenant

KEY = bytes(32)
FILL = """
    insert into job (id, tenant_id, actor, args)
    select uuidv7(), ('00000000-0000-7000-8000-' || lpad((n %% %s)::text, 12, '0'))::uuid, 'bench.nothing',
        jsonb_build_object('n', n)
    from generate_series(1, %s) as n
"""
BEGUN = "select exists (select 1 from job where state = 'taken')"
LEFT = "select count(*) from job"


def prepare(server: EmbeddedServer) -> str:
    """The job tables in a fresh database; returns the application's URL."""
    with psycopg.connect(server.url(), autocommit=True) as admin:
        roles.ensure_roles(admin, KEY)
        roles.ensure_database(admin, "bench")
    with psycopg.connect(server.url("bench"), autocommit=True) as admin:
        roles.prepare_database(admin)
    owner = server.url("bench", roles.OWNER, roles.password_for(roles.OWNER, KEY))
    with psycopg.connect(owner) as connection:
        for statement in ddl.CREATE:
            connection.execute(statement)
    return server.url("bench", roles.APP, roles.password_for(roles.APP, KEY))


def parts(url: str, marks: mmap.mmap) -> JobQueue:
    registry = JobRegistry()

    def nothing(job: Job, n: int) -> None:
        marks[n] += 1

    registry.actor("bench.nothing", nothing)

    def scope_for(tenant_id: UUID) -> Scope:
        return Scope.system(Tenant(tenant_id, "x", "X", "en", ("en",), "EUR", "UTC", "", 1))

    return JobQueue(registry, url, SessionFactory(make_engine(url)), scope_for, lambda plugin, scope: True)


def measure(server: EmbeddedServer, options: argparse.Namespace, marks: mmap.mmap) -> float:
    """Seconds."""
    url = prepare(server)
    with psycopg.connect(server.url("bench"), autocommit=True) as admin:
        admin.execute(FILL, (options.tenants, options.jobs))
        admin.execute("vacuum analyze job")
        pid = os.fork()
        if pid == 0:
            logging.disable(logging.ERROR)
            os._exit(run_jobs(parts(url, marks), None, options.processes, options.threads))
        while not admin.execute(BEGUN).fetchone()[0]:  # type: ignore[index]
            time.sleep(0.005)
        started = time.perf_counter()
        while admin.execute(LEFT).fetchone()[0]:  # type: ignore[index]
            time.sleep(0.02)
        took_s = time.perf_counter() - started
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
    return took_s


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    for name, default in (("jobs", 20_000), ("tenants", 20), ("processes", 2), ("threads", 4)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        server = EmbeddedServer(Path(home))
        server.start()
        try:
            marks = mmap.mmap(-1, options.jobs + 1)  # shared with the forked processes
            took_s = measure(server, options, marks)
        finally:
            server.stop("immediate")
    once = sum(mark == 1 for mark in marks[1:])
    print(
        f"{options.jobs / took_s:,.0f} no-op jobs/s: {options.jobs:,} jobs of {options.tenants} tenants in "
        f"{took_s:.1f} s ({once:,} ran exactly once), {options.processes} processes x "
        f"{options.threads} threads, fsync on, from the first claim to the empty table, "
        f"{os.cpu_count()} cores shared with PostgreSQL (load {os.getloadavg()[0]:.1f})"
    )


if __name__ == "__main__":
    main()
