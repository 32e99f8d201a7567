"""Installs and runs the provider: real software from npm, pinned by its lock file, in a folder beside the tests' own."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.browser.site import free_port

HERE = Path(__file__).parent
MUST_RUN = os.environ.get("CI") == "true" or os.environ.get("PORTICO_TESTS_MUST_RUN") == "1"
INSTALL_S = 300
CLIENT_ID, CLIENT_SECRET = "portico", "the client's secret, only for tests"


@dataclass(frozen=True)
class Provider:
    issuer: str
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET


def installed() -> Path:
    """The folder with node_modules; made once per version of the lock file, whoever asks first."""
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing and not MUST_RUN:
        pytest.skip(f"there is no {' and no '.join(missing)} on this machine (apt-get install nodejs npm)")
    assert not missing, f"there is no {' and no '.join(missing)} on this machine, and these tests must run"
    digest = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:12]
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "portico-tests"
    folder = base / f"provider-{digest}"
    base.mkdir(parents=True, exist_ok=True)
    with (base / "provider.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            folder.mkdir(exist_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            (folder / "installed").touch()
        shutil.copy(HERE / "provider.mjs", folder)
    return folder


@contextmanager
def running(people: Mapping[str, Mapping[str, Any]], redirect_uris: list[str], back: list[str], *, short: bool = False,
            client: Mapping[str, Any] | None = None) -> Iterator[Provider]:
    """people: what somebody types as their name at the provider → claims. back: where it may send on from signing out.
    short: the id_token says everything, without the userinfo endpoint."""
    folder, port = installed(), free_port()
    found = Provider(f"http://127.0.0.1:{port}")
    told = {"client_id": found.client_id, "client_secret": found.client_secret, "redirect_uris": redirect_uris,
            "post_logout_redirect_uris": back, **(client or {})}
    argument = json.dumps({"issuer": found.issuer, "port": port, "client": told, "people": people, "short": short})
    with (folder / f"provider-{port}.log").open("w+") as log:
        process = subprocess.Popen(["node", "provider.mjs", argument], cwd=folder, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready", Path(log.name).read_text()
            yield found
        finally:
            process.kill()
            process.wait(10)
            for stream in (process.stdin, process.stdout):
                if stream:
                    stream.close()
    Path(log.name).unlink()
