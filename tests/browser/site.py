"""One running installation with the demo's companies: two web processes, a worker, a PostgreSQL of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa

from portico.app import Portico, build
from portico.db import setup
from portico.db.embedded import EmbeddedServer
from portico.jobs import enqueue
from portico.settings import Settings
from portico.tenancy.tenant import Tenant
from portico_demo import databases

PASSWORD = "portico-demo"
COMPANIES = ("regency", "turinova", "nile")
ROLES = ("customer", "agent", "admin")
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
START_S = 240


class Site:
    """`parts` act on the same database from this process: what a colleague or the company would do meanwhile."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTICO_")} | {
            "PORTICO_HOME": str(home), "PORTICO_PORT": str(self.port), "PORTICO_PROCESSES": "2",
            "PORTICO_DEMO": "true", "PORTICO_EGRESS_ALLOW": "127.0.0.0/8", "PORTICO_LOG_LEVEL": "WARNING",
        }
        self.log = home / "run.log"

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.settings = Settings.read({}, self.environment)
        setup.start_embedded(self.settings, **FAST)
        command = [sys.executable, "-m", "portico.cli", "run", "--demo"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log,
                                            stderr=subprocess.STDOUT)
        wait_for(self._up, START_S, "the installation did not start")
        self.parts: Portico = build(self.settings)
        self._let_arabic_be_read("turinova")
        for slug in COMPANIES:
            self.synchronise(slug)

    def stop(self) -> None:
        if hasattr(self, "parts"):
            self.parts.connections.close()
            self.parts.engine.dispose()
        if hasattr(self, "process"):
            self.process.terminate()
            self.process.wait(30)
        EmbeddedServer(self.home).stop("immediate")

    def _let_arabic_be_read(self, slug: str) -> None:
        """So that its theme is seen from right to left as well."""
        with self.superuser() as admin:
            admin.execute("UPDATE tenant SET locales = locales || '{ar}', config_version = config_version + 1 "
                          "WHERE slug = %s", [slug])

    def _up(self) -> bool:
        assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.log.read_text()}"
        try:
            with urllib.request.urlopen(self.url + "/healthz", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    # -- what happens meanwhile --------------------------------------------------------------------------------

    def path(self, slug: str, path: str = "/") -> str:
        """The address of a page of a company; slug "": at the apex."""
        return self.url + (f"/c/{slug}" if slug else "") + path

    def tenant(self, slug: str) -> Tenant:
        return self.parts.tenant(slug=slug)

    @contextmanager
    def system(self, slug: str) -> Iterator[Any]:
        """A transaction that acts for the company itself."""
        with self.parts.sessions.scoped(self.parts.system_scope(self.tenant(slug))) as db:
            yield db

    def superuser(self) -> psycopg.Connection[Any]:
        return psycopg.connect(setup.admin_url(self.settings, self.settings.database), autocommit=True)

    def forget_attempts(self) -> None:
        with self.superuser() as admin:
            admin.execute("DELETE FROM rate_window")

    def prove_everybody(self) -> None:
        """Nobody is asked in the coming minutes who they are, however long ago they signed in."""
        with self.superuser() as admin:
            admin.execute("UPDATE web_session SET elevated_at = now() WHERE elevated_at IS NOT NULL")

    def erp(self, slug: str) -> psycopg.Connection[Any]:
        """The company's own database, by its own login."""
        login = databases.create_empty(setup.admin_url(self.settings), self.home, slug)
        return psycopg.connect(login.dsn, autocommit=True)

    @contextmanager
    def away(self, slug: str) -> Iterator[None]:
        """The company's database takes no connections."""
        admin = setup.admin_url(self.settings)
        databases.allow_connections(admin, slug, allow=False)
        try:
            yield
        finally:
            databases.allow_connections(admin, slug, allow=True)

    def synchronise(self, slug: str, patience_s: float = 120) -> None:
        """Let the worker read what changed in the company."""
        with self.system(slug) as db:
            db.execute(sa.text("SELECT 1"))
            connection: UUID = db.scalar(sa.text("SELECT id FROM connection WHERE status = 'active'"))
            began = db.scalar(sa.text("SELECT clock_timestamp()"))
            enqueue(db, "connections.sync", connection_id=str(connection))

        def done() -> bool:
            with self.system(slug) as db:
                behind = "SELECT count(*), count(*) FILTER (WHERE last_success_at > :began) FROM connection_sync"
                entities, fresh = db.execute(sa.text(behind), {"began": began}).one()
                return bool(entities) and entities == fresh

        wait_for(done, patience_s, f"{slug} was not synchronised")

    def command(self, *arguments: str) -> str:
        """A `portico` command on this installation; its output."""
        done = subprocess.run([sys.executable, "-m", "portico.cli", *arguments], env=self.environment,
                              capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], seconds: float, message: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, message
        time.sleep(0.05)
