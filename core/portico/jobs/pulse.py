"""The second connection of a worker process: renews leases, says that the worker lives, and hears NOTIFY."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import psycopg

from portico.jobs.claims import ClaimConnection, Claimed
from portico.jobs.queue import CHANNEL

log = logging.getLogger(__name__)

_LISTEN = f"listen {CHANNEL}"
_SEEN = """
    insert into job_worker (name, queues, threads) values (%s, %s, %s)
    on conflict (name) do update set seen_at = now(), queues = excluded.queues, threads = excluded.threads
"""
_GONE = "delete from job_worker where name = %s"


class Heard(Protocol):
    """What the pulse keeps alive and wakes: the consumers of one process."""

    def live(self) -> Sequence[Claimed]: ...

    def wake(self, queue: str | None) -> None: ...


def backoff_s(failures: int, *, first_s: float = 0.1, most_s: float = 10) -> float:
    """How long to wait before the next try to connect: doubling, spread by half."""
    return min(most_s, first_s * 2 ** min(failures, 20)) * random.uniform(0.5, 1.0)


class Pulse(threading.Thread):
    """A thread that must never wait for the work itself."""

    def __init__(
        self,
        connect: Callable[[], ClaimConnection],
        heard: Heard,
        *,
        lease_s: float,
        queues: Sequence[str],
        threads: int,
    ) -> None:
        super().__init__(name="portico-pulse", daemon=True)
        self._connect = connect
        self._heard = heard
        self._every_s = lease_s / 3
        self._queues = sorted(queues)
        self._threads = threads
        self._ending = threading.Event()

    def run(self) -> None:
        failures = 0
        while not self._ending.is_set():
            try:
                with self._connect() as connection:
                    self._beat(connection)  # before all else: leases may be short of time
                    failures = 0
                    connection.raw.execute(_LISTEN)
                    self._heard.wake(None)  # whatever was notified while we did not listen
                    self._listen(connection)
                    connection.raw.execute(_GONE, (connection.worker,))
            except psycopg.Error as error:
                failures += 1
                log.warning("the heartbeat's connection is gone, trying again: %s", error)
                self._ending.wait(backoff_s(failures, most_s=self._every_s))

    def end(self) -> None:
        self._ending.set()

    def _listen(self, connection: ClaimConnection) -> None:
        next_beat = time.monotonic() + self._every_s
        while not self._ending.is_set():
            wait_s = max(0.0, min(next_beat - time.monotonic(), 0.25))
            for notice in connection.raw.notifies(timeout=wait_s):
                self._heard.wake(notice.payload)
            if time.monotonic() >= next_beat:
                self._beat(connection)
                next_beat = time.monotonic() + self._every_s

    def _beat(self, connection: ClaimConnection) -> None:
        now = time.monotonic()
        live = [one for one in self._heard.live() if not one.lost]
        # A job that is stuck far past its time limit is left to its lease: another worker takes it over.
        fresh = [one for one in live if one.overdue_at > now]
        ours = connection.extend(fresh) if fresh else set()
        for one in fresh:
            if one.id not in ours and one.outcome is None:
                one.lost = True
                log.error("lost the lease of job %s (%s)", one.id, one.actor)
        connection.raw.execute(_SEEN, (connection.worker, self._queues, self._threads))
