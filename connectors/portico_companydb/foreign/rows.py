"""Reads the rows that a mapping describes: whole tables in the order of their key, rows by reference, parts of given wholes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from portico_companydb.foreign import cells
from portico_companydb.foreign.catalogue import AWARE, DAY, MOMENT, TEXT, Catalogue, Relation, equals
from portico_companydb.foreign.document import Condition, Document, Lookup, Source
from portico_companydb.foreign.scan import Position, bound
from portico_companydb.i18n import _
from portico_erp.errors import ConnectorRejectedError
from portico_erp.invariants import LONGEST_TEXT

MOST_PARTS = 20_000
MOST_LOOKED_UP = 5_000
_BATCH = 500

Row = dict[str, Any]


class Rows:
    """Within one transaction."""

    def __init__(self, connection: Connection, catalogue: Catalogue, document: Document) -> None:
        self.connection, self.catalogue, self.document = connection, catalogue, document
        self.dialect = connection.dialect.name
        self._looked_up: dict[Lookup, dict[str, Any]] = {}

    def relation(self, source: Source) -> Relation:
        return self.catalogue.relation(self.connection, source.table, source.query)

    def lookups(self, source: Source) -> Mapping[Lookup, Mapping[str, Any]]:
        """The small tables that a source's cells refer to, read once."""
        for cell in source.fields.values():
            if cell.lookup is not None and cell.lookup not in self._looked_up:
                self._looked_up[cell.lookup] = self._small_table(cell.lookup)
        return self._looked_up

    def _small_table(self, lookup: Lookup) -> dict[str, Any]:
        relation = self.catalogue.relation(self.connection, lookup.table)
        names = list(dict.fromkeys((lookup.key, lookup.value)))
        rows = self._fetch(relation.select(names).limit(MOST_LOOKED_UP + 1))
        if len(rows) > MOST_LOOKED_UP:
            raise _too_many(lookup.table, MOST_LOOKED_UP)
        return {cells.text(row[lookup.key]) or "": row[lookup.value] for row in rows}

    def chunk(self, source: Source, offset: int, count: int, position: Position) -> list[Row]:
        """In the order of the key; rows that did not change since the last pass are left out where the database can tell."""
        relation = self.relation(source)
        statement = self._select(source, relation)
        if (limit := self._changed_since(source, relation, position)) is not None:
            statement = statement.where(limit)
        return self._fetch(statement.order_by(*map(relation.column, source.key)).limit(count).offset(max(0, offset)))

    def is_filtered(self, source: Source) -> bool:
        """Whether the database can leave out what did not change."""
        if source.changed is None or len(source.changed.columns) != 1:
            return False
        kind, form = self.relation(source).kind(source.changed.columns[0]), source.changed.format
        return kind in (AWARE, MOMENT, DAY) or (
            form in ("epoch", "epoch_ms", "yyyymmdd", "cyymmdd") and kind in ("integer", "decimal")
        )

    def _changed_since(self, source: Source, relation: Relation, position: Position) -> sa.ColumnElement[bool] | None:
        if source.changed is None or position.since is None or not self.is_filtered(source):
            return None
        name = source.changed.columns[0]
        kind = relation.kind(name)
        value = bound(position.since, source.changed.format, kind, self.document.zone)
        types: dict[str, Any] = {AWARE: sa.DateTime(timezone=True), MOMENT: sa.DateTime(), DAY: sa.Date()}
        return relation.column(name) >= sa.bindparam(None, value, types.get(kind, sa.BigInteger()))

    def first(self, source: Source, count: int) -> list[Row]:
        """Some rows, in whatever order the database has them."""
        return self._fetch(self._select(source, self.relation(source)).limit(count))

    def by_key(self, source: Source, columns: Sequence[str], refs: Iterable[str]) -> list[Row]:
        """Rows whose `columns`, joined, are one of `refs`."""
        relation, found = self.relation(source), list[Row]()
        wanted = list(dict.fromkeys(refs))
        for start in range(0, len(wanted), _BATCH):
            condition = self._names(relation, columns, wanted[start : start + _BATCH])
            found += self._bounded(self._select(source, relation).where(condition), source)
        return found

    def where(self, source: Source, *conditions: sa.ColumnElement[bool]) -> list[Row]:
        return self._bounded(self._select(source, self.relation(source)).where(*conditions), source)

    def parts(self, source: Source, refs: Sequence[str]) -> dict[str, list[Row]]:
        """The parts of these wholes, by the whole's reference, in order; those that are gone are left out."""
        groups: dict[str, list[Row]] = {}
        relation = self.relation(source)
        for start in range(0, len(refs), _BATCH):
            condition = self._names(relation, source.parent, refs[start : start + _BATCH])
            order = [*source.parent, *(source.order or source.key)]
            statement = self._select(source, relation).where(condition).order_by(*map(relation.column, order))
            for row in self._bounded(statement, source):
                if not is_gone(source, row):
                    groups.setdefault(cells.key(source.parent, row, self.document.separator), []).append(row)
        return groups

    def _select(self, source: Source, relation: Relation) -> sa.Select[Any]:
        columns = [self._cut(relation, name).label(sa.sql.quoted_name(name, True)) for name in source.columns]
        statement = sa.select(*columns).select_from(relation.clause)
        return statement.where(*(self._holds(relation, one) for one in source.only))

    def _cut(self, relation: Relation, name: str) -> sa.ColumnElement[Any]:
        """No cell may fill our memory."""
        column = relation.column(name)
        short = sa.func.substr(column, 1, LONGEST_TEXT + 1)
        if self.dialect == "sqlite":  # where each cell says itself what it is
            return sa.case((sa.func.typeof(column).in_(("text", "blob")), short), else_=column)
        return short if relation.kind(name) == TEXT else column

    def _holds(self, relation: Relation, condition: Condition) -> sa.ColumnElement[bool]:
        column = relation.column(condition.column)
        held = equals(relation, condition.column, sorted(condition.values - {""}), self.dialect)
        if "" in condition.values:
            blank = equals(relation, condition.column, [""], self.dialect)
            held = sa.or_(held, column.is_(None), blank)
        return sa.not_(sa.func.coalesce(held, sa.false())) if condition.negated else held

    def _names(self, relation: Relation, columns: Sequence[str], refs: Sequence[str]) -> sa.ColumnElement[bool]:
        if len(columns) == 1:
            return equals(relation, columns[0], refs, self.dialect)
        split = [ref.split(self.document.separator) for ref in refs]
        return sa.or_(
            sa.false(),
            *(
                sa.and_(*(equals(relation, name, [part], self.dialect) for name, part in zip(columns, parts, strict=True)))
                for parts in split
                if len(parts) == len(columns)
            ),
        )

    def _bounded(self, statement: sa.Select[Any], source: Source) -> list[Row]:
        rows = self._fetch(statement.limit(MOST_PARTS + 1))
        if len(rows) > MOST_PARTS:
            raise _too_many(source.table or str(_("the query")), MOST_PARTS)
        return rows

    def _fetch(self, statement: sa.Select[Any]) -> list[Row]:
        return [dict(row) for row in self.connection.execute(statement).mappings()]


def is_gone(source: Source, row: Mapping[str, Any]) -> bool:
    return any(cells.holds(one, row) for one in source.gone)


def _too_many(name: str, most: int) -> ConnectorRejectedError:
    return ConnectorRejectedError(
        None, _("“${name}” gives more than ${most} rows at once.", mapping={"name": name, "most": str(most)}), code="too-large"
    )
