"""Forks processes that share what the parent has loaded and opened, and starts another where one has died."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

logger = logging.getLogger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_HEALTHY_S = 10.0  # a child that lived so long resets the back-off
_LONGEST_DELAY_S = 30.0


@dataclass(frozen=True)
class Kind:
    """What some of the children are. `serve(lifeline)` runs in each; `lifeline` becomes readable when the parent dies."""

    name: str  # as `ps` shows it
    serve: Callable[[int], None]
    processes: int
    graceful_s: float  # from TERM to KILL


@dataclass
class _Slot:
    kind: Kind
    pid: int | None = None
    started: float = 0.0
    delay_s: float = 0.0  # before the next start
    due: float = 0.0


class Prefork:
    """One parent for children of every kind: they share what it has loaded."""

    def __init__(self, kinds: Iterable[Kind], *, after_fork: Callable[[], None]) -> None:
        self.after_fork = after_fork
        self.slots = [_Slot(kind) for kind in kinds for _ in range(kind.processes)]
        self.stopping = False

    def run(self) -> None:
        """Returns after TERM or INT, when all children have ended."""
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken, False)
        self._lifeline = os.pipe()
        former = {number: signal.signal(number, self._noted) for number in _SIGNALS}
        former_fd = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        gc.collect()
        gc.freeze()  # what the parent has loaded stays on shared pages
        try:
            while not self.stopping:
                self._start_due()
                self._sleep(min((slot.due for slot in self.slots if slot.pid is None), default=None))
                self._reap()
            self._end()
        finally:
            signal.set_wakeup_fd(former_fd)
            for number, handler in former.items():
                signal.signal(number, handler)
            for fd in (self._woken, self._wake, *self._lifeline):
                os.close(fd)

    def _noted(self, number: int, frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self.stopping = True

    def _sleep(self, until: float | None) -> None:
        timeout = None if until is None else max(0.0, until - time.monotonic())
        if select.select([self._woken], [], [], timeout)[0]:
            os.read(self._woken, 4096)

    def _start_due(self) -> None:
        for slot in self.slots:
            if slot.pid is None and slot.due <= time.monotonic() and not self.stopping:
                slot.started = time.monotonic()
                slot.pid = os.fork() or self._child(slot.kind)

    def _child(self, kind: Kind) -> int:
        """In the new process; never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            for fd in (self._woken, self._wake, self._lifeline[1]):
                os.close(fd)
            if not self.stopping:  # a signal between the fork and here was noted by our copy of the handler
                _call_yourself(f"portico {kind.name}")
                self.after_fork()
                kind.serve(self._lifeline[0])
            status = 0
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        except BaseException:
            logger.exception("a %s process failed", kind.name)
        finally:
            logging.shutdown()
            os._exit(status)  # neither the parent's clean-up nor a thread that hangs is ours to wait for

    def _reap(self) -> None:
        for slot in self.slots:
            if slot.pid is None:
                continue
            pid, status = os.waitpid(slot.pid, os.WNOHANG)
            if not pid:
                continue
            lived = time.monotonic() - slot.started
            slot.pid = None
            slot.delay_s = 0.1 if lived > _HEALTHY_S else min(max(slot.delay_s * 2, 0.1), _LONGEST_DELAY_S)
            slot.due = time.monotonic() + slot.delay_s
            if not self.stopping:
                code = os.waitstatus_to_exitcode(status)
                logger.error("%s process %d ended with %d after %.0f s; another starts in %.1f s",
                             slot.kind.name, pid, code, lived, slot.delay_s)

    def _end(self) -> None:
        """TERM to all; KILL to those that are not done when their time is up."""
        self._signal(signal.SIGTERM, self.slots)
        began = time.monotonic()
        killed: list[_Slot] = []
        while any(slot.pid for slot in self.slots):
            self._reap()
            late = [slot for slot in self.slots
                    if slot not in killed and time.monotonic() - began > slot.kind.graceful_s + 2]
            self._signal(signal.SIGKILL, late)
            killed += late
            if any(slot.pid for slot in self.slots):
                self._sleep(time.monotonic() + 0.2)

    @staticmethod
    def _signal(number: signal.Signals, slots: Iterable[_Slot]) -> None:
        for slot in slots:
            if slot.pid is not None:
                os.kill(slot.pid, number)


def _call_yourself(name: str) -> None:
    """The name in `ps -o comm` and `top`, where the system has a place for it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(name)
