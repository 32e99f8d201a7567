"""Another kind of system takes a connection over: what was counted of the former one, and its delays, say nothing of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.functional.connections.conftest import MemoryConnector
from tests.functional.connections.test_reconcile import Kept, fill, told
from tests.functional.connections.test_service import propose

from portico.connections import alarms, check, sync
from portico.connections.client import Client
from portico.connections.models import Connection, ConnectionSync
from portico.db.types import now
from portico_erp.errors import ConnectorUnavailableError


class OtherConnector(MemoryConnector):
    name = "memory-of-another-kind"


@pytest.fixture
def kept(world: Any) -> Kept:
    """A plugin's copy of 25 records, read from the system of before."""
    kept = Kept(world)
    fill(world, 25)
    run(world, kept)
    assert state(world).total_rows == 25
    return kept


def run(world: Any, kept: Kept) -> Any:
    target = world.host.target(world.company.id, world.connection_id)
    return sync.run(world.session, Client(world.host, target, "records"), kept.entity)


def move(world: Any) -> None:
    """The same records lie in a system of another kind by now."""
    other = world.host.connectors.setdefault(OtherConnector.name, OtherConnector())
    with world.session() as db:
        host = db.scalar(sa.select(Connection.config).where(Connection.id == world.connection_id))["host"]
    other.systems[host] = world.memory
    draft = propose(world, connector=OtherConnector.name, values={"host": host, "password": "s3cret"})
    assert check.run(world.portal.parts, world.company.id, draft) == world.connection_id
    world.host.forget(world.connection_id)


def state(world: Any) -> Any:
    with world.session() as db:
        return db.execute(sa.select(ConnectionSync.__table__)).one()


def look(world: Any) -> bool:
    target = world.host.target(world.company.id, world.connection_id)
    with world.session() as db:
        return alarms.watch(db, target, {world.entity.name: 60.0})


def test_what_it_names_is_counted_anew_though_nothing_of_it_is_new(world: Any, kept: Kept) -> None:
    move(world)
    assert (state(world).cursor, state(world).total_rows, state(world).rows) == (None, 0, 0)
    assert run(world, kept).counts.rows == 0
    assert state(world).total_rows == 25
    for _minute in range(2):
        run(world, kept)
    with world.session() as db:
        sync.reset(db, world.connection_id, world.entity.name)
    run(world, kept)
    assert state(world).total_rows == 25, "what is read once more is counted once"
    page = world.company.admin().get(f"/admin/connections/{world.connection_id}")
    assert "25" in [cell.get_text(strip=True) for cell in page.html.select("[data-label='Rows, all']")]


def test_of_a_reading_in_parts_every_part_is_counted(world: Any, kept: Kept) -> None:
    move(world)
    target = world.host.target(world.company.id, world.connection_id)
    parts = 0
    while sync.run(world.session, Client(world.host, target, "records"), kept.entity, budget_s=0).more:
        parts += 1
    assert (parts, state(world).total_rows) == (2, 25)


def test_a_system_that_took_over_and_then_names_nothing_is_told(world: Any, kept: Kept) -> None:
    move(world)
    run(world, kept)
    world.memory.records.clear()
    with world.session() as db:
        sync.reset(db, world.connection_id, world.entity.name)
    run(world, kept)
    assert told(world) == ["connections.empty"]


def test_how_long_the_former_system_stood_still_is_nothing_of_the_new_ones(world: Any, kept: Kept) -> None:
    with world.session() as db:
        db.execute(sa.update(ConnectionSync).values(last_success_at=now() - timedelta(days=2), error="gone"))
    assert look(world)
    move(world)
    assert state(world).error is None
    assert not look(world), "it is being read, which may take hours"
    state_of = f"/admin/connections/{world.connection_id}"
    assert "Trouble" not in world.company.admin().get(state_of).html.select_one("h1").parent.get_text()
    world.memory.down = True
    with pytest.raises(ConnectorUnavailableError):
        run(world, kept)
    assert not look(world), "it has only just begun to fail"
    with world.session() as db:
        db.execute(sa.update(ConnectionSync).values(moved_at=now() - timedelta(minutes=16)))
    assert (look(world), look(world)) == (True, False)
    world.memory.down = False
    world.host.forget(world.connection_id)
    run(world, kept)
    assert not look(world)
    assert told(world) == ["connections.stale"] * 2
    with world.session() as db:
        db.execute(sa.update(ConnectionSync).values(last_success_at=now() - timedelta(minutes=16)))
    assert look(world), "from then on it is a connection like any other"
