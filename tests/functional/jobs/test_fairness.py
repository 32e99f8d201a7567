"""No tenant's backlog holds up the others, and none takes more than its share."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from portico.jobs import enqueue
from portico.jobs.claims import ClaimConnection

BACKLOG = """
    insert into job (id, tenant_id, actor) select uuidv7(), %s, 'core.remember' from generate_series(1, %s)
"""


def test_backlog_of_one_tenant_does_not_starve_another(
    session_as: Any, make_jobs: Any, program: Any, run_here: Any, admin: Any, eventually: Any
) -> None:
    order: list[UUID] = []
    jobs = program.registry()
    jobs.actor("core.remember", lambda job: order.append(job.tenant.id))
    big, small = uuid4(), uuid4()
    admin.execute(BACKLOG, (big, 10_000))
    run_here(make_jobs(jobs))
    eventually(lambda: len(order) > 50)
    with session_as("customer", small) as db:
        for _ in range(20):
            enqueue(db, "core.remember")
    begun = len(order)
    eventually(lambda: order.count(small) == 20)
    served = order[begun:]
    last = max(index for index, tenant in enumerate(served) if tenant == small)
    # They take turns: 20 of the small tenant's, about 20 of the big one's, and what was claimed already.
    assert last < 120, f"{last} jobs ended before the small tenant's twentieth"
    assert admin.execute("select count(*) > 5000 from job").fetchone() == (True,)


def test_claims_go_round_the_tenants(url: str, admin: Any) -> None:
    tenants = [uuid4() for _ in range(5)]
    for tenant in tenants:
        admin.execute(BACKLOG, (tenant, 50))
    with ClaimConnection(url, "w", 30) as connection:
        for share in (1, 2, 3):
            connection.turn("default", 5, 8, [])
            taken = admin.execute("select tenant_id, count(*) from job where state = 'taken' group by 1")
            assert dict(taken.fetchall()) == dict.fromkeys(tenants, share)


def test_every_one_of_many_tenants_is_served(url: str, admin: Any) -> None:
    for _ in range(150):  # more than one claim looks at
        admin.execute(BACKLOG, (uuid4(), 5))
    with ClaimConnection(url, "w", 30) as connection:
        for _ in range(60):
            assert len(connection.turn("default", 5, 8, [])) == 5
    served = admin.execute("select count(distinct tenant_id) from job where state = 'taken'")
    assert served.fetchone() == (150,)


def test_tenant_with_fewer_running_jobs_comes_first(url: str, admin: Any) -> None:
    busy, late = uuid4(), uuid4()
    admin.execute(BACKLOG, (busy, 50))
    with ClaimConnection(url, "w", 30) as connection:
        connection.turn("default", 4, 8, [])
        admin.execute(BACKLOG, (late, 50))
        assert {claimed.tenant_id for claimed in connection.turn("default", 4, 8, [])} == {late}


def test_running_jobs_are_capped_per_tenant_over_all_workers(url: str, admin: Any) -> None:
    one, other = uuid4(), uuid4()
    admin.execute(BACKLOG, (one, 50))
    admin.execute(BACKLOG, (other, 1))
    with ClaimConnection(url, "first", 30) as first, ClaimConnection(url, "second", 30) as second:
        mine = first.turn("default", 10, 3, [])
        assert sorted(c.tenant_id == one for c in mine) == [False, True, True, True]
        assert second.turn("default", 10, 3, []) == []
        done = next(c for c in mine if c.tenant_id == one)
        assert len(first.turn("default", 10, 3, [done])) == 1


def test_urgent_jobs_of_a_tenant_come_first_and_future_ones_wait(
    session_as: Any, url: str, tenant_id: UUID
) -> None:
    with session_as("customer", tenant_id) as db:
        enqueue(db, "core.nothing", n=1)
        enqueue(db, "core.nothing", n=2, priority=1)
        enqueue(db, "core.nothing", n=3, delay_s=60, priority=0)
    with ClaimConnection(url, "w", 30) as connection:
        assert [connection.turn("default", 1, 8, [])[0].args["n"] for _ in range(2)] == [2, 1]
        assert connection.turn("default", 1, 8, []) == []


def test_waiting_jobs_go_back_when_every_thread_is_busy(
    session_as: Any, make_jobs: Any, run_here: Any, admin: Any, eventually: Any, effects: Any, tenant_id: UUID
) -> None:
    run_here(make_jobs(lease_s=6), threads=1)
    with session_as("customer", tenant_id) as db:
        for _ in range(30):  # quick ones: the consumer begins to claim ahead
            enqueue(db, "core.nothing")
    eventually(lambda: admin.execute("select count(*) from job").fetchone() == (0,))
    with session_as("customer", tenant_id) as db:
        enqueue(db, "test.note", what="long", seconds=6)
        enqueue(db, "test.note", what="short")
    eventually(lambda: "long begun" in effects())
    state = "select state, attempts from job where args->>'what' = 'short'"
    eventually(lambda: admin.execute(state).fetchall() == [("queued", 0)])
    run_here(make_jobs(lease_s=6), threads=1)
    eventually(lambda: "short" in effects())
    assert "long" not in effects()
