"""A real Odoo 14, out of Debian 11's packages, for as long as the contract runs on it: `make odoo14`.

    python -m tests.odoo.odoo14 [--folder FOLDER] [--keep] [pytest arguments]

Needs root, debootstrap and the Debian archive; a folder with a Debian of its own (about 1 GB) is made the first time. Nothing of
it is installed on this machine. The shapes of its answers, which the simulator is held against, are recorded anew. --keep: leaves it
running until Enter is pressed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from tests.browser.site import free_port

from portico.db.embedded import EmbeddedServer
from portico_odoo.simulator.administrator import administrator

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "portico-tests" / "odoo14"
APPS = "sale_management,sale_stock,l10n_generic_coa"
START_S = 120


def make(folder: Path) -> Path:
    """A Debian 11 with Odoo 14 in it, without any service of its own."""
    root = folder / "root"
    if not (root / "usr/bin/odoo").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["debootstrap", "--variant=minbase", "bullseye", root], check=True)
        guard = root / "usr/sbin/policy-rc.d"
        guard.write_text("#!/bin/sh\nexit 101\n")
        guard.chmod(0o755)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["chroot", root, "apt-get", "update", "-qq"], check=True)
        wanted = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "odoo-14"]
        subprocess.run(["chroot", root, *wanted], check=True, env=quiet)
    return root


@contextmanager
def proc(root: Path) -> Iterator[None]:
    """Odoo looks at its own process there."""
    subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", root / "proc"], check=True)


@contextmanager
def database(folder: Path) -> Iterator[int]:
    """A PostgreSQL for it; the port."""
    server = EmbeddedServer(folder, {"fsync": "off"})
    server.start()
    try:
        with psycopg.connect(server.url(), autocommit=True) as admin:
            admin.execute("create role odoo login createdb password 'odoo'")
        yield server.port
    finally:
        server.destroy()


@contextmanager
def running(root: Path, database_port: int, log: Path) -> Iterator[int]:
    """Its database installed, and Odoo at a port."""
    port = free_port()
    told = ["-d", "portal", "--db_host", "127.0.0.1", "--db_port", str(database_port), "--db_user", "odoo", "--db_password", "odoo",
            "--data-dir", "/var/lib/odoo/data", "--max-cron-threads", "0"]  # fmt: skip
    odoo = ["setpriv", "--reuid=odoo", "--regid=odoo", "--clear-groups", "python3", "/usr/bin/odoo", *told]
    with log.open("w") as written:
        installing = [*odoo, "-i", APPS, "--without-demo=all", "--stop-after-init", "--no-http"]
        subprocess.run(["chroot", root, *installing], check=True, stdout=written, stderr=written)
        serving = [*odoo, "--http-interface", "127.0.0.1", "--http-port", str(port), "--no-database-list"]
        process = subprocess.Popen(["chroot", root, *serving], stdout=written, stderr=written)
        try:
            _wait(process, port, log)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends_at = time.monotonic() + START_S
    while time.monotonic() < ends_at:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            administrator(port)("res.users", "search", [])
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text()[-3000:])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=CACHE)
    parser.add_argument("--keep", action="store_true")
    told, further = parser.parse_known_args()
    missing = [name for name in ("debootstrap", "setpriv") if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        print(f"needs root{' and ' + ', '.join(missing) if missing else ''}", file=sys.stderr)
        return 2
    root = make(told.folder)
    with tempfile.TemporaryDirectory(prefix="odoo14-") as folder, proc(root):
        os.chmod(folder, 0o755)
        log = told.folder / "odoo.log"
        with database(Path(folder)) as database_port, running(root, database_port, log) as port:
            command = [sys.executable, "-m", "pytest", "--portico-connector=odoo", "--portico-live", *further]
            done = subprocess.run(command, env=os.environ | {"ODOO_PORT": str(port)}, check=False).returncode
            if told.keep:
                input(f"http://127.0.0.1:{port}, admin/admin, database portal. Enter ends it. ")
    return done


if __name__ == "__main__":
    sys.exit(main())
