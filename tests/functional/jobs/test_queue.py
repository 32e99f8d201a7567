"""Enqueueing: in the caller's transaction, once per key, inside the tenant's wall."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from portico.jobs import enqueue


def rows(admin: psycopg.Connection[Any]) -> list[Any]:
    return admin.execute(
        "select tenant_id, actor, args, priority, unique_key, request_id from job order by id"
    ).fetchall()


def enqueue_and_fail(db: Session) -> None:
    enqueue(db, "quotes.submit", quote_id=1)
    raise RuntimeError


def enqueue_as(db: Session, tenant_id: UUID | None) -> None:
    db.info["tenant_id"] = tenant_id
    enqueue(db, "quotes.submit")


def test_rollback_enqueues_nothing(admin: Any, session_as: Any, tenant_id: UUID) -> None:
    with pytest.raises(RuntimeError), session_as("customer", tenant_id) as db:
        enqueue_and_fail(db)
    assert rows(admin) == []
    with session_as("customer", tenant_id) as db:
        enqueue(db, "quotes.submit", quote_id=1)
    assert len(rows(admin)) == 1


def test_row_carries_tenant_arguments_and_request(admin: Any, session_as: Any, tenant_id: UUID) -> None:
    quote_id = uuid4()
    with session_as("customer", tenant_id) as db:
        db.info["scope"] = type("Scope", (), {"request_id": "r-1"})()
        job_id = enqueue(db, "quotes.submit", quote_id=quote_id, n=2, priority=1)
    assert rows(admin) == [(tenant_id, "quotes.submit", {"quote_id": str(quote_id), "n": 2}, 1, None, "r-1")]
    assert isinstance(job_id, UUID)


@pytest.mark.parametrize("role", ["customer", "staff", "public", "user", "operator"])
def test_no_role_enqueues_for_another_tenant_or_for_all(
    session_as: Any, admin: Any, tenant_id: UUID, role: str
) -> None:
    with session_as(role, tenant_id) as db:
        enqueue(db, "quotes.submit")
    for foreign in (uuid4(), None):
        with pytest.raises(ProgrammingError, match="row-level security"), session_as(role, tenant_id) as db:
            enqueue_as(db, foreign)
    assert len(rows(admin)) == 1


def test_customer_reads_no_job_and_staff_only_their_own(session_as: Any, tenant_id: UUID) -> None:
    for tenant in (tenant_id, uuid4()):
        with session_as("customer", tenant) as db:
            enqueue(db, "quotes.submit")
    with session_as("staff", tenant_id) as db:
        assert db.execute(text("select tenant_id from job")).scalars().all() == [tenant_id]
    for role in ("customer", "public"):
        with pytest.raises(ProgrammingError, match="permission denied"), session_as(role, tenant_id) as db:
            db.execute(text("select tenant_id from job"))


def test_staff_neither_change_nor_forge_a_jobs_state(session_as: Any, tenant_id: UUID) -> None:
    forged = "insert into job (id, actor, attempts) values (gen_random_uuid(), 'a.b', 7)"
    for statement in ("delete from job", "update job set eta = now()", forged):
        with pytest.raises(ProgrammingError, match="permission denied"), session_as("staff", tenant_id) as db:
            db.execute(text(statement))


def test_worker_and_owner_enqueue_for_the_installation(session_as: Any, admin: Any) -> None:
    with session_as("worker") as db:
        enqueue(db, "audit.seal")
    assert rows(admin)[0][:2] == (None, "audit.seal")


def test_key_waits_once_per_tenant(session_as: Any, admin: Any, tenant_id: UUID) -> None:
    with session_as("customer", tenant_id) as db:
        assert enqueue(db, "orders.sync", unique="sync") is not None
        assert enqueue(db, "orders.sync", unique="sync") is None
    with session_as("customer", uuid4()) as db:
        assert enqueue(db, "orders.sync", unique="sync") is not None
    assert len(rows(admin)) == 2


def test_second_of_a_key_brings_the_first_forward(session_as: Any, admin: Any, tenant_id: UUID) -> None:
    with session_as("customer", tenant_id) as db:
        enqueue(db, "orders.sync", unique="sync", delay_s=600)
    with session_as("customer", tenant_id) as db:
        enqueue(db, "orders.sync", unique="sync", priority=1)
    assert admin.execute("select priority, eta <= now() from job").fetchall() == [(1, True)]


def test_keyed_job_cannot_be_claimed_before_a_joining_transaction_ends(
    session_as: Any, admin: Any, tenant_id: UUID
) -> None:
    turn = "select count(*) from job_turn('default', 5, 5, 30, 'w', '{}', '{}')"
    with session_as("customer", tenant_id) as db:
        enqueue(db, "orders.sync", unique="sync")
    with session_as("customer", tenant_id) as db:
        enqueue(db, "orders.sync", unique="sync")
        assert admin.execute(turn).fetchone() == (0,)
    assert admin.execute(turn).fetchone() == (1,)
    with session_as("customer", tenant_id) as db:  # the first runs: the next one waits in the queue
        assert enqueue(db, "orders.sync", unique="sync") is not None
    assert admin.execute(turn).fetchone() == (0,)


def test_parallel_enqueues_of_a_key_make_one_row(session_as: Any, admin: Any, tenant_id: UUID) -> None:
    def go() -> None:
        with session_as("customer", tenant_id) as db:
            enqueue(db, "orders.sync", unique="sync")

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(admin)) == 1


def test_one_notification_per_transaction_only_at_commit(
    session_as: Any, admin_url: str, tenant_id: UUID
) -> None:
    with psycopg.connect(admin_url, autocommit=True) as listener:
        listener.execute("listen portico_job")
        with pytest.raises(RuntimeError), session_as("customer", tenant_id) as db:
            enqueue_and_fail(db)
        with session_as("customer", tenant_id) as db:
            with db.begin_nested():
                enqueue(db, "quotes.submit")
            for _ in range(5):
                enqueue(db, "quotes.submit")
            enqueue(db, "quotes.submit", delay_s=60, queue="slow")
        assert [n.payload for n in listener.notifies(timeout=0.3)] == ["default"]
