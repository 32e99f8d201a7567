"""The connector of the tutorial is made, installed and proven as a reader would, from the page itself."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.plain_pytest import PYTEST

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def page(open_document: Callable[[str], Any]) -> Any:
    return open_document("docs/connectors/tutorial.md")


@pytest.fixture(scope="module")
def calls(page: Any) -> list[list[str]]:
    """What the page has its reader type: program and arguments."""
    lines = [line for block in page.blocks("console") for line in block.splitlines()]
    return [[Path(call[0]).name, *call[1:]] for call in map(shlex.split, lines)]


def run(*arguments: str, cwd: Path, environ: dict[str, str] | None = None, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], env=environ, cwd=cwd, text=True, capture_output=True, check=False, timeout=200
    )
    assert done.returncode == status, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def pytest_run(call: list[str], cwd: Path, environ: dict[str, str], status: int = 0) -> str:
    return run(*PYTEST, *call, cwd=cwd, environ=environ, status=status)


@pytest.fixture(scope="module")
def begun(calls: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder as `portico new` leaves it."""
    folder = tmp_path_factory.mktemp("tutorial")
    program, *arguments = calls[0]
    assert program == "portico"
    run("-m", "portico.cli", *arguments, cwd=folder)
    return folder / "orchard_erp"


@pytest.fixture(scope="module")
def environ(begun: Path) -> dict[str, str]:
    """Of programs that see the connector as an editable installation has it: its metadata, and its files where they lie."""
    target = begun.parent / "installed"
    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--no-compile",
        "--disable-pip-version-check", "--target", str(target), str(begun), cwd=begun)  # fmt: skip
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PORTICO_", "PYTEST_"))}
    return kept | {"PYTHONPATH": os.pathsep.join([str(begun), str(target)]), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="module")
def told(begun: Path, environ: dict[str, str], page: Any, calls: list[list[str]]) -> list[str]:
    """What each pytest of the page says, in its order; the files are written between the second and the third."""
    typed = [arguments for program, *arguments in calls if program == "pytest"]
    said = [pytest_run(call, begun, environ) for call in typed[:2]]
    for name, text in page.files().items():
        (begun / name).parent.mkdir(parents=True, exist_ok=True)
        (begun / name).write_text(text, encoding="utf-8")
    partial, *whole = typed[2:]
    said.append(pytest_run(partial, begun, environ, status=1))  # part of a contract proves no connector
    return said + [pytest_run(call, begun, environ) for call in whole]


def test_every_block_of_the_page_is_a_file(page: Any) -> None:
    files = page.files()
    assert len(files) == len(page.blocks("toml", "python"))
    assert {"simulator", "mapping", "client", "connector", "stage"} <= {Path(name).stem for name in files}


def test_reader_types_what_the_tests_type(calls: list[list[str]]) -> None:
    assert [program for program, *_arguments in calls] == ["portico", "pip", "pip", *["pytest"] * 5]


def test_package_to_begin_with_proves_its_catalogue(told: list[str]) -> None:
    assert "passed" in told[0]
    assert "catalogue            proven" in told[1]
    assert "Rung: silver" in told[1]


def test_shapes_are_recorded(told: list[str], begun: Path) -> None:
    assert "1 passed" in told[2]
    assert '"GET /quotes"' in (begun / "orchard_erp" / "recordings" / "answers.json").read_text(encoding="utf-8")


def test_connector_is_proven(told: list[str]) -> None:
    for capability in ("catalogue", "customers", "quote_submission", "quotes", "orders"):
        assert f"  {capability:<20} proven by" in told[3]
    assert "NOT KEPT" not in told[3]
    assert [line for line in told[3].splitlines() if " todo" in line] == [
        "  gold      translated           todo",
        "  platinum  live                 todo",
    ]
    assert "Rung: silver" in told[3]


def test_company_connects_it(told: list[str]) -> None:
    assert "14 passed" in told[4]


@pytest.mark.parametrize(
    ("file", "good", "bad", "notices"),
    [
        ("mapping.py", "return Decimal(value)", "return Decimal(float(value))", "test_changed_price_comes_in_the_next_pass_exactly"),
        (
            "simulator.py",
            'known = [row for row in self.tables["quotes"].values() if row["reference"] == sent["reference"]]',
            "known = []",
            "test_quote_is_one_wherever_the_way_breaks",
        ),
    ],
)
def test_what_the_page_says_is_noticed_is(
    told: list[str], begun: Path, environ: dict[str, str], file: str, good: str, bad: str, notices: str
) -> None:
    path = begun / "orchard_erp" / file
    text = path.read_text(encoding="utf-8")
    assert good in text
    path.write_text(text.replace(good, bad), encoding="utf-8")
    try:
        said = pytest_run(["--portico-connector=orchard_erp", "-k", notices], begun, environ, status=1)
    finally:
        path.write_text(text, encoding="utf-8")
    assert f"FAILED ::TestConnector::{notices}" in said
