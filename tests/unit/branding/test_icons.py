from __future__ import annotations

import re
from pathlib import Path

import pytest

from portico.branding.icons import Icons, MissingIconError
from portico.branding.lookup import package_folders

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def icons() -> Icons:
    return Icons(package_folders(["portico"]))


def test_an_icon_is_decorative_unless_labelled(icons: Icons) -> None:
    assert 'aria-hidden="true"' in icons.svg("bell")
    assert 'role="img" aria-label="A &#34;bell&#34;"' in icons.svg("bell", label='A "bell"')


def test_directed_icons_turn_with_the_text(icons: Icons) -> None:
    assert "icon-flip" in icons.svg("arrow-right")
    assert "icon-flip" not in icons.svg("bell")


@pytest.mark.parametrize("name", ["nothing", "../css/portico", "portico_other/x"])
def test_a_missing_icon_is_an_error(icons: Icons, name: str) -> None:
    with pytest.raises(MissingIconError):
        icons.svg(name)


def test_every_icon_that_templates_name_exists(icons: Icons) -> None:
    named = {
        name
        for root in ("core", "themes")
        for path in (ROOT / root).rglob("templates/**/*.jinja2")
        for name in re.findall(r"icon\(\"([a-z0-9-]+)\"", path.read_text())
    }
    assert len(named) > 20
    for name in named:
        assert "<svg" in icons.svg(name)
