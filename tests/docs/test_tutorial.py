"""The tutorial's plugin is written, installed, tested and run as a reader would, from the page itself."""

from __future__ import annotations

import base64
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.plain_pytest import PYTEST

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
PASSWORD = "a long enough password 47"


@pytest.fixture(scope="module")
def plugin(tutorial: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the reader made."""
    folder = tmp_path_factory.mktemp("tutorial") / "visits"
    for name, text in tutorial.files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def environ(plugin: Path) -> dict[str, str]:
    """Of programs that see the plugin: installed from its wheel, beside the environment that the tests run in."""
    target = plugin.parent / "installed"
    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--no-compile",
        "--disable-pip-version-check", "--target", str(target), str(plugin))  # fmt: skip
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PORTICO_", "PYTEST_"))}
    return kept | {"PYTHONPATH": str(target), "PORTICO_HOME": str(plugin.parent / "home"), "PORTICO_PROCESSES": "1",
                   "PORTICO_MASTER_KEY": base64.urlsafe_b64encode(bytes(32)).decode()}  # fmt: skip


def run(*arguments: str, environ: dict[str, str] | None = None, stdin: str = "", cwd: Path | None = None) -> str:
    done = subprocess.run([sys.executable, *arguments], env=environ, input=stdin, cwd=cwd, text=True,
                          capture_output=True, check=False, timeout=150)  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@contextmanager
def running(environ: dict[str, str], url: str) -> Iterator[None]:
    """`portico run`, until the block ends."""
    process = subprocess.Popen([sys.executable, "-m", "portico.cli", "run"], env=environ, cwd=environ["PORTICO_HOME"])
    try:
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{url}/healthz", trust_env=False)
                break
            except httpx.TransportError:
                assert process.poll() is None, "portico run ended"
                assert time.monotonic() < until, "nothing answers"
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


def commands(tutorial: Any, program: str) -> list[list[str]]:
    """What the page has its reader type, by the program's name."""
    lines = [line for block in tutorial.blocks("console") for line in block.splitlines()]
    calls = [shlex.split(line) for line in lines]
    return [call[1:] for call in calls if call[0] == f"../portico/.venv/bin/{program}"]


def test_the_page_has_a_whole_plugin(tutorial: Any) -> None:
    names = set(tutorial.files())
    assert {
        "pyproject.toml",
        "portico_visits/plugin.toml",
        "portico_visits/models.py",
        "portico_visits/hooks.py",
    } <= names
    assert {"tests/test_visits.py"} <= names
    assert len(names) == len(tutorial.blocks("toml", "python", "jinja")), "a block has no file name above it"


def test_its_test_passes(plugin: Path, environ: dict[str, str], tutorial: Any) -> None:
    (call,) = commands(tutorial, "pytest")
    out = run(*PYTEST, *call, environ=environ, cwd=plugin)
    assert "5 passed" in out


def test_it_runs_and_shows_its_page(tutorial: Any, environ: dict[str, str]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = environ | {"PORTICO_PORT": str(port)}
    Path(environ["PORTICO_HOME"]).mkdir(exist_ok=True)
    url = f"http://localhost:{port}"
    start, tenant, user = commands(tutorial, "portico")
    assert start == ["run"]
    with running(environ, url):
        run("-m", "portico.cli", *tenant, environ=environ)
        run("-m", "portico.cli", *user, "--password-stdin", environ=environ, stdin=PASSWORD + "\n")
        address = re.search(r"<http://localhost:6543(/c/acme/\w+)>", tutorial.text)
        assert address is not None
        page = signed_in(url, address[1], "ada@example.com")
    assert "No visit is planned" in page
    assert "Acme Pumps" in page


def signed_in(url: str, path: str, email: str) -> str:
    """The page that somebody gets who opens its address, is asked to sign in, and does."""
    with httpx.Client(base_url=url, follow_redirects=True, trust_env=False, timeout=20) as browser:
        form = browser.get(path)
        assert "/sign-in" in str(form.url)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.text))
        answer = browser.post(str(form.url), data={**hidden, "email": email, "password": PASSWORD},
                              headers={"Origin": url})  # fmt: skip
        assert answer.status_code == 200, answer.text[-2000:]
        assert answer.url.path == path
        return answer.text
