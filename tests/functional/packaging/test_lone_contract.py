"""A connector's wheel brings the stage of its contract: anybody proves it with what is installed, without this tree and without an ERP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BESIDE = {"supabase": ["portico_companydb"]}
"""What a stage plays on besides its own package."""
FEW = "plays_the_connector or check_reports or pages_through or submit_twice"


def contract(name: str, core: Path, lone: Callable[[str], Path], make_installation: Callable[..., Any]) -> Callable[..., str]:
    """`run(*arguments, status=0)`: what `pytest --portico-connector=name` prints where nothing else is installed."""
    packages = [f"portico_{name}", *BESIDE.get(name, [])]
    installation = make_installation(f"contract_{name}", core, *map(lone, packages))

    def run(*arguments: str, status: int = 0) -> str:
        return str(installation.python("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--portico-connector={name}", *arguments, status=status))

    return run


@pytest.mark.parametrize("name", ["companydb", "supabase", "odoo", "erpnext"])
def test_lone_wheel_plays_its_stage(
    name: str, core_alone: Path, lone: Callable[[str], Path], make_installation: Callable[..., Any]
) -> None:
    """A few tests, of which each needs the stage; so few prove nothing, and the run says so."""
    said = contract(name, core_alone, lone, make_installation)("-k", FEW, status=1)
    assert "4 passed" in said
    assert "failed" not in said.replace("tests failed", "")
    assert "Rung: none yet" in said


@pytest.mark.slow
def test_lone_wheel_proves_its_whole_contract(
    core_alone: Path, lone: Callable[[str], Path], make_installation: Callable[..., Any]
) -> None:
    said = contract("tryton", core_alone, lone, make_installation)()
    assert "Rung: platinum" in said
    assert "NOT KEPT" not in said
