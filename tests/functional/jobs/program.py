"""Actors and a worker for the tests: a process of its own (which can be killed), or loaded by a fixture."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from portico.db.session import SessionFactory, make_engine
from portico.jobs import Dead, JobRegistry, Retry
from portico.jobs.job import Job
from portico.jobs.parts import JobQueue, Target
from portico.jobs.process import WorkerProcess, serve
from portico.jobs.run import run_jobs
from portico.tenancy.scope import Scope
from portico.tenancy.tenant import Tenant

PLUGIN = "portico_test"
HELD = threading.Event()
"""What hangs does so until this is set."""

_EFFECT = text("insert into effect (tenant_id, what) values (:tenant_id, :what)")


def effect(job: Job, what: str) -> None:
    with job.session() as db:
        db.execute(_EFFECT, {"tenant_id": job.tenant.id if job.tenant else None, "what": what})


def note(job: Job, what: str = "", seconds: float = 0) -> None:
    effect(job, f"{what} begun") if seconds else None
    time.sleep(seconds)
    effect(job, what)


def spin(job: Job) -> None:
    while True:
        time.sleep(0.01)


def hangs(job: Job) -> None:
    if job.attempt == 1:
        HELD.wait(120)  # one call into C: the interpreter cannot interrupt it
    effect(job, f"attempt {job.attempt}")


def raises(job: Job, text: str) -> None:
    raise ValueError(text + "\0")  # which PostgreSQL cannot store


def waits(job: Job, times: int) -> None:
    if job.waits < times:
        raise Retry(0.05)
    effect(job, f"waited {job.waits}, attempt {job.attempt}")


def dies(job: Job, reason: str) -> None:
    raise Dead(reason)


def nothing(job: Job) -> None:
    pass


def registry() -> JobRegistry:
    jobs = JobRegistry()
    own = jobs.for_plugin(PLUGIN)
    own.actor("test.note", note)
    own.actor("test.spin", spin, time_limit_s=0.4, max_attempts=1)
    own.actor("test.hangs", hangs, time_limit_s=0.2)
    own.actor("test.raises", raises, max_attempts=1)
    own.actor("test.raises_twice", raises, max_attempts=2)
    own.actor("test.waits", waits, max_attempts=1)
    own.actor("test.dies", dies)
    jobs.actor("core.note", note, tenant=False)
    jobs.actor("core.nothing", nothing)
    return jobs


def tenant_of(tenant_id: uuid.UUID, plugins: frozenset[str]) -> Tenant:
    return Tenant(
        id=tenant_id,
        slug="x",
        name="X",
        locale="en",
        locales=("en",),
        currency="EUR",
        time_zone="UTC",
        theme="",
        config_version=1,
        plugins=plugins,
    )


def make_jobs(
    url: str,
    jobs: JobRegistry | None = None,
    *,
    off: set[uuid.UUID] | None = None,
    tenants: list[uuid.UUID] | None = None,
    **options: Any,
) -> JobQueue:
    """`off`: tenants that have the plugin off. `tenants`: receivers of periodic work."""

    def scope_for(tenant_id: uuid.UUID) -> Scope | None:
        if tenant_id.int == 0xDEAD:
            return None
        plugins = frozenset() if tenant_id in (off or ()) else frozenset({PLUGIN})
        return Scope.system(tenant_of(tenant_id, plugins))

    def targets(plugin: str | None) -> list[Target]:
        return [Target(one) for one in tenants or () if plugin is None or one not in (off or ())]

    plugin_on: Callable[[str, Scope], bool] = lambda plugin, scope: scope.plugin_on(plugin)  # noqa: E731
    options = {"lease_s": 3.0, "poll_s": 0.1, "tick_s": 0.1} | options
    return JobQueue(
        registry=jobs or registry(),
        url=url,
        sessions=SessionFactory(make_engine(url)),
        scope_for=scope_for,
        plugin_on=plugin_on,
        targets={"tenant": targets},
        **options,
    )


def main() -> int:
    options = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    jobs = make_jobs(options["url"])
    if options.get("processes"):
        return run_jobs(jobs, None, options["processes"], options["threads"], grace_s=options["grace_s"])
    return serve(WorkerProcess(jobs, threads=options["threads"]), grace_s=options["grace_s"])


if __name__ == "__main__":
    sys.exit(main())
