"""From a fresh clone to the first page, and a warm start: what somebody waits who types `make run`.

    python -m bench.cold [--cold 1] [--warm 3]

Each cold start has a clone, a virtual environment and a data folder of its own; what pip has in its cache stays. A warm start
is the same folder again. Seconds are of the clock, from the command to the first page of a company; CPU is of all
processes together, so it says what is left of a time when the machine was busy with something else.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bench import machine, report
from bench.machine import family_cpu_ms

PAGE = "/c/regency/sign-in"
GOALS_S = {"cold": 120.0, "warm": 3.0}
PATIENCE_S = 900.0
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Start:
    """seconds to the first page; cpu_s: used until then by `make`, all that it started and what of it has ended."""

    kind: str
    seconds: float
    cpu_s: float


def start(folder: Path, kind: str) -> Start:
    """`make run` until the page answers; then ended as by Ctrl-C. Raises RuntimeError if it ends by itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME") or name.startswith("PIP_")}
    given = {**kept, "LANG": "C.UTF-8", "PORTICO_PORT": str(port)}
    log = folder.parent / f"{kind}.log"
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(["make", "run"], cwd=folder, env=given, stdout=output, stderr=output, start_new_session=True)
        try:
            _wait(process, port, log)
            return Start(kind, time.monotonic() - began, family_cpu_ms(process.pid) / 1000)
        finally:
            _end(process)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"make run ended: {log.read_text(errors='replace')[-2000:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{PAGE}", timeout=5) as page:
                page.read()
                return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("make run gave no page")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def measure(cold: int, warm: int) -> list[Start]:
    """Each clone is removed at the end; the warm starts are those of the last."""
    found: list[Start] = []
    for turn in range(cold):
        folder = Path(tempfile.mkdtemp(prefix="portico-cold-"))
        try:
            folder.chmod(0o755)  # for the user under whom PostgreSQL runs, when we are root
            subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder / "portico")], check=True)
            for kind in ("cold", *["warm"] * (warm if turn == cold - 1 else 0)):
                found.append(start(folder / "portico", kind))
                print(f"{kind}: {found[-1].seconds:.1f} s, CPU {found[-1].cpu_s:.1f} s", flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return found


def rows(found: list[Start]) -> list[list[object]]:
    shown: list[list[object]] = []
    for kind, most in GOALS_S.items():
        times = [one.seconds for one in found if one.kind == kind]
        if times:
            middle, cpu = statistics.median(times), statistics.median(one.cpu_s for one in found if one.kind == kind)
            shown.append([kind, len(times), f"{min(times):.1f}", report.goal(middle, most, f"{middle:.1f}"), f"{max(times):.1f}",
                          f"{cpu:.1f}", f"{most:.0f}"])
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cold", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cold", type=int, default=1, help="how many clones")
    parser.add_argument("--warm", type=int, default=3, help="how many starts after the last cold one")
    parser.add_argument("--write", metavar="NAME")
    options = parser.parse_args()
    head = machine.description()
    text = (f"# From clone to page\n\n{head}\n\n`make run` until `{PAGE}` answers. {report.CLOCK}\n\n"
            + report.table(["start", "times", "least s", "median s", "most s", "CPU s (median)", "goal s"],
                           rows(measure(options.cold, options.warm)))
            + f"\n\nAt the end: load {os.getloadavg()[0]:.1f}, loop of plain Python {machine.loop_ms():.1f} ms; the largest "
            f"process used {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB.")
    print("\n" + text)
    if options.write:
        report.write(options.write, text)


if __name__ == "__main__":
    main()
