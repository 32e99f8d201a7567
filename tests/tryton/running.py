"""Installs and runs a real Tryton from PyPI, pinned, in an environment and a folder of its own beside the tests' own."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.site import free_port

HERE = Path(__file__).parent
DATABASE, PASSWORD = "erp", "only for tests 1"
MODULES = ("sale_price_list", "account_invoice_stock", "stock_supply")
INSTALL_S, START_S = 600, 60
# With the queue left to a worker, which knows no SQLite, and so is played by staff who press "Process".
_CONFIG = """\
[database]
uri = sqlite://
path = {folder}
[web]
listen = 127.0.0.1:{port}
[queue]
worker = True
[password]
length = 6
"""


@dataclass(frozen=True)
class TrytonServer:
    """A server with the company of seed.py. Users: portico, staff and nobody, all with PASSWORD."""

    port: int
    folder: Path
    python: Path
    config: dict[str, Any]
    secrets: dict[str, str]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR") or name.startswith("PIP_")}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}


def run(*command: Any, env: dict[str, str]) -> None:
    done = subprocess.run(
        [str(part) for part in command], env=env, capture_output=True, text=True, timeout=INSTALL_S, check=False
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"


def _write_config(folder: Path, port: int) -> Path:
    config = folder / "trytond.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port))
    return config


def installed() -> Path:
    """The folder with the environment ("venv") and the filled database ("erp.sqlite"); made once per version, whoever asks
    first, and once a year, as the books are of a year. Fails where it cannot be had.
    """
    parts = [(HERE / name).read_bytes() for name in ("requirements.txt", "seed.py")]
    digest = hashlib.sha256(b"".join(parts) + " ".join(MODULES).encode() + sys.version.encode()).hexdigest()[:12]
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "portico-tests"
    folder = base / f"tryton-{dt.date.today().year}-{digest}"
    base.mkdir(parents=True, exist_ok=True)
    with (base / "tryton.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _install(folder)
            (folder / "installed").touch()
    return folder


def _install(folder: Path) -> None:
    venv.create(folder / "venv", with_pip=True)
    python, environment = folder / "venv/bin/python", _environment()
    pip = (python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--only-binary", "lxml,cffi")
    run(*pip, "-r", HERE / "requirements.txt", env=environment)
    config = _write_config(folder, 0)
    (folder / f"{DATABASE}.sqlite").touch()
    (folder / "password").write_text(PASSWORD)
    make = (python.parent / "trytond-admin", "-c", config, "-d", DATABASE, "--email", "admin@example.test", "-p")
    run(*make, "-u", *MODULES, "--activate-dependencies", env=environment | {"TRYTONPASSFILE": str(folder / "password")})
    run(python, HERE / "seed.py", config, PASSWORD, env=environment)


@contextmanager
def running(folder: Path) -> Iterator[TrytonServer]:
    """A server on a copy of the database in `folder`."""
    source, port = installed(), free_port()
    shutil.copy(source / f"{DATABASE}.sqlite", folder)
    config = _write_config(folder, port)
    command = [str(source / "venv/bin/trytond"), "-c", str(config), "-d", DATABASE]
    with (folder / "trytond.log").open("wb") as log:
        process = subprocess.Popen(command, env=_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            _await(process, port, folder / "trytond.log")
            yield TrytonServer(
                port,
                folder,
                source / "venv/bin/python",
                {"host": "127.0.0.1", "port": port, "protocol": "http", "database": DATABASE, "user": "portico",
                 "language": "en", "accessories": "Fittings", "fees": "Charges", "claim_prefix": "PORTAL-"},
                {"password": PASSWORD},
            )
        finally:
            process.kill()
            process.wait(10)


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    asked = json.dumps({"id": 1, "method": "common.server.version", "params": []}).encode()
    end = time.monotonic() + START_S
    while True:
        assert process.poll() is None, log.read_text()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/rpc/", asked, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                assert json.load(answer)["result"] == "8.2"
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert time.monotonic() < end, log.read_text()
            process.poll()
