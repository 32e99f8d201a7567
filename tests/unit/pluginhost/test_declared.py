"""A declared setting takes what its manifest says, and a wrong declaration stops with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portico.pluginhost.declared import effective, read_setting
from portico.pluginhost.manifest import ManifestError, read_manifest

CHOICES = {"a": "First", "b": "Second"}


@pytest.mark.parametrize(
    ("declared", "allowed", "refused"),
    [
        ({"type": "integer", "default": 3, "minimum": 0, "maximum": 9}, [0, 9], [-1, 10, True, "3", 3.0]),
        ({"type": "boolean", "default": False}, [True, False], [0, 1, "yes"]),
        ({"type": "text", "default": "", "longest": 3}, ["", "abc"], ["abcd", 1]),
        ({"type": "choice", "default": "a", "choices": CHOICES}, ["a", "b"], ["c", "", ["a"]]),
        ({"type": "texts", "default": {}, "longest": 3}, [{}, {"fr": "abc"}], ["abc", {"fr": "abcd"}, {"fr": 1}]),
        ({"type": "list", "default": ["a"], "choices": CHOICES}, [[], ["a", "b"]], [["c"], "a", [1]]),
    ],
)
def test_each_type_keeps_its_limits(declared: dict[str, Any], allowed: list[Any], refused: list[Any]) -> None:
    setting = read_setting("one", {"title": "One", **declared})
    assert all(setting.allows(value) for value in allowed)
    assert not any(setting.allows(value) for value in refused)


def test_stored_value_that_is_no_longer_allowed_gives_way_to_the_default() -> None:
    declared = {"days": read_setting("days", {"type": "integer", "default": 7, "title": "Days", "maximum": 30})}
    assert effective(declared, {"days": 12}, "en") == {"days": 12}
    assert effective(declared, {"days": 31, "gone": 1}, "en") == {"days": 7}
    assert effective(declared, {}, "en") == {"days": 7}


def test_one_text_of_before_is_that_of_the_main_language() -> None:
    declared = {"words": read_setting("words", {"type": "texts", "default": {}, "title": "Words"})}
    assert effective(declared, {"words": "So."}, "fr") == {"words": {"fr": "So."}}


@pytest.mark.parametrize(
    ("declaration", "complaint"),
    [
        ('type = "integer"\ndefault = 1', "'title'"),
        ('type = "colour"\ndefault = 1\ntitle = "T"', "'colour'"),
        ('type = "integer"\ndefault = 9\nmaximum = 3\ntitle = "T"', "default"),
        ('type = "choice"\ndefault = "a"\ntitle = "T"', "'choices'"),
        ('type = "integer"\ndefault = 1\ntitle = "T"\nlimit = 3', "'limit'"),
    ],
)
def test_manifest_with_a_wrong_setting_names_it(tmp_path: Path, declaration: str, complaint: str) -> None:
    folder = tmp_path / "portico_sample"
    folder.mkdir()
    head = 'name = "portico_sample"\ntitle = "Sample"\nversion = "1"\n'
    (folder / "plugin.toml").write_text(f"{head}[settings.depth]\n{declaration}\n")
    with pytest.raises(ManifestError, match=f"'depth'.*{complaint}"):
        read_manifest(folder)
