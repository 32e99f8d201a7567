"""Enqueues periodic work exactly once per interval and receiver, however many workers tick.

Each periodic work has one row that says up to when it has been served. Moving that mark and inserting the
jobs is one transaction, under the row's lock: of all the schedulers one does it, and if it dies, nothing was
done. A receiver's moment within the interval is a hash of its key, so that a thousand tenants are spread over
it. Of work that is done at night, the interval is the night in the tenant's own time zone.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import time as clock_time
from typing import Any
from uuid import UUID

import psycopg

from portico.db.types import new_id
from portico.jobs.claims import ClaimConnection
from portico.jobs.parts import JobQueue, Target
from portico.jobs.pulse import backoff_s
from portico.jobs.queue import CHANNEL, PERIODIC
from portico.jobs.registry import PeriodicSpec

log = logging.getLogger(__name__)

_KNOWN = """
    insert into job_periodic (name, ticked_to) select name, now() from unnest(%s::text[]) as t (name)
    on conflict do nothing
"""
_DUE = """
    select p.name from job_periodic p
    join unnest(%s::text[], %s::interval[]) as t (name, step) on p.name = t.name
    where p.ticked_to <= now() - t.step
"""
_MOVE = """
    with due as (
        select name, ticked_to from job_periodic where name = %s and ticked_to <= now() - %s::interval
        for update skip locked
    )
    update job_periodic p set ticked_to = now() from due where p.name = due.name
    returning due.ticked_to, p.ticked_to
"""
_ENQUEUE = """
    insert into job (id, tenant_id, queue, actor, args, unique_key) values (%s, %s, %s, %s, %s, %s)
    on conflict do nothing
"""
_COUNT = "update job_periodic set enqueued = enqueued + %s where name = %s"
_PARKED = "select distinct plugin, tenant_id from job where state = 'parked' and plugin is not null"
_UNPARK = """
    select job_requeue(array_agg(id), array_agg(claim), 0, 0, 0, null, false) from job
    where state = 'parked' and plugin = %s and tenant_id = %s having count(*) > 0
"""
_UNPARK_KNOWN = """
    select job_requeue(array_agg(id), array_agg(claim), 0, 0, 0, null, false) from job
    where state = 'parked' and plugin is null and actor = any(%s) having count(*) > 0
"""
_FORGET_WORKERS = "delete from job_worker where seen_at < now() - interval '1 day'"

UNPARK_EVERY_S = 5.0
NIGHT_FROM_S, NIGHT_TO_S, QUARTER_S = 1 * 3600, 5 * 3600, 900
"""When it is night, by the tenant's clocks."""


def phase_s(name: str, key: str, every_s: float) -> float:
    """A receiver's moment within the interval, in seconds from its start."""
    digest = hashlib.blake2b(f"{name}\0{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 * every_s


def falls_in(after: datetime, until: datetime, phase: float, every_s: float) -> bool:
    """Is there a moment `phase + n × every_s` of Unix time in (after, until]."""
    first, last = (math.floor((moment.timestamp() - phase) / every_s) for moment in (after, until))
    return last > first


def night_s(name: str, key: str) -> float:
    """A receiver's moment of the night, in seconds from midnight."""
    return NIGHT_FROM_S + phase_s(name, key, NIGHT_TO_S - NIGHT_FROM_S)


def may_fall_in(after: datetime, until: datetime, night: float) -> bool:
    """Could it be that moment of the night anywhere in (after, until]: clocks differ by whole quarters of an hour."""
    return falls_in(after, until, night % QUARTER_S, QUARTER_S)


def falls_at_night(after: datetime, until: datetime, night: float, zone: tzinfo) -> bool:
    """Is there a day on which `night` seconds after midnight, by the clocks of that zone, is in (after, until]."""
    day, last = (moment.astimezone(zone).date() for moment in (max(after, until - timedelta(days=2)), until))
    while day <= last:
        moment = datetime.combine(day, clock_time(), zone) + timedelta(seconds=night)
        if after < moment.astimezone(UTC) <= until:
            return True
        day += timedelta(days=1)
    return False


def step_s(every_s: float) -> float:
    """How far the mark moves at least: short work is looked at every second, daily work every half minute."""
    return min(max(every_s / 60, 0.5), 30.0)


class Scheduler(threading.Thread):
    """A thread of every worker process."""

    def __init__(self, jobs: JobQueue) -> None:
        super().__init__(name="portico-scheduler", daemon=True)
        self.jobs = jobs
        self._ending = threading.Event()
        self._next_unpark = 0.0
        self._known = False

    def end(self) -> None:
        self._ending.set()

    def run(self) -> None:
        failures = 0
        while not self._ending.is_set():
            try:
                with ClaimConnection(self.jobs.url, "scheduler", self.jobs.lease_s) as connection:
                    while not self._ending.wait(self.jobs.tick_s):
                        self.tick(connection.raw)
                        failures = 0
            except Exception as error:  # a list of tenants may fail as well as the connection
                failures += 1
                log.warning("the scheduler failed, trying again: %s", error, exc_info=not _lost(error))
                self._ending.wait(backoff_s(failures))

    def tick(self, connection: psycopg.Connection[Any]) -> int:
        """Enqueue what is due; returns how many jobs. Also called by tests."""
        if time.monotonic() >= self._next_unpark:
            self._next_unpark = time.monotonic() + min(UNPARK_EVERY_S, self.jobs.tick_s * 5)
            unpark(self.jobs, connection)
            connection.execute(_FORGET_WORKERS)
        periodics = self.jobs.registry.periodics
        names = sorted(periodics)
        if not names:
            return 0
        steps = [timedelta(seconds=step_s(periodics[name].every_s)) for name in names]
        if not self._known:
            connection.execute(_KNOWN, (names,))
            self._known = True
        due = [row[0] for row in connection.execute(_DUE, (names, steps))]
        return sum(self._serve(connection, periodics[name]) for name in due)

    def _serve(self, connection: psycopg.Connection[Any], periodic: PeriodicSpec) -> int:
        name, every_s = periodic.name, periodic.every_s
        targets = self._targets(periodic)  # before the transaction: it may ask the database on its own
        with connection.transaction():
            moved = connection.execute(_MOVE, (name, timedelta(seconds=step_s(every_s)))).fetchone()
            if moved is None:  # another scheduler has just done it
                return 0
            due = [(tenant_id, arguments) for key, tenant_id, arguments in targets
                   if self._is_due(periodic, key, tenant_id, moved[0], moved[1])]
            return self._enqueue(connection, periodic, due)

    def _is_due(self, periodic: PeriodicSpec, key: str, tenant_id: UUID | None, after: datetime, until: datetime) -> bool:
        if not periodic.at_night or tenant_id is None:
            return falls_in(after, until, phase_s(periodic.name, key, periodic.every_s), periodic.every_s)
        night = night_s(periodic.name, key)
        # A tenant's zone is a question to the database: it is asked of those alone whose moment it may be.
        return may_fall_in(after, until, night) and falls_at_night(after, until, night, self.jobs.zone_of(tenant_id))

    def _targets(self, periodic: PeriodicSpec) -> list[tuple[str, UUID | None, dict[str, str]]]:
        if periodic.per == "installation":
            return [("", None, {})]
        plugin = self.jobs.registry.actor_named(periodic.name).plugin
        found: Iterable[Target] = self.jobs.targets[periodic.per](plugin)
        return [(target.key, target.tenant_id, dict(target.arguments)) for target in found]

    def _enqueue(
        self, connection: psycopg.Connection[Any], periodic: PeriodicSpec,
        due: Sequence[tuple[UUID | None, dict[str, str]]],
    ) -> int:
        if not due:
            return 0
        queue = self.jobs.registry.actor_named(periodic.name).queue
        rows = [(new_id(), tenant_id, queue, periodic.name, json.dumps(arguments),
                 periodic_key(periodic.name, arguments)) for tenant_id, arguments in due]
        with connection.cursor() as cursor:
            cursor.executemany(_ENQUEUE, rows)
            inserted = cursor.rowcount
        connection.execute(_COUNT, (inserted, periodic.name))
        connection.execute("select pg_notify(%s, %s)", (CHANNEL, queue))
        return inserted


def periodic_key(name: str, arguments: dict[str, str]) -> str:
    """The unique key of periodic jobs: enqueue with the same key to bring the next run forward."""
    return "&".join((PERIODIC + name, *(f"{key}={value}" for key, value in sorted(arguments.items()))))


def unpark(jobs: JobQueue, connection: psycopg.Connection[Any]) -> None:
    """Queue again what waits for a plugin that is on, or installed, again."""
    connection.execute(_UNPARK_KNOWN, (sorted(jobs.registry.actors),))
    for plugin, tenant_id in connection.execute(_PARKED).fetchall():
        scope = jobs.scope_for(tenant_id)
        if scope is not None and jobs.plugin_on(plugin, scope):
            connection.execute(_UNPARK, (plugin, tenant_id))


def _lost(error: Exception) -> bool:
    return isinstance(error, psycopg.OperationalError)
