"""What operators see of the queue, and how they repair it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from portico.jobs import enqueue, status
from portico.jobs.session import worker_session
from portico.jobs.worker import run_pending


def test_figures_count_by_state_and_know_the_oldest(
    session_as: Any, engine: Any, admin: Any, tenant_id: UUID
) -> None:
    with session_as("customer", tenant_id) as db:
        enqueue(db, "test.note")
        enqueue(db, "test.note", delay_s=3600)
    with session_as("worker") as db:
        enqueue(db, "core.note", queue="care")
    admin.execute("update job set eta = now() - interval '90 s' where queue = 'care'")
    with worker_session(engine) as db:
        found = status.figures(db)
    assert [(c.queue, c.state, c.tenant_id, c.jobs) for c in found.counts] == [
        ("care", "queued", None, 1),
        ("default", "queued", tenant_id, 2),
    ]
    assert 89 < found.oldest_queued_s < 120
    assert (found.total("queued"), found.total("taken"), found.dead) == (3, 0, 0)


def test_dead_job_is_shown_retried_and_discarded(
    session_as: Any, engine: Any, make_jobs: Any, admin: Any, tenant_id: UUID
) -> None:
    with session_as("customer", tenant_id) as db:
        first = enqueue(db, "test.dies", reason="no such quote", unique="k")
        second = enqueue(db, "test.dies", reason="other")
    jobs = make_jobs()
    run_pending(jobs)
    with worker_session(engine) as db:
        dead = status.dead_jobs(db, tenant_id=tenant_id)
        assert [(one.id, one.reason) for one in dead] == [(second, "other"), (first, "no such quote")]
        assert [one.id for one in status.dead_jobs(db, before=second)] == [first]
        assert status.dead_jobs(db, tenant_id=uuid4()) == []
        assert status.retry_dead(db, first)
        assert not status.retry_dead(db, first)
        assert status.discard_dead(db, second)
        assert not status.discard_dead(db, second)
    assert admin.execute("select id, attempts, unique_key from job").fetchall() == [(first, 0, "k")]
    assert len(run_pending(jobs)) == 1


def test_staff_see_their_dead_jobs_and_no_others(session_as: Any, make_jobs: Any, tenant_id: UUID) -> None:
    for tenant in (tenant_id, uuid4()):
        with session_as("customer", tenant) as db:
            enqueue(db, "test.dies", reason=str(tenant))
    run_pending(make_jobs())
    with session_as("staff", tenant_id) as db:
        assert db.execute(text("select reason from job_dead")).scalars().all() == [str(tenant_id)]
        with pytest.raises(ProgrammingError, match="permission denied"):
            status.discard_dead(db, uuid4())
