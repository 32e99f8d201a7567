"""`portico new`: what it makes installs, passes its own tests and the contract, and shows in a portal; what cannot be is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.plain_pytest import PYTEST

from portico.cli import main
from portico.scaffold import ScaffoldError, check_name, make


def run(*arguments: str, cwd: Path, environ: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], env=environ, cwd=cwd, text=True, capture_output=True, check=False, timeout=200
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def installed(project: Path) -> dict[str, str]:
    """The surroundings of programs that see the package: installed from its wheel, beside what the tests run in."""
    target = project.parent / "installed"
    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--no-compile",
        "--disable-pip-version-check", "--target", str(target), str(project), cwd=project)  # fmt: skip
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PORTICO_", "PYTEST_"))}
    return kept | {"PYTHONPATH": str(target)}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["plugin", "connector"])
def test_package_installs_passes_its_tests_and_shows_in_a_portal(kind: str, tmp_path: Path) -> None:
    project = tmp_path / "orchard_board"
    run("-m", "portico.cli", "new", kind, "orchard_board", cwd=tmp_path)
    environ = installed(project)
    # Its own tests open the portal and look for it there.
    said = run(*PYTEST, "tests", cwd=project, environ=environ)
    assert "passed" in said
    assert "failed" not in said
    run("-m", "ruff", "check", "--isolated", "--line-length", "130", "--ignore", "S101", "--select", "E,F,B,UP,S", ".", cwd=project)
    if kind == "connector":
        said = run(*PYTEST, "--portico-connector=orchard_board", cwd=project, environ=environ)
        assert "catalogue            proven" in said
        assert "Rung: silver" in said
        assert "NOT KEPT" not in said


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "cannot be a package's name"),
        ("ab", "cannot be a package's name"),
        ("Orchard", "cannot be a package's name"),
        ("orchard-board", "cannot be a package's name"),
        ("7orchards", "cannot be a package's name"),
        ("orchard__board", "cannot be a package's name"),
        ("../orchard", "cannot be a package's name"),
        ("orchard.board", "cannot be a package's name"),
        ("o" * 41, "cannot be a package's name"),
        ("class", "a word of Python itself"),
        ("json", "a word of Python itself"),
        ("portico_orchard", "kept for the project's own packages"),
        ("colander", "is installed already"),
    ],
)
def test_name_that_no_package_can_have_is_refused(name: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match=why):
        check_name(name)
    with pytest.raises(ScaffoldError):
        make("plugin", name, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_folder_that_holds_something_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orchard").mkdir()
    (tmp_path / "orchard" / "mine.txt").write_text("mine")
    assert main(["new", "plugin", "orchard"]) == 1
    assert "orchard is there already" in capsys.readouterr().err
    assert [file.name for file in (tmp_path / "orchard").iterdir()] == ["mine.txt"]
    assert main(["new", "plugin", "orchard", "--folder", "elsewhere"]) == 0
    assert (tmp_path / "elsewhere" / "orchard" / "plugin.toml").is_file()
