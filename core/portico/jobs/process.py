"""One worker process: dramatiq's threads on our broker, the scheduler, and a graceful end."""

from __future__ import annotations

import logging
import os
import random
import signal
import threading
from collections.abc import Iterable
from typing import Any

import dramatiq

from portico.jobs.parts import JobQueue
from portico.jobs.scheduler import Scheduler
from portico.jobs.worker import make_broker

log = logging.getLogger(__name__)

GRACE_S = 25.0
"""How long a job that runs at the end of its worker may take before it is handed back."""

STUCK = 3
"""Exit status of a process all of whose threads hang: its parent starts another."""


class WorkerProcess:
    """Everything of one process. `start` and `stop` also serve where no process of its own is wanted."""

    def __init__(
        self, jobs: JobQueue, portico: Any = None, *, threads: int = 4, queues: Iterable[str] | None = None
    ) -> None:
        jobs.check()
        self.jobs = jobs
        self.threads = threads
        self.queues = set(queues) if queues is not None else set(jobs.registry.queues()) or {"default"}
        self.broker = make_broker(jobs, portico, threads=threads)
        for queue in self.queues:
            self.broker.declare_queue(queue)
        self.worker = dramatiq.Worker(
            self.broker, queues=self.queues, worker_threads=threads,
            worker_timeout=min(500, int(jobs.poll_s * 1000)),
        )
        self.scheduler = Scheduler(jobs)

    def start(self) -> None:
        self.broker.emit_after("process_boot")
        self.worker.start()
        self.broker.start_pulse(sorted(self.queues))
        self.scheduler.start()

    def stop(self, grace_s: float = GRACE_S) -> None:
        """Claim nothing more, let running jobs end for `grace_s`, hand back the rest."""
        self.scheduler.end()
        self.broker.drain()
        self.worker.stop(timeout=int(grace_s * 1000))
        self.broker.close()
        self.scheduler.join(timeout=5)

    def hangs(self) -> bool:
        return self.broker.stuck() >= self.threads


def serve(worker: WorkerProcess, *, grace_s: float = GRACE_S, parent: int | None = None) -> int:
    """Run until TERM, INT or the end of the parent process. Returns the exit status."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ending.set())
    random.seed()
    worker.start()
    log.info("worker %s is ready", worker.broker.worker_name)
    while not ending.wait(0.5):
        if parent is not None and os.getppid() != parent:
            log.warning("the parent process is gone: stopping")
            break
        if worker.hangs():
            log.critical("every thread hangs in a job past its time limit: giving up this process")
            return STUCK
    worker.stop(grace_s)
    return 0
