"""The blocking entry of `portico worker`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from portico.jobs.application import job_queue
from portico.jobs.parts import JobQueue
from portico.jobs.process import GRACE_S, WorkerProcess, serve
from portico.jobs.supervisor import Supervisor

if TYPE_CHECKING:
    from portico.app import Portico


def run_worker(
    portico: Portico,
    processes: int = 1,
    threads: int = 4,
    queues: Iterable[str] | None = None,
    *,
    grace_s: float = GRACE_S,
) -> int:
    """Run jobs in `processes` forked processes until TERM or INT. Returns the exit status.

    queues: None means all. Call it from the main thread, before any other thread exists. Connections that
    were pooled before the fork are left to the parent.
    """
    return run_jobs(job_queue(portico), portico, processes, threads, queues, grace_s=grace_s)


def run_jobs(
    jobs: JobQueue,
    portico: Any,
    processes: int = 1,
    threads: int = 4,
    queues: Iterable[str] | None = None,
    *,
    grace_s: float = GRACE_S,
) -> int:
    """Like `run_worker`, with the parts given; actors find `portico` at `job.portico`."""
    child = working(jobs, portico, threads, queues, grace_s=grace_s)
    return Supervisor(child, processes, kill_after_s=grace_s + 10).run()


def working(
    jobs: JobQueue, portico: Any, threads: int = 4, queues: Iterable[str] | None = None, *, grace_s: float = GRACE_S
) -> Callable[[int], int]:
    """What a forked worker process does: `work(parent's pid)` until it is asked to end. Returns the exit status."""
    wanted = None if queues is None else frozenset(queues)
    jobs.check()

    def work(parent: int) -> int:
        jobs.sessions.engine.dispose(close=False)
        worker = WorkerProcess(jobs, portico, threads=threads, queues=wanted)
        return serve(worker, grace_s=grace_s, parent=parent)

    return work
