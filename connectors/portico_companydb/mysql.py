"""MySQL and MariaDB: one connection to the pinned address, TLS as the settings say, every wait within the call's time, and what
the server's error numbers mean.
"""

from __future__ import annotations

import re
import socket
import ssl
from typing import Any

import pymysql

from portico_companydb.settings import VERIFIED, DatabaseSettings
from portico_erp import deadline
from portico_erp.connector import PinnedAddress

LOCK = "CONCAT('portico.', MD5(DATABASE()))"
"""In SQL: the name of the lock under which this database is written to. One at a time, as MySQL 5.6 can hold but one."""
REFUSED_LOGIN = frozenset({1044, 1045, 1049, 1698, 1862})
NO_RIGHT = frozenset({1142, 1143, 1227, 1370, 1410})
NO_TABLE, NO_COLUMN, NO_ROUTINE = 1146, 1054, 1305
REFUSED_DATA = frozenset({1048, 1062, 1064, 1216, 1264, 1265, 1292, 1364, 1366, 1406, 1451, 1452, 1644, 1690, 1792, 3819, 4025})
TOO_LONG = frozenset({1205, 1213, 1317, 1969, 3024})


class _Socket(socket.socket):
    """Waits for the server no longer than the present call has left, however slowly it drips."""

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        self.settimeout(_left_s())
        return super().recv_into(*arguments, **named)

    def sendall(self, *arguments: Any, **named: Any) -> None:
        self.settimeout(_left_s())
        super().sendall(*arguments, **named)


class _TlsSocket(ssl.SSLSocket):
    def recv_into(self, *arguments: Any, **named: Any) -> int:
        self.settimeout(_left_s())
        return super().recv_into(*arguments, **named)

    def sendall(self, *arguments: Any, **named: Any) -> None:
        self.settimeout(_left_s())
        super().sendall(*arguments, **named)


def _left_s() -> float:
    """A socket without time left has to fail: 0 would mean "do not wait" and be another error."""
    return max(deadline.remaining_s(), 0.001)


def connect(settings: DatabaseSettings, pinned: PinnedAddress, *, opened: bool, parameters: dict[str, Any]) -> Any:
    """parameters: of SQLAlchemy's dialect. Raises OSError and pymysql's errors."""
    limit_s = int(settings.statement_timeout_s)
    connection = pymysql.Connection(
        **{name: value for name, value in parameters.items() if name not in ("host", "port", "user", "password", "database")},
        host=pinned.host,
        port=pinned.port,
        user=settings.user,
        password=settings.password.encode(),
        database=settings.database,
        charset="utf8mb4",
        autocommit=False,
        local_infile=False,
        defer_connect=True,
        program_name="portico",
        **_tls(settings.mode(opened=opened)),
    )
    connection.connect(_open(pinned, min(settings.connect_timeout_s, _left_s())))
    with connection.cursor() as cursor:
        # What does not fit is refused, never cut; a statement of MariaDB's or MySQL's ends by its own name of the same limit.
        cursor.execute(
            "SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = 5, "
            "sql_mode = CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), 'STRICT_ALL_TABLES')"
        )
        if (limit := _limit(connection.get_server_info(), limit_s)) is not None:
            cursor.execute(limit)
    return connection


def release(server: str) -> tuple[int, ...]:
    """The numbers in what a server says of its version: "5.6.24-log", "8.0.36"."""
    return tuple(int(one) for one in re.findall(r"\d+", server)[:3])


def _limit(server: str, limit_s: int) -> str | None:
    """What ends a statement at the server; before 5.7.8 MySQL has nothing for it, and only the portal stops waiting."""
    if "MariaDB" in server:
        return f"SET SESSION max_statement_time = {limit_s}"
    return f"SET SESSION max_execution_time = {limit_s * 1000}" if release(server) >= (5, 7, 8) else None


def _tls(mode: str) -> dict[str, Any]:
    """The driver's settings for libpq's words. Without any it takes TLS if the server has it, and checks nothing."""
    if mode == "disable":
        return {"ssl_disabled": True}
    if mode == "prefer":
        return {}
    context = ssl.create_default_context()
    context.sslsocket_class = _TlsSocket
    if mode != VERIFIED:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return {"ssl": context}


def _open(pinned: PinnedAddress, timeout_s: float) -> socket.socket:
    """To the address itself: the name could mean something else by now."""
    family = socket.AF_INET6 if ":" in pinned.address else socket.AF_INET
    opened = _Socket(family, socket.SOCK_STREAM)
    try:
        opened.settimeout(timeout_s)
        opened.connect((pinned.address, pinned.port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    except BaseException:
        opened.close()
        raise
    return opened


def number_of(cause: BaseException | None) -> int | None:
    """The server's number of an error; None when it is none of MySQL's."""
    if not isinstance(cause, pymysql.MySQLError) or not cause.args or not isinstance(cause.args[0], int):
        return None
    return cause.args[0]
