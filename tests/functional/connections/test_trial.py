"""A trial before the first import: what would come, its first rows and what would be refused; nothing is written before somebody says so."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from portico.admin import health
from portico.connections import check, reconcile, runs, service
from portico.connections.client import Client
from portico.connections.models import Connection, ConnectionRun, ConnectionSync
from portico.db.types import now
from portico_erp.errors import ConnectorUnavailableError
from portico_erp.values import Problem


@pytest.fixture
def client(world: Any) -> Client:
    return Client(world.host, world.host.target(world.company.id, world.connection_id), "records")


def newest(world: Any) -> list[Any]:
    with world.session() as db:
        return list(runs.trials(db, world.connection_id))


def test_trial_tells_how_far_it_came_while_it_reads(world: Any, client: Client) -> None:
    world.memory.records[:] = [SimpleNamespace(ref=str(n), text=f"Number {n}") for n in range(25)]
    entity, seen = replace(world.entity, columns={"text": "Text"}), list[tuple[Any, ...]]()

    def look() -> None:
        seen.extend((one.outcome, one.created) for one in newest(world))

    reconcile.trial(world.session, client, entity, check=look)
    (run,) = newest(world)
    assert seen[0] == ("running", 0)
    assert [count for _outcome, count in seen] == sorted(count for _outcome, count in seen)
    assert {outcome for outcome, _count in seen} == {"running"}
    assert len({count for _outcome, count in seen}) > 1, "it told after each page"
    assert (run.outcome, run.created) == ("done", 25)
    assert [one["row"] for one in run.samples] == [{"text": f"Number {n}"} for n in range(5)]


def test_trial_that_breaks_off_says_why_and_keeps_what_it_saw(world: Any, client: Client) -> None:
    world.memory.records[:] = [SimpleNamespace(ref=str(n), text="") for n in range(25)]

    def pull(one: Any, cursor: Any) -> Any:
        if cursor is not None:
            raise ConnectorUnavailableError("The power is out.")
        return world.entity.pull(one, cursor)

    reconcile.trial(world.session, client, replace(world.entity, pull=pull), check=lambda: None)
    (run,) = newest(world)
    assert (run.outcome, str(run.message)) == ("failed", "The power is out.")
    assert run.created > 0


def test_next_trial_takes_the_place_of_one_that_nobody_ended(world: Any, client: Client) -> None:
    with world.session() as db:
        runs.begin_trial(db, client.target, world.entity.name, now())
    reconcile.trial(world.session, client, world.entity, check=lambda: None)
    with world.session() as db:
        assert db.scalars(sa.select(ConnectionRun.outcome)).all() == ["done"]


def test_page_offers_a_trial_until_something_was_imported(world: Any, client: Client) -> None:
    admin, address = world.company.admin(), f"/admin/connections/{world.connection_id}"
    page = admin.get(address)
    assert "Before the first import" in page
    admin.post(f"{address}/trial", {"from": "connection"}, status=303)
    world.memory.records[:] = [SimpleNamespace(ref="1", text="First")]
    world.memory.problems = [Problem("x", "negative", "price is negative.")]
    reconcile.trial(world.session, client, world.entity, check=lambda: None)
    page = admin.get(address)
    assert "1 record would come" in page
    assert "1 would be refused" in page
    assert "price is negative." in page
    with world.session() as db:
        db.add(ConnectionSync(connection_id=world.connection_id, entity=world.entity.name, last_run_at=now(), last_success_at=now()))
    assert "Before the first import" not in admin.get(address)


def test_connection_that_is_tried_first_imports_nothing_before_its_administrator_says_so(world: Any) -> None:
    with world.session() as db:
        db.execute(sa.update(Connection).values(status="draft", held=True, reports=[], tested_at=None))
    admin, address = world.company.admin(), f"/admin/connections/{world.connection_id}"
    page = admin.post(f"{address}/test", status=200)
    assert "a trial is under way" in page
    with world.session() as db:
        assert db.scalar(sa.select(Connection.status)) == "paused"
    assert "Begin the import" in admin.get(address)
    admin.post(f"{address}/test", status=200)
    with world.session() as db:
        assert db.scalar(sa.select(Connection.status)) == "paused", "another test is nobody's word"
    admin.post(f"{address}/resume", status=303)
    with world.session() as db:
        assert db.scalar(sa.select(Connection.status)) == "active"


def changed(world: Any) -> Any:
    """The connection after a change of its settings that passed its test."""
    parts = world.portal.parts
    with world.session() as db:
        host = service.get(db, world.connection_id).config["host"]
        draft = service.propose(
            db, world.host, parts.cipher, connector="memory", name="Changed", values={"host": host},
            replaces_id=world.connection_id,
        )  # fmt: skip
    assert check.run(parts, world.company.id, draft) == world.connection_id
    with world.session() as db:
        return service.get(db, world.connection_id)


@pytest.mark.parametrize("how", ["tried first", "tried while it is switched off"])
def test_a_connection_on_trial_is_begun_by_nobodys_change_of_its_settings(world: Any, how: str) -> None:
    with world.session() as db:
        if how == "tried first":
            db.execute(sa.update(Connection).where(Connection.id == world.connection_id).values(status="paused", held=True))
        service.set_paused(db, world.connection_id, True)
        if how != "tried first":
            health.read_all(db, world.connection_id, keep=False)
    for _turn in range(2):
        found = changed(world)
        assert (found.name, found.status, found.held) == ("Changed", "paused", True)
    with world.session() as db:
        health.resume(db, world.connection_id)
    found = changed(world)
    assert (found.status, found.held) == ("active", False)
