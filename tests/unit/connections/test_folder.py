"""A company's connections open files of the company's own folder, and nothing else on the portal's machine."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from portico.connections.egress import EgressGuard
from portico.connections.folder import CompanyEgress
from portico_erp.errors import ConnectorRejectedError

MINE, THEIRS = UUID(int=1), UUID(int=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "databases"
    for company in (MINE, THEIRS):
        (folder / str(company) / "inner").mkdir(parents=True)
        (folder / str(company) / "erp.db").touch()
        (folder / str(company) / "inner" / "erp.db").touch()
    (folder / str(THEIRS) / "theirs.db").touch()
    (folder / str(MINE) / "out.db").symlink_to(folder / str(THEIRS) / "theirs.db")
    (folder / str(MINE) / "circle.db").symlink_to("circle.db")
    (folder / str(MINE) / "today.db").symlink_to("erp.db")
    (folder / str(MINE) / ".hidden.db").touch()
    (folder / "top.db").touch()
    return folder


@pytest.mark.parametrize("name", ["erp.db", "today.db"])
def test_file_of_its_own_is_found(folder: Path, name: str) -> None:
    found = CompanyEgress(EgressGuard(), MINE, folder).file(name)
    assert found == folder.resolve() / str(MINE) / "erp.db"


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../top.db", "../../etc/passwd", "/etc/passwd", f"../{THEIRS}/theirs.db", "theirs.db", "out.db", "circle.db",
     "inner", "inner/erp.db", "..\\top.db", "erp.db\x00", "erp.db?mode=rwc", "file:erp.db", ".hidden.db", "a..db", "erp.db ", "e" * 200],
)
def test_everything_else_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ConnectorRejectedError) as caught:
        CompanyEgress(EgressGuard(), MINE, folder).file(name)
    assert (caught.value.field, caught.value.code) == ("database", "file")
    assert str(folder) not in str(caught.value.message.interpolate()), "where the operator keeps files is nobody's matter"


def test_without_a_folder_there_is_no_file(folder: Path) -> None:
    with pytest.raises(ConnectorRejectedError) as caught:
        CompanyEgress(EgressGuard(), MINE).file("erp.db")
    assert caught.value.code == "not-listed"
