"""The PasteDeploy server runner: one listening socket, N processes, each uvicorn with the whole application.

`[server:main] use = egg:portico#server`. With one process, or under `pserve --reload`, nothing is forked.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

import hupper
import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from portico.web.asgi import Application, asgi_application
from portico.web.connection import connection_class
from portico.web.prefork import Kind, Prefork

logger = logging.getLogger(__name__)

BACKLOG = 2048
USER_TIMEOUT_MS = 30_000
"""After which a peer that acknowledges nothing is given up. Accepted sockets inherit it."""

GC_THRESHOLD = (20_000, 20, 50)
"""A page makes some thousand objects that die with it by reference counts: looking for cycles every 700 costs 5 %."""


class ServerError(RuntimeError):
    """The server cannot start; the text says what to change."""


def server_runner(wsgi_app: Any, global_conf: Mapping[str, str], host: str | None = None,
                  port: str | None = None, processes: str | None = None, threads: str | None = None,
                  graceful_s: str = "10", **unknown: str) -> None:
    """Serve until TERM or INT. What the section leaves out comes from the application's settings."""
    if unknown:
        raise ServerError(f"[server:main] does not know {', '.join(sorted(unknown))}")
    portico = getattr(getattr(wsgi_app, "registry", None), "portico", None)
    if portico is None:
        raise ServerError("egg:portico#server serves portico's application itself, without paste filters")
    settings = portico.settings
    listening = listen(settings.host if host is None else host, int(settings.port if port is None else port))
    count = int(settings.processes if processes is None else processes)
    each = int(settings.threads if threads is None else threads)
    raise_file_limit()
    logger.info("serving on http://%s:%d with %d process(es) of %d threads",
                *listening.getsockname()[:2], count, each)

    serve = serving(wsgi_app, portico, listening, threads=each, graceful_s=float(graceful_s))
    if hupper.is_active():
        serve()
        signal.raise_signal(signal.SIGTERM)  # or the reloader's threads hold this process for a second
    elif count <= 1:
        serve()
    else:
        Prefork([Kind("web", serve, count, float(graceful_s))], after_fork=portico.after_fork).run()


def serving(wsgi_app: Any, portico: Any, listening: socket.socket, *, threads: int, graceful_s: float,
            started: Callable[[], None] | None = None) -> Callable[..., None]:
    """What a web process does: `serve(lifeline=None)`. `started` is called in it once it answers."""

    def serve(lifeline: int | None = None) -> None:
        gc.set_threshold(*GC_THRESHOLD)
        app = asgi_application(wsgi_app, portico, threads=threads)
        Server(app, graceful_s, lifeline, started).run([listening])

    return serve


def listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        what = "stop what uses it, or set PORTICO_PORT to another"
        if error.errno != errno.EADDRINUSE:
            what = "set PORTICO_HOST to an address of this machine and PORTICO_PORT to a port that we may use"
        raise ServerError(f"cannot listen on {host} port {port} ({error.strerror}): {what}") from error
    listening.listen(BACKLOG)
    return listening


def raise_file_limit() -> None:
    """Every open stream is a file descriptor: use what the system grants."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(65536, hard) if hard != resource.RLIM_INFINITY else 65536
    if soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Server(uvicorn.Server):
    """uvicorn that ends open streams before it waits for connections, and that returns after a signal."""

    def __init__(self, app: Application, graceful_s: float, lifeline: int | None = None,
                 started: Callable[[], None] | None = None) -> None:
        """`lifeline`: a file descriptor that becomes readable when the parent process dies."""
        super().__init__(uvicorn.Config(
            app, http=connection_class(app.refusals), loop="uvloop", ws="none", lifespan="on", log_config=None,
            access_log=False, proxy_headers=False, server_header=False, backlog=BACKLOG,
            timeout_graceful_shutdown=int(graceful_s)))
        self.app = app
        self.lifeline = lifeline
        self.on_start = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self.on_start is not None:
            self.on_start()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own raises the signal again, which kills the process before its callers clean up."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        if self.lifeline is not None:
            asyncio.get_running_loop().add_reader(self.lifeline, self._orphaned)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which sends TERM
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def _orphaned(self) -> None:
        asyncio.get_running_loop().remove_reader(self.lifeline or 0)
        self.handle_exit(signal.SIGTERM, None)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig == signal.SIGINT and self.should_exit:
            self.force_exit = True
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.app.stop()
        await super().shutdown(sockets)
