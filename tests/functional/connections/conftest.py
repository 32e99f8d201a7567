"""Companies of a real portal whose connections lead to a connector that lives in memory."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import colander
import pytest

from portico.connections import check
from portico.connections.sync import Counts, SyncEntity
from portico.db.types import new_id
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError
from portico_erp.values import CapabilityReport, Page, Problem


class Schema(colander.Schema):
    host = colander.SchemaNode(colander.String())
    password = colander.SchemaNode(colander.String(), missing=colander.drop)

    def __init__(self, **options: Any) -> None:
        super().__init__(colander.Mapping(unknown="raise"), **options)


@dataclass
class Record:
    ref: str
    text: str = ""
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Memory:
    """One system: its records, how it behaves, and what it was asked with."""

    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    down: bool = False
    seconds: float = 0
    passwords: list[str] = field(default_factory=list)
    calls: int = 0


class MemoryConnector:
    """`host` names a system in `systems`."""

    name = "memory"
    title = "Memory"
    capabilities = frozenset({"records"})
    secret_fields = ("password",)

    def __init__(self) -> None:
        self.systems: dict[str, Memory] = {}

    def settings_schema(self) -> Any:
        return Schema()

    def open(self, config: Mapping[str, Any], secrets: Mapping[str, str], *, egress: Any) -> Any:
        return MemoryClient(self.systems[config["host"]], secrets)


class MemoryClient:
    def __init__(self, memory: Memory, secrets: Mapping[str, str]) -> None:
        self.memory, self.secrets = memory, secrets

    def _work(self) -> None:
        self.memory.calls += 1
        self.memory.passwords.append(self.secrets.get("password", ""))
        time.sleep(self.memory.seconds)
        if self.memory.down:
            raise ConnectorUnavailableError("down")

    def test(self) -> Sequence[CapabilityReport]:
        self._work()
        if self.secrets.get("password") == "refused":
            raise ConnectorRejectedError("password", "refused")
        return [CapabilityReport("records", True, "works", len(self.memory.records))]

    def changed(self, cursor: str | None, limit: int) -> Page[Record]:
        self._work()
        start = int(cursor or 0)
        found = self.memory.records[start : start + limit]
        end = start + len(found)
        problems = self.memory.problems if end == len(self.memory.records) else ()
        return Page(found, str(end), end < len(self.memory.records), problems)

    def record(self, ref: str) -> Record | None:
        self._work()
        if ref in {problem.ref for problem in self.memory.problems}:
            raise ConnectorRejectedError("price", "No price.", code="missing")
        return next((one for one in self.memory.records if one.ref == ref), None)

    def close(self) -> None:
        pass


class Ledger:
    """What the entity's `apply` was given, and what it refuses."""

    def __init__(self) -> None:
        self.applied: list[str] = []
        self.refuse: set[str] = set()

    def apply(self, db: Any, target: Any, items: Sequence[Record]) -> Counts:
        for item in items:
            if item.ref in self.refuse:
                raise ValueError(f"{item.ref} is refused")
        self.applied += [item.ref for item in items]
        return Counts(created=len(items))


@dataclass
class World:
    """A company with one connection in use."""

    portal: Any
    company: Any
    connector: MemoryConnector
    memory: Memory
    ledger: Ledger
    entity: SyncEntity
    connection_id: Any

    @property
    def host(self) -> Any:
        return self.portal.parts.connections

    def session(self) -> Any:
        parts = self.portal.parts
        return parts.sessions.scoped(parts.system_scope(parts.tenant(self.company.id)))


@pytest.fixture
def world(portal: Any) -> Iterator[World]:
    host = portal.parts.connections
    connector = host.connectors.setdefault("memory", MemoryConnector())
    address = new_id().hex
    memory = connector.systems[address] = Memory()
    ledger = Ledger()
    entity = SyncEntity(
        f"test.{address}", "records", lambda client, cursor: client.changed(cursor, 10), ledger.apply
    )
    company = portal.company()
    connection_id = check.create(
        portal.parts,
        company.id,
        connector="memory",
        name="Books",
        values={"host": address, "password": "s3cret"},
    )
    yield World(portal, company, connector, memory, ledger, entity, connection_id)
    host.forget(connection_id)
