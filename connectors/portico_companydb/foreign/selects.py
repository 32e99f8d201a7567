"""Queries that people write into a mapping: one SELECT, parsed, and written anew out of what was understood, so that nothing that
the parser passed over (a comment that a server executes) ever reaches the server.

This is the second wall. The first is the login, which should be allowed to read those tables and nothing else; the third is
the read-only transaction that every query runs in.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlglot
from sqlglot import exp

from portico_companydb.i18n import _
from portico_erp.errors import ConnectorRejectedError

LONGEST = 20_000
_DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}
_REFUSED = (
    exp.Into, exp.Lock, exp.DML, exp.DDL, exp.Command, exp.Parameter, exp.SessionParameter, exp.Placeholder, exp.Lateral,
    exp.Unnest, exp.Use, exp.Set, exp.Copy, exp.ReadCSV, exp.Repeat, exp.GenerateSeries, exp.PropertyEQ, exp.Pragma,
    exp.Attach, exp.LoadData,
)  # fmt: skip
# Of functions that the parser has no kind for, only these: what reads files, sleeps, calls out or changes settings is not here.
_FUNCTIONS = frozenset(
    "to_char to_date to_timestamp to_number btrim bpchar chr digits format_number strftime julianday printf make_date "
    "make_time make_timestamp lpad rpad ltrim rtrim translate initcap sign mod trunc numeric int4 int8 float8".split()
)


def refuse(why: str) -> ConnectorRejectedError:
    return ConnectorRejectedError("mapping", why, code="query")


def checked(sql: str, dialect: str, allowed: Callable[[str, str], bool]) -> str:
    """The query as it will run. allowed: whether a (schema, table) may be read. Raises ConnectorRejectedError."""
    if len(sql) > LONGEST or "\x00" in sql:
        raise refuse(_("The query is too long."))
    spoken = _DIALECTS[dialect]
    try:
        found = [one for one in sqlglot.parse(sql, read=spoken) if one is not None]
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        raise refuse(_("The query cannot be read: ${why}", mapping={"why": _plain(error)})) from error
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        raise refuse(_("The query has to be one SELECT."))
    tree = found[0]
    for node in tree.walk():
        if isinstance(node, exp.Query) and not isinstance(node, exp.Select | exp.SetOperation | exp.Subquery | exp.Table):
            raise refuse(_("The query has to be one SELECT."))
        if isinstance(node, _REFUSED):
            raise refuse(_("“${part}” has no place in the query.", mapping={"part": node.key.upper()}))
        if isinstance(node, exp.Anonymous) and node.name.lower() not in _FUNCTIONS:
            raise refuse(_("The function “${name}” is not allowed in a query.", mapping={"name": node.name[:60]}))
    _tables(tree, allowed)
    return tree.sql(dialect=spoken, comments=False)


def _tables(tree: exp.Expr, allowed: Callable[[str, str], bool]) -> None:
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.catalog:
            raise refuse(_("“${part}” has no place in the query.", mapping={"part": table.sql()[:60]}))
        if not table.db and _folded(table.this) in _named_around(table):
            continue
        if not allowed(table.db, table.name):
            shown = f"{table.db}.{table.name}" if table.db else table.name
            raise refuse(_("There is no table “${name}”.", mapping={"name": shown[:100]}))


def _named_around(table: exp.Table) -> set[str]:
    """What a WITH around this place has named before it: a name that is given elsewhere in the query means a table here."""
    found, inner, node = set[str](), table, table.parent
    below: list[exp.Expr] = [inner]
    while node is not None:
        given = node.args.get("with_") or node.args.get("with")
        if isinstance(given, exp.With):
            for cte in given.expressions:
                if any(cte is one for one in below):
                    if given.recursive:
                        found.add(_folded(cte.args["alias"].this))
                    break  # those that follow are not known yet
                found.add(_folded(cte.args["alias"].this))
        below.append(node)
        node = node.parent
    return found


def _folded(name: exp.Identifier) -> str:
    """As databases compare names: exactly where it is quoted, else in any case."""
    return str(name.this) if name.args.get("quoted") else str(name.this).lower()


def _plain(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0].replace("\x1b[4m", "").replace("\x1b[0m", "")[:200]
