"""/metrics of a real `portico serve` and `portico worker`: what all processes of one installation counted together."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from portico.db import setup
from portico.jobs import enqueue, worker
from portico.testing.portal import Portal
from portico.web.server import listen

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(180)]
PAGES = 40


def free_port() -> int:
    with listen("127.0.0.1", 0) as probe:
        return int(probe.getsockname()[1])


def until(true: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 90
    while not true():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)


@contextmanager
def running(portal: Portal, home: Path, port: int, *command: str) -> Iterator[None]:
    """`portico <command>` on the portal's database, with a home of its own, until it is ready."""
    settings, log = portal.settings, home / f"{command[0]}.log"
    admin = setup.admin_url(settings)
    given = {"PORTICO_HOME": str(home), "PORTICO_DATABASE": settings.database, "PORTICO_PORT": str(port),
             "PORTICO_DATABASE_URL": admin, "PORTICO_PROCESSES": "2",
             "PORTICO_MASTER_KEY": b64encode(settings.master_key).decode()}  # fmt: skip
    environment = {key: value for key, value in os.environ.items() if key != "PROMETHEUS_MULTIPROC_DIR"}
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "portico.cli", *command], stdout=output, stderr=output,
                                   env=environment | given, start_new_session=True)  # fmt: skip
    try:
        word = "is ready" if command[0] == "worker" else "serving on"
        until(lambda: word in log.read_text() and (command[0] == "worker" or answers(port)), process, log)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def answers(port: int) -> bool:
    try:
        return bool(read(port, "/healthz"))
    except OSError:
        return False


def read(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return str(answer.read().decode())


def figures(port: int) -> dict[str, dict[str, float]]:
    """Name of the sample → the value of its first label → the sum over the other labels."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(read(port, "/metrics")):
        for sample in family.samples:
            first = sample.labels.get("route") or sample.labels.get("actor") or ""
            by_label = found.setdefault(sample.name, {})
            by_label[first] = by_label.get(first, 0) + sample.value
    return found


def documented() -> set[str]:
    page = Path("docs/operations/watching.md").read_text()
    return {name for line in page.splitlines() if line.startswith("| `portico_") for name in re.findall(r"`(portico_\w+)`", line)}


def test_processes_of_the_web_count_together(portal: Portal, tmp_path: Path) -> None:
    port = free_port()
    with running(portal, tmp_path, port, "serve"):
        asked = 0
        while asked < PAGES or len(list((tmp_path / "metrics").glob("counter_*.db"))) < 2:
            read(port, "/sign-in")  # until both processes have answered pages
            asked += 1
            assert asked < 2000
        told = figures(port)
        assert sum(told["portico_requests_total"].values()) == asked
        assert told["portico_request_seconds_count"] == told["portico_requests_total"]
        assert told["portico_request_queries_count"] == told["portico_requests_total"]


def test_worker_counts_into_what_the_web_tells(portal: Portal, tmp_path: Path) -> None:
    port = free_port()
    company = portal.company()
    with company.system() as db:
        enqueue(db, "notify.fan_out", event_id="00000000-0000-0000-0000-000000000000")
    with running(portal, tmp_path, port, "serve"), running(portal, tmp_path, port, "worker"):
        end = time.monotonic() + 60
        while not figures(port).get("portico_jobs_total", {}).get("notify.fan_out"):
            assert time.monotonic() < end
            time.sleep(0.1)
        assert figures(port)["portico_jobs_seconds_count"]["notify.fan_out"] >= 1


def test_the_page_names_every_metric_and_no_other(portal: Portal) -> None:
    assert worker.RUNS  # with the portal, everything that counts is imported
    counted = {family.name for family in REGISTRY.collect() if family.name.startswith("portico_")}
    assert {name.removesuffix("_total") for name in documented()} == counted
