"""The workers' parts made from the real application, on its own migrations."""

from __future__ import annotations

import logging

import pytest

from portico.db.types import new_id
from portico.jobs import enqueue, status
from portico.jobs.application import job_queue
from portico.jobs.claims import ClaimConnection
from portico.jobs.scheduler import Scheduler
from portico.jobs.session import worker_session
from portico.jobs.worker import run_pending
from portico.testing.portal import Portal

pytestmark = pytest.mark.portal


def test_everything_registered_can_run(portal: Portal) -> None:
    job_queue(portal.parts).check()


def test_job_enqueued_by_the_application_runs_as_its_company(
    portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    company = portal.company()
    tenant = portal.parts.tenant(company.id)
    with portal.parts.sessions.scoped(portal.parts.system_scope(tenant)) as db:
        enqueue(db, "connections.test", connection_id=new_id())
    with caplog.at_level(logging.INFO, "portico.jobs"):
        run_pending(job_queue(portal.parts), portal.parts)
    ended = {(r.actor, r.tenant) for r in caplog.records if r.name == "portico.jobs"}  # type: ignore[attr-defined]
    assert ("connections.test", str(company.id)) in ended
    with worker_session(portal.parts.engine) as db:
        (dead,) = status.dead_jobs(db, tenant_id=company.id)  # there is no such connection
    assert dead.actor == "connections.test"


def test_periodic_work_of_core_is_scheduled_and_runs(portal: Portal) -> None:
    jobs = job_queue(portal.parts)
    scheduler = Scheduler(jobs)
    with ClaimConnection(jobs.url, "s", 30) as connection:
        scheduler.tick(connection.raw)
        connection.raw.execute("update job_periodic set ticked_to = now() - interval '10 s'")
        assert scheduler.tick(connection.raw) >= 1
    assert "audit.seal" in [actor for actor, _ in run_pending(jobs, portal.parts)]
    with worker_session(portal.parts.engine) as db:
        assert "audit.seal" not in [dead.actor for dead in status.dead_jobs(db)]
