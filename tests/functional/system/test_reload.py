"""What developers start: `make serve`, which is `portico serve --reload`, and `pserve development.ini` by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.functional.system.test_metrics import answers, free_port, read, until

from portico.db.embedded import EmbeddedServer

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(180)]
TREE = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A fresh folder with the file for developers, without the demo: loading it takes longer than all the rest."""
    text = (TREE / "development.ini").read_text()
    (tmp_path / "development.ini").write_text(text.replace("portico.demo = true", "portico.demo = false"))
    yield tmp_path
    EmbeddedServer(tmp_path / ".portico").destroy()


def environment(port: int) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PORTICO_", "PROMETHEUS"))}
    return {**kept, "PORTICO_PORT": str(port), "PORTICO_CONFIG": "development.ini"}


def test_a_fresh_folder_is_served_again_after_a_change_and_stopped(folder: Path) -> None:
    port, log = free_port(), folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "portico.cli", "serve", "--reload"], cwd=folder, stdout=output,
                                   stderr=output, env=environment(port), start_new_session=True)  # fmt: skip
    try:
        until(lambda: answers(port), process, log)
        assert "Portico" in read(port, "/sign-in")
        assert EmbeddedServer(folder / ".portico").running()
        (folder / "development.ini").write_text((folder / "development.ini").read_text() + "\n# changed\n")
        until(lambda: log.read_text().count("Starting server") == 2 and answers(port), process, log)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
    assert not EmbeddedServer(folder / ".portico").running()
    assert "Traceback" not in log.read_text()


def test_pserve_by_itself_says_what_is_missing(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "pyramid.scripts.pserve", "development.ini"], cwd=folder, text=True,
                          env=environment(0), capture_output=True, check=False, timeout=60)  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    [said] = [line for line in done.stderr.splitlines() if line.startswith("portico: ")]
    assert "portico run" in said


def test_reload_without_a_file_says_which(tmp_path: Path) -> None:
    given = {key: value for key, value in environment(free_port()).items() if key != "PORTICO_CONFIG"}
    done = subprocess.run([sys.executable, "-m", "portico.cli", "serve", "--reload"], cwd=tmp_path, text=True, env=given,
                          capture_output=True, check=False, timeout=60)  # fmt: skip
    assert done.returncode == 1
    assert "PORTICO_CONFIG=development.ini" in done.stderr
