"""Workers that are killed, frozen or cut off: each job takes effect, and what is late changes nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any
from uuid import UUID

import pytest

from portico.jobs import LeaseLost, enqueue
from portico.jobs.claims import Again, Buried, ClaimConnection, Done, Parked
from portico.jobs.job import Job

COMMIT_AND_DIE = """
import os, signal, sys
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from portico.jobs import enqueue
url, tenant_id = sys.argv[1:]
with Session(create_engine(url.replace("postgresql://", "postgresql+psycopg://"))) as db:
    db.execute(text("set local role portico_customer"))
    db.execute(text("select set_config('portico.tenant_id', :t, true)"), {"t": tenant_id})
    db.info["tenant_id"] = tenant_id
    enqueue(db, "test.note", what="a")
    db.commit()
    os.kill(os.getpid(), signal.SIGKILL)
"""
CUT = (
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where application_name = 'portico-worker' and datname = current_database()"
)
LEASE_S = 3.0
"""Of tests/functional/jobs/program.py."""
STATE = "select state, worker, attempts from job"


def put(session_as: Any, tenant_id: UUID, *whats: str, seconds: float = 0) -> None:
    with session_as("customer", tenant_id) as db:
        for what in whats:
            enqueue(db, "test.note", what=what, seconds=seconds)


def test_killed_right_after_commit_the_job_still_runs(
    url: str, make_jobs: Any, run_here: Any, effects: Any, eventually: Any, admin: Any, tenant_id: UUID
) -> None:
    died = subprocess.run([sys.executable, "-c", COMMIT_AND_DIE, url, str(tenant_id)], check=False)
    assert died.returncode == -signal.SIGKILL
    run_here(make_jobs())
    eventually(lambda: effects() == ["a"])


def test_killed_workers_job_is_taken_over_after_the_lease(
    session_as: Any,
    spawn: Any,
    make_jobs: Any,
    run_here: Any,
    effects: Any,
    left: Any,
    eventually: Any,
    admin: Any,
    tenant_id: UUID,
) -> None:
    victim = spawn()
    put(session_as, tenant_id, "a", seconds=0.5)
    eventually(lambda: effects() == ["a begun"])
    victim.kill()
    victim.wait()
    killed_at = time.monotonic()
    run_here(make_jobs())
    eventually(lambda: effects() == ["a begun", "a begun", "a"])
    assert time.monotonic() - killed_at > 1.5  # the lease of 3 s, renewed every second, had to run out first
    eventually(lambda: left() == 0)


def test_frozen_workers_job_is_taken_over_and_its_late_end_changes_nothing(
    session_as: Any,
    spawn: Any,
    make_jobs: Any,
    run_here: Any,
    effects: Any,
    left: Any,
    eventually: Any,
    admin: Any,
    tenant_id: UUID,
) -> None:
    frozen = spawn()
    put(session_as, tenant_id, "a", seconds=0.5)
    eventually(lambda: effects() == ["a begun"])
    frozen.send_signal(signal.SIGSTOP)
    ((left_s,),) = admin.execute("select extract(epoch from lease_until - clock_timestamp()) from job").fetchall()
    assert left_s <= LEASE_S  # and nobody is left to renew it: then it may be taken, by whoever looks first
    other = run_here(make_jobs())
    eventually(lambda: "a" in effects() and left() == 0)
    put(session_as, tenant_id, "b", seconds=2)  # held by the other one while the frozen one wakes up
    eventually(lambda: "b begun" in effects())
    held = admin.execute(STATE).fetchall()
    frozen.send_signal(signal.SIGCONT)
    time.sleep(1)
    assert admin.execute(STATE).fetchall() == held == [("taken", other.broker.worker_name, 1)]
    assert effects() == ["a begun", "a begun", "a", "b begun"]  # the frozen one committed no second "a"
    frozen.send_signal(signal.SIGTERM)
    assert frozen.wait(40) == 0


@pytest.mark.parametrize("outcome", [Done(), Again(0), Buried("x"), Parked(None, "x")])
def test_stale_claim_settles_nothing(
    session_as: Any, url: str, admin: Any, tenant_id: UUID, outcome: Any
) -> None:
    put(session_as, tenant_id, "a")
    with ClaimConnection(url, "first", 0.0) as first, ClaimConnection(url, "second", 30) as second:
        (stale,) = first.turn("default", 1, 8, [])
        assert second.reap("default") == 1
        (fresh,) = second.turn("default", 1, 8, [])
        first.settle(stale, outcome)
        assert admin.execute(STATE).fetchall() == [("taken", "second", 2)]
        assert admin.execute("select count(*) from job_dead").fetchone() == (0,)
        assert first.extend([stale]) == set()
        second.settle(fresh, outcome)
        assert admin.execute(STATE).fetchall() != [("taken", "second", 2)]


def test_transaction_of_a_job_that_was_taken_over_is_rolled_back(
    session_as: Any, make_jobs: Any, program: Any, effects: Any, admin: Any, tenant_id: UUID
) -> None:
    jobs = make_jobs()
    put(session_as, tenant_id, "a")
    with ClaimConnection(jobs.url, "w", 30) as connection:
        (claimed,) = connection.turn("default", 1, 8, [])
    job = Job.of(claimed, jobs.registry.actor_named("test.note"), jobs.scope_for(tenant_id), jobs, None)
    program.effect(job, "in time")

    def lose_the_lease_within_a_session() -> None:
        with job.session() as db:
            db.execute(program._EFFECT, {"tenant_id": tenant_id, "what": "too late"})
            claimed.deadline = time.monotonic()

    with pytest.raises(LeaseLost):
        lose_the_lease_within_a_session()
    with pytest.raises(LeaseLost), job.session():
        pass
    assert effects() == ["in time"]


def test_cut_connections_do_not_make_a_job_run_twice(
    session_as: Any, spawn: Any, effects: Any, left: Any, eventually: Any, admin: Any, tenant_id: UUID
) -> None:
    spawn()
    spawn()
    put(session_as, tenant_id, "a", "b", seconds=2.5)
    eventually(lambda: sorted(effects()) == ["a begun", "b begun"])
    for _ in range(3):
        admin.execute(CUT)
        time.sleep(0.3)
    eventually(lambda: left() == 0)
    assert sorted(effects()) == ["a", "a begun", "b", "b begun"]


def test_term_lets_running_jobs_end_and_hands_back_the_rest(
    session_as: Any, spawn: Any, effects: Any, eventually: Any, admin: Any, tenant_id: UUID
) -> None:
    worker = spawn(threads=1)
    eventually(lambda: admin.execute("select count(*) from job_worker").fetchone() == (1,))
    put(session_as, tenant_id, "a", "b", "c", seconds=0.6)
    eventually(lambda: effects() == ["a begun"])
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(40) == 0
    assert effects() == ["a begun", "a"]
    assert admin.execute("select state, attempts from job").fetchall() == [("queued", 0)] * 2
    assert admin.execute("select count(*) from job_worker").fetchone() == (0,)


def test_term_hands_back_what_outlives_the_grace(
    session_as: Any, spawn: Any, effects: Any, eventually: Any, admin: Any, tenant_id: UUID
) -> None:
    worker = spawn(threads=1, grace_s=0.3)
    put(session_as, tenant_id, "a", seconds=30)
    eventually(lambda: effects() == ["a begun"])
    worker.send_signal(signal.SIGTERM)
    worker.wait(40)
    assert admin.execute(STATE).fetchall() == [("queued", None, 0)]


def test_supervisor_replaces_a_killed_process_and_ends_all(
    session_as: Any, spawn: Any, effects: Any, eventually: Any, admin: Any, tenant_id: UUID
) -> None:
    def workers() -> set[int]:
        return {
            int(row[0].split(":")[1])
            for row in admin.execute("select name from job_worker where seen_at > now() - interval '1 s'")
        }

    parent = spawn(processes=2)
    first = eventually(lambda: len(workers()) == 2 and workers())
    os.kill(min(first), signal.SIGKILL)
    eventually(lambda: len(workers() - first) == 1)
    put(session_as, tenant_id, "a")
    eventually(lambda: effects() == ["a"])
    alive = workers() - {min(first)}
    parent.send_signal(signal.SIGTERM)
    assert parent.wait(40) == 0
    for pid in alive:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
