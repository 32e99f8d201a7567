"""The stack beside the floor in one process and one thread, in turns: their ratio is what the machine's load leaves alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.capture import Captured, Floor, Stack
from bench.machine import cpu_ms
from bench.targets import Target
from portico.web import observe


@dataclass
class Cost:
    """CPU milliseconds of many runs. database: of the backend that served them."""

    runs: int = 0
    application: float = 0.0
    database: float = 0.0

    def per_run(self) -> tuple[float, float]:
        return self.application / self.runs, self.database / self.runs

    @property
    def total(self) -> float:
        return (self.application + self.database) / self.runs

    def measure(self, work: Callable[[], object], backends: list[int], runs: int) -> None:
        before, started = cpu_ms(backends), time.process_time()
        for _ in range(runs):
            work()
        self.application += (time.process_time() - started) * 1000
        self.database += cpu_ms(backends) - before
        self.runs += runs


@dataclass
class Comparison:
    """One page. alone: the same page in a database with one company, if that was given."""

    target: Target
    queries: int
    size: int
    sql: Cost = field(default_factory=Cost)
    floor: Cost = field(default_factory=Cost)
    stack: Cost = field(default_factory=Cost)
    alone: Cost = field(default_factory=Cost)

    @property
    def ratio(self) -> float:
        return self.stack.total / self.floor.total

    @property
    def tenants_ratio(self) -> float | None:
        return self.stack.total / self.alone.total if self.alone.runs else None


def compare(stack: Stack, target: Target, *, rounds: int, runs: int,
            alone: tuple[Stack, Target] | None = None) -> Comparison:
    """Blocks of `runs` requests, `rounds` times round: SQL alone, SQL and template, stack, stack with one company."""
    path = target.paths[0]
    captured: Captured = stack.capture(path, target.headers)
    with observe.recording() as seen:
        stack.call(path, target.headers)
    found = Comparison(target, len(seen), len(captured.body))
    floor = Floor(stack.parts.database_url())
    below = [floor.connection.info.backend_pid]
    blocks: list[tuple[Cost, Callable[[], object], list[int]]] = [
        (found.sql, lambda: floor.ask(captured), below),
        (found.floor, lambda: floor.page(captured), below),
        (found.stack, lambda: stack.call(path, target.headers), stack.backends()),
    ]
    if alone is not None:
        other, same = alone
        other.call(same.paths[0], same.headers)
        blocks.append((found.alone, lambda: other.call(same.paths[0], same.headers), other.backends()))
    for _cost, work, _pids in blocks:
        for _ in range(10):
            work()
    for turn in range(rounds):
        for cost, work, pids in blocks if turn % 2 else reversed(blocks):
            cost.measure(work, pids, runs)
    floor.connection.close()
    return found
