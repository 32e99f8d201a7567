"""The figures as Markdown tables, with how they were measured beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.inprocess import Comparison
from bench.pages import FirstView, Load, Result

HOW = """\
CPU is user and system time of whole process families (`/proc/<pid>/stat` before and after, ended children included):
"application" the web processes with their parent, "database" the postmaster with all backends, so also what the
idle worker asks meanwhile. A load generator on the same machine asks over loopback, with keep-alive, `Accept-Encoding:
gzip`, a signed-in session; audit, sessions, toggles and JSON logs are on (`production.ini`). Latencies include waiting for cores
that the generator, PostgreSQL and other programs use too: where the machine is busy, believe CPU and ratios.
"Queries" are statements sent by the page, the one that opens the request among them; BEGIN and ROLLBACK are not counted.
The floor is the page's own SQL by psycopg and its own precompiled template with its values given: no framework, no ORM,
no session handling, no hooks, the same server in front. Memory is proportional (PSS) after the load."""


CROWD = """\
Times are of the clock, from the request's last byte to the answer's, and include waiting for cores that the browsers,
PostgreSQL and other programs on the machine use too. CPU is of whole process families, from `/proc`."""

CLOCK = """\
A fresh clone, its own virtual environment and data; pip's cache as it is on the machine. CPU is of `make` and all that it
started, ended children included: without PostgreSQL and the other
programs that the clock also waits for."""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join("---" if not place else "---:" for place, _ in enumerate(head)) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def goal(value: float, most: float | None, shown: str) -> str:
    if most is None:
        return shown
    return f"{shown} {'✓' if value <= most else '✗'}"


def pages(stack: Result, compared: Sequence[Comparison]) -> str:
    queries = {one.target.name: one for one in compared}
    rows = []
    for name, alone in stack.alone.items():
        crowd, one = stack.crowd[name], queries.get(name)
        rows.append([
            name,
            goal(alone.cpu, one.target.most_ms if one else None, f"{alone.cpu:.2f}"),
            f"{alone.application:.2f}", f"{alone.database:.2f}",
            goal(one.queries, one.target.most_queries, str(one.queries)) if one else "",
            f"{alone.bytes_each:,}", *latency(alone), *latency(crowd), f"{crowd.cpu:.2f}"])
    return table(["page", "CPU ms (1 conn.)", "app", "database", "queries", "bytes", "req/s, 1", "p50 ms", "p99 ms",
                  "req/s, 16", "p50 ms", "p99 ms", "CPU ms (16)"], rows)


def latency(load: Load) -> list[str]:
    return [f"{load.samples.per_second:.0f}", f"{load.samples.percentile(0.5):.1f}", f"{load.samples.percentile(0.99):.1f}"]


def served_floor(stack: Result, floor: Result) -> str:
    rows = []
    for name, bare in floor.alone.items():
        ours = stack.alone[name]
        rows.append([name, f"{bare.cpu:.2f}", f"{bare.application:.2f}", f"{bare.database:.2f}",
                     f"{floor.crowd[name].samples.per_second:.0f}", f"{floor.crowd[name].samples.percentile(0.99):.1f}",
                     f"{ours.cpu:.2f}", f"{ours.cpu / bare.cpu:.2f}"])
    return table(["page", "floor CPU ms", "app", "database", "req/s, 16", "p99 ms", "stack CPU ms", "stack / floor"], rows)


def in_process(compared: Sequence[Comparison]) -> str:
    rows = []
    for one in compared:
        application, database = one.stack.per_run()
        many = one.tenants_ratio
        rows.append([one.target.name, f"{one.sql.total:.2f}", f"{one.floor.total:.2f}", f"{one.stack.total:.2f}",
                     f"{application:.2f}", f"{database:.2f}", goal(one.ratio, 1.6, f"{one.ratio:.2f}"),
                     "" if many is None else goal(abs(many - 1), 0.1, f"{many:.2f}")])
    return table(["page", "SQL alone", "floor", "stack", "app", "database", "stack / floor", "60 companies / 1"], rows)


def memory(result: Result) -> str:
    ours = sum(value for name, value in result.memory.items() if not name.startswith("Postgre"))
    rows = [[name, f"{value:.0f}"] for name, value in result.memory.items()]
    rows.append(["**all but PostgreSQL**", goal(ours, 300, f"{ours:.0f}")])
    web, worker, database = result.idle
    return (table(["process", "MiB"], rows)
            + f"\n\nIdle, CPU ms a second: web {web:.1f}, worker {worker:.1f}, PostgreSQL {database:.1f}.")


def first_view(view: FirstView) -> str:
    return (f"Dashboard with an empty cache: {goal(view.wire, 150_000, f'{view.wire / 1000:.0f} kB')} in "
            f"{goal(view.requests, 10, str(view.requests))} requests "
            "(page, styles, scripts and their modules, preloaded font, parts).")


def write(name: str, text: str) -> Path:
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.md"
    file.write_text(text + "\n")
    return file
