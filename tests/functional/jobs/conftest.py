"""A real server with the job tables, and sessions in the roles of the portal."""

from __future__ import annotations

import json
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from portico.db import roles, setup
from portico.jobs import ddl
from portico.jobs.parts import JobQueue
from portico.jobs.process import WorkerProcess
from portico.settings import Settings
from portico.testing.portal import Portal

ENTER = text("select set_config('role', :role, true), set_config('portico.tenant_id', :tenant, true)")


@pytest.fixture(scope="session")
def settings(portal: Portal) -> Iterator[Settings]:
    """Of a database of its own on the portal's server, with the job tables and nothing else of the portal."""
    settings = replace(portal.settings, database=f"jobs_{portal.settings.database}")
    with psycopg.connect(setup.admin_url(settings), autocommit=True) as connection:
        roles.ensure_database(connection, settings.database)
    with psycopg.connect(setup.admin_url(settings, settings.database), autocommit=True) as connection:
        roles.prepare_database(connection)
        connection.execute("create table effect (n bigserial, tenant_id uuid, what text)")
        connection.execute("grant all on effect to portico_staff, portico_worker, portico_customer")
        connection.execute("grant all on effect_n_seq to portico_staff, portico_worker, portico_customer")
    with psycopg.connect(setup.owner_url(settings)) as connection:
        for statement in ddl.CREATE:
            connection.execute(statement)
    yield settings
    with psycopg.connect(setup.admin_url(settings), autocommit=True) as connection:
        connection.execute(f'drop database "{settings.database}" with (force)')


@pytest.fixture(scope="session")
def url(settings: Settings) -> str:
    """libpq URL of the application's login."""
    admin = make_url(setup.admin_url(settings, settings.database))
    password = roles.password_for(roles.APP, settings.master_key)
    return admin.set(username=roles.APP, password=password).render_as_string(False)


@pytest.fixture(scope="session")
def admin_url(settings: Settings) -> str:
    return setup.admin_url(settings, settings.database)


@pytest.fixture(scope="session")
def engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    yield engine
    engine.dispose()


@pytest.fixture
def admin(admin_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection on empty job tables."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("truncate job, job_dead, job_periodic, job_worker, effect restart identity")
        yield connection


SessionAs = Callable[..., AbstractContextManager[Session]]


@pytest.fixture
def session_as(engine: Engine, admin: psycopg.Connection[Any]) -> SessionAs:
    """`session_as("customer", tenant_id)`: one transaction in that role, committed at exit."""

    @contextmanager
    def open_session(role: str, tenant_id: UUID | None = None) -> Iterator[Session]:
        with Session(engine) as db, db.begin():
            db.info["tenant_id"] = tenant_id
            db.execute(ENTER, {"role": f"portico_{role}", "tenant": str(tenant_id or "")})
            yield db

    return open_session


@pytest.fixture
def tenant_id() -> UUID:
    return uuid4()


PROGRAM = Path(__file__).with_name("program.py")


@pytest.fixture(scope="session")
def program() -> SimpleNamespace:
    """The actors and `make_jobs` of program.py."""
    return SimpleNamespace(**runpy.run_path(str(PROGRAM)))


@pytest.fixture
def make_jobs(program: SimpleNamespace, url: str, admin: Any) -> Iterator[Callable[..., JobQueue]]:
    made: list[JobQueue] = []

    def make(*arguments: Any, **options: Any) -> JobQueue:
        made.append(program.make_jobs(url, *arguments, **options))
        return made[-1]

    yield make
    for jobs in made:
        jobs.sessions.engine.dispose()


@pytest.fixture
def run_here() -> Iterator[Callable[..., WorkerProcess]]:
    """Start a worker in this process; it is stopped at the end of the test."""
    started: list[WorkerProcess] = []

    def run(jobs: JobQueue, threads: int = 4, **options: Any) -> WorkerProcess:
        worker = WorkerProcess(jobs, threads=threads, **options)
        started.append(worker)
        worker.start()
        return worker

    yield run
    for worker in started:
        worker.stop(grace_s=2)


@pytest.fixture
def spawn(url: str, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start program.py as a process of its own, whose messages are shown if the test fails."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**options: Any) -> subprocess.Popen[bytes]:
        options = {"url": url, "threads": 2, "grace_s": 10} | options
        with (tmp_path / "worker.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, str(PROGRAM), json.dumps(options)], stderr=log)
        started.append(process)
        return process

    yield start
    for process in started:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()
    print((tmp_path / "worker.log").read_text(errors="replace") if started else "")


def eventually(condition: Callable[[], Any], seconds: float = 40) -> Any:
    """Wait until the condition holds; returns its value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[..., Any]:
    return eventually


@pytest.fixture
def effects(admin: Any) -> Callable[[], list[str]]:
    return lambda: [row[0] for row in admin.execute("select what from effect order by n")]


@pytest.fixture
def left(admin: Any) -> Callable[[], int]:
    """How many jobs are in the table."""
    return lambda: admin.execute("select count(*) from job").fetchone()[0]
