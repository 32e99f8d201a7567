"""The connection to the database: a small pool, time limits, and driver errors turned into the contract's
three.
"""

from __future__ import annotations

import math
import re
import sqlite3
import ssl
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pymysql
from psycopg.types.datetime import DateLoader, TimestamptzLoader
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from portico_companydb import mysql, sqlite
from portico_companydb.i18n import _
from portico_companydb.settings import MYSQL, SQLITE, VERIFIED, DatabaseSettings
from portico_erp import deadline
from portico_erp.connector import Egress
from portico_erp.errors import ConnectorError, ConnectorRejectedError, ConnectorUnauthorisedError
from portico_erp.errors import ConnectorUnavailableError as Unavailable

_REFUSED_LOGIN = (
    "authentication",
    "password",
    "does not exist",
    "permission denied",
    "pg_hba.conf",
    "not permitted to log in",
    "certificate",
)


class TimedConnection(psycopg.Connection[Any]):
    """Waits for the server no longer than the present call has left; libpq itself would wait for ever."""

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Generator[Any, Any, Any]:
        """As the driver connects, whose own limit is two seconds at least: the driver looks here every tenth of a second."""
        connecting = super()._connect_gen(conninfo)
        try:
            awaited = next(connecting)
            while deadline.remaining_s() > 0:
                awaited = connecting.send((yield awaited))
        except StopIteration as done:
            return done.value
        connecting.close()
        raise psycopg.errors.ConnectionTimeout("the call's time is over")

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        left = max(deadline.remaining_s(), 0.01)
        try:
            return super().wait(
                gen, interval=interval, timeout=left if timeout is None else min(left, timeout)
            )
        except psycopg.OperationalError:
            if deadline.remaining_s() <= 0 and not self.closed:
                self.close()  # the answer could still arrive and be taken for that of the next statement
            raise


class _LenientTimestamp(TimestamptzLoader):
    """Hands over as text what Python's datetime cannot hold ('infinity', the year 20000), for mapping to
    refuse.
    """

    def load(self, data: Any) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode(errors="replace")


class _LenientDate(DateLoader):
    def load(self, data: Any) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode(errors="replace")


class Database:
    """A lazily connected pool for one company. `transaction()` is the only way in."""

    def __init__(self, settings: DatabaseSettings, egress: Egress) -> None:
        self._settings = settings
        self._egress = egress
        if settings.dialect == SQLITE:
            # Opened anew each time, which costs little, and for reading by another engine than for writing.
            self.engine, self._reading = self._file(read_only=False), self._file(read_only=True)
        else:
            self.engine = self._reading = self._server()

    def _server(self) -> Engine:
        settings = self._settings
        url = URL.create(
            "mysql+pymysql" if settings.dialect == MYSQL else "postgresql+psycopg",
            settings.user,
            settings.password,
            settings.host,
            settings.port,
            settings.database,
        )
        engine = create_engine(
            url,
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=5,
            pool_recycle=600,
            pool_pre_ping=True,
            pool_reset_on_return="rollback",
            hide_parameters=True,
        )
        event.listen(engine, "do_connect", self._connect)
        return engine

    def _file(self, *, read_only: bool) -> Engine:
        limit_s = self._settings.statement_timeout_s

        def open_file(dialect: Any, record: Any, arguments: Any, parameters: dict[str, Any]) -> Any:
            return sqlite.connect(self._egress.file(self._settings.database), read_only=read_only, limit_s=limit_s)

        engine = create_engine("sqlite://", poolclass=NullPool, hide_parameters=True)
        event.listen(engine, "do_connect", open_file)
        return engine

    def _connect(self, dialect: Any, record: Any, arguments: Any, parameters: dict[str, Any]) -> Any:
        """Open one connection to the address that the guard returns, never to what the name means a moment
        later.
        """
        settings = self._settings
        pinned = self._egress.pin(settings.host, settings.port)
        if settings.dialect == MYSQL:
            opened = self._egress.opened(settings.host)
            return mysql.connect(settings, pinned, opened=opened, parameters=parameters)
        mode = settings.mode(opened=self._egress.opened(settings.host))
        limit_ms = int(settings.statement_timeout_s * 1000)
        connection = TimedConnection.connect(
            **parameters
            | {
                "host": pinned.host,
                "hostaddr": pinned.address,
                "port": pinned.port,
                "sslmode": mode,
                "sslrootcert": authorities() if mode == VERIFIED else None,
                "connect_timeout": max(2, math.ceil(min(settings.connect_timeout_s, deadline.remaining_s()))),
                "gssencmode": "disable",
                "application_name": "portico",
                "client_encoding": "UTF8",
                "keepalives_idle": 30,
                "keepalives_interval": 10,
                "keepalives_count": 3,
                "tcp_user_timeout": 15_000,
                "prepare_threshold": None,  # prepared statements do not survive a transaction pooler
                "options": f"-c statement_timeout={limit_ms} -c lock_timeout=5000 -c timezone=UTC"
                f" -c idle_in_transaction_session_timeout={limit_ms * 2} -c datestyle=ISO,YMD",
            }
        )
        connection.adapters.register_loader("timestamptz", _LenientTimestamp)
        connection.adapters.register_loader("date", _LenientDate)
        return connection

    @contextmanager
    def transaction(self, *, read_only: bool = True) -> Iterator[Connection]:
        """One transaction; a read sees one snapshot. Driver errors come out as the contract's."""
        if deadline.remaining_s() <= 0:
            raise Unavailable(_("The time for the call was over before it began."))
        try:
            with (self._reading if read_only else self.engine).connect() as connection, connection.begin():
                for statement in self._beginning(read_only):
                    connection.execute(text(statement))
                try:
                    yield connection
                    if self._settings.dialect == MYSQL and not read_only:
                        # Named locks outlive their transaction there: commit while they are held, then give them back.
                        connection.execute(text("COMMIT"))
                        connection.execute(text(f"DO RELEASE_LOCK({mysql.LOCK})"))
                except BaseException:
                    if self._settings.dialect == MYSQL and not read_only:
                        connection.invalidate()  # the lock ends with it: in the pool it would hold up everybody else
                    raise
        except (DBAPIError, psycopg.Error, pymysql.MySQLError, sqlite3.Error, PoolTimeoutError, OSError) as error:
            raise contract_error(error) from error

    def _beginning(self, read_only: bool) -> list[str]:
        """Statements that open the transaction. A write sees what others committed while it waited for its lock."""
        if self._settings.dialect == SQLITE:
            # BEGIN alone would neither look whether the file is one of SQLite, nor take the snapshot.
            return ["BEGIN", "SELECT 1 FROM sqlite_schema LIMIT 1"] if read_only else ["BEGIN IMMEDIATE"]
        if self._settings.dialect == MYSQL:
            if read_only:
                return ["START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"]
            return ["SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION"]
        return ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"] if read_only else []

    def close(self) -> None:
        self.engine.dispose()
        self._reading.dispose()


def authorities() -> str:
    """The file of the authorities that this machine trusts, or that SSL_CERT_FILE names. libpq's own word for them
    ("system") leads the driver's wheel to a folder that no machine has.
    """
    return ssl.get_default_verify_paths().cafile or "system"


def contract_error(error: Exception) -> ConnectorError:
    """What a driver's error means to the portal. The driver's text may hold data, so little of it is passed
    on.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    if (number := mysql.number_of(cause)) is not None:
        return _mysql_error(number, cause)
    if (name := sqlite.name_of(cause)) is not None:
        return _sqlite_error(name, cause)
    state = getattr(cause, "sqlstate", None) or ""
    if state in ("42P01", "42703", "42883", "3F000"):
        return ConnectorRejectedError(None, _schema_words(state, _named(cause)), code="schema")
    if state == "42501":
        return ConnectorUnauthorisedError(
            _("The database user lacks a right to “${name}”.", mapping={"name": _named(cause)})
        )
    if state.startswith("28") or state == "3D000" or (not state and _login_refused(cause)):
        return ConnectorUnauthorisedError(
            _("The database refused the login, or has no database of that name.")
        )
    if state.startswith(("22", "23", "42")) or state == "25006":
        code = getattr(getattr(cause, "diag", None), "constraint_name", None) or state
        return ConnectorRejectedError(
            None, _("The database refused the data (${code}).", mapping={"code": code}), code="refused"
        )
    if state == "57014":
        return Unavailable(_("The database took too long."))
    return Unavailable(_("The database does not answer."))


def _mysql_error(number: int, cause: BaseException | None) -> ConnectorError:
    if number in (mysql.NO_TABLE, mysql.NO_COLUMN, mysql.NO_ROUTINE):
        state = {mysql.NO_TABLE: "42P01", mysql.NO_COLUMN: "42703"}.get(number, "")
        return ConnectorRejectedError(None, _schema_words(state, _named(cause)), code="schema")
    if number in mysql.NO_RIGHT:
        return ConnectorUnauthorisedError(
            _("The database user lacks a right to “${name}”.", mapping={"name": _named(cause)})
        )
    if number in mysql.REFUSED_LOGIN:
        return ConnectorUnauthorisedError(_("The database refused the login, or has no database of that name."))
    if number in mysql.REFUSED_DATA:
        return ConnectorRejectedError(
            None, _("The database refused the data (${code}).", mapping={"code": str(number)}), code="refused"
        )
    if number in mysql.TOO_LONG:
        return Unavailable(_("The database took too long."))
    return Unavailable(_("The database does not answer."))


def _sqlite_error(name: str, cause: BaseException | None) -> ConnectorError:
    first, _colon, missing = str(cause).partition(": ")
    if first in ("no such table", "no such column"):
        state = "42P01" if first == "no such table" else "42703"
        return ConnectorRejectedError(None, _schema_words(state, missing[:100]), code="schema")
    if name in sqlite.NO_FILE:
        words = _("This file cannot be opened, or is no SQLite database.")
        return ConnectorRejectedError("database", words, code="file")
    if name in sqlite.REFUSED:
        return ConnectorRejectedError(
            None, _("The database refused the data (${code}).", mapping={"code": name}), code="refused"
        )
    if name in sqlite.TOO_LONG:
        return Unavailable(_("The database took too long."))
    return Unavailable(_("The database does not answer."))


def _named(cause: BaseException | None) -> str:
    """The table or column that the server's first line names; its words are in whatever language it speaks."""
    first = (str(cause).splitlines() or [""])[0]
    found = re.search(r"""["«„“'](.+?)["»“”']""", first) or re.search(r"(?:table|relation|schema|column) (\S+)", first)
    return found[1].strip()[:100] if found else "?"


def _schema_words(state: str, name: str) -> Any:
    if state == "42P01":
        return _("The database is not in the standard schema: there is no table “${name}”.", mapping={"name": name})
    if state == "42703":
        return _("The database is not in the standard schema: there is no column “${name}”.", mapping={"name": name})
    return _("The database is not in the standard schema: “${name}” is missing.", mapping={"name": name})


def _login_refused(cause: BaseException | None) -> bool:
    """Whether a failed connection was the server's decision; libpq gives no SQLSTATE for it, only words."""
    words = str(cause)
    return "FATAL" in words and any(sign in words for sign in _REFUSED_LOGIN)
