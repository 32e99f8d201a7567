"""Statements of hot paths, sent by the driver itself: what SQLAlchemy made of them once is kept, rows come as they are.

Executing a statement through SQLAlchemy costs 0.2 to 0.3 ms of a page's 3, however small it is: parameters, context,
result and metadata of rows are made anew each time. A statement here runs in the session's own transaction on its own
connection, is seen by the same listeners (which count and watch), and fails with the same exceptions.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import psycopg as postgresql
from sqlalchemy.orm import Session

from portico.db.types import UtcDateTime

_DIALECT = postgresql.dialect()
_NUMERIC_OID = 1700
_MOST_TEXTS = 64
_CURSOR = "portico.db.direct"


class NotDirectError(TypeError):
    """A column's values are converted by SQLAlchemy, so the driver's own would be something else."""


@dataclass(frozen=True)
class _Text:
    """The SQL for lists of certain lengths. parts: name of a list → the names of its members."""

    sql: str
    parts: dict[str, list[str]]


class Direct:
    """A Core SELECT, or SQL with `:names`. Rows are named tuples with the driver's values: UUID, Decimal, aware UTC."""

    def __init__(self, statement: sa.Executable | str) -> None:
        """Raises NotDirectError."""
        clause: Any = sa.text(statement) if isinstance(statement, str) else statement
        self._compiled = clause.compile(dialect=_DIALECT)
        for column in getattr(clause, "selected_columns", ()):
            if _is_converted(column.type):
                raise NotDirectError(f"{column}: {column.type!r}")
        binds = {name: bind for bind, name in self._compiled.bind_names.items()}
        self._defaults = {name: bind.effective_value for name, bind in binds.items() if not bind.required}
        self._needed = frozenset(name for name, bind in binds.items() if bind.required)
        self._lists = tuple(sorted(name for name, bind in binds.items() if bind.expanding))
        self._checks = {n: p for n, p in self._compiled._bind_processors.items() if n not in self._lists}
        self._texts: dict[tuple[int, ...], _Text] = {}

    def rows(self, db: Session, values: Mapping[str, Any]) -> list[Any]:
        """All rows. Raises TypeError unless `values` has what the statement needs and nothing else,
        sqlalchemy.exc.DBAPIError as `Session.execute` does."""
        if values.keys() - self._defaults.keys() != self._needed:
            raise TypeError(f"wants {sorted(self._needed)}, was given {sorted(values)}")
        given = {**self._defaults, **values}
        text = self._text(given)
        for name, check in self._checks.items():
            given[name] = check(given[name])
        for name, parts in text.parts.items():
            given.update(zip(parts, given.pop(name), strict=True))
        if db.autoflush:
            db.flush()
        return _ask(db.connection(), text.sql, given)

    def first(self, db: Session, values: Mapping[str, Any]) -> Any:
        """The first row, None if there is none."""
        found = self.rows(db, values)
        return found[0] if found else None

    def _text(self, given: dict[str, Any]) -> _Text:
        lengths = tuple(len(given[name]) for name in self._lists)
        known = self._texts.get(lengths)
        if known is None:
            state = self._compiled.construct_expanded_state(given)
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            known = self._texts[lengths] = _Text(state.statement, dict(state.parameter_expansion))
        return known


def _is_converted(kind: Any) -> bool:
    """UtcDateTime is not: every connection of `make_engine` has the zone UTC."""
    if isinstance(kind, UtcDateTime):
        return False
    oid = _NUMERIC_OID if isinstance(getattr(kind, "impl_instance", kind), sa.Numeric) else None
    return kind.dialect_impl(_DIALECT).result_processor(_DIALECT, oid) is not None


def _ask(connection: sa.Connection, sql: str, given: dict[str, Any]) -> list[Any]:
    pooled: Any = connection.connection
    raw: Any = pooled.driver_connection
    cursor: Any = _cursor(pooled)
    # The engine's listeners, which are all: those of a connection would be joined to them anew for each connection.
    for listener in connection.engine.dispatch.before_cursor_execute:
        listener(connection, cursor, sql, given, None, False)
    try:
        found: list[Any] = cursor.execute(sql, given).fetchall()
    except psycopg.Error as error:
        failure: Any = error  # SQLAlchemy's protocol for drivers' errors says more than psycopg's class does
        lost = connection.dialect.is_disconnect(failure, raw, cursor)
        if lost:
            connection.invalidate(error)
        raise sa.exc.DBAPIError.instance(
            sql, given, error, psycopg.Error, connection_invalidated=lost, dialect=connection.dialect
        ) from error
    return found


def _cursor(pooled: Any) -> psycopg.Cursor[Any]:
    """One for each connection to the database, which one thread has at a time: a new cursor looks up anew how each type of
    value is written and read, a third of what a small statement costs here. It holds its last rows until the next ones."""
    kept: psycopg.Cursor[Any] | None = pooled.info.get(_CURSOR)
    if kept is None:
        kept = pooled.info[_CURSOR] = pooled.driver_connection.cursor(row_factory=_named)
    return kept


def _named(cursor: Any) -> Callable[[Any], Any]:
    """What psycopg's `namedtuple_row` gives, made without a Python function for each row and each name."""
    result = cursor.pgresult
    return _maker(tuple(map(result.fname, range(result.nfields)))) if result is not None else tuple


@lru_cache(maxsize=512)
def _maker(names: tuple[bytes, ...]) -> Callable[[Any], Any]:
    return partial(tuple.__new__, namedtuple("Row", [name.decode() for name in names], rename=True))
