"""A quote reaches the company once, whatever is killed and however often (QUO-3).

Judged from the company's own database: it has a table of quotes that the portal cannot tidy up afterwards.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa
from tests.forked import Starter, ends, in_child

from portico.connections import check
from portico.jobs.application import job_queue
from portico.jobs.worker import run_pending
from portico.testing.client import Client
from portico.testing.portal import Company, Portal
from portico_demo import databases

TRIALS = int(os.environ.get("PORTICO_TRIALS", "0"))
"""How often `make drills` has each kill and each race tried; 0: as often as every change can wait for."""
KILLS, RACES, STEPS_TRIED = TRIALS or 200, TRIALS or 3, TRIALS or 1
PATIENCE_S = 600 + 4 * TRIALS
BATCH = 8  # a company has at most eight jobs running, and a dead one counts until its lease ends
AT_ONCE, PROCESSES = 50, 2
AWAY = 503
CUSTOMER = "C-ONCE"
LEASE_S = 10


@dataclass
class Stage:
    portal: Portal
    company: Company
    api: Client
    dsn: str
    item: str
    account: UUID

    def relieve(self) -> None:
        """Another of the account's people goes on, for nobody alone may write as fast; who stayed would get all mails too."""
        with self.portal.superuser() as connection:
            connection.execute(sa.text("UPDATE membership SET status = 'inactive' WHERE tenant_id = :t"), {"t": self.company.id})
        self.api = self.company.api(self.company.customer_person(self.account))

    def arrived(self) -> dict[str, int]:
        """Our reference → how many quotes the company has for it."""
        with psycopg.connect(self.dsn) as connection:
            return dict(connection.execute("SELECT portal_reference, count(*) FROM quotes GROUP BY 1").fetchall())

    def draft(self) -> str:
        made = self.api.json("POST", "/quotes", {"lines": [{"item": self.item, "quantity": "2"}]}, status=201)
        return str(made.json["id"])

    def submit(self, quote_id: str, **options: object):
        return self.api.json("POST", f"/quotes/{quote_id}/submit", {}, **options)

    def states(self) -> dict[str, tuple[str, str]]:
        with self.company.system() as db:
            rows = db.execute(sa.text("SELECT id::text, state, number FROM quotes_quote"))
            return {row[0]: (row[1], row[2]) for row in rows}

    def synchronise(self) -> None:
        from portico.jobs import enqueue

        with self.company.system() as db:
            connection_id = db.scalar(sa.text("SELECT id FROM connection WHERE status = 'active'"))
            enqueue(db, "connections.sync", connection_id=str(connection_id))
        self.work()

    def work(self, **options: object) -> None:
        """What a worker would do now, here."""
        run_pending(job_queue(self.portal.parts, lease_s=LEASE_S), self.portal.parts, **options)


@pytest.fixture
def stage(portal: Portal, request: pytest.FixtureRequest) -> Stage:
    from portico.db import setup

    company = portal.company(currency="EUR")
    login = databases.create_empty(setup.admin_url(portal.settings), portal.settings.home, company.slug)
    config, secrets = login.settings("EUR")
    check.create(portal.parts, company.id, connector="companydb", name="ERP", values={**config, **secrets}, set_up=True)
    with psycopg.connect(login.dsn) as connection:
        connection.execute("INSERT INTO customers (code, name, currency) VALUES (%s, 'Once Ltd', 'EUR')", [CUSTOMER])
        connection.execute("INSERT INTO materials (code, name, price, category, unit, tax_rate) "
                           "VALUES ('M-1', 'Steel sheet', 1000.00, 'Sheets', 'piece', 20)")
    account = company.account("Once Ltd", CUSTOMER)
    api = company.api(company.customer_person(account))
    made = Stage(portal, company, api, login.dsn, "", account)
    made.synchronise()
    made.item = api.get("/catalogue").json["items"][0]["id"]
    return made


def begin_to_die_after_the_companys_commit(stage: Stage) -> int:
    """A worker that dies when the company has committed and the portal has recorded nothing."""
    from portico_companydb import client

    def work() -> None:
        stage.portal.parts.after_fork()
        real = client.CompanyDatabaseClient.submit

        def submit(self: object, request: object) -> object:
            receipt = real(self, request)
            assert receipt is not None
            os.kill(os.getpid(), signal.SIGKILL)
            return receipt

        client.CompanyDatabaseClient.submit = submit
        stage.work()

    return in_child(work)


def kill_one_at_each(stage: Stage, quotes: list[str]) -> int:
    """Each of the quotes gets a worker that dies of it; how many died.

    A worker that finds no job ends alive: while another one sends a mail of the company's, that counts among its eight as well. Then
    another is started for what is left, when time has passed. Whatever nobody takes all the same has to be in the queue still.
    """
    killed = 0
    for _turn in range(BATCH):
        found = ends([begin_to_die_after_the_companys_commit(stage) for _ in range(len(quotes) - killed)])
        assert set(found) <= {0, -signal.SIGKILL}, "a worker failed instead of dying; what it raised is told above"
        killed += found.count(-signal.SIGKILL)
        if killed == len(quotes):
            return killed
        put_off_is_due(stage)
    with stage.portal.superuser() as connection:
        waiting = sa.text("SELECT count(*) FROM job WHERE tenant_id = :t AND actor = 'quotes.submit'")
        held = connection.execute(waiting, {"t": stage.company.id}).scalar_one()
    assert held == len(quotes), f"{killed} of {len(quotes)} were killed, and a job is gone: {left(stage)}"
    return killed


def left(stage: Stage) -> str:
    """What there is of jobs, for whoever has to find out why nobody took one."""
    with stage.portal.superuser() as connection:
        jobs = sa.text("SELECT actor, state, attempts, waits, eta - now() AS due_in, worker, args, last_error FROM job WHERE tenant_id = :t")
        dead = sa.text("SELECT actor, attempts, args, reason, detail FROM job_dead WHERE tenant_id = :t")
        rows = [*connection.execute(jobs, {"t": stage.company.id}), *connection.execute(dead, {"t": stage.company.id})]
    return "\n".join(str(row._asdict()) for row in rows)


def put_off_is_due(stage: Stage) -> None:
    """Time passes, less than a lease."""
    with stage.portal.superuser() as connection:
        connection.execute(
            sa.text("UPDATE job SET eta = now() WHERE tenant_id = :t AND state = 'queued'"), {"t": stage.company.id}
        )


def wake_all(stage: Stage) -> None:
    """Time passes: the leases of the dead run out, what was put off is due, and a worker puts it back in the queue."""
    with stage.portal.superuser() as connection:
        connection.execute(
            sa.text(
                "UPDATE job SET state = 'queued', claim = NULL, worker = NULL, lease_until = NULL, eta = now() "
                "WHERE tenant_id = :t AND state IN ('taken', 'queued')"
            ),
            {"t": stage.company.id},
        )


@pytest.mark.timeout(PATIENCE_S)
def test_kills_between_the_companys_commit_and_our_record_double_and_lose_nothing(stage: Stage) -> None:
    quotes: list[str] = []
    killed = 0
    while killed < KILLS:
        assert len(quotes) < 2 * KILLS, left(stage)
        stage.relieve()
        batch = [stage.draft() for _ in range(BATCH)]
        for quote_id in batch:
            assert stage.submit(quote_id, status="*").status_int < 400
        died = kill_one_at_each(stage, batch)
        killed, quotes = killed + died, quotes + batch
        assert len(stage.arrived().keys() & set(batch)) == died, "each was killed after the company's commit"
        wake_all(stage)
        stage.work()
    assert stage.arrived() == dict.fromkeys(quotes, 1)
    assert {stage.states()[quote_id][0] for quote_id in quotes} <= {"submitted", "processed"}
    assert all(stage.states()[quote_id][1] for quote_id in quotes), "each has the company's number"


def test_fifty_clicks_at_once_make_one_quote(stage: Stage) -> None:
    quote_id = stage.draft()
    clients = [stage.company.api(stage.api.person) for _ in range(50)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda client: client.json("POST", f"/quotes/{quote_id}/submit", {}, status="*").status_int, clients))
    assert all(status < 500 for status in answers)
    stage.work()
    assert stage.arrived() == {quote_id: 1}


A_COMPANY_THAT_TAKES_EVERY_WORD = """
    ALTER TABLE orders DROP CONSTRAINT orders_quote_id_key;
    CREATE FUNCTION order_it() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
        INSERT INTO orders (quote_id, customer_id, currency, po_number)
            VALUES (NEW.id, NEW.customer_id, NEW.currency, NEW.po_number);
        RETURN NULL;
    END $f$;
    CREATE TRIGGER order_it AFTER UPDATE ON quotes FOR EACH ROW WHEN (NEW.status = 'accepted') EXECUTE FUNCTION order_it();
    UPDATE quotes SET status = 'priced', valid_until = current_date + 7;
"""
"""It makes an order whenever an acceptance is written, and nothing there keeps a second one of the same quote away."""


def offered(stage: Stage, count: int) -> list[str]:
    """Quotes that the company has priced, by one that makes an order of every acceptance that it is told."""
    found = []
    for _ in range(count):
        if len(found) % BATCH == 0:
            stage.relieve()
        found.append(stage.draft())
        stage.submit(found[-1])
    while len(stage.arrived()) < count:
        put_off_is_due(stage)
        stage.work()
    with psycopg.connect(stage.dsn) as connection:
        connection.execute(A_COMPANY_THAT_TAKES_EVERY_WORD)
    while {state for state, _number in stage.states().values()} != {"processed"}:  # many are read in several runs
        stage.synchronise()
    return found


@pytest.mark.timeout(PATIENCE_S)
def test_fifty_acceptances_at_once_in_two_processes_make_one_order(stage: Stage) -> None:
    quotes = offered(stage, RACES)
    expected = []
    for number, quote_id in enumerate(quotes):
        stage.relieve()
        version = stage.api.get(f"/quotes/{quote_id}").json["version"]
        said = {"version": version, "po_number": f"PO-{number}"}
        clients = [stage.company.api(stage.api.person) for _ in range(AT_ONCE // PROCESSES)]
        with Starter() as start:
            racing = [in_child(lambda: race(stage, start, clients, quote_id, said)) for _ in range(PROCESSES)]  # noqa: B023
            start.once_ready(PROCESSES)
        assert ends(racing) == [0] * PROCESSES
        assert stage.states()[quote_id][0] == "accepted"
        expected.append((said["po_number"],))
    assert told(stage, len(quotes)) == expected
    with stage.company.system() as db:
        accepted = sa.text("SELECT quote_id::text, count(*) FROM quotes_event WHERE kind = 'accepted' GROUP BY 1")
        assert {row[0]: row[1] for row in db.execute(accepted)} == dict.fromkeys(quotes, 1)


def race(stage: Stage, start: Starter, clients: list[Client], quote_id: str, said: dict[str, object]) -> None:
    """In the child: all of them accept, in a thread each."""
    stage.portal.parts.after_fork()
    lined_up = threading.Barrier(len(clients) + 1)

    def accept(client: Client) -> int:
        lined_up.wait()
        while (status := client.json("POST", f"/quotes/{quote_id}/accept", said, status="*").status_int) == AWAY:
            pass  # the machine is too busy for so many at once: as the answer says, later
        return int(status)

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = [pool.submit(accept, client) for client in clients]
        start.line_up()
        lined_up.wait()
        assert {one.result() for one in answers} <= {200, 409, 429}


def told(stage: Stage, count: int) -> list[tuple[str]]:
    """The numbers on the orders that the company made, when it has heard all there was to say."""
    for _turn in range(count):
        put_off_is_due(stage)
        stage.work()
        with psycopg.connect(stage.dsn) as connection:
            found = connection.execute("SELECT po_number FROM orders ORDER BY substr(po_number, 4)::int").fetchall()
        if len(found) >= count:
            break
    stage.work()
    stage.synchronise()
    with psycopg.connect(stage.dsn) as connection:
        return connection.execute("SELECT po_number FROM orders ORDER BY substr(po_number, 4)::int").fetchall()


def test_lost_answer_is_found_by_our_reference(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection drops after the INSERT: the company has it, the portal was told nothing."""
    from portico_companydb import client
    from portico_erp.errors import ConnectorUnavailableError

    real, calls = client.CompanyDatabaseClient.submit, []

    def submit(self: object, request: object) -> object:
        calls.append(request)
        receipt = real(self, request)
        if len(calls) == 1:
            raise ConnectorUnavailableError("the connection was lost")
        return receipt

    monkeypatch.setattr(client.CompanyDatabaseClient, "submit", submit)
    quote_id = stage.draft()
    stage.submit(quote_id, status="*")
    stage.work()
    wake_all(stage)
    stage.work()
    assert stage.arrived() == {quote_id: 1}
    assert stage.states()[quote_id][1] is not None


def test_worker_killed_before_anything_left_loses_nothing(stage: Stage) -> None:
    from portico_companydb import client

    quote_id = stage.draft()
    stage.submit(quote_id, status="*")

    def work() -> None:
        stage.portal.parts.after_fork()
        client.CompanyDatabaseClient.submit = lambda self, request: os.kill(os.getpid(), signal.SIGKILL)
        stage.work()

    assert ends([in_child(work)]) == [-signal.SIGKILL]
    assert stage.arrived() == {}
    wake_all(stage)
    stage.work()
    assert stage.arrived() == {quote_id: 1}


def dies_at(step: int, stage: Stage, ask: Callable[[], object]) -> bool:
    """Whether a web process that is killed after its step-th statement or COMMIT, whichever database it was for, was killed
    before it had answered."""
    done = 0

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def call(*given: object, **named: object) -> object:
            nonlocal done
            answer = real(*given, **named)
            done += 1
            if done == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return call

    def work() -> None:
        stage.portal.parts.after_fork()
        for owner, name in ((psycopg.Cursor, "execute"), (psycopg.Cursor, "executemany"), (psycopg.Connection, "commit")):
            setattr(owner, name, counted(getattr(owner, name)))
        ask()

    (ended,) = ends([in_child(work)])
    assert ended in (0, -signal.SIGKILL)
    return ended != 0


STEPS = 12
"""Fewer would mean that nothing was counted."""


@pytest.mark.timeout(PATIENCE_S)
def test_web_process_killed_at_each_step_of_a_submission_loses_and_doubles_nothing(stage: Stage) -> None:
    quotes: list[str] = []
    step, rounds = 0, 0
    while rounds == 0 or len(quotes) < STEPS_TRIED:
        if len(quotes) % BATCH == 0:
            stage.relieve()
        quotes.append(stage.draft())
        step += 1
        if not dies_at(step, stage, lambda: stage.submit(quotes[-1], status="*")):
            assert step > STEPS
            step, rounds = 0, rounds + 1
        assert stage.submit(quotes[-1], status="*").status_int in (200, 202, 409), "the customer presses once more"
    while stage.arrived().keys() != set(quotes):
        put_off_is_due(stage)
        stage.work()
    assert stage.arrived() == dict.fromkeys(quotes, 1)
    assert {stage.states()[quote_id][0] for quote_id in quotes} == {"submitted"}


@pytest.mark.timeout(PATIENCE_S)
def test_web_process_killed_at_each_step_of_an_acceptance_makes_one_order(stage: Stage) -> None:
    quotes = offered(stage, max(60, STEPS_TRIED + 60))
    step, rounds, tried = 0, 0, 0
    while rounds == 0 or tried < STEPS_TRIED:
        if tried % BATCH == 0:
            stage.relieve()
        at = f"/quotes/{quotes[tried]}"
        said = {"version": stage.api.get(at).json["version"], "po_number": f"PO-{tried}"}
        step, tried = step + 1, tried + 1
        if not dies_at(step, stage, lambda: stage.api.json("POST", f"{at}/accept", said, status="*")):  # noqa: B023
            assert step > STEPS
            step, rounds = 0, rounds + 1
        assert stage.api.json("POST", f"{at}/accept", said, status="*").status_int in (200, 409)
    assert told(stage, tried) == [(f"PO-{number}",) for number in range(tried)]
