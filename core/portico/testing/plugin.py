"""pytest plugin shipped to plugin authors: a portal with real companies on a real PostgreSQL.

`portal` is built once per process on a database of its own; each test makes companies of its own, so tests are isolated
by the same wall that isolates customers, run in parallel, and clean nothing up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# A pytest that opens no portal does not wait until all of it is imported.
if TYPE_CHECKING:
    from portico.testing.portal import Portal


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "portal: uses a portal with its own database")


@pytest.fixture(scope="session")
def portico_home(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The data folder that all workers of this run share: it holds the embedded server."""
    if worker_id == "master":
        return tmp_path_factory.mktemp("portico")
    return tmp_path_factory.getbasetemp().parent / "portico"


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """ "gw0" … under pytest-xdist, "master" without."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "master"))


@pytest.fixture(scope="session")
def portal(portico_home: Path, worker_id: str) -> Iterator[Portal]:
    """A running portal with all installed plugins. PORTICO_TEST_DATABASE_URL: an administrator's URL of an external
    PostgreSQL to run on instead of the embedded one."""
    from portico.testing.portal import Portal

    built = Portal.build(
        portico_home, f"portico_{worker_id}_{os.getpid()}", os.environ.get("PORTICO_TEST_DATABASE_URL")
    )
    yield built
    built.close()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The process that started the workers (or the only one) removes the server that they shared."""
    factory = getattr(session.config, "_tmp_path_factory", None)
    if hasattr(session.config, "workerinput") or factory is None:
        return
    base = Path(factory.getbasetemp())
    homes = [home for home in (base / "portico", *base.glob("portico[0-9]*")) if (home / "secrets" / "postgres").exists()]
    if homes:
        from portico.db.embedded import EmbeddedServer

        for home in homes:
            EmbeddedServer(home).destroy()
