"""What `/readyz` says (ADM-4): each part by itself, and 503 as soon as one does not work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.walls.asgi import Sent, Whole

from portico.files.storage import Storage
from portico.testing.portal import Portal


def asked(portal: Portal) -> tuple[int, dict[str, Any]]:
    (got,) = Whole(portal).ask(Sent(b"/readyz"))
    return got.status, json.loads(got.text)


def test_all_work(portal: Portal) -> None:
    status, said = asked(portal)
    assert (status, said["status"]) == (200, "ready"), said
    assert {name: one["ok"] for name, one in said["checks"].items()} == {"database": True, "broker": True, "storage": True}
    assert [name for name, _size in portal.parts.files.storage.all() if name.startswith("ready/")] == []


def test_storage_that_takes_nothing_is_told(portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a file").write_text("where a folder should be")
    monkeypatch.setattr(portal.parts.files, "storage", Storage("", tmp_path / "a file" / "folder"))
    status, said = asked(portal)
    assert (status, said["status"]) == (503, "not ready")
    assert {name: one["ok"] for name, one in said["checks"].items()} == {"database": True, "broker": True, "storage": False}
    assert str(tmp_path) not in json.dumps(said)


def test_database_that_is_away_is_told(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal.parts, "engine", sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    status, said = asked(portal)
    assert status == 503
    assert {name: one["ok"] for name, one in said["checks"].items()} == {"database": False, "broker": False, "storage": True}
    assert "127.0.0.1" not in json.dumps(said)
