"""Everything is compared at night; a system that lies is not believed; runs have a history; staff are told what stands still."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from portico.connections import alarms, jobs, reconcile, runs, sync
from portico.connections.client import Client
from portico.connections.models import Connection, ConnectionRun, ConnectionSync
from portico.db.types import now
from portico.events.models import Event
from portico_erp.errors import ConnectorUnavailableError
from portico_erp.values import Problem


@pytest.fixture
def client(world: Any) -> Client:
    return Client(world.host, world.host.target(world.company.id, world.connection_id), "records")


class Kept:
    """The portal's copy: what it still offers."""

    def __init__(self, world: Any, **options: Any) -> None:
        self.refs: set[str] = set()
        self.entity = replace(world.entity, apply=self.apply, gone=self.gone, retire=self.retire, **options)

    def apply(self, db: Any, target: Any, items: Any) -> sync.Counts:
        new = {one.ref for one in items} - self.refs
        self.refs |= new
        return sync.Counts(created=len(new), unchanged=len(items) - len(new))

    def gone(self, db: Any, target: Any, seen: Any, since: Any) -> list[str]:
        return sorted(self.refs - set(seen))

    def retire(self, db: Any, target: Any, refs: Any) -> int:
        self.refs -= set(refs)
        return len(refs)


def fill(world: Any, count: int) -> None:
    world.memory.records[:] = [SimpleNamespace(ref=str(n)) for n in range(count)]


def compare(world: Any, client: Client, kept: Kept, *, force: bool = False) -> None:
    reconcile.compare(world.session, client, kept.entity, check=lambda: None, force=force)


def history(world: Any) -> list[Any]:
    with world.session() as db:
        query = sa.select(*ConnectionRun.__table__.columns).where(ConnectionRun.connection_id == world.connection_id)
        return list(db.execute(query.order_by(ConnectionRun.id)))


def told(world: Any) -> list[str]:
    with world.session() as db:
        return list(db.scalars(sa.select(Event.kind).where(Event.kind.startswith("connections.")).order_by(Event.id)))


def test_what_vanished_goes_out_of_use_and_what_was_missed_is_taken_over(world: Any, client: Client) -> None:
    kept = Kept(world)
    fill(world, 200)
    sync.run(world.session, client, kept.entity)
    world.memory.records[:] = [one for one in world.memory.records if one.ref not in ("3", "77")]
    world.memory.records.append(SimpleNamespace(ref="late"))  # behind the cursor: reading changes alone never finds it
    compare(world, client, kept)
    assert kept.refs == {str(n) for n in range(200)} - {"3", "77"} | {"late"}
    (_first, run) = history(world)
    assert (run.kind, run.outcome, run.created, run.unchanged, run.removed) == ("everything", "done", 1, 198, 2)


@pytest.mark.parametrize(("all_", "left"), [(200, 0), (200, 150), (12, 1)])
def test_a_system_that_suddenly_names_little_is_not_believed_until_somebody_says_so(
    world: Any, client: Client, all_: int, left: int
) -> None:
    kept = Kept(world)
    fill(world, all_)
    sync.run(world.session, client, kept.entity)
    del world.memory.records[left:]
    for _night in range(2):
        compare(world, client, kept)
    assert len(kept.refs) == all_
    run = history(world)[-1]
    assert (run.outcome, run.times, run.removed) == ("refused", 2, 0)
    assert str(all_ - left) in run.message.interpolate()
    assert told(world) == ["connections.vanished"]  # once, not every night
    compare(world, client, kept, force=True)
    assert len(kept.refs) == left
    assert history(world)[-1].removed == all_ - left


def test_a_record_that_cannot_be_read_has_not_vanished(world: Any, client: Client) -> None:
    kept = Kept(world)
    fill(world, 30)
    sync.run(world.session, client, kept.entity)
    world.memory.records.pop(5)
    world.memory.problems = [Problem("5", "negative", "price is negative.")]
    compare(world, client, kept)
    assert "5" in kept.refs
    assert history(world)[-1].problems == 1


def test_comparison_that_breaks_off_removes_nothing(world: Any, client: Client) -> None:
    kept = Kept(world)
    fill(world, 30)
    sync.run(world.session, client, kept.entity)
    world.memory.records[:] = world.memory.records[:25]
    turns = iter(range(10))

    def check() -> None:
        world.memory.down = next(turns) == 2

    with pytest.raises(ConnectorUnavailableError):
        reconcile.compare(world.session, client, kept.entity, check=check)
    assert len(kept.refs) == 30
    assert history(world)[-1].outcome == "failed"
    world.memory.down = False
    with world.session() as db:
        assert db.scalar(sa.select(ConnectionSync.cursor)) == "30"  # reading changes goes on where it was


def test_what_was_read_of_another_system_removes_nothing(world: Any, client: Client) -> None:
    """The connection's settings change while everything is read: the records of before are not those of the new system."""
    kept = Kept(world)
    fill(world, 30)
    sync.run(world.session, client, kept.entity)
    world.memory.records[:] = world.memory.records[:25]

    def check() -> None:
        with world.session() as db:
            db.execute(sa.update(Connection).values(version=Connection.version + 1))

    reconcile.compare(world.session, client, kept.entity, check=check)
    assert len(kept.refs) == 30
    run = history(world)[-1]
    assert (run.outcome, run.removed) == ("refused", 0)
    assert "was changed meanwhile" in run.message
    assert told(world) == [], "nobody need look at it"


def test_trial_keeps_nothing_but_what_came_and_what_is_wrong(world: Any, client: Client) -> None:
    kept = Kept(world)
    fill(world, 25)
    world.memory.problems = [Problem("x", "negative", "price is negative.")]
    reconcile.trial(world.session, client, kept.entity, check=lambda: None)
    (run,) = history(world)
    assert (run.kind, run.outcome, run.created, run.problems) == ("trial", "done", 25, 1)
    assert run.samples == [{"ref": "x", "message": {"text": "price is negative.", "domain": None, "mapping": {}}}]
    assert kept.refs == set()
    with world.session() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(ConnectionSync)) == 0


def test_runs_that_find_nothing_leave_no_line_and_equal_failures_one(world: Any, client: Client) -> None:
    fill(world, 25)
    for _turn in range(3):
        sync.run(world.session, client, world.entity)
    assert [(run.kind, run.outcome, run.created) for run in history(world)] == [("changes", "done", 25)]
    world.memory.down = True
    for _turn in range(4):
        with pytest.raises(ConnectorUnavailableError):
            sync.run(world.session, client, world.entity)
    assert [(run.outcome, run.times, run.message) for run in history(world)[1:]] == [("failed", 4, "down")]
    with world.session() as db:
        db.execute(sa.update(ConnectionRun).values(ended_at=now() - timedelta(days=31)))
        runs.forget(db, world.connection_id)
    assert history(world) == []


def test_a_success_that_brings_nothing_is_told_once_where_every_company_has_some(world: Any, client: Client) -> None:
    sync.run(world.session, client, world.entity)
    assert (history(world), told(world)) == ([], [])
    some = replace(world.entity, always_some=True)
    for _turn in range(2):
        with world.session() as db:
            sync.reset(db, world.connection_id, some.name)
        sync.run(world.session, client, some)
    assert [(run.outcome, run.times) for run in history(world)] == [("empty", 2)]
    assert told(world) == ["connections.empty"]


def again(world: Any, entity: Any) -> None:
    """Read everything anew, as after another mapping or a record that is tried again."""
    with world.session() as db:
        sync.reset(db, world.connection_id, entity.name)
    sync.run(world.session, Client(world.host, world.host.target(world.company.id, world.connection_id), "records"), entity)


def test_a_whole_reading_that_names_nothing_any_more_is_told_and_one_of_changes_never(world: Any, client: Client) -> None:
    """Of every kind that ever had some, also where the plugin keeps no copy and counts them as unchanged."""
    entity = replace(world.entity, apply=lambda _db, _target, items: sync.Counts(unchanged=len(items)))
    fill(world, 3)
    sync.run(world.session, client, entity)
    for _minute in range(3):
        sync.run(world.session, client, entity)
    assert told(world) == [], "nothing changed, which is usual"
    world.memory.records.clear()
    again(world, entity)
    again(world, entity)
    assert [(run.kind, run.outcome, run.times) for run in history(world)] == [("changes", "empty", 2)]
    assert told(world) == ["connections.empty"]


def test_records_that_cannot_be_taken_over_are_not_nothing(world: Any, client: Client) -> None:
    fill(world, 3)
    sync.run(world.session, client, world.entity)
    world.memory.records.clear()
    world.memory.problems = [Problem("1", "negative", "price is negative.")]
    again(world, world.entity)
    assert told(world) == []


def test_at_night_it_is_seen_that_a_system_names_nothing_any_more(world: Any, client: Client) -> None:
    """Of what is read by its changes alone, of which none is no news."""

    def look() -> None:
        reconcile.look(world.session, client, world.entity)

    look()
    assert told(world) == [], "it never had any"
    fill(world, 25)
    sync.run(world.session, client, world.entity)
    look()
    world.memory.down = True
    look()
    assert told(world) == [], "that it does not answer is told otherwise"
    world.memory.down = False
    world.memory.records.clear()
    for _night in range(3):
        look()
    assert told(world) == ["connections.empty"]
    fill(world, 25)
    look()
    world.memory.records.clear()
    look()
    assert told(world) == ["connections.empty"] * 2
    assert [(run.outcome, run.times) for run in history(world)[1:]] == [("empty", 3), ("done", 1), ("empty", 1)]
    with world.session() as db:
        assert db.scalar(sa.select(ConnectionSync.cursor)) == "25"


def test_comparison_with_a_system_that_names_nothing_is_told_once_all_is_out_of_use(world: Any, client: Client) -> None:
    kept = Kept(world)
    fill(world, 12)
    sync.run(world.session, client, kept.entity)
    world.memory.records.clear()
    compare(world, client, kept, force=True)
    assert told(world) == [], "somebody has just said that it is right"
    compare(world, client, kept)
    compare(world, client, kept)
    assert told(world) == ["connections.empty"]


def test_first_import_is_compared_at_once_and_not_at_night(world: Any, client: Client) -> None:
    kept = Kept(world)
    fill(world, 25)
    job: Any = SimpleNamespace(session=world.session, check=lambda: None, remaining_s=lambda: 60)

    def asked() -> list[Any]:
        with world.session() as db:
            found = db.execute(sa.text("select actor, args from job where tenant_id = :t"), {"t": world.company.id})
            return [one.args["entity"] for one in found if one.actor == "connections.compare"]

    for _run in range(2):
        jobs._synchronise_one(job, client, kept.entity)
        assert asked() == [kept.entity.name]


def test_a_connection_that_stands_still_is_told_once_and_again_after_it_worked(world: Any, client: Client) -> None:
    fill(world, 3)
    sync.run(world.session, client, world.entity)
    usual = {world.entity.name: 60.0}

    def look() -> bool:
        with world.session() as db:
            return alarms.watch(db, client.target, usual)

    def last(minutes: int) -> None:
        with world.session() as db:
            db.execute(sa.update(ConnectionSync).values(last_success_at=now() - timedelta(minutes=minutes)))

    assert not look()
    last(16)
    assert (look(), look()) == (True, False)
    last(0)
    assert not look()
    with world.session() as db:
        assert db.scalar(sa.select(Connection.alarmed_at).where(Connection.id == world.connection_id)) is None
    last(20)
    assert look()
    assert told(world) == ["connections.stale", "connections.stale"]
