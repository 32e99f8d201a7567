"""Writes a quote into a foreign database, once: under a lock for its reference, after a look whether it is there.

Their columns are given out of what the portal knows of the quote. A value in the mapping is the name of such a thing
("customer", "line.quantity", "parent.ANGNR"), or a table: `field` with `scale`, `decimal`, `format`, `values`, `length`; or
`value`, a constant; or `next`, one more than the largest number there; or `now`, the time of writing in a `format`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql import quoted_name

from portico_companydb import mysql, sqlite
from portico_companydb.foreign import cells
from portico_companydb.foreign.catalogue import Catalogue, Relation, engine_without_transactions
from portico_companydb.foreign.document import Document, MappingError, Target
from portico_companydb.i18n import _
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError
from portico_erp.totals import line_total, totals
from portico_erp.values import QuoteLine, QuoteRequest

_SPEC = {"field", "value", "next", "now", "scale", "decimal", "format", "values", "length", "part", "number"}


@dataclass(frozen=True)
class Written:
    """What a value of the mapping can name. parent: the row of the quote that was just written, None before."""

    request: QuoteRequest
    document: Document
    line: QuoteLine | None = None
    position: int = 0
    parent: Mapping[str, Any] | None = None

    def known(self) -> dict[str, Any]:
        request = self.request
        sums = totals([(one.quantity, one.unit_price or Decimal(0), one.tax_rate) for one in request.lines], request.currency)
        found: dict[str, Any] = {
            "reference": request.reference,
            "customer": request.customer_ref,
            "currency": request.currency,
            "note": request.note,
            "po_number": request.po_number,
            "submitted_at": request.submitted_at,
            "net": sums.net,
            "tax": sums.tax,
            "gross": sums.gross,
            "line_count": len(request.lines),
            "lines": json.dumps([_plain(index, one) for index, one in enumerate(request.lines, 1)], ensure_ascii=False),
        }
        if self.line is not None:
            line = self.line
            price = line.unit_price or Decimal(0)
            found |= {
                "line.position": self.position,
                "line.item": line.ref,
                "line.name": line.name,
                "line.quantity": line.quantity,
                "line.unit": line.unit,
                "line.unit_price": line.unit_price,
                "line.tax_rate": line.tax_rate,
                "line.note": line.note,
                "line.total": line_total(line.quantity, price, request.currency),
            }
        return found | {f"parent.{name}": raw for name, raw in (self.parent or {}).items()}


def _plain(position: int, line: QuoteLine) -> dict[str, Any]:
    price = None if line.unit_price is None else str(line.unit_price)
    return {
        "position": position,
        "item": line.ref,
        "name": line.name,
        "quantity": str(line.quantity),
        "unit": line.unit,
        "unit_price": price,
        "tax_rate": str(line.tax_rate),
        "note": line.note,
    }


def lock(connection: Connection) -> None:
    """One submission or set-up at a time, for the whole database: numbers are counted on under it as well. It ends with the
    transaction, in MySQL by `Database.transaction`, which gives it back after the commit and closes the connection after a
    failure.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('portico_companydb.submission'))"))
    elif connection.dialect.name in ("mysql", "mariadb"):
        got = connection.execute(sa.text(f"SELECT GET_LOCK({mysql.LOCK}, 10)")).scalar_one()
        if got != 1:
            raise ConnectorUnavailableError(_("Another quote is being written. Try again."))
    # SQLite: a writing transaction began with BEGIN IMMEDIATE, and there is no other.


def check_undoable(connection: Connection, catalogue: Catalogue, target: Target) -> None:
    """Raises ConnectorRejectedError where a quote whose lines are refused, or whose connection breaks, would stay there by half.

    A quote without lines of its own is one statement, which every engine does wholly or not at all.
    """
    if target.lines is None:
        return
    for table in filter(None, (target.table, target.lines.table)):
        relation = catalogue.relation(connection, table)
        if engine := engine_without_transactions(connection, relation):
            raise ConnectorRejectedError(
                None,
                _(
                    "“${table}” knows no transactions (${engine}): of a quote that breaks off, half would stay. "
                    "Have it changed to InnoDB, or let a procedure write the quote.",
                    mapping={"table": relation.title, "engine": engine},
                ),
                code="schema",
            )


def write(connection: Connection, catalogue: Catalogue, document: Document, request: QuoteRequest, parent: Any) -> None:
    """parent: called after the quote is in its table; gives its row with all columns, by the portal's reference."""
    target = document.submission
    if target is None:
        raise ConnectorRejectedError(None, _("This connection does not write quotes."), code="schema")
    written = Written(request, document)
    if target.call:
        _call(connection, target, "submission", written)
    else:
        _insert(connection, catalogue, target, "submission", written)
    if target.lines is None:
        return
    row = parent()
    for position, line in enumerate(request.lines, 1):
        one = Written(request, document, line, position, row)
        if target.lines.call:
            _call(connection, target.lines, "submission.lines", one)
        else:
            _insert(connection, catalogue, target.lines, "submission.lines", one)


def _insert(connection: Connection, catalogue: Catalogue, target: Target, path: str, written: Written) -> None:
    relation = catalogue.relation(connection, target.table)
    values = {
        relation.name(name): _value(connection, relation, name, spec, path, written) for name, spec in target.values.items()
    }
    table = sa.table(
        relation.clause.name, *(sa.column(quoted_name(name, True)) for name in values), schema=relation.clause.schema
    )
    if connection.dialect.name == "sqlite":
        values = {name: sqlite.kept(one) for name, one in values.items()}
    connection.execute(sa.insert(table).values(values))


def _call(connection: Connection, target: Target, path: str, written: Written) -> None:
    """A function of PostgreSQL, or a procedure of MySQL, of its own schema; what it returns does not count, as the quote is
    looked up by its reference afterwards.
    """
    dialect = connection.dialect.name
    if dialect == "sqlite":
        raise MappingError(f"{path}.call", _("there is nothing to call in this kind of database"))
    if not _exists(connection, target.call):
        words = {"name": target.call[:100]}
        missing = (_("There is no function “${name}”.", mapping=words) if dialect == "postgresql"
                   else _("There is no procedure “${name}”.", mapping=words))  # fmt: skip
        raise ConnectorRejectedError(None, missing, code="schema")
    arguments: list[Any] = [sa.bindparam(None, _value(connection, None, "", one, path, written)) for one in target.arguments]
    if dialect == "postgresql":
        connection.execute(sa.select(sa.Function(quoted_name(target.call, True), *arguments)))
        return
    quote = connection.dialect.identifier_preparer.quote_identifier
    names = [f":p{index}" for index in range(len(arguments))]
    values = {f"p{index}": one.value for index, one in enumerate(arguments)}
    connection.execute(sa.text(f"CALL {quote(target.call)}({', '.join(names)})"), values)


def _exists(connection: Connection, name: str) -> bool:
    """Whether the company's own schemas have a function (PostgreSQL) or procedure (MySQL) of that name: what the server brings
    along may not be called.
    """
    if connection.dialect.name != "postgresql":
        own = sa.text(
            "SELECT count(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() "
            "AND ROUTINE_TYPE = 'PROCEDURE' AND ROUTINE_NAME = :name"
        )
        return bool(connection.execute(own, {"name": name}).scalar_one())
    statement = sa.text(
        "SELECT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proname = :name "
        "AND pg_function_is_visible(p.oid)) AND NOT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE p.proname = :name AND n.nspname IN ('pg_catalog', 'information_schema'))"
    )
    return bool(connection.execute(statement, {"name": name}).scalar_one())


def _value(connection: Connection, relation: Relation | None, name: str, spec: Any, path: str, written: Written) -> Any:
    where = f"{path}.{name or 'arguments'}"
    if isinstance(spec, str):
        spec = {"field": spec}
    if not isinstance(spec, Mapping) or not spec.keys() <= _SPEC:
        raise MappingError(where, _("is the name of a value, or a table with field, value, next or now"))
    if "value" in spec:
        return spec["value"]
    if "now" in spec:
        return _shaped(datetime.now(UTC), {"format": spec["now"]}, where, written.document)
    if "next" in spec:
        if relation is None:
            raise MappingError(where, _("there is nothing to count in a call"))
        largest = connection.execute(sa.select(sa.func.max(relation.column(name))).select_from(relation.clause)).scalar_one()
        return (cells.number(largest, name) or int(spec["next"]) - 1) + 1
    known = written.known()
    if spec.get("field") not in known:
        raise MappingError(where, _("“${name}” is not known here", mapping={"name": str(spec.get("field"))}))
    return _shaped(known[spec["field"]], spec, where, written.document)


def _shaped(raw: Any, spec: Mapping[str, Any], where: str, document: Document) -> Any:
    """A value of ours in their spelling."""
    if "part" in spec and isinstance(raw, str):
        parts: Sequence[str] = raw.split(document.separator)
        raw = parts[int(spec["part"])] if int(spec["part"]) < len(parts) else ""
    if spec.get("number") and isinstance(raw, str):
        raw = cells.number(raw, where)
    if isinstance(raw, datetime):
        try:
            return cells.written(str(spec.get("format", "utc")), raw, document.zone)
        except ValueError as error:
            raise MappingError(where, _("a time cannot be written like that")) from error
    if isinstance(raw, Decimal):
        raw = raw.scaleb(int(spec.get("scale", 0)))
        if spec.get("scale"):
            raw = raw.quantize(Decimal(1))
        return format(raw, "f").replace(".", ",") if spec.get("decimal") == "," else raw
    if isinstance(spec.get("values"), Mapping):
        raw = spec["values"].get("" if raw is None else str(raw), raw)
    if isinstance(raw, str) and "length" in spec:
        raw = raw[: int(spec["length"])]
    return raw
