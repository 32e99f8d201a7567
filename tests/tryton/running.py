"""Installs and runs a real Tryton from PyPI, pinned, in an environment and a folder of its own beside the tests' own.

    python -m tests.tryton.running contract [pytest arguments]
    python -m tests.tryton.running serve

contract: the whole contract on it, which records the shapes of its answers anew. serve: leaves it running, and says by which
variables `pytest --portico-connector=tryton --portico-live` finds it.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.site import free_port, wait_for

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
    database: str = DATABASE
    password: str = PASSWORD


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


def _digest(*names: str) -> str:
    parts = [(HERE / name).read_bytes() for name in names]
    return hashlib.sha256(b"".join(parts) + " ".join((*MODULES, sys.version)).encode()).hexdigest()[:12]


@contextmanager
def _made(folder: Path) -> Iterator[bool]:
    """Whether it is there already; if not, it counts as made once what is inside has come to its end."""
    if (folder / "installed").exists():
        yield True
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield False
    (folder / "installed").touch()


def installed() -> tuple[Path, Path]:
    """The environment's python, and the filled database; made once per version, whoever asks first, the database once a year
    too, as its books are of a year. Fails where they cannot be had.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "portico-tests"
    base.mkdir(parents=True, exist_ok=True)
    environment = base / f"tryton-{_digest('requirements.txt')}"
    database = base / f"tryton-{dt.date.today().year}-{_digest('requirements.txt', 'seed.py')}"
    python = environment / "bin/python"
    with (base / "tryton.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _made(environment) as there:
            if not there:
                _install(environment, python)
        with _made(database) as there:
            if not there:
                _fill(database, python)
    return python, database / f"{DATABASE}.sqlite"


def _install(environment: Path, python: Path) -> None:
    venv.create(environment, with_pip=True)
    pip = (python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--only-binary", "lxml,cffi")
    run(*pip, "-r", HERE / "requirements.txt", env=_environment())


def _fill(folder: Path, python: Path) -> None:
    config = _write_config(folder, 0)
    (folder / f"{DATABASE}.sqlite").touch()
    (folder / "password").write_text(PASSWORD)
    make = (python.parent / "trytond-admin", "-c", config, "-d", DATABASE, "--email", "admin@example.test", "-p")
    environment = _environment() | {"TRYTONPASSFILE": str(folder / "password")}
    run(*make, "-u", *MODULES, "--activate-dependencies", env=environment)
    run(python, HERE / "seed.py", config, PASSWORD, env=_environment())


@contextmanager
def running(folder: Path) -> Iterator[TrytonServer]:
    """A server on a copy of the database in `folder`."""
    (python, database), port = installed(), free_port()
    shutil.copy(database, folder)
    config = _write_config(folder, port)
    command = [str(python), str(HERE / "serve.py"), "-c", str(config), "-d", DATABASE]
    with (folder / "trytond.log").open("wb") as log:
        process = subprocess.Popen(command, env=_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(lambda: _answers(process, port, folder / "trytond.log"), START_S, "Tryton does not start")
            yield TrytonServer(port)
        finally:
            process.kill()
            process.wait(10)


def _answers(process: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    asked = json.dumps({"id": 1, "method": "common.server.version", "params": []}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/rpc/", asked, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(json.load(answer)["result"] == "8.2")
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def main(arguments: list[str]) -> int:
    print(*installed())
    if not arguments:
        return 0
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        named = {"TRYTON_TEST_PORT": str(server.port), "TRYTON_TEST_DATABASE": DATABASE, "TRYTON_TEST_PASSWORD": PASSWORD}
        if arguments[0] == "contract":
            command = [sys.executable, "-m", "pytest", "--portico-connector=tryton", "--portico-live", *arguments[1:]]
            return subprocess.run(command, env=os.environ | named, check=False).returncode
        print(*(f"{name}='{value}'" for name, value in named.items()), flush=True)
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
