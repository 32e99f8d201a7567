"""A real PostgreSQL server on which company databases are made for the tests of connectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from portico.db.embedded import EmbeddedServer

# Before anything imports it, or its failures would say nothing.
pytest.register_assert_rewrite("portico_erp.conformance")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("companies"), {"fsync": "off"})
    server.start()
    yield server
    server.destroy()


@pytest.fixture(scope="session")
def new_database(cluster: EmbeddedServer) -> Callable[[], Any]:
    """Makes an empty database each time it is called."""

    from portico_companydb.stage import PlayedDatabase

    return lambda: PlayedDatabase.make(cluster)


@pytest.fixture(scope="session")
def loopback() -> Any:
    from portico_erp.conformance import Loopback

    return Loopback()
