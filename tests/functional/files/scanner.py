"""A real clamd, with a database of one signature: that of the file which EICAR made for such tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

MUST_RUN = os.environ.get("CI") == "true" or os.environ.get("PORTICO_TESTS_MUST_RUN") == "1"
# In two halves, so that no scanner takes this file for it.
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").encode()
MOST_BYTES = 1 << 20
START_S = 60


class Clamd:
    def __init__(self, folder: Path) -> None:
        path = shutil.which("clamd")
        if path is None and not MUST_RUN:
            pytest.skip("there is no clamd on this machine (apt-get install clamav-daemon)")
        assert path, "there is no clamd on this machine, and these tests must run"
        self.socket = str(folder / "socket")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        (folder / "database").mkdir()
        (folder / "database" / "test.ndb").write_text(f"Eicar-Of-Tests:0:*:{EICAR.hex()}\n")
        settings = {
            "Foreground": "yes", "DatabaseDirectory": str(folder / "database"), "LocalSocket": self.socket, "TCPSocket": str(port),
            "TCPAddr": "127.0.0.1", "StreamMaxLength": str(MOST_BYTES), "LogFile": str(folder / "log"), "SelfCheck": "0",
        }  # fmt: skip
        configuration = folder / "clamd.conf"
        configuration.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        self._command = [path, "--config-file", str(configuration)]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + START_S
        while not self._answers():
            assert self.process.poll() is None, "clamd ended"
            assert time.monotonic() < end, "clamd did not start"
            time.sleep(0.05)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def _answers(self) -> bool:
        host, _colon, port = self.address.partition(":")
        try:
            with socket.create_connection((host, int(port)), 1) as connection:
                connection.sendall(b"zPING\0")
                return connection.recv(10) == b"PONG\0"
        except OSError:
            return False
