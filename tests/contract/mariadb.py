"""A real MariaDB on a port of this machine, with a folder of its own that goes with it."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pymysql
import pytest

MUST_RUN = os.environ.get("CI") == "true" or os.environ.get("PORTICO_TESTS_MUST_RUN") == "1"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def program(name: str) -> str:
    found = shutil.which(name, path=PATH)
    if found is None and not MUST_RUN:
        pytest.skip(f"{name} is not installed (apt-get install mariadb-server)")
    assert found is not None, f"{name} is needed: apt-get install mariadb-server"
    return found


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "ready for connections" in line:
            return
    raise AssertionError("".join(said))


class MariaDb:
    """certificate: a file with one and its key, with which it speaks TLS; None = it speaks none."""

    def __init__(self, folder: Path, certificate: Path | None = None) -> None:
        server, install = program("mariadbd"), program("mariadb-install-db")
        data = folder / "data"
        own = ["--no-defaults", f"--datadir={data}", f"--user={getpass.getuser()}"]
        subprocess.run(
            [install, *own, "--auth-root-authentication-method=normal", "--skip-test-db"], check=True, capture_output=True
        )
        secured = [f"--ssl-cert={certificate}", f"--ssl-key={certificate}"] if certificate else []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [
                server, *own, f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={folder / 's'}",
                f"--pid-file={folder / 'pid'}", "--innodb-flush-log-at-trx-commit=0", "--character-set-server=utf8mb4", *secured,
            ],
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        wait_until_ready(self.process)

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate()

    def execute(self, database: str | None, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = pymysql.connect(host="127.0.0.1", port=self.port, user="root", database=database, autocommit=True)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def new_database(self) -> tuple[dict[str, Any], dict[str, str]]:
        """An empty one with a login of its own: settings of a connection, and its secrets."""
        name = f"company_{uuid.uuid4().hex[:8]}"
        for statement in (
            f"create database {name} character set utf8mb4",
            f"create user {name}@'%' identified by 'for tests'",
            f"grant select, insert, execute on {name}.* to {name}@'%'",
        ):
            self.execute(None, statement)
        config = {
            "dialect": "mysql", "host": "erp.example", "port": self.port, "database": name, "user": name,
            "sslmode": "disable", "currency": "EUR",
        }  # fmt: skip
        return config, {"password": "for tests"}
