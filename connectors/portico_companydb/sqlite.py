"""SQLite: one connection to one file, opened for reading where it only reads, that can attach no other; what its errors mean."""

from __future__ import annotations

import sqlite3
import time
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from portico_erp import deadline

MOST_BYTES = 64 << 20
"""The largest cell and the longest statement; no cell may fill our memory."""
_STEPS = 20_000
"""Steps of the library's machine between two looks at the clock."""
_LOOKS = frozenset({"table_info", "table_xinfo", "table_list", "foreign_key_list", "index_list", "index_xinfo", "index_info"})
_REFUSED = {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_CREATE_VTABLE, sqlite3.SQLITE_DROP_VTABLE}
_UNSAFE = {"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"}

NO_FILE = frozenset({"SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_NOTADB"})
REFUSED = frozenset({"SQLITE_CONSTRAINT", "SQLITE_READONLY", "SQLITE_AUTH", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE"})
TOO_LONG = frozenset({"SQLITE_INTERRUPT", "SQLITE_BUSY", "SQLITE_LOCKED"})


def connect(file: Path, *, read_only: bool, limit_s: float) -> sqlite3.Connection:
    """The connection to an existing file; whatever is asked of it ends after `limit_s`, or when the call's time is over. Raises
    sqlite3.Error.
    """
    left_s = min(limit_s, deadline.remaining_s())
    ends_at = time.monotonic() + left_s
    connection = sqlite3.connect(
        f"file:{quote(str(file))}?mode={'ro' if read_only else 'rw'}", uri=True, timeout=min(5.0, left_s), isolation_level=None,
        check_same_thread=False,
    )  # fmt: skip
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")
        connection.set_authorizer(_may)
        connection.set_progress_handler(lambda: time.monotonic() > ends_at or deadline.remaining_s() <= 0, _STEPS)
    except BaseException:
        connection.close()
        raise
    return connection


def _may(action: int, first: str | None, second: str | None, schema: str | None, trigger: str | None) -> int:
    """Asked while a statement is read: no other file, no setting, no code from outside."""
    looks = (first or "").lower() in _LOOKS or (first == "read_uncommitted" and second is None)  # which SQLAlchemy asks for
    refused = (
        action in _REFUSED
        or (action == sqlite3.SQLITE_PRAGMA and not looks)
        or (action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _UNSAFE)
    )
    return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK


def kept(value: Any) -> Any:
    """A value as SQLite can keep it: numbers as texts of all their digits, which a numeric column takes for numbers."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else value


def name_of(cause: BaseException | None) -> str | None:
    """The library's name of an error, without its further kind ("SQLITE_CONSTRAINT"); None when it is none of SQLite's."""
    if not isinstance(cause, sqlite3.Error):
        return None
    name = str(getattr(cause, "sqlite_errorname", "SQLITE_ERROR"))
    return "_".join(name.split("_")[:2])
