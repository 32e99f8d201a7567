"""Forks the worker processes, replaces those that die, and ends them together.

dramatiq's own command line is not used: it imports a broker by name, and ours is made of the application's
parts.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable

log = logging.getLogger(__name__)

_ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_WATCHED = {*_ENDING, signal.SIGCHLD}
_QUICK_S = 5.0
_MOST_PAUSE_S = 30.0


class Supervisor:
    """`child(parent_pid) -> status` runs in each forked process. Fork before threads or connections exist."""

    def __init__(self, child: Callable[[int], int], processes: int, *, kill_after_s: float) -> None:
        self._child = child
        self._kill_after_s = kill_after_s
        self._started: dict[int, float] = {}
        self._wanted = processes
        self._quick_deaths = 0

    def run(self) -> int:
        """Until TERM, INT or HUP; then TERM to all, and KILL to those that outlive `kill_after_s`."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
        gc.collect()
        gc.freeze()  # what was loaded stays on pages that all processes share
        try:
            while True:
                while len(self._started) < self._wanted:
                    self._fork()
                received = signal.sigtimedwait(_WATCHED, 5)
                self._bury()
                if received is not None and received.si_signo in _ENDING:
                    return self._end()
                if self._quick_deaths and len(self._started) < self._wanted and self._pause():
                    return self._end()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _fork(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self._started[pid] = time.monotonic()
            return
        status = 1
        try:
            for number in _ENDING:  # until the child has its own handlers
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
            status = self._child(parent)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _bury(self) -> None:
        for pid in list(self._started):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                lived_s = time.monotonic() - self._started.pop(pid)
                self._quick_deaths = self._quick_deaths + 1 if lived_s < _QUICK_S else 0
                code = os.waitstatus_to_exitcode(status)
                log.error("worker process %s ended by itself (status %s)", pid, code)

    def _pause(self) -> bool:
        """Wait before the next fork; True if asked to end meanwhile."""
        wait_s = min(_MOST_PAUSE_S, 0.5 * 2 ** min(self._quick_deaths, 10))
        return signal.sigtimedwait(_ENDING, wait_s) is not None

    def _end(self) -> int:
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + self._kill_after_s
        while self._started and time.monotonic() < deadline:
            for pid in list(self._started):
                if os.waitpid(pid, os.WNOHANG)[0]:
                    del self._started[pid]
            time.sleep(0.05)
        if not self._started:
            return 0
        log.error("%s worker processes did not end in time and are killed", len(self._started))
        self._signal(signal.SIGKILL)
        for pid in self._started:
            os.waitpid(pid, 0)
        return 1

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._started:
            os.kill(pid, number)
