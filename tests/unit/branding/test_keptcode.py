"""Compiled templates from one start to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest

from portico.branding.keptcode import KeptCode
from portico.branding.lookup import SharedCode, Sources

KEY = b"k" * 32


def start(home: Path, folder: Path, key: bytes = KEY) -> tuple[str, SharedCode]:
    """What a process does: render, and keep what it compiled."""
    shared = SharedCode(KeptCode(home / "cache", key))
    environment = jinja2.Environment(loader=Sources({"shop": folder}), bytecode_cache=shared, autoescape=True)
    text = environment.get_template("shop/page.jinja2").render(name="you")
    shared.keep()
    return text, shared


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    page = tmp_path / "shop" / "templates" / "shop" / "page.jinja2"
    page.parent.mkdir(parents=True)
    page.write_text("Hello {{ name }}")
    return tmp_path / "shop"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sources that Jinja2 compiled."""
    seen: list[str] = []
    really = jinja2.Environment.compile

    def compile(self: jinja2.Environment, source: Any, *rest: Any, **named: Any) -> Any:
        seen.append(source)
        return really(self, source, *rest, **named)

    monkeypatch.setattr(jinja2.Environment, "compile", compile)
    return seen


def kept(home: Path) -> Path:
    [file] = (home / "cache").iterdir()
    return file


def test_the_second_start_compiles_nothing(tmp_path: Path, shop: Path, compiled: list[str]) -> None:
    assert start(tmp_path, shop)[0] == start(tmp_path, shop)[0] == "Hello you"
    assert compiled == ["Hello {{ name }}"]


def test_a_changed_template_is_compiled_and_the_former_is_let_go(tmp_path: Path, shop: Path, compiled: list[str]) -> None:
    start(tmp_path, shop)
    (shop / "templates/shop/page.jinja2").write_text("Bye {{ name }}")
    assert start(tmp_path, shop)[0] == start(tmp_path, shop)[0] == "Bye you"
    assert compiled == ["Hello {{ name }}", "Bye {{ name }}"]
    assert len(KeptCode(tmp_path / "cache", KEY).read()) == 1


def test_only_we_may_read_it(tmp_path: Path, shop: Path) -> None:
    start(tmp_path, shop)
    assert kept(tmp_path).stat().st_mode & 0o077 == 0
    assert kept(tmp_path).parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("at", [0, 40, -1])
def test_a_damaged_file_is_made_anew(tmp_path: Path, shop: Path, compiled: list[str], at: int) -> None:
    start(tmp_path, shop)
    content = bytearray(kept(tmp_path).read_bytes())
    content[at] ^= 1
    kept(tmp_path).write_bytes(content)
    assert start(tmp_path, shop)[0] == start(tmp_path, shop)[0] == "Hello you"
    assert len(compiled) == 2


def test_a_file_cut_short_is_made_anew(tmp_path: Path, shop: Path) -> None:
    start(tmp_path, shop)
    kept(tmp_path).write_bytes(kept(tmp_path).read_bytes()[:20])
    assert start(tmp_path, shop)[0] == "Hello you"


def test_code_sealed_with_another_key_never_runs(tmp_path: Path, shop: Path, compiled: list[str]) -> None:
    start(tmp_path, shop)
    ours = kept(tmp_path).name
    start(tmp_path, shop, key=b"x" * 32)
    assert kept(tmp_path).name != ours
    kept(tmp_path).rename(tmp_path / "cache" / ours)
    assert start(tmp_path, shop)[0] == "Hello you"
    assert len(compiled) == 3


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path, shop: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    assert start(tmp_path, shop)[0] == "Hello you"
