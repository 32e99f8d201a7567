"""A dramatiq broker on the job table: leases, fencing tokens, fair claims round the tenants.

The table is the truth and a message lives only in this process. dramatiq's own retries are not used: how a
job ended stands in `Claimed.outcome`, which the runner sets before the message is acknowledged.
"""

from __future__ import annotations

import collections
import logging
import os
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import dramatiq
import psycopg
from dramatiq.broker import Broker, Consumer, MessageProxy
from dramatiq.middleware import TimeLimit

from portico.jobs.claims import Again, ClaimConnection, Claimed, Done, Outcome, Parked
from portico.jobs.pulse import Pulse, backoff_s

log = logging.getLogger(__name__)

HAND_BACK = Again(0, attempts=-1)
PATIENCE_S = 1.0
"""A claimed job that finds no free thread for so long goes back, for another process to take."""

_FOLLOW_UP_S = (0.025, 0.1, 0.4)
_ACK_WAIT_S = 0.02
_ACK_BATCH = 16
_QUICK_S = 0.1


class PostgresBroker(Broker):
    """One per worker process, made after the fork. `url`: libpq; its login may become portico_worker."""

    def __init__(
        self,
        url: str,
        *,
        threads: int = 4,
        lease_s: float = 30,
        tenant_cap: int = 8,
        poll_s: float = 1.0,
        time_limit_check_s: float = 1.0,
    ) -> None:
        super().__init__(middleware=[TimeLimit(interval=int(time_limit_check_s * 1000))])
        self.url = url
        self.threads = threads
        self.lease_s = lease_s
        self.tenant_cap = tenant_cap
        self.poll_s = poll_s
        self.worker_name = f"{socket.gethostname()}:{os.getpid()}"
        self.queues: dict[str, bool] = {}
        self.consumers: dict[str, JobConsumer] = {}
        self.pulse: Pulse | None = None
        self.draining = False

    # -- what dramatiq calls

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = True
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 30_000) -> JobConsumer:
        consumer = self.consumers[queue_name] = JobConsumer(self, queue_name, prefetch)
        return consumer

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        raise NotImplementedError("jobs are enqueued in a transaction: portico.jobs.enqueue(db, name, …)")

    def close(self) -> None:
        if self.pulse is not None:
            self.pulse.end()
            self.pulse.join(timeout=5)
            self.pulse = None

    # -- what the worker process calls

    def start_pulse(self, queues: Sequence[str]) -> None:
        self.pulse = Pulse(self.connect, self, lease_s=self.lease_s, queues=queues, threads=self.threads)
        self.pulse.start()

    def drain(self) -> None:
        """Claim nothing more, and hand back what has not started."""
        self.draining = True
        self.wake(None)

    def stuck(self) -> int:
        """How many threads hang in a job long past its time limit."""
        now = time.monotonic()
        return sum(one.overdue_at < now for one in self.live())

    # -- what consumers and the pulse call

    def connect(self) -> ClaimConnection:
        return ClaimConnection(self.url, self.worker_name, self.lease_s)

    def live(self) -> list[Claimed]:
        return [one for consumer in tuple(self.consumers.values()) for one in consumer.live()]

    def wake(self, queue: str | None) -> None:
        for name, consumer in tuple(self.consumers.items()):
            if queue is None or queue == name:
                consumer.hear()


class JobConsumer(Consumer):
    """Claims for one queue on a connection of its own, which it opens anew by itself.

    Only dramatiq's consumer thread iterates; `ack` is called by worker threads, touches memory alone, and
    never raises. What could not be written for want of a connection is kept, under heartbeat, and written
    later.
    """

    def __init__(self, broker: PostgresBroker, queue: str, prefetch: int) -> None:
        self.broker = broker
        self.queue = queue
        self.prefetch = prefetch
        self._connection: ClaimConnection | None = None
        self._failures = 0
        self._lock = threading.Lock()
        self._held: dict[Any, Claimed] = {}
        self._ended: list[tuple[Claimed, Outcome]] = []
        self._ready: collections.deque[Claimed] = collections.deque()
        self._wake = threading.Event()
        self._follow_ups: list[float] = []
        self._next_care = 0.0
        self._pace_s = 1.0  # how long a job takes of late; until we know, claim no more than threads can run

    # -- in the consumer thread

    def __next__(self) -> MessageProxy | None:
        if not self._ready:
            self._turn()
        while self._ready:
            claimed = self._ready.popleft()
            if claimed.actor in self.broker.actors:
                return MessageProxy(_message(claimed))
            # The plugin's package is gone for now: its jobs wait until it is back.
            claimed.outcome = Parked(None, "no installed plugin has this actor")
            self._end(claimed)
        self._wake.wait(self._pause_s())
        self._wake.clear()
        return None

    def _turn(self) -> None:
        with self._lock:
            ended, self._ended = self._ended, []
        try:
            connection = self._connected()
            if time.monotonic() >= self._next_care:
                self._care(connection)
            self._settle(connection, [pair for pair in ended if not isinstance(pair[1], Done)])
            done = [claimed for claimed, outcome in ended if isinstance(outcome, Done)]
            room = self._room()
            if done or room > 0:
                self._take(connection.turn(self.queue, room, self.broker.tenant_cap, done))
            self._failures = 0
        except psycopg.Error as error:
            with self._lock:
                self._ended = ended + self._ended
            self._failures += 1
            log.warning("the connection of queue %s failed, trying again: %s", self.queue, error)
            self._disconnect()

    def _settle(self, connection: ClaimConnection, ended: Iterable[tuple[Claimed, Outcome]]) -> None:
        for claimed, outcome in ended:
            try:
                connection.settle(claimed, outcome)
            except (psycopg.DataError, psycopg.IntegrityError):
                # Nothing that one job brings may hold up the others; its lease will run out.
                log.exception("could not write down how job %s (%s) ended", claimed.id, claimed.actor)

    def _care(self, connection: ClaimConnection) -> None:
        """Now and then: take over from the dead, and give back what waits here for a free thread."""
        self._next_care = time.monotonic() + min(PATIENCE_S, self.broker.lease_s / 4)
        reaped = connection.reap(self.queue)
        if reaped:
            log.warning("%s jobs of queue %s came back from dead or frozen workers", reaped, self.queue)
        patience_s = 0.0 if self.broker.draining else PATIENCE_S
        self._hand_back(connection, [c for c in self.live() if c.claimed_at + patience_s <= time.monotonic()])

    def _hand_back(self, connection: ClaimConnection, candidates: Iterable[Claimed]) -> None:
        given = [claimed for claimed in candidates if claimed.give_up()]
        if given:
            connection.again(given, HAND_BACK)

    def _take(self, fresh: list[Claimed]) -> None:
        with self._lock:
            self._held.update({claimed.claim: claimed for claimed in fresh})
        self._ready.extend(fresh)
        if fresh:
            self._follow_ups = list(_FOLLOW_UP_S)

    def _room(self) -> int:
        if self.broker.draining:
            return 0
        most = self.prefetch if self._pace_s < _QUICK_S else min(self.prefetch, self.broker.threads)
        return most - len(self._held)

    def _pause_s(self) -> float:
        if self._failures:
            return backoff_s(self._failures)
        if self._ended:
            return _ACK_WAIT_S
        # NOTIFY is sent sparingly, so more may have come right after the last one.
        return self._follow_ups.pop(0) if self._follow_ups else self.broker.poll_s

    def _connected(self) -> ClaimConnection:
        if self._connection is None:
            self._connection = self.broker.connect()
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    # -- in any thread

    def live(self) -> list[Claimed]:
        """All that needs a heartbeat: held here, or ended and not yet written down."""
        with self._lock:
            return [*self._held.values(), *(claimed for claimed, _ in self._ended)]

    def hear(self) -> None:
        self._follow_ups = list(_FOLLOW_UP_S)
        if self.broker.draining:
            self._next_care = 0.0
        self._wake.set()

    def ack(self, message: MessageProxy) -> None:
        claimed: Claimed = message.args[0]
        if claimed.started_at is not None:
            self._pace_s += 0.2 * (time.monotonic() - claimed.started_at - self._pace_s)
        self._end(claimed)

    nack = ack

    def _end(self, claimed: Claimed) -> None:
        with self._lock:
            if self._held.pop(claimed.claim, None) is None:
                return
            if claimed.outcome is not None:
                self._ended.append((claimed, claimed.outcome))
            waiting = sum(one.started_at is None for one in self._held.values())
            if waiting <= self.prefetch // 4 or len(self._ended) >= _ACK_BATCH:
                self._wake.set()

    # -- at the end, when the consumer thread has stopped

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        self._at_end([message.args[0] for message in messages], even_started=False)

    def close(self) -> None:
        """Write down what has ended, hand back all the rest, even what still runs: it can commit no more."""
        self._at_end(list(self._held.values()), even_started=True)
        self._disconnect()

    def _at_end(self, claimed: list[Claimed], *, even_started: bool) -> None:
        with self._lock:
            ended, self._ended = self._ended, []
        given = [one for one in claimed if one.give_up(even_started=even_started)]
        try:
            connection = self._connected()
            self._settle(connection, ended)
            if given:
                connection.again(given, HAND_BACK)
        except psycopg.Error as error:
            log.warning("could not hand back %s jobs, their lease will: %s", len(given) + len(ended), error)


def _message(claimed: Claimed) -> dramatiq.Message[Any]:
    return dramatiq.Message(
        queue_name=claimed.queue, actor_name=claimed.actor, args=(claimed,), kwargs={}, options={},
        message_id=str(claimed.id),
    )
