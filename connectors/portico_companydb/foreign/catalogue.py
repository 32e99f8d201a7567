"""What is in the company's database: tables, views and columns, and the selectable made of a mapping's source. Every name that
reaches SQL was found here before, and is quoted.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql import quoted_name

from portico_companydb.foreign import selects
from portico_companydb.i18n import _
from portico_erp.errors import ConnectorRejectedError

INTEGER, DECIMAL, TEXT, DAY, MOMENT, AWARE, OTHER = "integer", "decimal", "text", "day", "moment", "aware", "other"
_SYSTEM = ("pg_catalog", "information_schema", "mysql", "performance_schema", "sys", "pg_toast")
_POSTGRESQL = {
    20: INTEGER, 21: INTEGER, 23: INTEGER, 1700: DECIMAL, 18: TEXT, 25: TEXT, 1042: TEXT, 1043: TEXT, 1082: DAY, 1114: MOMENT,
    1184: AWARE,
}  # fmt: skip
_MYSQL = {
    1: INTEGER, 2: INTEGER, 3: INTEGER, 8: INTEGER, 9: INTEGER, 13: INTEGER, 0: DECIMAL, 246: DECIMAL, 15: TEXT, 252: TEXT,
    253: TEXT, 254: TEXT, 10: DAY, 12: MOMENT, 7: MOMENT,
}  # fmt: skip


_WHOLE = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,20})?")


@dataclass(frozen=True)
class Relation:
    """A table, view or query. columns: name → what kind of cells it has."""

    clause: Any
    columns: Mapping[str, str]
    title: str

    def name(self, wanted: str) -> str:
        """The column as the database spells it. Raises ConnectorRejectedError."""
        found = _match(wanted, self.columns)
        if found is None:
            raise _missing(_("“${table}” has no column “${name}”.", mapping={"table": self.title, "name": wanted[:100]}))
        return found

    def column(self, wanted: str) -> sa.ColumnClause[Any]:
        return sa.column(quoted_name(self.name(wanted), True))

    def kind(self, wanted: str) -> str:
        return self.columns[self.name(wanted)]

    def select(self, names: Iterable[str]) -> sa.Select[Any]:
        """Rows whose columns are called as the mapping calls them."""
        return sa.select(*(self.column(name).label(quoted_name(name, True)) for name in names)).select_from(self.clause)


class Catalogue:
    """Of one connection; looks each name up once. Thread-safe."""

    def __init__(self) -> None:
        self._tables: dict[str, Sequence[str]] = {}
        self._relations: dict[tuple[str, str], Relation] = {}
        self._lock = threading.Lock()

    def tables(self, connection: Connection, schema: str | None = None) -> Sequence[str]:
        """Tables and views of a schema; None: of the one that the login sees first."""
        with self._lock:
            held = self._tables.get(schema or "")
        if held is None:
            inspector = sa.inspect(connection)
            held = sorted({*inspector.get_table_names(schema), *inspector.get_view_names(schema)})
            if connection.dialect.name == "postgresql":
                held = sorted({*held, *inspector.get_materialized_view_names(schema)})
            with self._lock:
                self._tables[schema or ""] = held
        return held

    def relation(self, connection: Connection, table: str, query: str = "") -> Relation:
        """Raises ConnectorRejectedError when there is no such table, or the query is none that may run."""
        with self._lock:
            held = self._relations.get((table, query))
        if held is None:
            clause = self._query(connection, query) if query else self._table(connection, table)
            held = Relation(clause, _columns(connection, clause), table or _("the query"))
            with self._lock:
                self._relations[table, query] = held
        return held

    def _table(self, connection: Connection, wanted: str) -> Any:
        schema, _dot, name = wanted.rpartition(".")
        found = self._found(connection, schema, name) or self._found(connection, "", wanted)
        if found is None:
            raise _missing(_("There is no table “${name}”.", mapping={"name": wanted[:100]}))
        real_schema, real = found
        return sa.table(quoted_name(real, True), schema=quoted_name(real_schema, True) if real_schema else None)

    def _found(self, connection: Connection, schema: str, name: str) -> tuple[str, str] | None:
        """The table's real schema ("" = the usual one) and name."""
        real_schema = ""
        if schema:
            own = sa.inspect(connection).get_schema_names() if connection.dialect.name == "postgresql" else _own(connection)
            real_schema = _match(schema, own) or ""
            if not real_schema or real_schema.lower() in _SYSTEM or real_schema.startswith("pg_"):
                return None
        real = _match(name, self.tables(connection, real_schema or None))
        return None if real is None else (real_schema, real)

    def _query(self, connection: Connection, query: str) -> Any:
        def allowed(schema: str, name: str) -> bool:
            return self._found(connection, schema, name) is not None

        sql = selects.checked(query, connection.dialect.name, allowed)
        escaped = sql.replace(":", "\\:")  # a backslash itself means nothing to `text`
        return sa.text(f"({escaped}) AS portico_query")


def engine_without_transactions(connection: Connection, relation: Relation) -> str:
    """The table's engine, if it is one of MySQL's that keep no transactions (MyISAM, MEMORY, CSV …); "" = none of these."""
    if connection.dialect.name not in ("mysql", "mariadb") or not isinstance(relation.clause, sa.TableClause):
        return ""
    asked = sa.text(
        "SELECT t.engine FROM information_schema.tables t JOIN information_schema.engines e ON e.engine = t.engine "
        "WHERE t.table_schema = DATABASE() AND t.table_name = :name AND e.transactions <> 'YES'"
    )
    return str(connection.execute(asked, {"name": relation.clause.name}).scalar() or "")


def _own(connection: Connection) -> list[str]:
    """MySQL calls a database a schema: only the connection's own one is open. SQLite has one, "main"."""
    if connection.dialect.name == "sqlite":
        return ["main"]
    return [str(connection.execute(sa.text("SELECT DATABASE()")).scalar_one())]


def _columns(connection: Connection, clause: Any) -> dict[str, str]:
    # "*" is the one thing that is not a name here; no row is asked for.
    result: Any = connection.execute(sa.select(sa.literal_column("*")).select_from(clause).limit(0))
    described = result.cursor.description if result.cursor is not None else ()
    kinds: Mapping[Any, str] = {"postgresql": _POSTGRESQL, "mysql": _MYSQL, "mariadb": _MYSQL}.get(connection.dialect.name, {})
    found = {str(one[0]): kinds.get(one[1], OTHER) for one in described or ()}
    result.close()
    return found


def _match(wanted: str, names: Iterable[str]) -> str | None:
    """Exactly, else in any case if that is clear."""
    known = list(names)
    if wanted in known:
        return wanted
    alike = [name for name in known if name.lower() == wanted.lower()]
    return alike[0] if len(alike) == 1 else None


def _missing(message: str) -> ConnectorRejectedError:
    return ConnectorRejectedError(None, message, code="schema")


def equals(relation: Relation, name: str, wanted: Sequence[str], dialect: str) -> sa.ColumnElement[bool]:
    """Whether a column holds one of these texts, as the database can answer by its index where it has one."""
    column, kind = relation.column(name), relation.kind(name)
    if kind == INTEGER:
        whole = [sa.bindparam(None, int(one), sa.BigInteger()) for one in wanted if _WHOLE.fullmatch(one)]
        return column.in_(whole) if whole else sa.false()
    if kind == DECIMAL:
        numbers = [sa.bindparam(None, Decimal(one), sa.Numeric()) for one in wanted if _DECIMAL.fullmatch(one)]
        return column.in_(numbers) if numbers else sa.false()
    texts = [one for one in wanted if "\x00" not in one]
    if not texts:
        return sa.false()
    if kind == TEXT and dialect != "sqlite":
        return column.in_([sa.bindparam(None, one, sa.String()) for one in texts])
    spoken = sa.func.rtrim(sa.cast(column, sa.CHAR(255) if dialect in ("mysql", "mariadb") else sa.Text()))
    return spoken.in_([sa.bindparam(None, one, sa.String()) for one in texts])
