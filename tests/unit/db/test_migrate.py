"""What migrations say of themselves, read without running them."""

from __future__ import annotations

from pathlib import Path

import pytest

from portico.db.migrate import Lineage, core_lineage, declarations
from portico.pluginhost.host import PluginHost

LINEAGES = PluginHost.discover().lineages()


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)


@pytest.mark.parametrize("lineage", LINEAGES, ids=lambda one: one.name)
def test_every_lineage_is_read_as_alembic_reads_it(lineage: Lineage) -> None:
    found = declarations(lineage.folder)
    assert found == {one.revision: one.down_revision for one in lineage.script().walk_revisions()}


def test_core_has_one_head() -> None:
    found = declarations(core_lineage().folder)
    assert found is not None
    assert found.keys() - found.values() == {core_lineage().head()}


def test_annotated_declarations_are_understood(tmp_path: Path) -> None:
    write(tmp_path, "0001_a.py", 'revision: str = "a"\ndown_revision: str | None = None\n')
    write(tmp_path, "0002_b.py", "revision = 'b'\ndown_revision = 'a'\n")
    write(tmp_path, "__init__.py", "")
    assert declarations(tmp_path) == {"a": None, "b": "a"}


@pytest.mark.parametrize("text", [
    'revision = "a"\ndown_revision = ("x", "y")\n',
    'revision = make()\ndown_revision = None\n',
    'revision = "a"\n',
    'revision = "a"\nrevision = "b"\ndown_revision = None\n',
])
def test_what_is_written_otherwise_is_left_to_alembic(tmp_path: Path, text: str) -> None:
    write(tmp_path, "0001_a.py", text)
    assert declarations(tmp_path) is None
