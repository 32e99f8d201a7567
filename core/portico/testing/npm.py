"""Installs real software from npm, pinned by a lock file, in a folder beside the tests' own."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

MUST_RUN = os.environ.get("CI") == "true" or os.environ.get("PORTICO_TESTS_MUST_RUN") == "1"
INSTALL_S = 300


def installed(here: Path) -> Path:
    """The folder with the node_modules of `here`'s lock file; made once per version of it, whoever asks first."""
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing and not MUST_RUN:
        pytest.skip(f"there is no {' and no '.join(missing)} on this machine (apt-get install nodejs npm)")
    assert not missing, f"there is no {' and no '.join(missing)} on this machine, and these tests must run"
    digest = hashlib.sha256((here / "package-lock.json").read_bytes()).hexdigest()[:12]
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "portico-tests"
    folder = base / f"{here.name}-{digest}"
    base.mkdir(parents=True, exist_ok=True)
    with (base / f"{here.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            folder.mkdir(exist_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(here / name, folder)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            (folder / "installed").touch()
    return folder
