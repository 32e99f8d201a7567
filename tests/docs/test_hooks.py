"""Every hook is specified in full, documented, and either answered by a built-in plugin or exercised by a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portico.cli import docs
from portico.pluginhost.host import PluginHost, specified

OFFERED = {name: plugin for plugin, module in docs.offered().items() for name in specified(module)}
"""Hooks that a plugin specifies for others → the plugin."""
HOOKS = docs.specifications() | {name: hook for module in docs.offered().values() for name, hook in specified(module).items()}


def answered_by(hook: str) -> set[str]:
    """The plugins that answer a hook, those of tests included."""
    manager = PluginHost.discover().manager
    return {implementation.plugin_name for implementation in getattr(manager.hook, hook).get_hookimpls()}


def exercised_in(hook: str, tree: Path) -> set[str]:
    """The tests, and the strangers that tests install, that answer or call a hook."""
    used = re.compile(rf"def {hook}\(|\.call\(\s*\"{hook}\"|start_up\(\s*\"{hook}\"")
    files = [file for file in (tree / "tests").rglob("*.py") if file != Path(__file__)]
    return {file.relative_to(tree).as_posix() for file in files if used.search(file.read_text(encoding="utf-8"))}


def test_there_are_hooks() -> None:
    assert {"register_routes", "nav_items", "sample_records"} <= HOOKS.keys()


@pytest.mark.parametrize("hook", HOOKS)
def test_it_says_when_it_is_called_what_it_returns_in_which_order_and_what_of_errors(hook: str) -> None:
    lead, parts = docs.described(HOOKS[hook])
    assert lead.endswith(".")
    assert tuple(parts) == docs.PARTS
    assert all(words.endswith(".") for words in parts.values()), parts


@pytest.mark.parametrize("hook", HOOKS)
def test_it_has_a_section_in_the_documentation(hook: str, tree: Path) -> None:
    page = (tree / "docs" / "hooks" / "index.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {hook}$", page, re.MULTILINE)


@pytest.mark.parametrize("hook", HOOKS)
def test_somebody_uses_it(hook: str, tree: Path) -> None:
    assert answered_by(hook) | exercised_in(hook, tree), f"no plugin answers {hook} and no test exercises it"


@pytest.mark.parametrize("hook", HOOKS)
def test_whoever_specifies_it_calls_it(hook: str, tree: Path) -> None:
    """A hook that nobody calls is a promise that is not kept. (Sample records are for tests alone.)"""
    called = re.compile(rf"(call|start_up)\(\s*\"{hook}\"")
    folders = ["core", "tests"] if hook == "sample_records" else [f"plugins/{OFFERED[hook]}" if hook in OFFERED else "core"]
    files = (file for folder in folders for file in (tree / folder).rglob("*.py"))
    assert any(called.search(file.read_text(encoding="utf-8")) for file in files), f"nobody calls {hook}"
