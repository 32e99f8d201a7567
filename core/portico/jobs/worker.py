"""Run one claimed job: scope, plugin switch, time limit, and what becomes of it afterwards."""

from __future__ import annotations

import dataclasses
import logging
import random
import time
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import dramatiq
from dramatiq.middleware import TimeLimitExceeded
from prometheus_client import Counter, Histogram

from portico.connections.messages import written
from portico.jobs.broker import PostgresBroker
from portico.jobs.claims import Again, Buried, ClaimConnection, Claimed, Done, Outcome, Parked
from portico.jobs.errors import Dead, LeaseLost, Retry
from portico.jobs.job import Job
from portico.jobs.parts import JobQueue
from portico.jobs.queue import PERIODIC
from portico.jobs.registry import ActorSpec
from portico.web.i18n import _

log = logging.getLogger("portico.jobs")

RUNS = Counter("portico_jobs", "Jobs that were run", ["actor", "outcome"])
SECONDS = Histogram("portico_jobs_seconds", "How long jobs took", ["actor"])

FIRST_RETRY_S = 5.0
MOST_RETRY_S = 3600.0
MOST_WAIT_S = 900.0
_TEXT_MAX = 2000


def back_off_s(times: int, *, first_s: float = FIRST_RETRY_S, most_s: float = MOST_RETRY_S) -> float:
    """Seconds until the next try after `times` failures: doubling, and spread out of step."""
    return min(most_s, first_s * 2 ** min(max(times - 1, 0), 30)) * random.uniform(0.75, 1.25)


class Runner:
    """Runs jobs of this installation in the calling thread."""

    def __init__(self, jobs: JobQueue, portico: Any = None) -> None:
        self.jobs = jobs
        self.portico = portico

    def __call__(self, claimed: Claimed) -> None:
        """Sets `claimed.outcome`; leaves it None if the job is not, or no longer, ours."""
        spec = self.jobs.registry.actors[claimed.actor]
        if not claimed.begin(spec.time_limit_s + self.jobs.lease_s):
            return
        started = time.perf_counter()
        error: BaseException | None = None
        outcome: Outcome | None
        try:
            outcome = self._run(spec, claimed)
        except LeaseLost:
            outcome = None
        except (Exception, TimeLimitExceeded) as raised:
            error = raised
            outcome = outcome_of(raised, spec, claimed)
        claimed.outcome = outcome
        _report(claimed, outcome, error, time.perf_counter() - started)

    def _run(self, spec: ActorSpec, claimed: Claimed) -> Outcome:
        if claimed.attempts > spec.max_attempts:  # each attempt took its worker down with it
            return Buried(claimed.last_error or "too many attempts", plugin=spec.plugin)
        if spec.tenant != (claimed.tenant_id is not None):
            kind = "a company" if spec.tenant else "the whole installation"
            return Buried(f"this actor works for {kind}", plugin=spec.plugin)
        scope = None
        if claimed.tenant_id is not None:
            scope = self.jobs.scope_for(claimed.tenant_id)
            if scope is None:
                raise Retry(MOST_WAIT_S, "the company is not active")
            if spec.plugin is not None and not self.jobs.plugin_on(spec.plugin, scope):
                if (claimed.unique_key or "").startswith(PERIODIC):
                    return Done()  # the scheduler makes another when the plugin is on again
                return Parked(spec.plugin, "the plugin is off for this company")
            scope = dataclasses.replace(scope, request_id=claimed.request_id)
        spec.func(Job.of(claimed, spec, scope, self.jobs, self.portico), **claimed.args)
        return Done()


def outcome_of(error: BaseException, spec: ActorSpec, claimed: Claimed) -> Outcome:
    """What becomes of a job whose actor raised."""
    reason = _clean(f"{type(error).__name__}: {error}")
    if isinstance(error, Dead):
        return Buried(_clean(written(error.reason)), plugin=spec.plugin)
    if isinstance(error, Retry):
        age_s = (datetime.now(UTC) - claimed.created_at).total_seconds()
        if age_s > spec.max_age_s:
            hours = Decimal(round(age_s / 3600))
            why = error.reason or str(error)
            said = _("Given up after ${hours} hours: ${why}", mapping={"hours": hours, "why": why})
            return Buried(_clean(written(said)), plugin=spec.plugin)
        after_s = error.after_s
        if after_s is None:
            after_s = back_off_s(claimed.waits + 1, most_s=MOST_WAIT_S)
        return Again(after_s, _clean(str(error)), attempts=-1, waits=1)
    if isinstance(error, TimeLimitExceeded):
        reason = f"took longer than {spec.time_limit_s:g} s"
    if claimed.attempts >= spec.max_attempts:
        detail = "".join(traceback.format_exception(error))[-_TEXT_MAX * 4:]
        return Buried(reason, detail.replace("\0", ""), spec.plugin)
    return Again(back_off_s(claimed.attempts), reason)


def _clean(text: str) -> str:
    return text.replace("\0", "")[:_TEXT_MAX]


_OUTCOMES = {Done: "done", Again: "retry", Buried: "dead", Parked: "parked"}


def _report(claimed: Claimed, outcome: Outcome | None, error: BaseException | None, took_s: float) -> None:
    word = "lost" if outcome is None else _OUTCOMES[type(outcome)]
    RUNS.labels(claimed.actor, word).inc()
    SECONDS.labels(claimed.actor).observe(took_s)
    level = {"dead": logging.ERROR, "lost": logging.WARNING}.get(word, logging.INFO)
    if word == "done" and (claimed.unique_key or "").startswith(PERIODIC):
        level = logging.DEBUG  # every few seconds, the whole day; the figures count it
    shown = None if error is None or isinstance(error, Dead | Retry) else error
    log.log(
        level, "job %s: %s", claimed.actor, word, exc_info=shown,
        extra={
            "actor": claimed.actor, "outcome": word, "job": str(claimed.id), "queue": claimed.queue,
            "tenant": str(claimed.tenant_id) if claimed.tenant_id else None, "attempt": claimed.attempts,
            "request_id": claimed.request_id, "duration_ms": round(took_s * 1000, 1),
            "reason": getattr(outcome, "reason", None) or getattr(outcome, "error", None),
        },
    )


def make_broker(jobs: JobQueue, portico: Any = None, *, threads: int = 4) -> PostgresBroker:
    """A broker of this process with every actor of the registry."""
    broker = PostgresBroker(
        jobs.url, threads=threads, lease_s=jobs.lease_s, tenant_cap=jobs.tenant_cap, poll_s=jobs.poll_s,
        time_limit_check_s=min(1.0, jobs.lease_s / 4),
    )
    runner = Runner(jobs, portico)
    for spec in jobs.registry.actors.values():
        dramatiq.Actor(
            runner, broker=broker, actor_name=spec.name, queue_name=spec.queue, priority=0,
            options={"time_limit": spec.time_limit_s * 1000},
        )
    return broker


def run_pending(
    jobs: JobQueue, portico: Any = None, *, limit: int = 1000, queues: Iterable[str] | None = None
) -> list[tuple[str, Outcome | None]]:
    """Run what is due, in this thread, until nothing is or `limit` is reached: for tests and for commands.

    queues: None means all. Time limits are not enforced. Returns actor and outcome in the order run.
    """
    runner = Runner(jobs, portico)
    ran: list[tuple[str, Outcome | None]] = []
    with ClaimConnection(jobs.url, "run_pending", jobs.lease_s) as connection:
        for queue in sorted(jobs.registry.queues() if queues is None else queues):
            while len(ran) < limit:
                claimed = connection.turn(queue, 1, jobs.tenant_cap, [])
                if not claimed:
                    break
                _run_one(runner, connection, claimed[0])
                ran.append((claimed[0].actor, claimed[0].outcome))
    return ran


def _run_one(runner: Runner, connection: ClaimConnection, claimed: Claimed) -> None:
    if claimed.actor not in runner.jobs.registry.actors:
        claimed.outcome = Parked(None, "no installed plugin has this actor")
    else:
        runner(claimed)
    if claimed.outcome is not None:
        connection.settle(claimed, claimed.outcome)
