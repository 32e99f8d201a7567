"""A sync run resumes where it was, keeps bad records apart, and never applies a page twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from portico.connections import jobs, problems, sync
from portico.connections.client import Client
from portico.connections.models import Connection, ConnectionSync, ConnectionSyncProblem
from portico.db.types import now
from portico.jobs import Retry
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError
from portico_erp.values import Problem


@pytest.fixture
def client(world: Any) -> Client:
    return Client(world.host, world.host.target(world.company.id, world.connection_id), "records")


def fill(world: Any, count: int) -> list[str]:
    world.memory.records += [SimpleNamespace(ref=str(n)) for n in range(len(world.memory.records), count)]
    return [record.ref for record in world.memory.records]


def state(world: Any) -> Any:
    with world.session() as db:
        return db.execute(
            sa.select(
                ConnectionSync.cursor,
                ConnectionSync.rows,
                ConnectionSync.total_rows,
                ConnectionSync.error,
                ConnectionSync.last_success_at,
            )
        ).one()


def test_all_pages_arrive_in_order_and_the_cursor_stands_behind_them(world: Any, client: Client) -> None:
    refs = fill(world, 25)
    done = sync.run(world.session, client, world.entity)
    assert (done.pages, done.counts.created, done.more) == (3, 25, False)
    assert world.ledger.applied == refs
    assert (state(world).cursor, state(world).rows, state(world).total_rows) == ("25", 25, 25)


def test_second_run_without_changes_does_nothing(world: Any, client: Client) -> None:
    fill(world, 25)
    sync.run(world.session, client, world.entity)
    assert sync.run(world.session, client, world.entity).counts.rows == 0
    assert len(world.ledger.applied) == 25
    assert state(world).rows == 25


def test_run_that_dies_goes_on_where_it_was(world: Any, client: Client) -> None:
    fill(world, 25)
    turns = iter(range(100))

    @contextmanager
    def dying() -> Iterator[Any]:
        """The process is gone just before the commit of the second page."""
        with world.session() as db:
            yield db
            if next(turns) == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync.run(dying, client, world.entity)
    assert state(world).cursor == "10"
    world.ledger.applied.clear()
    sync.run(world.session, client, world.entity)
    assert world.ledger.applied == [str(n) for n in range(10, 25)]


def test_bad_record_is_kept_apart_and_resolved_when_it_arrives(world: Any, client: Client) -> None:
    fill(world, 12)
    world.ledger.refuse = {"3"}
    done = sync.run(world.session, client, world.entity)
    assert [problem.ref for problem in done.counts.problems] == ["3"]
    assert sorted(world.ledger.applied, key=int) == [str(n) for n in range(12) if n != 3]
    with world.session() as db:
        assert problems.unresolved(db, world.connection_id) == 1
        problem = db.execute(sa.select(ConnectionSyncProblem.message, ConnectionSyncProblem.payload)).one()
        assert problem.message.interpolate() == "The portal could not take this record over."
        assert problem.payload == {"error": "ValueError: 3 is refused"}
        sync.reset(db, world.connection_id, world.entity.name)
    world.ledger.refuse = set()
    sync.run(world.session, client, world.entity)
    with world.session() as db:
        assert problems.unresolved(db, world.connection_id) == 0


def test_record_that_the_connector_could_not_read_is_noted_once(world: Any, client: Client) -> None:
    fill(world, 3)
    world.memory.problems = [Problem("x", "negative", "price is negative.", {"price": "-1"})]
    for _turn in range(2):
        sync.run(world.session, client, world.entity)
    with world.session() as db:
        rows = db.execute(sa.select(ConnectionSyncProblem.record_ref, ConnectionSyncProblem.payload)).all()
    assert rows == [("x", {"price": "-1"})]


def test_unavailable_system_is_noted_and_raised(world: Any, client: Client) -> None:
    fill(world, 3)
    world.memory.down = True
    with pytest.raises(ConnectorUnavailableError):
        sync.run(world.session, client, world.entity)
    assert state(world).error == "down"
    assert state(world).last_success_at is None
    world.memory.down = False
    sync.run(world.session, client, world.entity)
    assert state(world).error is None
    assert state(world).last_success_at is not None


def test_run_overtaken_by_another_applies_nothing(world: Any, client: Client) -> None:
    fill(world, 5)

    def pull(through: Any, cursor: str | None) -> Any:
        page = through.changed(cursor, 10)
        with world.session() as db:
            db.execute(sa.update(ConnectionSync).values(cursor="elsewhere"))
        return page

    entity = sync.SyncEntity(world.entity.name, "records", pull, world.entity.apply)
    with pytest.raises(sync.OvertakenError):
        sync.run(world.session, client, entity)
    assert state(world).cursor == "elsewhere"


def test_job_that_was_overtaken_looks_again_for_what_the_other_was_too_early_for(world: Any, client: Client) -> None:
    fill(world, 5)

    def pull(through: Any, cursor: str | None) -> Any:
        page = through.changed(cursor, 10)
        with world.session() as db:
            db.execute(sa.update(ConnectionSync).values(cursor="5"))
        return page

    entity = sync.SyncEntity(world.entity.name, "records", pull, world.entity.apply)
    job: Any = SimpleNamespace(session=world.session, check=lambda: None, remaining_s=lambda: 60)
    with pytest.raises(Retry) as caught:
        jobs._synchronise_one(job, client, entity)
    assert caught.value.after_s == 1


def test_run_stops_at_its_budget_and_says_that_there_is_more(world: Any, client: Client) -> None:
    fill(world, 25)
    done = sync.run(world.session, client, world.entity, budget_s=0)
    assert (done.pages, done.more) == (1, True)
    assert state(world).last_success_at is None


def test_no_transaction_is_open_while_the_system_is_asked(world: Any, client: Client) -> None:
    fill(world, 12)
    open_now: list[int] = []
    seen: list[int] = []

    @contextmanager
    def counted() -> Iterator[Any]:
        open_now.append(1)
        with world.session() as db:
            yield db
        open_now.pop()

    def pull(through: Any, cursor: str | None) -> Any:
        seen.append(len(open_now))
        return through.changed(cursor, 10)

    sync.run(counted, client, sync.SyncEntity(world.entity.name, "records", pull, world.entity.apply))
    assert seen == [0, 0]


def due(world: Any, every_s: float) -> bool:
    entity = replace(world.entity, every_s=every_s)
    with world.session() as db:
        return sync.due(db, world.connection_id, [entity], slack_s=30) == [entity]


def set_back(world: Any, seconds: float, *, unfinished: bool = False) -> None:
    """As if the last run had been so long ago."""
    began = now() - timedelta(seconds=seconds)
    ended = began - timedelta(seconds=60) if unfinished else began + timedelta(seconds=1)
    with world.session() as db:
        db.execute(sa.update(ConnectionSync).values(last_run_at=began, last_success_at=ended))


def test_each_entity_is_due_at_its_own_pace(world: Any, client: Client) -> None:
    assert due(world, 3600)  # never read
    sync.run(world.session, client, world.entity)
    assert not due(world, 60)
    set_back(world, 59)
    assert due(world, 60)
    assert not due(world, 600)
    set_back(world, 601)
    assert due(world, 600)


def test_what_did_not_come_to_its_end_is_due_at_once(world: Any, client: Client) -> None:
    sync.run(world.session, client, world.entity)
    set_back(world, 10, unfinished=True)
    assert due(world, 3600)


def test_breaker_of_the_synchronisation_is_known_to_every_process(world: Any, client: Client) -> None:
    def breaker() -> str:
        with world.session() as db:
            return str(db.scalar(sa.select(Connection.breaker).where(Connection.id == world.connection_id)))

    world.memory.down = True
    for _attempt in range(6):
        with pytest.raises(ConnectorUnavailableError):
            sync.run(world.session, client, world.entity)
    assert breaker() == "open"
    world.memory.down = False
    world.host.forget(world.connection_id)  # as after its pause
    sync.run(world.session, client, world.entity)
    assert breaker() == "closed"


def alone(world: Any) -> sync.SyncEntity:
    return replace(world.entity, one=lambda through, ref: through.record(ref))


def waiting(world: Any) -> dict[str, str]:
    """What is left over, by ref, in words."""
    table = ConnectionSyncProblem
    with world.session() as db:
        rows = db.execute(sa.select(table.record_ref, table.message).where(table.resolved_at.is_(None)))
        return {row.record_ref: str(row.message) for row in rows}


def test_one_record_is_read_alone_and_the_cursor_stays(world: Any, client: Client) -> None:
    fill(world, 25)
    world.ledger.refuse = {"7"}
    sync.run(world.session, client, world.entity)
    assert set(waiting(world)) == {"7"}
    calls, world.ledger.refuse = world.memory.calls, set()
    assert sync.run_one(world.session, client, alone(world), "7")
    assert (world.memory.calls - calls, world.ledger.applied[-1], waiting(world)) == (1, "7", {})
    assert state(world).cursor == "25"


def test_record_that_is_still_bad_says_anew_what_is_wrong(world: Any, client: Client) -> None:
    fill(world, 3)
    world.memory.problems = [Problem("T-9", "missing", "It has no name.", {"code": "T-9"})]
    sync.run(world.session, client, world.entity)
    assert waiting(world) == {"T-9": "It has no name."}
    assert sync.run_one(world.session, client, alone(world), "T-9")
    assert waiting(world) == {"T-9": "No price."}
    with world.session() as db:  # what was read of it is there still
        assert db.scalar(sa.select(ConnectionSyncProblem.payload)) == {"code": "T-9"}


def test_what_is_wrong_with_the_whole_system_is_no_records_problem(world: Any, client: Client) -> None:
    def broken(through: Any, ref: str) -> Any:
        raise ConnectorRejectedError(None, "There is no table for it.", code="schema")

    with pytest.raises(ConnectorRejectedError):
        sync.run_one(world.session, client, replace(world.entity, one=broken), "1")
    assert waiting(world) == {}


def test_record_that_is_not_to_be_had_alone_is_left_to_the_whole(world: Any, client: Client) -> None:
    fill(world, 3)
    assert not sync.run_one(world.session, client, world.entity, "1")
    assert not sync.run_one(world.session, client, alone(world), "no-such")
    another = replace(world.entity, one=lambda through, ref: SimpleNamespace(ref="2"))
    assert not sync.run_one(world.session, client, another, "1")
    assert world.ledger.applied == []


def test_system_that_is_down_is_nobodys_fault(world: Any, client: Client) -> None:
    world.memory.down = True
    with pytest.raises(ConnectorUnavailableError):
        sync.run_one(world.session, client, alone(world), "1")
    assert waiting(world) == {}
