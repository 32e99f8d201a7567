"""Web and worker processes as children of one: it loads the application, they share what it has loaded."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from portico.cli.commands import CommandError
from portico.cli.failures import explain
from portico.db import setup
from portico.db.embedded import EmbeddedServer
from portico.settings import Settings

if TYPE_CHECKING:
    from portico.app import Portico

log = logging.getLogger(__name__)

WEB_GRACE_S = 10.0
_FAILED = "the start failed; what is above says where"


def load(settings: Settings) -> tuple[Portico, Any]:
    """The parts and the WSGI application; needs no database. Whoever forks compiles the templates before."""
    import portico
    from portico.app import build

    parts = build(settings)
    wsgi = portico.make_app(parts)
    return parts, wsgi


def run_family(parts: Portico, wsgi: Any, *, workers: int, grace_s: float, started: Callable[[], None] | None = None) -> None:
    """Until TERM or INT. `started` is called once, in the first web process that answers."""
    from portico.jobs.application import job_queue
    from portico.jobs.run import working
    from portico.web.prefork import Kind, Prefork
    from portico.web.server import listen, raise_file_limit, serving

    settings = parts.settings
    work = working(job_queue(parts), parts, settings.worker_threads, grace_s=grace_s)

    def worker(lifeline: int) -> None:
        if status := work(os.getppid()):
            raise SystemExit(status)

    with listen(settings.host, settings.port) as listening:
        raise_file_limit()
        log.info("serving on http://%s:%d with %d web and %d worker process(es)", *listening.getsockname()[:2],
                 settings.processes, workers)
        web = serving(wsgi, parts, listening, threads=settings.threads, graceful_s=WEB_GRACE_S,
                      started=once(started) if started else None)
        kinds = [Kind("web", web, settings.processes, WEB_GRACE_S), Kind("worker", worker, workers, grace_s + 10)]
        Prefork(kinds, after_fork=parts.after_fork).run()


def once(do: Callable[[], None]) -> Callable[[], None]:
    """`do` in the first of several forked processes that calls this, and in no other."""
    token, put = os.pipe()
    os.write(put, b"1")
    os.close(put)

    def first() -> None:
        if os.read(token, 1):
            do()

    return first


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[Callable[[], None]]:
    """Starts the embedded server, if it is the one in use, beside what the block does until it calls what it is given.

    Stopped at the end if it was started here.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    pool = ThreadPoolExecutor(1)
    start = pool.submit(setup.start_embedded, settings)

    def ready() -> None:
        start.result()
        pool.shutdown()  # no thread may be left when we fork

    try:
        yield ready
    finally:
        pool.shutdown()
        if start.exception() is None and start.result():
            EmbeddedServer(settings.home).stop()


def in_child(settings: Settings, work: Callable[[], str], meanwhile: Callable[[], object] = lambda: None) -> str:
    """What `work` returns, run in a child: its connections, threads and imports do not stay with those who fork later.
    `meanwhile` is done here."""
    read, write = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        os.close(read)
        _work(settings, work, write)
    os.close(write)
    try:
        with os.fdopen(read, "rb") as answer:
            meanwhile()
            text = answer.read().decode()
    except BaseException:
        os.kill(pid, signal.SIGTERM)
        raise
    finally:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status:
        raise CommandError(text or _FAILED)
    return text


def _work(settings: Settings, work: Callable[[], str], write: int) -> None:
    """Never returns. Exit status 1 with a sentence in the pipe, or with a traceback on standard error."""
    status, text = 1, ""
    try:
        text = work()
        status = 0
    except KeyboardInterrupt:
        status = 130
    except BaseException as error:
        sentence = explain(error, settings) if isinstance(error, Exception) else None
        text = str(error) if isinstance(error, CommandError) else sentence or ""
        if not text:
            traceback.print_exc()
    finally:
        with contextlib.suppress(OSError), os.fdopen(write, "wb") as answer:
            answer.write(text.encode())
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
