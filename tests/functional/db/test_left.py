"""A data folder that was removed and made anew, while its cluster lies elsewhere because root runs it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from portico.db.embedded import EmbeddedServer, EmbeddedServerError

OPTIONS = {"fsync": "off"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """With a cluster that has a database of its own, and without what the home knew of it."""
    home = tmp_path / "home"
    server = EmbeddedServer(home, OPTIONS)
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("CREATE DATABASE before")
    shutil.rmtree(home / "secrets")
    yield home
    for folder in (server.root, *server.root.parent.glob(f"{server.root.name}-left-*")):
        server.root, server.data = folder, folder / "data"
        server.destroy()


def test_home_made_anew_has_a_cluster_of_its_own_and_the_other_is_kept(home: Path) -> None:
    server = EmbeddedServer(home, OPTIONS)
    if server.root.is_relative_to(home):  # not root, or a home that the cluster's user reaches
        with pytest.raises(EmbeddedServerError, match="its password is not: bring .* back from a backup"):
            server.start()
        return
    assert server.start()
    with psycopg.connect(server.url()) as admin:
        assert admin.execute("SELECT 1 FROM pg_database WHERE datname = 'before'").fetchone() is None
    kept = server.root.with_name(f"{server.root.name}-left-1")
    assert (kept / "data" / "PG_VERSION").exists()
    assert not server.start()
