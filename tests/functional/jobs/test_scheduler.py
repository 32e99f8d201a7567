"""Periodic work is enqueued once per interval and receiver, by whichever scheduler comes first."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from portico.jobs import JobNameError, JobRegistry, enqueue
from portico.jobs.claims import ClaimConnection
from portico.jobs.scheduler import Scheduler, periodic_key


def nothing(job: object) -> None:
    pass


@pytest.fixture
def periodic() -> JobRegistry:
    jobs = JobRegistry()
    jobs.for_plugin("portico_test").actor("test.sync", nothing)
    jobs.for_plugin("portico_test").periodic("test.sync", every_s=60)
    jobs.actor("core.seal", nothing, tenant=False, queue="care")
    jobs.periodic("core.seal", every_s=60, per="installation")
    return jobs


def turn_back(admin: psycopg.Connection[Any], seconds: float) -> None:
    admin.execute("update job_periodic set ticked_to = now() - make_interval(secs => %s)", (seconds,))


JOBS = "select actor, tenant_id, queue from job order by actor, tenant_id"


def test_whole_interval_reaches_each_receiver_once_however_many_schedulers(
    make_jobs: Any, periodic: JobRegistry, url: str, admin: Any
) -> None:
    tenants = sorted(uuid4() for _ in range(20))
    schedulers = [Scheduler(make_jobs(periodic, tenants=tenants)) for _ in range(4)]
    with ClaimConnection(url, "s", 30) as connection:
        schedulers[0].tick(connection.raw)
    turn_back(admin, 60)
    made: list[int] = []

    def go(scheduler: Scheduler) -> None:
        with ClaimConnection(url, "s", 30) as connection:
            made.append(scheduler.tick(connection.raw))

    threads = [threading.Thread(target=go, args=(scheduler,)) for scheduler in schedulers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == 21
    assert admin.execute(JOBS).fetchall() == [("core.seal", None, "care")] + [
        ("test.sync", tenant, "default") for tenant in tenants
    ]


def test_scheduler_passes_over_what_another_has_in_hand(
    make_jobs: Any, periodic: JobRegistry, url: str, admin: Any
) -> None:
    scheduler = Scheduler(make_jobs(periodic, tenants=[uuid4()]))
    with (
        ClaimConnection(url, "s", 30) as connection,
        psycopg.connect(admin.info.dsn, password=admin.info.password) as other,
    ):
        scheduler.tick(connection.raw)
        turn_back(admin, 60)
        other.execute("select 1 from job_periodic where name = 'test.sync' for update")
        assert scheduler.tick(connection.raw) == 1
        other.rollback()
        assert scheduler.tick(connection.raw) == 1
    assert admin.execute("select actor from job order by actor").fetchall() == [
        ("core.seal",),
        ("test.sync",),
    ]


def test_tenants_are_spread_over_the_interval(
    make_jobs: Any, periodic: JobRegistry, url: str, admin: Any
) -> None:
    scheduler = Scheduler(make_jobs(periodic, tenants=[UUID(int=n) for n in range(200)]))
    with ClaimConnection(url, "s", 30) as connection:
        scheduler.tick(connection.raw)
        turn_back(admin, 15)  # a quarter of the interval
        scheduler.tick(connection.raw)
    count = admin.execute("select count(*) from job where actor = 'test.sync'").fetchone()[0]
    assert 25 < count < 80


@pytest.mark.parametrize(("local", "hours", "due"), [("05:00", 4, 20), ("13:00", 6, 0)])
def test_work_of_the_night_waits_for_the_night_of_each_tenant(
    make_jobs: Any, url: str, admin: Any, local: str, hours: int, due: int
) -> None:
    now = datetime.now(UTC)
    there = datetime.combine(now.date(), time.fromisoformat(local), UTC)
    # As far from UTC as makes it that late there, in the quarters of an hour by which clocks differ; thus up to one later.
    behind = timedelta(minutes=15) * -((now - there) // timedelta(minutes=15))
    jobs = JobRegistry()
    jobs.for_plugin("portico_test").actor("test.compare", nothing)
    jobs.for_plugin("portico_test").periodic("test.compare", every_s=86_400, at_night=True)
    tenants = [uuid4() for _ in range(20)]
    scheduler = Scheduler(make_jobs(jobs, tenants=tenants, zone_of=lambda _tenant: timezone(behind)))
    with ClaimConnection(url, "s", 30) as connection:
        scheduler.tick(connection.raw)
        turn_back(admin, hours * 3600 + 900)
        scheduler.tick(connection.raw)
    assert admin.execute("select count(*) from job where actor = 'test.compare'").fetchone() == (due,)


def test_tenants_without_the_plugin_are_left_out(
    make_jobs: Any, periodic: JobRegistry, url: str, admin: Any
) -> None:
    on, off = uuid4(), uuid4()
    scheduler = Scheduler(make_jobs(periodic, tenants=[on, off], off={off}))
    with ClaimConnection(url, "s", 30) as connection:
        scheduler.tick(connection.raw)
        turn_back(admin, 60)
        scheduler.tick(connection.raw)
    assert admin.execute("select tenant_id from job where actor = 'test.sync'").fetchall() == [(on,)]


def test_long_silence_and_a_slow_job_do_not_pile_up(
    make_jobs: Any, periodic: JobRegistry, url: str, admin: Any
) -> None:
    scheduler = Scheduler(make_jobs(periodic, tenants=[uuid4()]))
    with ClaimConnection(url, "s", 30) as connection:
        scheduler.tick(connection.raw)
        for silent_s in (600, 60, 60):
            turn_back(admin, silent_s)
            scheduler.tick(connection.raw)
    assert admin.execute("select count(*) from job where actor = 'test.sync'").fetchone() == (1,)


def test_key_of_periodic_work_brings_the_next_run_forward(
    session_as: Any, make_jobs: Any, periodic: JobRegistry, url: str, admin: Any, tenant_id: UUID
) -> None:
    scheduler = Scheduler(make_jobs(periodic, tenants=[tenant_id]))
    with ClaimConnection(url, "s", 30) as connection:
        scheduler.tick(connection.raw)
        turn_back(admin, 60)
        scheduler.tick(connection.raw)
    with session_as("customer", tenant_id) as db:
        assert enqueue(db, "test.sync", unique=periodic_key("test.sync", {})) is None


def test_running_worker_serves_periodic_work(
    make_jobs: Any, run_here: Any, admin: Any, eventually: Any
) -> None:
    ran: list[object] = []
    jobs = JobRegistry()
    jobs.actor("core.tick", ran.append, tenant=False)
    jobs.periodic("core.tick", every_s=0.5, per="installation")
    parts = make_jobs(jobs)
    run_here(parts)
    run_here(parts)
    eventually(lambda: len(ran) >= 3)
    assert admin.execute("select enqueued from job_periodic").fetchone()[0] <= len(ran) + 1


def test_start_is_refused_if_nobody_lists_the_receivers(make_jobs: Any, run_here: Any) -> None:
    jobs = JobRegistry()
    jobs.actor("core.sync", nothing)
    jobs.periodic("core.sync", every_s=5, per="connection")
    with pytest.raises(LookupError, match="per connection; nobody lists"):
        run_here(make_jobs(jobs))
    jobs = JobRegistry()
    jobs.periodic("core.sync", every_s=5)
    with pytest.raises(JobNameError):
        run_here(make_jobs(jobs))
