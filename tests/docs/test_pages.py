"""What the pages say of the software is so: generated ones are up to date, links lead somewhere, commands exist."""

from __future__ import annotations

import argparse
import dataclasses
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portico.cli import commands, docs
from portico.settings import Settings, SettingsError

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_MAKE = re.compile(r"`make ([a-z]+)`|^make ([a-z]+)", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def test_generated_pages_are_up_to_date(tree: Path) -> None:
    stale = [path.name for path, _text in docs.out_of_date(tree / "docs")]
    assert stale == [], "run `make docs`"


def test_the_command_says_what_is_out_of_date(tmp_path: Path) -> None:
    call = [sys.executable, "-m", "portico.cli", "docs", "--folder", str(tmp_path)]
    first = subprocess.run([*call, "--check"], capture_output=True, text=True, check=False)
    assert first.returncode == 1
    assert "hooks/index.md is out of date" in first.stdout
    assert not (tmp_path / "hooks").exists()
    assert subprocess.run(call, capture_output=True, check=False).returncode == 0
    assert subprocess.run([*call, "--check"], capture_output=True, check=False).returncode == 0


def test_every_setting_is_explained() -> None:
    words = docs.explained(Settings)
    assert {field.name for field in dataclasses.fields(Settings)} == words.keys()


def test_every_key_of_a_manifest_is_explained() -> None:
    from portico.pluginhost.manifest import Manifest

    assert {field.name for field in dataclasses.fields(Manifest)} - {"folder"} == docs.manifest_words().keys()


def anchors(page: Path) -> set[str]:
    """The headings' ids, as GitHub and most others make them."""
    titles = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.replace("`", "")).strip().lower().replace(" ", "-") for title in titles}


def test_links_lead_somewhere(documents: list[Any], tree: Path) -> None:
    broken = []
    for document in documents:
        for found in _LINK.finditer(document.prose()):
            target = found[1] or found[2]
            if target.startswith(("http://", "https://", "mailto:")):
                continue
            name, _, anchor = target.partition("#")
            page = (document.path.parent / name).resolve() if name else document.path
            if not page.exists() or (anchor and anchor not in anchors(page)):
                broken.append(f"{document.path.relative_to(tree)}: {target}")
    assert broken == []


def known_commands() -> dict[str, set[str]]:
    """Command → its actions."""
    parser = argparse.ArgumentParser()
    commands.registry(parser)
    return {name: set().union(*choices(child)) for name, child in next(iter(named(parser))).items()}


def named(parser: argparse.ArgumentParser) -> list[dict[str, argparse.ArgumentParser]]:
    return [dict(action.choices or {}) for action in parser._actions if isinstance(action, argparse._SubParsersAction)]


def choices(parser: argparse.ArgumentParser) -> list[set[str]]:
    return [set(), *(set(found) for found in named(parser))]


def test_documented_commands_exist(documents: list[Any], tree: Path) -> None:
    known = known_commands()
    assert {"run", "serve", "worker", "migrate", "tenant", "user", "audit", "docs"} <= known.keys()
    unknown = []
    for document in documents:
        spans = [*re.findall(r"`([^`\n]+)`", document.prose()), *document.blocks("console", "text", "")]
        for span in spans:
            for line in span.splitlines():
                call = re.match(r"(?:PORTICO_\w+=\S+ )*(?:\S*/)?portico ([a-z]\w*)(?: ([a-z][\w-]*))?", line.strip())
                if call and (call[1] not in known or (call[2] and known[call[1]] and call[2] not in known[call[1]])):
                    unknown.append(f"{document.path.relative_to(tree)}: {line.strip()}")
    assert unknown == []


def test_documented_make_targets_exist(documents: list[Any], tree: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (tree / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named_ones = {one or other for document in documents for one, other in _MAKE.findall(document.text)}
    assert "run" in named_ones
    assert named_ones <= targets


def test_documented_settings_exist(documents: list[Any]) -> None:
    known = {field.name for field in dataclasses.fields(Settings)} | {"config", "test_database_url", "tests_must_run", "name"}
    named_ones = {name.lower() for document in documents for name in re.findall(r"PORTICO_([A-Z_]+)\b", document.text)}
    assert named_ones - known == set()


@pytest.mark.parametrize("file", ["development.ini", "production.ini"])
def test_the_ini_files_are_understood(file: str, tree: Path) -> None:
    from portico.cli import ini_settings

    try:
        Settings.read(ini_settings(str(tree / file)), {"PORTICO_MASTER_KEY": "A" * 43})
    except SettingsError as error:
        pytest.fail(str(error))


def test_no_page_names_what_is_not_the_readers(documents: list[Any], tree: Path) -> None:
    """No path of somebody's machine."""
    found = [d.path.relative_to(tree).as_posix() for d in documents if re.search(r"/(work|root|home/\w+)/", d.text)]
    assert found == []
