"""A whole installation is backed up, destroyed and restored; what is wrong with a backup is said in a sentence."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

import portico
from portico.app import build
from portico.backup import archive, database, sealing
from portico.backup.errors import BackupError
from portico.cli import main
from portico.db import setup
from portico.db.embedded import EmbeddedServer
from portico.files.models import File
from portico.files.sealing import FileCipher, sealed_size
from portico.settings import Settings
from portico.testing.client import Client
from portico.testing.portal import Portal
from portico.web.prefix import WSGIPrefixMiddleware

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
CONTENT = b"A sample."


@dataclass
class Made:
    """rows: table → number and digest of its rows. path: of the backup."""

    settings: Settings
    slug: str
    file_id: UUID
    rows: dict[str, tuple[int, str]]
    path: Path


def rows_of(settings: Settings) -> dict[str, tuple[int, str]]:
    with psycopg.connect(setup.admin_url(settings, settings.database)) as admin:
        names = [row[0] for row in admin.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")]
        found = {}
        for name in sorted(names):
            rows = admin.execute(sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(name))).fetchall()
            found[name] = len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()
        return found


def newest_entry(settings: Settings) -> tuple[str, str]:
    """Action and actor, in the audit trail."""
    with psycopg.connect(setup.admin_url(settings, settings.database)) as admin:
        return admin.execute("SELECT action, actor FROM audit_entry ORDER BY at DESC LIMIT 1").fetchone()  # type: ignore[return-value]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    home = tmp_path_factory.mktemp("backup")
    portal = Portal.build(home, "portico_backup")
    company = portal.company()
    account_id = company.account("Acme Marker Ltd")
    with company.system() as db:
        answers = db.info["relay"].call("sample_records", db=db, account_id=account_id)
    ids = {name: value for answer in answers for name, value in answer.items()}
    anchors = portal.settings.anchors_folder
    anchors.mkdir(parents=True, exist_ok=True)
    (anchors / "audit-2026-01.anchors").write_text("anchored\n")
    path, content = archive.create(portal.settings, home / "backups", lambda text: None)
    assert (content.files, content.anchors) == (1, 1)
    yield Made(portal.settings, company.slug, UUID(ids["quote_file_id"]), rows_of(portal.settings), path)
    portal.close()
    EmbeddedServer(home).stop()


def another(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: bytes | None = None) -> Settings:
    """An empty installation under the same master key, and the environment of its commands."""
    text = base64.urlsafe_b64encode(key or made.settings.master_key).decode()
    for name, value in (("PORTICO_HOME", str(tmp_path / "home")), ("PORTICO_MASTER_KEY", text)):
        monkeypatch.setenv(name, value)
    for name in ("PORTICO_DATABASE_URL", "PORTICO_DATABASE", "PORTICO_CONFIG", "PORTICO_AUDIT_ANCHORS", "PORTICO_FILES_URL"):
        monkeypatch.delenv(name, raising=False)
    return Settings.read()


@pytest.fixture
def empty(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    settings = another(made, tmp_path, monkeypatch)
    yield settings
    EmbeddedServer(settings.home).destroy()


def test_all_of_it_is_there_again(made: Made, empty: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "restore", "--yes", str(made.path)]) == 0
    assert "Nothing to migrate." in capsys.readouterr().out
    EmbeddedServer(empty.home, {"fsync": "off"}).start()
    rows = rows_of(empty)
    assert rows.pop("audit_entry")[0] == made.rows["audit_entry"][0] + 1
    assert rows == {name: one for name, one in made.rows.items() if name != "audit_entry"}
    assert ("installation.restored", "command") == newest_entry(empty)
    assert (empty.anchors_folder / "audit-2026-01.anchors").read_text() == "anchored\n"

    parts = build(empty)
    tenant = parts.tenant(slug=made.slug)
    with parts.sessions.scoped(parts.system_scope(tenant)) as db:
        file = db.get(File, (tenant.id, made.file_id))
        assert file is not None
        found, size = file.object_name, file.size
    key = parts.files.key(tenant, made.file_id)
    sealed = parts.files.storage.read(found, 0, sealed_size(size))
    assert b"".join(FileCipher(key, tenant.id, made.file_id, size).open(sealed)) == CONTENT
    app = WSGIPrefixMiddleware(portico.make_app(parts), empty.apex_hosts)
    assert tenant.name in Client(app, f"/c/{made.slug}").get("/sign-in").text
    parts.connections.close()
    parts.engine.dispose()

    assert main(["backup", "restore", "--yes", str(made.path)]) == 1
    assert "already has companies" in capsys.readouterr().err
    assert {name: one for name, one in rows_of(empty).items() if name != "audit_entry"} == rows


def test_it_asks_before_and_a_no_changes_nothing(
    made: Made, empty: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    assert main(["backup", "restore", str(made.path)]) == 1
    told = capsys.readouterr()
    assert "Type yes" in told.out
    assert "Nothing was changed." in told.err
    EmbeddedServer(empty.home, {"fsync": "off"}).start()
    assert not database.holds_companies(empty)


def test_nothing_is_in_plain_and_nothing_else_is_left(made: Made) -> None:
    data = made.path.read_bytes()
    for text in (b"Acme Marker", made.slug.encode(), b"PGDMP", b"note.json"):
        assert text not in data
    assert [one.name for one in made.path.parent.iterdir()] == [made.path.name]
    assert made.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("spoil", ["cut", "cut at a segment", "changed", "longer", "nothing", "another"])
def test_damaged_backup_is_refused_with_a_sentence(made: Made, tmp_path: Path, spoil: str) -> None:
    data, bad = made.path.read_bytes(), tmp_path / "bad.portico-backup.age"
    middle = len(data) // 2
    spoilt = {
        "cut": data[:-1],
        "cut at a segment": data[: (len(data) - 250) // 65552 * 65552 + 200],
        "changed": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
        "longer": data + b"x",
        "nothing": b"",
        "another": b"hello" * 1000,
    }
    bad.write_bytes(spoilt[spoil])
    with pytest.raises(BackupError, match="damaged|no backup of Portico"):
        archive.verify(made.settings, bad, lambda text: None)


def test_wrong_key_is_told_and_nothing_is_made(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = another(made, tmp_path, monkeypatch, key=b"w" * 32)
    for action in (["verify"], ["restore", "--yes"]):
        assert main(["backup", *action, str(made.path)]) == 1
        assert "another master key" in capsys.readouterr().err
    assert not (settings.home / "postgres").exists()


def test_backup_that_fails_leaves_no_file(made: Made, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="pg_dump did not come to its end.*no_such"):
        archive.create(replace(made.settings, database="no_such"), tmp_path / "backups", lambda text: None)
    assert list((tmp_path / "backups").iterdir()) == []


def test_full_disk_is_told_and_leaves_no_file(tmp_path: Path) -> None:
    target = tmp_path / "x"
    (tmp_path / "x.part").symlink_to("/dev/full")
    with pytest.raises(BackupError, match="cannot be written"):
        _fill(target)
    assert not target.exists()


def _fill(target: Path) -> None:
    with sealing.sealed(target, b"k" * 32) as out:
        for _piece in range(64):
            out.write(b"x" * 65536)


def test_key_is_one_that_age_knows() -> None:
    assert str(sealing.identity(b"k" * 32)).startswith("AGE-SECRET-KEY-1")
    assert str(sealing.identity(b"k" * 32)) != str(sealing.identity(b"j" * 32))


def test_commands_make_list_and_verify(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    another(made, tmp_path, monkeypatch)
    monkeypatch.setenv("PORTICO_HOME", str(made.settings.home))
    monkeypatch.setenv("PORTICO_DATABASE", made.settings.database)
    folder = str(tmp_path / "kept")
    assert main(["backup", "list", "--folder", folder]) == 0
    assert "no backup" in capsys.readouterr().out
    assert main(["backup", "create", "--folder", folder]) == 0
    told = capsys.readouterr()
    assert "database: " in told.err
    assert main(["backup", "list", "--folder", folder]) == 0
    (path,) = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
    assert main(["backup", "verify", path]) == 0
    assert "is whole" in capsys.readouterr().out
