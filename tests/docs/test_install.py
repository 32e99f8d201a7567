"""The page on installing is followed to the letter, on a server with nothing in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.functional.system.test_metrics import answers, free_port, until

from portico.db.embedded import EmbeddedServer

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket, pytest.mark.timeout(180)]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("server"), {"fsync": "off"})
    server.start()
    yield server
    server.destroy()


class Machine:
    """What the page has in /etc, /opt and /var/lib, in one folder; `db.internal` is the server."""

    def __init__(self, page: Any, server: EmbeddedServer, folder: Path, tree: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.names = {
            "/etc/": f"{folder}/", "/opt/portico/bin/": f"{Path(sys.executable).parent}/", "/var/lib/portico": str(folder),
            "runuser -u portico -- ": "", "db.internal": f"127.0.0.1:{server.port}",
            "postgres:password@": f"postgres:{server.password}@", "6543": str(self.port),
            "what openssl rand -base64 32 printed": b64encode(b"+/" * 16).decode(),
            "user add you@example.com": "user add --password-stdin you@example.com",
        }  # fmt: skip
        [secrets] = [text for text in page.blocks("text") if text.startswith("PORTICO_CONFIG")]
        (folder / "portico.env").write_text(self.here(secrets))
        (folder / "portico.ini").write_text(self.here((tree / "production.ini").read_text()))
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(("PORTICO_", "PG", "PROMETHEUS"))}

    def here(self, text: str) -> str:
        for theirs, ours in self.names.items():
            text = text.replace(theirs, ours)
        return text

    def typed(self, commands: str) -> str:
        done = subprocess.run(["bash", "-eu", "-c", self.here(commands)], cwd=self.folder, env=self.env, text=True,
                              input="a quiet green river\n", capture_output=True, check=False, timeout=120)  # fmt: skip
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def start(self, command: str) -> subprocess.Popen[bytes]:
        script = f"set -a; . {self.folder}/portico.env; set +a; exec {sys.executable} -m portico.cli {command}"
        with (self.folder / f"{command}.log").open("wb") as log:
            return subprocess.Popen(["bash", "-c", script], cwd=self.folder, env=self.env, stdout=log, stderr=log)


def test_an_empty_server_becomes_a_portal(
    server: EmbeddedServer, open_document: Callable[[str], Any], tmp_path: Path, tree: Path
) -> None:
    page = open_document("docs/operations/install.md")
    machine = Machine(page, server, tmp_path, tree)
    [first] = page.blocks("bash")
    said = machine.typed(first)
    assert "you@example.com can sign in" in said
    assert "Added" in said
    running = [(command, machine.start(command)) for command in ("serve", "worker")]
    try:
        until(lambda: answers(machine.port), running[0][1], tmp_path / "serve.log")
        request = urllib.request.Request(f"http://127.0.0.1:{machine.port}/c/acme/sign-in", headers={"Host": "127.0.0.1"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert b"Acme Ltd" in answer.read()
        until(lambda: "is ready" in (tmp_path / "worker.log").read_text(), running[1][1], tmp_path / "worker.log")
        with psycopg.connect(server.url("portico")) as admin:
            users = {row[0] for row in admin.execute("SELECT usename FROM pg_stat_activity WHERE usename LIKE 'portico%'")}
        assert users == {"portico_app"}
    finally:
        for _command, process in running:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
