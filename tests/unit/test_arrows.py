"""Who may import whom: core knows no feature and no contract, a plugin knows core, the contract and what it requires, and never
another plugin."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACT = "portico_erp"
PACKAGES = sorted(
    folder
    for root in ("core", "plugins", "connectors", "themes", "migrations")
    for folder in (ROOT / root).iterdir()
    if folder.is_dir() and folder.name.startswith("portico")
)
NOT_A_FEATURE = {"portico_demo": "loads the sample companies: it plays the company, and so uses what companies use"}

STAGES = {"connectors/portico_supabase/stage.py": {"portico_companydb"}}
"""What the stages of contracts play on besides: nothing that runs in a portal imports a stage."""


def imported(folder: Path) -> Iterator[tuple[Path, str]]:
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from ((file, alias.name.partition(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield file, node.module.partition(".")[0]


def allowed(package: str) -> set[str]:
    if package in ("portico", "portico_migrations"):
        return {"portico", "portico_migrations"}
    return {package, "portico", CONTRACT, *required(package)}


def required(package: str) -> list[str]:
    """The plugins that one says it cannot do without."""
    manifest = ROOT / "plugins" / package / "plugin.toml"
    return list(tomllib.loads(manifest.read_text(encoding="utf-8")).get("requires", [])) if manifest.exists() else []


@pytest.mark.parametrize("folder", [one for one in PACKAGES if one.name not in NOT_A_FEATURE], ids=lambda one: one.name)
def test_imports_point_towards_core(folder: Path) -> None:
    ours = {one.name for one in PACKAGES}
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file, name in imported(folder)
        if name in ours and name not in allowed(folder.name) | STAGES.get(str(file.relative_to(ROOT)), set())
    ]
    assert wrong == []


def test_nothing_imports_a_stage_or_a_simulator_but_its_own_stage() -> None:
    """What a connector's contract is played on has no business in a running portal."""
    wrong = []
    for folder in (one for one in PACKAGES if one.parent.name == "connectors"):
        for file in folder.rglob("*.py"):
            if {"stage", "simulator", "conformance"} & {*file.relative_to(folder).with_suffix("").parts}:
                continue
            text = file.read_text(encoding="utf-8")
            names = [f"{folder.name}.{part}" for part in ("stage", "simulator")] + ["portico_erp.conformance"]
            wrong += [f"{file.relative_to(ROOT)}: {name}" for name in names if f"import {name}" in text or f"from {name}" in text]
    assert wrong == [f"connectors/portico_erp/pytest_plugin.py: {CONTRACT}.conformance"]
