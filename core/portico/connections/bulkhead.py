"""A few threads and a short queue for one connection, so that a dead system holds up nobody but itself."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from portico.connections import deadline


class BulkheadFullError(RuntimeError):
    """All threads are busy and the queue is full."""


class OverdueError(RuntimeError):
    """The time was over before a thread was free."""


class _Task:
    def __init__(self, function: Callable[[], Any], ends_at: float) -> None:
        self.function, self.ends_at = function, ends_at
        self.future: Future[Any] = Future()
        self.started = False
        self.abandoned = False


class Bulkhead:
    """Threads start when needed and end after `idle_s`. A call that outlives its caller's patience is
    abandoned: its thread does not count any more, so that others get one, up to as many lost ones as there
    are threads.
    """

    def __init__(self, name: str, *, threads: int = 4, waiting: int = 16, idle_s: float = 30) -> None:
        self.name, self.threads, self.waiting, self.idle_s = name, threads, waiting, idle_s
        self._ready = threading.Condition()
        self._queue: deque[_Task] = deque()
        self._alive = self._idle = self._lost = 0
        self._closed = False

    def submit(self, function: Callable[[], Any], timeout_s: float) -> _Task:
        """Raises BulkheadFullError at once rather than waiting."""
        task = _Task(function, time.monotonic() + timeout_s)
        with self._ready:
            if self._closed or len(self._queue) >= self.waiting:
                raise BulkheadFullError(self.name)
            if self._idle <= len(self._queue) and self._alive - self._lost < self.threads:
                if self._alive >= 2 * self.threads:
                    raise BulkheadFullError(self.name)
                self._alive += 1
                threading.Thread(target=self._work, name=f"connection {self.name}", daemon=True).start()
            self._queue.append(task)
            self._ready.notify()
        return task

    def abandon(self, task: _Task) -> None:
        """The caller waits no longer."""
        with self._ready:
            if task.abandoned or task.future.done():
                return
            task.abandoned = True
            if task.started:
                self._lost += 1
            elif task in self._queue:
                self._queue.remove(task)
                task.future.cancel()

    def close(self) -> None:
        """No further calls; threads end when theirs does."""
        with self._ready:
            self._closed = True
            for task in self._queue:
                task.future.cancel()
            self._queue.clear()
            self._ready.notify_all()

    @property
    def load(self) -> tuple[int, int, int]:
        """(busy, waiting, lost)"""
        with self._ready:
            return self._alive - self._idle - self._lost, len(self._queue), self._lost

    def _next(self) -> _Task | None:
        with self._ready:
            self._idle += 1
            ends_at = time.monotonic() + self.idle_s
            try:
                while not self._queue:
                    left = ends_at - time.monotonic()
                    if self._closed or left <= 0 or self._alive - self._lost > self.threads:
                        self._alive -= 1
                        return None
                    self._ready.wait(left)
                task = self._queue.popleft()
                task.started = True
                return task
            finally:
                self._idle -= 1

    def _work(self) -> None:
        while (task := self._next()) is not None:
            self._run(task)
            with self._ready:
                if task.abandoned:
                    self._lost -= 1

    @staticmethod
    def _run(task: _Task) -> None:
        if not task.future.set_running_or_notify_cancel():
            return  # the caller went away while it waited
        left = task.ends_at - time.monotonic()
        try:
            if left <= 0:
                raise OverdueError
            with deadline.within(left):
                result = task.function()
        except BaseException as error:  # the future carries it to whoever waits
            task.future.set_exception(error)
        else:
            task.future.set_result(result)
