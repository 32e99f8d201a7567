"""What a newcomer does: clone, `make run`, open the address; then again. Prints how long each took.

    python -m tests.first_run            as whoever runs it
    python -m tests.first_run --also-as-ordinary-user    when run by root, once more as somebody without rights
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PATIENCE_S = 600.0
"""Only a broken start takes longer; the goals (two minutes cold, three seconds warm) are for a quiet machine."""
USER = "portico-newcomer"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(folder: Path, port: int, user: str | None) -> tuple[subprocess.Popen[bytes], float]:
    """Run `make run` until the first page answers; the process and the seconds it took."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "PORTICO_PORT": str(port), "LANG": "C.UTF-8"}
    environment |= {key: value for key, value in os.environ.items() if key.startswith("PIP_")}
    started = time.monotonic()
    process = subprocess.Popen(["make", "run"], cwd=folder, env=environment, start_new_session=True, user=user,
                               group=pwd.getpwnam(user).pw_gid if user else None, extra_groups=[] if user else None)
    while time.monotonic() - started < PATIENCE_S:
        if process.poll() is not None:
            raise SystemExit(f"make run ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/c/regency/sign-in", timeout=5) as page:
                assert b"Regency" in page.read()
                return process, time.monotonic() - started
        except OSError:
            time.sleep(0.1)
    raise SystemExit("make run gave no page")


def stop(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGINT)
    process.wait(60)


def newcomer(user: str | None) -> None:
    folder = Path(tempfile.mkdtemp(prefix="newcomer-"))
    os.chmod(folder, 0o755)
    clone = folder / "portico"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(Path.cwd()), str(clone)], check=True)
    if user:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, user)
    try:
        port, name = free_port(), user or pwd.getpwuid(os.geteuid()).pw_name
        process, cold_s = start(clone, port, user)
        stop(process)
        process, warm_s = start(clone, port, user)
        stop(process)
        print(f"make run as {name}: first page after {cold_s:.1f} s cold, {warm_s:.1f} s warm", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    newcomer(None)
    if "--also-as-ordinary-user" in sys.argv and os.geteuid() == 0:
        try:
            pwd.getpwnam(USER)
        except KeyError:
            subprocess.run(["useradd", "--system", "--shell", "/bin/sh", USER], check=True)
        newcomer(USER)


if __name__ == "__main__":
    main()
