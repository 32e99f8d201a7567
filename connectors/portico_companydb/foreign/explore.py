"""What a person who writes a mapping wants to see: tables, columns, the words that occur in one, and the first rows as the portal
would have them. One call answers all that a page asks for, in one read-only transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from portico_companydb import reader
from portico_companydb.database import Database
from portico_companydb.foreign import cells, values
from portico_companydb.foreign.catalogue import Catalogue, Relation
from portico_companydb.foreign.document import Source, parse
from portico_companydb.foreign.entities import entity
from portico_companydb.foreign.rows import Rows
from portico_companydb.i18n import _
from portico_companydb.settings import DatabaseSettings
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, InvalidValueError
from portico_erp.values import Problem

MOST_WORDS, SAMPLE, SHOWN, MOST_TABLES = 40, 100, 8, 2000


@dataclass(frozen=True)
class Question:
    """table or query: whose columns. words: columns whose words are counted. path, document: the preview, of that entity of a
    whole mapping; "" = none.
    """

    table: str = ""
    query: str = ""
    words: tuple[str, ...] = ()
    path: str = ""
    document: Mapping[str, Any] | None = None


@dataclass
class Preview:
    """rows: per row the fields as texts, None where the cell is a problem. problems: (sentence, rows that have it)."""

    fields: Sequence[str] = ()
    rows: list[list[str | None]] = field(default_factory=list)
    problems: list[tuple[Any, int]] = field(default_factory=list)
    count: int = 0


@dataclass
class Findings:
    """columns: name → kind. words: column → (word, rows), the most frequent first. problem: why a part could not be answered."""

    tables: Sequence[str] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    words: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    preview: Preview | None = None
    problem: Any = None


class Explorable:
    """What both clients of a company database offer beside their capabilities."""

    database: Database
    settings: DatabaseSettings

    def explore(self, asked: Question) -> Findings:
        found, catalogue = Findings(), Catalogue()
        with self.database.transaction() as connection:
            found.tables = tables(connection, catalogue)
            if asked.table or asked.query:
                try:
                    relation = catalogue.relation(connection, asked.table, asked.query)
                    found.columns = relation.columns
                    found.words = {name: words(connection, relation, name) for name in asked.words if name in relation.columns}
                except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
                    found.problem = error.message
        if asked.path and found.problem is None:
            try:
                with self.database.transaction() as connection:
                    found.preview = preview(connection, catalogue, asked, self.settings.currency)
            except (ConnectorRejectedError, ConnectorUnauthorisedError) as error:
                found.problem = error.message
        return found


def tables(connection: Connection, catalogue: Catalogue) -> list[str]:
    """As a mapping names them: those of other schemas with the schema before."""
    found = list(catalogue.tables(connection))
    if connection.dialect.name == "postgresql":
        usual = sa.inspect(connection).default_schema_name
        for schema in sa.inspect(connection).get_schema_names():
            if schema not in (usual, "information_schema") and not schema.startswith("pg_"):
                found += [f"{schema}.{name}" for name in catalogue.tables(connection, schema)]
    return found[:MOST_TABLES]


def words(connection: Connection, relation: Relation, name: str) -> list[tuple[str, int]]:
    """The words of a column with the rows that have them, the most frequent first."""
    column, count = relation.column(name), sa.func.count()
    statement = sa.select(column, count).select_from(relation.clause).group_by(column).order_by(count.desc())
    found: Counter[str] = Counter()
    for raw, rows in connection.execute(statement.limit(MOST_WORDS + 1)):
        found[(cells.text(raw) or "")[:100]] += rows
    return found.most_common(MOST_WORDS)


def preview(connection: Connection, catalogue: Catalogue, asked: Question, currency: str) -> Preview:
    document = parse(asked.document or {}, currency)
    rows = Rows(connection, catalogue, document)
    lookups: dict[Any, Any] = {}
    builder = values.Builder(document, lookups, reader.clock(connection))
    source: Source = builder.source(asked.path)
    lookups |= rows.lookups(source)
    names = [name for name in entity(asked.path).fields if name in source.fields]
    found, problems = Preview(fields=names), Counter[str]()
    sentences: dict[str, Any] = {}
    for row in rows.first(source, SAMPLE):
        found.count += 1
        shown, wrong = _shown(builder, asked.path, names, row)
        for sentence in wrong:
            told = values.plain(sentence)
            problems[told] += 1
            sentences[told] = sentence
        if len(found.rows) < SHOWN:
            found.rows.append(shown)
    found.problems = [(sentences[told], count) for told, count in problems.most_common(20)]
    return found


def _shown(
    builder: values.Builder, path: str, names: Sequence[str], row: Mapping[str, Any]
) -> tuple[list[str | None], list[Any]]:
    shown: list[str | None] = []
    wrong: list[Any] = []
    source = builder.source(path)
    for name in names:
        try:
            read = cells.value(entity(path).fields[name], source.fields[name], row, name, builder.document.zone, builder.lookups)
            shown.append("" if read is None else values.told(read)[:120])
        except InvalidValueError as error:
            shown.append(None)
            wrong.append(values.sentence(path, error))
    whole = {"items": builder.item, "customers": builder.customer}.get(path)
    if not wrong and whole is not None and isinstance(problem := whole(row), Problem):
        wrong.append(problem.message)
    if source.key and not builder.ref(path, row):
        wrong.append(_("Its key is empty."))
    return shown, wrong
