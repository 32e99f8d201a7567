"""The wheel holds what the tree holds, no less and no more."""

from __future__ import annotations

import configparser
import zipfile
from pathlib import Path, PurePosixPath

import pytest

TREE = Path(__file__).parents[3]
ROOTS = ("core", "plugins", "connectors", "themes", "migrations")


def is_source(file: Path) -> bool:
    return file.is_file() and "__pycache__" not in file.parts and not file.name.startswith(".")


@pytest.fixture(scope="session")
def in_tree() -> set[str]:
    return {
        file.relative_to(TREE / root).as_posix()
        for root in ROOTS
        for file in (TREE / root).rglob("*")
        if is_source(file)
    }


@pytest.fixture(scope="session")
def in_wheel(whole_wheel: Path) -> set[str]:
    with zipfile.ZipFile(whole_wheel) as archive:
        return {name for name in archive.namelist() if not PurePosixPath(name).parts[0].endswith(".dist-info")}


def test_every_file_of_the_packages_is_in_the_wheel(in_tree: set[str], in_wheel: set[str]) -> None:
    assert sorted(in_tree - in_wheel) == []


def test_nothing_else_is_in_the_wheel(in_tree: set[str], in_wheel: set[str]) -> None:
    assert sorted(in_wheel - in_tree) == []


def test_each_kind_of_file_that_a_package_needs_is_there(in_wheel: set[str]) -> None:
    """Guards the comparison itself: an empty tree would equal an empty wheel."""
    suffixes = {PurePosixPath(name).suffix for name in in_wheel}
    assert {
        ".py",
        ".jinja2",
        ".css",
        ".js",
        ".woff2",
        ".svg",
        ".po",
        ".toml",
        ".sql",
        ".gz",
        ".typed",
    } <= suffixes
    assert "portico_migrations/versions/c0001_spine.py" in in_wheel


def test_each_package_lies_one_level_below_its_root(in_tree: set[str]) -> None:
    tops = {PurePosixPath(name).parts[0] for name in in_tree}
    assert {top for top in tops if not top.startswith("portico")} == set()


def test_entry_points_name_packages_of_the_wheel(whole_wheel: Path, in_wheel: set[str]) -> None:
    with zipfile.ZipFile(whole_wheel) as archive:
        name = next(one for one in archive.namelist() if one.endswith("entry_points.txt"))
        points = configparser.ConfigParser()
        points.read_string(archive.read(name).decode())
    for package in points["portico.plugins"].values():
        assert {f"{package}/__init__.py", f"{package}/plugin.toml"} <= in_wheel
    assert points["console_scripts"]["portico"] == "portico.cli:main"


def test_every_plugin_of_the_tree_has_an_entry_point(whole_wheel: Path) -> None:
    with zipfile.ZipFile(whole_wheel) as archive:
        name = next(one for one in archive.namelist() if one.endswith("entry_points.txt"))
        declared = archive.read(name).decode()
    for manifest in (file for root in ROOTS for file in (TREE / root).glob("*/plugin.toml")):
        assert f"= {manifest.parent.name}\n" in declared + "\n", f"{manifest.parent.name} is installed and never found"
