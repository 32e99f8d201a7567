"""A company's system is called as often as it may be, by all processes together, and left alone when it asks for that."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import colander
import pytest
import sqlalchemy as sa
from tests.forked import ends, in_child

from portico.connections import check, service, sync
from portico.connections.client import Client
from portico.connections.connector import Rate
from portico.connections.errors import ConnectorBusyError, ConnectorUnavailableError
from portico.connections.host import ConnectionHost
from portico.connections.http import GuardedHttp
from portico.connections.models import ConnectionPace, ConnectionRun
from portico.connections.pace import UNSAID_PAUSE_S
from portico.connections.target import Target
from portico_erp.values import CapabilityReport

PROCESSES, THREADS, TRIES, LIMIT = 3, 4, 6, 20
A_LONG_TIME_S = 900


@dataclass
class System:
    """An ERP over HTTP that counts. `says`: status and headers of its answers."""

    server: ThreadingHTTPServer
    says: tuple[int, Mapping[str, str]] = (200, {})
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


class Counted:
    """The connector: each call asks the system as often as it is told to."""

    name, title = "counted", "Counted"
    capabilities, secret_fields = frozenset({"things"}), ()
    proposed: Rate | None = None

    def settings_schema(self) -> Any:
        schema = colander.MappingSchema(unknown="raise")
        schema.add(colander.SchemaNode(colander.String(), name="url"))
        return schema

    def rate(self, config: Mapping[str, Any]) -> Rate | None:
        return self.proposed

    def open(self, config: Mapping[str, Any], secrets: Mapping[str, str], *, egress: Any) -> Any:
        return CountedClient(config["url"], GuardedHttp(egress, plain=True))


class CountedClient:
    def __init__(self, url: str, http: GuardedHttp) -> None:
        self.url, self.http = url, http

    def test(self) -> Sequence[CapabilityReport]:
        return [CapabilityReport("things", True, "works")]

    def ask(self, times: int = 1) -> int:
        for _turn in range(times):
            error = self.http.get(self.url).error()
            if error is not None:
                raise error
        return times

    def close(self) -> None:
        self.http.close()


@pytest.fixture
def system() -> Iterator[System]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found.asked.append(self.path)
            status, headers = found.says
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *given: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = System(server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@dataclass
class Stage:
    portal: Any
    company: Any
    system: System
    connection_id: Any
    hosts: list[ConnectionHost] = field(default_factory=list)

    @property
    def parts(self) -> Any:
        return self.portal.parts

    def session(self) -> Any:
        return self.parts.sessions.scoped(self.parts.system_scope(self.parts.tenant(self.company.id)))

    def limit(self, calls: int, per_s: int = 60) -> None:
        with self.session() as db:
            service.set_rate(db, self.connection_id, Rate(calls, per_s))

    def host(self) -> ConnectionHost:
        """As another process has it: with nothing in its memory."""
        known, made = self.parts.connections, ConnectionHost(self.portal.settings, self.parts)
        made.connectors, made.titles, made.plugins = known.connectors, known.titles, known.plugins
        made.egress = known.egress
        self.hosts.append(made)
        return made

    def target(self, host: ConnectionHost | None = None) -> Target:
        return (host or self.parts.connections).target(self.company.id, self.connection_id)

    def ask(self, host: ConnectionHost, times: int = 1, **limits: float) -> Any:
        return host.call(self.target(host), "things", "ask", times, **limits)

    def time_passes(self) -> None:
        """More than any period or pause."""
        with self.session() as db:
            db.execute(sa.update(ConnectionPace).values(calls=[], paused_until=None))


@pytest.fixture
def stage(portal: Any, system: System) -> Iterator[Stage]:
    host = portal.parts.connections
    host.connectors["counted"] = connector = Counted()
    host.titles["counted"] = connector.title
    company = portal.company()
    connection_id = check.create(portal.parts, company.id, connector="counted", name="ERP", values={"url": system.url})
    made = Stage(portal, company, system, connection_id)
    yield made
    for one in (host, *made.hosts):
        one.forget(connection_id)
    del host.connectors["counted"], host.titles["counted"]


def hammer(stage: Stage) -> None:
    """In a process of its own: all threads ask as often as they can; who has no turn is told so."""
    stage.parts.after_fork()
    host = stage.host()
    others: list[BaseException] = []

    def ask() -> None:
        for _try in range(TRIES):
            try:
                stage.ask(host)
            except ConnectorBusyError as error:
                if not (error.unasked and 0 < (error.retry_after_s or 0) <= 60):
                    others.append(error)
            except BaseException as error:
                others.append(error)

    threads = [threading.Thread(target=ask) for _thread in range(THREADS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert others == []


def test_all_processes_together_call_as_often_as_the_limit_says_and_no_more(stage: Stage) -> None:
    stage.limit(LIMIT)
    assert PROCESSES * THREADS * TRIES > 2 * LIMIT
    children = [in_child(lambda: hammer(stage)) for _process in range(PROCESSES)]
    assert ends(children) == [0] * PROCESSES
    assert len(stage.system.asked) == LIMIT
    stage.time_passes()
    stage.ask(stage.host())
    assert len(stage.system.asked) == LIMIT + 1


def test_each_question_of_a_call_takes_a_turn_and_waits_for_it(stage: Stage) -> None:
    stage.limit(3, per_s=1)
    assert stage.ask(stage.host(), 5, timeout_s=30) == 5
    assert len(stage.system.asked) == 5


def test_a_call_that_cannot_come_to_its_end_in_time_begins_anew_when_all_turns_are_free(stage: Stage) -> None:
    stage.limit(10)
    with pytest.raises(ConnectorBusyError) as caught:
        stage.ask(stage.host(), 11, timeout_s=5)
    assert (len(stage.system.asked), caught.value.unasked) == (10, False)
    assert 50 < (caught.value.retry_after_s or 0) <= 60


def test_jobs_leave_turns_to_pages_whose_readers_wait(stage: Stage) -> None:
    stage.limit(LIMIT)
    host = stage.host()
    job = Client(host, stage.target(host), "things", patience_s=0.01)
    for _call in range(15):
        job.ask()
    with pytest.raises(ConnectorBusyError):
        job.ask()
    for _call in range(5):
        stage.ask(host)
    with pytest.raises(ConnectorBusyError):
        stage.ask(host)
    assert len(stage.system.asked) == LIMIT


def test_a_job_waits_for_its_turn(stage: Stage) -> None:
    stage.limit(1, per_s=1)
    host = stage.host()
    job = Client(host, stage.target(host), "things", patience_s=30)
    assert [job.ask() for _call in range(3)] == [1, 1, 1]


def test_a_system_that_asks_for_a_pause_is_left_alone_by_every_process(stage: Stage) -> None:
    stage.system.says = (429, {"Retry-After": str(A_LONG_TIME_S)})
    first, second = stage.host(), stage.host()
    with pytest.raises(ConnectorUnavailableError, match="less often"):
        stage.ask(first)
    stage.system.says = (200, {})
    for host in (first, second):
        for _try in range(3):
            with pytest.raises(ConnectorBusyError, match="left alone") as caught:
                stage.ask(host)
            assert A_LONG_TIME_S - 60 < (caught.value.retry_after_s or 0) <= A_LONG_TIME_S
    assert len(stage.system.asked) == 1
    stage.time_passes()
    assert stage.ask(stage.host()) == 1


def test_a_pause_counts_beside_a_limit_and_where_no_length_is_said(stage: Stage) -> None:
    stage.limit(LIMIT)
    stage.system.says = (429, {})
    with pytest.raises(ConnectorUnavailableError):
        stage.ask(stage.host())
    stage.system.says = (200, {})
    with pytest.raises(ConnectorBusyError, match="left alone") as caught:
        stage.ask(stage.host())
    assert 0 < (caught.value.retry_after_s or 0) <= UNSAID_PAUSE_S
    assert len(stage.system.asked) == 1


def test_pauses_do_not_open_the_breaker(stage: Stage) -> None:
    host = stage.host()
    for _turn in range(7):
        stage.system.says = (503, {"Retry-After": "60"})
        with pytest.raises(ConnectorUnavailableError):
            stage.ask(host)
        stage.time_passes()
        assert host.pace is not None
        host.pace.forget(stage.connection_id)
    stage.system.says = (200, {})
    assert stage.ask(host) == 1


def test_a_limit_that_the_connector_proposes_counts_until_the_administrator_says_another(stage: Stage) -> None:
    stage.parts.connections.connectors["counted"].proposed = Rate(10, 60)
    host = stage.host()
    assert stage.target(host).rate == Rate(10, 60)
    stage.limit(30)
    assert stage.target(host).rate == Rate(30, 60)


def test_a_draft_takes_the_turns_of_the_connection_that_it_replaces(stage: Stage) -> None:
    stage.limit(10)
    parts = stage.parts
    with stage.session() as db:
        draft = service.propose(
            db, parts.connections, parts.cipher, connector="counted", name="New", values={"url": stage.system.url},
            replaces_id=stage.connection_id,
        )  # fmt: skip
    found = parts.connections.target(stage.company.id, draft)
    assert (found.rate, found.paced_as) == (Rate(10, 60), stage.connection_id)


def test_a_reading_without_a_turn_goes_on_later_and_has_not_failed(world: Any) -> None:
    """In portions of the turns that there are; the last records come at last."""
    from tests.functional.connections.conftest import Record

    world.memory.records = [Record(f"R-{number}") for number in range(150)]
    with world.session() as db:
        service.set_rate(db, world.connection_id, Rate(10, 60))
    target = world.host.target(world.company.id, world.connection_id)
    client = Client(world.host, target, "records", patience_s=0.01)
    run = sync.run(world.session, client, world.entity)
    assert (run.pages, run.more, 0 < run.wait_s <= 60) == (8, True, True)
    with pytest.raises(ConnectorBusyError):
        sync.run(world.session, client, world.entity)
    with world.session() as db:
        assert service.get(db, world.connection_id).last_error is None
        assert db.scalar(sa.select(sa.func.count()).select_from(ConnectionRun).where(ConnectionRun.outcome == "failed")) == 0
        db.execute(sa.update(ConnectionPace).values(calls=[]))
    run = sync.run(world.session, client, world.entity)
    assert (run.pages, run.more) == (7, False)
    assert sorted(world.ledger.applied) == sorted(one.ref for one in world.memory.records)
