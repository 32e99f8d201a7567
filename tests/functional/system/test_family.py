"""`portico run`: one parent, whose children are the web and worker processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from portico.testing.portal import Portal
from portico.web.server import listen

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(180)]
NAMES = {"portico web": 2, "portico worker": 1}


class Run:
    def __init__(self, portal: Portal, log: Path) -> None:
        with listen("127.0.0.1", 0) as probe:
            self.port = probe.getsockname()[1]
        settings = portal.settings
        given = {"PORTICO_HOME": str(settings.home), "PORTICO_DATABASE": settings.database,
                 "PORTICO_MASTER_KEY": b64encode(settings.master_key).decode(), "PORTICO_PORT": str(self.port)}
        given |= {"PORTICO_DATABASE_URL": settings.database_url} if settings.database_url else {}
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen([sys.executable, "-m", "portico.cli", "run"], stdout=output, stderr=output,
                                            env={**os.environ, **given}, start_new_session=True)
        until(lambda: "Portico is running" in self.words() and "is ready" in self.words())

    def words(self) -> str:
        assert self.process.poll() is None, self.log.read_text()
        return self.log.read_text()

    def children(self) -> dict[int, str]:
        """Process id → name."""
        pids = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {int(pid): Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids}

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def counted(names: dict[int, str]) -> dict[str, int]:
    return {name: list(names.values()).count(name) for name in names.values()}


def gone(pids: dict[int, str]) -> bool:
    def alive(pid: int) -> bool:
        try:
            return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
        except FileNotFoundError:
            return False

    return not any(map(alive, pids))


@pytest.fixture
def run(portal: Portal, tmp_path: Path) -> Iterator[Run]:
    with portal.superuser() as db:
        db.execute(sa.text("DELETE FROM job"))  # what earlier tests left to do would be done, and told of, here
    running = Run(portal, tmp_path / "log")
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGKILL)


def test_whichever_child_is_killed_another_takes_its_place(run: Run) -> None:
    before = run.children()
    assert counted(before) == NAMES
    for name in NAMES:
        os.kill(next(pid for pid, its in before.items() if its == name), signal.SIGKILL)
    until(lambda: run.words().count("ended with -9") == 2 and counted(run.children()) == NAMES)
    assert len(before.keys() & run.children().keys()) == 1
    until(lambda: run.words().count("is ready") == 2)
    with urllib.request.urlopen(f"http://127.0.0.1:{run.port}/healthz", timeout=20) as answer:
        assert answer.status == 200
    assert run.words().count("Portico is running") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_parent_ends_all_in_order(run: Run, number: int) -> None:
    children = run.children()
    status = run.end(number)
    said = run.log.read_text()
    assert status == 0, said
    assert gone(children), said
    assert "failed" not in said, said
    assert "Traceback" not in said, said


def test_children_do_not_outlive_a_parent_that_was_killed(run: Run) -> None:
    children = run.children()
    run.end(signal.SIGKILL)
    until(lambda: gone(children))


def test_what_the_start_cannot_do_is_said_in_one_sentence(portal: Portal, tmp_path: Path) -> None:
    given = {"PORTICO_HOME": str(tmp_path), "PORTICO_PORT": "0",
             "PORTICO_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    done = subprocess.run([sys.executable, "-m", "portico.cli", "run"], capture_output=True, text=True, check=False,
                          env={**os.environ, **given}, timeout=60)
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if line.startswith("portico: ")] == done.stderr.splitlines()[-1:]
    assert "the database at 127.0.0.1:1 cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
