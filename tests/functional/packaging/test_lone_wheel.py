"""No built-in plugin has a privilege: each runs from a wheel of its own beside a core that lacks it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

TREE = Path(__file__).parents[3]


def manifest(package: str) -> dict[str, Any]:
    file = next(TREE.glob(f"*/{package}/plugin.toml"))
    return tomllib.loads(file.read_text(encoding="utf-8"))


def with_requirements(package: str) -> list[str]:
    needed = [package]
    for other in manifest(package).get("requires", ()):
        needed += with_requirements(other)
    return list(dict.fromkeys(needed))


def test_core_runs_without_any_plugin(core_alone: Path, make_installation: Callable[..., Any]) -> None:
    said = make_installation("alone", core_alone).program("smoke.py")
    assert said["origin"].startswith(str(core_alone))
    assert said["plugins"] == []
    assert {line.split(":")[0] for line in said["applied"]} == {"portico"}
    assert (said["sign_in"], said["home"]) == (200, 200)


def runs(said: dict[str, Any], packages: list[str]) -> None:
    """What holds of every installation: these plugins and no other, and their pages answer."""
    assert said["plugins"] == sorted(packages)
    assert (said["sign_in"], said["home"]) == (200, 200)
    answered = {name: status for name, status in said["pages"].items() if status not in (0, 200, 302, 303)}
    assert not answered


def test_feature_runs_from_a_wheel_of_its_own(
    feature: str, core_alone: Path, lone: Callable[[str], Path], make_installation: Callable[..., Any]
) -> None:
    packages = with_requirements(feature)
    said = make_installation(f"lone_{feature}", core_alone, *map(lone, packages)).program("smoke.py")
    runs(said, packages)
    hooks = said["hooks"][feature]
    assert hooks
    assert (200 in said["pages"].values()) == ("register_routes" in hooks)
    has_tables = bool(manifest(feature).get("tables"))
    assert any(line.startswith(feature + ":") for line in said["applied"]) == has_tables


def test_connectors_and_themes_run_from_wheels_of_their_own(
    others: list[str], core_alone: Path, lone: Callable[[str], Path], make_installation: Callable[..., Any]
) -> None:
    said = make_installation("lone_others", core_alone, *map(lone, others)).program("smoke.py")
    runs(said, others)
    kinds = {package: manifest(package)["kind"] for package in others}
    assert said["themes"] == sorted(package for package, kind in kinds.items() if kind == "theme")
    for package in (package for package, kind in kinds.items() if kind == "connector"):
        assert "connector_types" in said["hooks"][package]
    assert len(said["connectors"]) >= list(kinds.values()).count("connector")
