"""A real PostgreSQL server on which company databases are made for the tests of connectors."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from portico.db.embedded import EmbeddedServer
from portico_erp.connector import PinnedAddress

pytest.register_assert_rewrite("portico_erp.conformance")


class Loopback:
    """An egress guard for tests: everything is 127.0.0.1."""

    def pin(self, host: str, port: int) -> PinnedAddress:
        return PinnedAddress(host, "127.0.0.1", port)

    def opened(self, host: str) -> bool:
        return True


@dataclass(frozen=True)
class CompanyDatabase:
    """A database with a login of its own, and a superuser's way past the connector."""

    name: str
    config: dict[str, Any]
    secrets: dict[str, str]
    admin_url: str

    def execute(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("companies"), {"fsync": "off"})
    server.start()
    yield server
    server.destroy()


@pytest.fixture(scope="session")
def new_database(cluster: EmbeddedServer) -> Callable[[], CompanyDatabase]:
    """Makes an empty database each time it is called."""

    def make() -> CompanyDatabase:
        name = f"company_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(cluster.url(), autocommit=True) as connection:
            connection.execute(f"create role {name} login password 'for tests'")
            connection.execute(f"create database {name} owner {name}")
        config = {
            "host": "erp.example",
            "port": cluster.port,
            "database": name,
            "user": name,
            "sslmode": "disable",
            "currency": "EUR",
        }
        return CompanyDatabase(name, config, {"password": "for tests"}, cluster.url(name))

    return make


@pytest.fixture(scope="session")
def loopback() -> Loopback:
    return Loopback()
