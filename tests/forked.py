"""Processes that a test forks: to be killed, or to do something at the same moment as another."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable


def in_child(work: Callable[[], None]) -> int:
    """Run in a forked process that shares nothing open with us; its id. What it raises is told, and it ends with 1."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)
    return pid


def ends(children: list[int]) -> list[int]:
    """For each process how it ended: the signal, negative; or its exit status."""
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]


class Starter:
    """Lets processes that share it begin at the same moment: each says that it is ready, and waits until the pipe is closed."""

    def __enter__(self) -> Starter:
        (self._ready, self._say), (self._wait, self._go) = os.pipe(), os.pipe()
        return self

    def __exit__(self, *_failure: object) -> None:
        for one in (self._ready, self._say, self._wait):
            os.close(one)

    def line_up(self) -> None:
        """In the child: back when all of them may begin."""
        os.close(self._go)
        os.write(self._say, b".")
        os.read(self._wait, 1)

    def once_ready(self, count: int) -> None:
        for _ in range(count):
            assert os.read(self._ready, 1)
        os.close(self._go)
