"""A command that cannot start says why and what to do, in one sentence and without a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from portico.cli.failures import explain
from portico.settings import Settings


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield int(holder.getsockname()[1])


def said(home: Path, *arguments: str, **settings: str) -> str:
    """What the command says on standard error; it has to be one line."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PORTICO_")}
    environment |= {"PORTICO_HOME": str(home), **{f"PORTICO_{name.upper()}": value for name, value in settings.items()}}
    done = subprocess.run([sys.executable, "-m", "portico.cli", *arguments], env=environment, capture_output=True,
                          text=True, check=False, timeout=60)  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("portico: ")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("command", ["serve", "run"])
def test_port_in_use_is_named_with_the_way_out(tmp_path: Path, taken: int, command: str) -> None:
    text = said(tmp_path, command, port=str(taken))
    assert f"port {taken} (Address already in use)" in text
    assert "PORTICO_PORT" in text
    assert not (tmp_path / "postgres" / "data").exists()  # said before anything was started


@pytest.mark.parametrize("command", ["serve", "run", "worker", "migrate"])
def test_unreachable_database_is_named_without_its_password(tmp_path: Path, command: str) -> None:
    text = said(tmp_path, command, database_url="postgresql://me:s3cret@127.0.0.1:1/there", port="0")
    assert "database at 127.0.0.1:1" in text
    assert "PORTICO_DATABASE_URL" in text
    assert "s3cret" not in text


@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize("more", [{}, {"database_url": "postgresql://there/portico"}])
def test_the_setting_that_names_the_wrong_database_is_the_one_that_is_told(
    tmp_path: Path, command: str, more: dict[str, str]
) -> None:
    text = said(tmp_path, command, app_database_url="postgresql://me:s3cret@127.0.0.1:1/there", port="0", **more)
    assert "database at 127.0.0.1:1" in text
    assert "PORTICO_APP_DATABASE_URL" in text
    assert "portico run" not in text
    assert "s3cret" not in text


def test_no_database_yet_says_how_one_is_made(tmp_path: Path) -> None:
    assert "portico run" in said(tmp_path, "serve", port="0")


@pytest.mark.parametrize("content", [None, "no section\n", "[app:other]\nuse = egg:portico\n"])
def test_unreadable_settings_file_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "portal.ini"
    if content is not None:
        file.write_text(content)
    text = said(tmp_path, "worker", config=str(file))
    assert str(file) in text
    assert "PORTICO_CONFIG" in text


def test_home_that_cannot_be_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    text = said(tmp_path / "file", "run")
    assert f"PORTICO_HOME {tmp_path / 'file'} cannot be used" in text


def test_refused_write_below_home_is_about_home(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    below = PermissionError(13, "Permission denied", str(tmp_path / "metrics"))
    assert "PORTICO_HOME" in str(explain(below, settings))
    assert explain(PermissionError(13, "Permission denied", "/elsewhere/file"), settings) is None


@pytest.mark.parametrize("url", ["nonsense", "mysql://root:s3cret@there/x"])
def test_database_url_of_another_kind_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    text = said(tmp_path, "serve", database_url=url)
    assert "postgresql://user:password@host" in text
    assert "s3cret" not in text


def test_port_out_of_range_is_refused(tmp_path: Path) -> None:
    assert "0 to 65535" in said(tmp_path, "serve", port="80000")


def test_error_of_a_statement_is_left_to_its_traceback(tmp_path: Path) -> None:
    failed = sa.exc.OperationalError("SELECT 1", {}, psycopg.errors.LockNotAvailable())
    assert explain(failed, Settings(home=tmp_path)) is None
    assert explain(ValueError("anything"), Settings(home=tmp_path)) is None
