"""The pytest plugin that is shipped to plugin authors leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.plain_pytest import PYTEST

PROGRAM = """
from pathlib import Path

def test_portal(portal):
    server = EmbeddedServer(portal.settings.home)
    assert server.running()
    Path({out!r}).write_text(f"{{server.root}}\\n{{server.data / 'postmaster.pid'}}")

from portico.db.embedded import EmbeddedServer
"""


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["-n", "1"]], ids=["alone", "under xdist"])
def test_the_embedded_server_ends_with_the_run(options: list[str], tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(PROGRAM.format(out=str(tmp_path / "said")))
    done = subprocess.run(
        [sys.executable, *PYTEST, *options, "test_it.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    root, lock = map(Path, (tmp_path / "said").read_text().splitlines())
    assert not root.exists()
    assert not lock.exists()
    still = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(root) not in still
