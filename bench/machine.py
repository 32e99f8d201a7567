"""What processes have used, read from /proc: CPU time of whole families, and memory as the kernel shares it out."""

from __future__ import annotations

import datetime as dt
import os
import platform
import time
from collections.abc import Iterable
from pathlib import Path

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children.get(one, [])
    return found


def name_of(pid: int) -> str:
    """As the process calls itself; empty if it has ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def cpu_ms(pids: Iterable[int]) -> float:
    """User and system time so far, of their children that have ended too (a backend that closed is its postmaster's)."""
    return sum(sum(map(int, fields[11:15])) for pid in pids if (fields := _stat(pid))) * _TICK_MS


def family_cpu_ms(pid: int) -> float:
    return cpu_ms(family(pid))


def memory_mib(pids: Iterable[int]) -> float:
    """Proportional set size: a page that N processes share counts as 1/N for each."""
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def loop_ms() -> float:
    """CPU milliseconds of a fixed piece of plain Python, the best of five: how fast a core is in this moment."""
    def once() -> float:
        started, total = time.process_time(), 0
        for number in range(200_000):
            total += number & 7
        return (time.process_time() - started) * 1000

    return min(once() for _ in range(5))


def description() -> str:
    """Processor, cores, memory, versions, day and load, in one line."""
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    total = int(Path("/proc/meminfo").read_text().split()[1]) / 1024 / 1024
    return (f"{model}, {os.cpu_count()} cores, {total:.0f} GiB; Linux {platform.release().split('-')[0]}, "
            f"Python {platform.python_version()}; {dt.date.today()}; at the start load {os.getloadavg()[0]:.1f}, "
            f"loop of plain Python {loop_ms():.1f} ms")


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat after the command's name; None if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
