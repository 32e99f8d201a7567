"""Runs the tests of the database on a PostgreSQL that is not ours: reached by URL over TCP, started by somebody else.

    python -m tests.external [pytest arguments]

All tests that use a portal are run: tests/conftest.py marks them by that. OWN_SERVER names those that do not, although
they start a server; tests/unit/test_external.py fails when another appears.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from portico.db.embedded import EmbeddedServer

OWN_SERVER = {
    "tests/browser": "drives an installation as it is shipped, with the demo's companies",
    "tests/contract": "the companies' own databases, not the portal's",
    "tests/docs/test_backup.py": "moves a database from one server to another",
    "tests/docs/test_install.py": "sets a server up as the page of installation says",
    "tests/functional/backup": "destroys an installation and restores it on another server",
    "tests/functional/cli/test_keys.py": "changes the passwords of a server's logins",
    "tests/functional/db/test_left.py": "an embedded server whose home was removed",
    "tests/functional/packaging": "what is installed from the built packages",
    "tests/functional/system/test_reload.py": "the embedded server that a developer's start brings",
    "tests/functional/testing/test_plugin.py": "that the embedded server ends",
    "tests/odoo/odoo14.py": "the database of an Odoo, which is run by hand",
    "tests/unit/web/test_server.py": "the web server alone",
}


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="external-") as folder:
        os.chmod(folder, 0o755)
        server = EmbeddedServer(Path(folder), {"fsync": "off"})
        server.start()
        try:
            url = f"postgresql://postgres:{server.password}@127.0.0.1:{server.port}/postgres"
            command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "-m", "database", *arguments]
            return subprocess.run(command, env=os.environ | {"PORTICO_TEST_DATABASE_URL": url}, check=False).returncode
        finally:
            server.destroy()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
