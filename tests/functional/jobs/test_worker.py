"""What becomes of a job: done, again, dead, parked; and by whose leave."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID, uuid4

import pytest

from portico.connections.messages import read
from portico.jobs import enqueue
from portico.jobs.claims import Again, Buried, ClaimConnection
from portico.jobs.scheduler import periodic_key
from portico.jobs.worker import run_pending
from portico.web.i18n import translate

DEAD = "select actor, reason, attempts from job_dead"


def test_committed_job_runs_and_leaves_nothing(
    session_as: Any, make_jobs: Any, run_here: Any, effects: Any, left: Any, eventually: Any, tenant_id: UUID
) -> None:
    run_here(make_jobs())
    with session_as("customer", tenant_id) as db:
        enqueue(db, "test.note", what="a")
    eventually(lambda: effects() == ["a"] and left() == 0)


def test_notification_starts_a_job_long_before_the_next_poll(
    session_as: Any, make_jobs: Any, run_here: Any, effects: Any, eventually: Any, tenant_id: UUID
) -> None:
    worker = run_here(make_jobs(poll_s=60, lease_s=60))
    eventually(lambda: worker.broker.consumers and worker.broker.pulse.is_alive())
    for what in ("a", "b", "c"):
        with session_as("customer", tenant_id) as db:
            enqueue(db, "test.note", what=what)
    eventually(lambda: sorted(effects()) == ["a", "b", "c"])


def test_job_runs_as_its_tenant_with_its_request(
    session_as: Any,
    make_jobs: Any,
    program: Any,
    admin: Any,
    tenant_id: UUID,
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen = []
    jobs = program.registry()
    jobs.actor("core.look", lambda job: seen.append(job))
    with session_as("customer", tenant_id) as db:
        db.info["scope"] = type("Scope", (), {"request_id": "r-7"})()
        enqueue(db, "core.look")
    with caplog.at_level(logging.INFO, "portico.jobs"):
        run_pending(make_jobs(jobs))
    assert (seen[0].tenant.id, seen[0].request_id, seen[0].scope.request_id) == (tenant_id, "r-7", "r-7")
    record = next(record for record in caplog.records if record.name == "portico.jobs")
    assert (record.tenant, record.request_id, record.outcome) == (str(tenant_id), "r-7", "done")  # type: ignore[attr-defined]
    with seen[0].session() as db:
        assert (db.info["tenant_id"], db.info["jobs"]) == (tenant_id, jobs)


def test_job_enqueues_another_in_its_own_transaction(
    session_as: Any, make_jobs: Any, program: Any, effects: Any, tenant_id: UUID
) -> None:
    def chain(job: Any) -> None:
        with job.session() as db:
            enqueue(db, "test.note", what="second")

    jobs = program.registry()
    jobs.actor("core.chain", chain)
    with session_as("staff", tenant_id) as db:
        enqueue(db, "core.chain")
    run_pending(make_jobs(jobs))
    assert effects() == ["second"]


def test_exception_is_tried_again_later_then_dead_with_reason(
    session_as: Any, make_jobs: Any, admin: Any, tenant_id: UUID
) -> None:
    jobs = make_jobs()
    with session_as("customer", tenant_id) as db:
        enqueue(db, "test.raises_twice", text="no stock")
    ((_, first),) = run_pending(jobs)
    assert isinstance(first, Again)
    assert first.delay_s > 1
    assert run_pending(jobs) == []
    assert admin.execute("select last_error, attempts from job").fetchall() == [("ValueError: no stock", 1)]
    admin.execute("update job set eta = now()")
    ((_, second),) = run_pending(jobs)
    assert isinstance(second, Buried)
    assert admin.execute(DEAD).fetchall() == [("test.raises_twice", "ValueError: no stock", 2)]
    assert "in raises" in admin.execute("select detail from job_dead").fetchone()[0]


def test_dead_is_dead_at_once(session_as: Any, make_jobs: Any, admin: Any, tenant_id: UUID) -> None:
    with session_as("customer", tenant_id) as db:
        enqueue(db, "test.dies", reason="the quote was withdrawn")
    run_pending(make_jobs())
    assert admin.execute(DEAD).fetchall() == [("test.dies", "the quote was withdrawn", 1)]


def test_retry_uses_up_no_attempt(
    session_as: Any, make_jobs: Any, run_here: Any, effects: Any, eventually: Any, tenant_id: UUID
) -> None:
    with session_as("customer", tenant_id) as db:
        enqueue(db, "test.waits", times=3)
    run_here(make_jobs())
    eventually(lambda: effects() == ["waited 3, attempt 1"])


def test_retry_has_an_end(session_as: Any, make_jobs: Any, admin: Any, tenant_id: UUID) -> None:
    with session_as("customer", tenant_id) as db:
        enqueue(db, "test.waits", times=3)
    admin.execute("update job set created_at = now() - interval '4 days'")
    run_pending(make_jobs())
    ((reason,),) = admin.execute("select reason from job_dead").fetchall()
    assert translate("fr", read(reason)).startswith("Abandonné après 96 heures")


def test_time_limit_interrupts(
    session_as: Any, make_jobs: Any, run_here: Any, admin: Any, eventually: Any, tenant_id: UUID
) -> None:
    with session_as("customer", tenant_id) as db:
        enqueue(db, "test.spin")
    run_here(make_jobs(lease_s=0.9))
    eventually(lambda: admin.execute(DEAD).fetchall() == [("test.spin", "took longer than 0.4 s", 1)])


def test_job_that_hangs_past_its_limit_is_taken_over(
    session_as: Any, make_jobs: Any, run_here: Any, effects: Any, eventually: Any, program: Any, tenant_id: UUID
) -> None:
    program.HELD.clear()
    with session_as("customer", tenant_id) as db:
        enqueue(db, "test.hangs")
    worker = run_here(make_jobs(lease_s=0.6), threads=2)
    try:
        eventually(lambda: effects() == ["attempt 2"])
        assert worker.broker.stuck() == 1
        assert not worker.hangs()  # one thread still works
    finally:
        program.HELD.set()
    worker.stop(grace_s=60)
    assert effects() == ["attempt 2"]


def test_drained_worker_claims_nothing_more(
    session_as: Any, make_jobs: Any, run_here: Any, effects: Any, eventually: Any, admin: Any, tenant_id: UUID
) -> None:
    worker = run_here(make_jobs(), threads=1)  # what a turn still claims that was under way finds no thread
    with session_as("customer", tenant_id) as db:
        enqueue(db, "test.note", what="a", seconds=1.5)
    eventually(lambda: effects() == ["a begun"])
    worker.broker.drain()
    with session_as("customer", tenant_id) as db:
        enqueue(db, "test.note", what="b")
    eventually(lambda: "a" in effects())
    assert effects() == ["a begun", "a"]


def test_plugin_off_parks_and_on_runs(
    session_as: Any, make_jobs: Any, run_here: Any, admin: Any, effects: Any, eventually: Any, tenant_id: UUID
) -> None:
    off = {tenant_id}
    other = uuid4()
    for tenant in (tenant_id, other):
        with session_as("customer", tenant) as db:
            enqueue(db, "test.note", what=str(tenant))
    run_here(make_jobs(off=off))
    parked = "select tenant_id, plugin, attempts from job where state = 'parked'"
    eventually(lambda: admin.execute(parked).fetchall() == [(tenant_id, "portico_test", 0)])
    eventually(lambda: effects() == [str(other)])
    off.clear()
    eventually(lambda: effects() == [str(other), str(tenant_id)])


def test_periodic_job_of_a_plugin_that_is_off_leaves_nothing(
    session_as: Any, make_jobs: Any, effects: Any, left: Any, tenant_id: UUID
) -> None:
    for _ in range(2):
        with session_as("customer", tenant_id) as db:
            enqueue(db, "test.note", what="a", unique=periodic_key("test.note", {}))
        run_pending(make_jobs(off={tenant_id}))
    assert (effects(), left()) == ([], 0)


def test_job_of_a_plugin_whose_package_is_gone_waits_for_it(
    session_as: Any,
    make_jobs: Any,
    program: Any,
    run_here: Any,
    admin: Any,
    effects: Any,
    eventually: Any,
    tenant_id: UUID,
) -> None:
    with session_as("customer", tenant_id) as db:
        enqueue(db, "gone.note", what="a")
    run_here(make_jobs())
    state = "select state, plugin, attempts from job"
    eventually(lambda: admin.execute(state).fetchall() == [("parked", None, 0)])
    jobs = program.registry()
    jobs.for_plugin("gone").actor("gone.note", program.note)
    back = make_jobs(jobs, off=set())
    object.__setattr__(back, "plugin_on", lambda plugin, scope: True)
    run_here(back)
    eventually(lambda: effects() == ["a"])


def test_tenants_cannot_run_what_is_for_the_installation(
    session_as: Any, make_jobs: Any, admin: Any, effects: Any, tenant_id: UUID
) -> None:
    with session_as("customer", tenant_id) as db:
        enqueue(db, "core.note", what="forged")
    with session_as("worker") as db:
        enqueue(db, "core.note", what="real")
        enqueue(db, "test.note", what="no tenant")
    run_pending(make_jobs())
    assert effects() == ["real"]
    assert sorted(row[1] for row in admin.execute(DEAD)) == [
        "this actor works for a company",
        "this actor works for the whole installation",
    ]


def test_job_of_an_inactive_company_waits_for_days_then_dies(
    session_as: Any, make_jobs: Any, admin: Any
) -> None:
    with session_as("customer", UUID(int=0xDEAD)) as db:
        enqueue(db, "test.note", what="a")
    ((_, first),) = run_pending(make_jobs())
    assert first == Again(900, "the company is not active", attempts=-1, waits=1)
    admin.execute("update job set eta = now(), created_at = now() - interval '4 days'")
    ((_, last),) = run_pending(make_jobs())
    assert isinstance(last, Buried)
    assert last.plugin == "portico_test"
    assert translate("en", read(last.reason)) == "Given up after 96 hours: the company is not active"


def test_retry_of_a_keyed_job_gives_way_to_the_queued_one(
    session_as: Any, make_jobs: Any, admin: Any, tenant_id: UUID
) -> None:
    with session_as("customer", tenant_id) as db:
        enqueue(db, "test.waits", times=9, unique="k")
    jobs = make_jobs()
    with ClaimConnection(jobs.url, "w", 30) as connection:
        (claimed,) = connection.turn("default", 5, 5, [])
        with session_as("customer", tenant_id) as db:
            enqueue(db, "test.waits", times=9, unique="k")
        connection.settle(claimed, Again(0))
    assert admin.execute("select state, attempts from job").fetchall() == [("queued", 0)]
