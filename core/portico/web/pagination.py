"""Keyset pagination: a page costs the same whether it is the first or the thousandth."""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from portico.db.direct import Direct
from portico.errors import InvalidError
from portico.web.i18n import _

Row = TypeVar("Row")
DEFAULT, MOST = 25, 100


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page. `next` and `previous` are opaque cursors, None at the ends."""

    rows: Sequence[Row]
    next: str | None
    previous: str | None = None


def encode_cursor(values: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([_plain(v) for v in values]).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, types: Sequence[Callable[[str], Any]]) -> list[Any]:
    """Raises InvalidError for anything that we did not make."""
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(raw, list) or len(raw) != len(types):
            raise ValueError
        return [_part(kind, value) for kind, value in zip(types, raw, strict=True)]
    except (ValueError, TypeError, RecursionError, decimal.InvalidOperation):
        raise InvalidError(_("This page link is not valid any more. Start again from the first page.")) from None


def _part(kind: Callable[[str], Any], value: Any) -> Any:
    """One value of a cursor. Raises ValueError for what no column that we order by can hold."""
    if not isinstance(value, str | int) or isinstance(value, bool) or "\0" in str(value):
        raise ValueError("not ours")
    str(value).encode()
    found = kind(str(value))
    if isinstance(found, dt.datetime) and found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found


Keys = Sequence[tuple[Any, Callable[[str], Any]]]
"""Columns to order by, each with the parser of its text in a cursor; the last is unique."""


def paginate(
    db: Any,
    query: sa.Select[Any],
    keys: Keys,
    *,
    cursor: str | None,
    limit: int = DEFAULT,
    descending: bool = True,
) -> Page[Any]:
    """One page of a Core SELECT ordered by `keys`, which must be among its columns."""
    statement = keyset(query, keys, continued=bool(cursor), descending=descending)
    return fetch(db, statement, keys, {}, cursor=cursor, limit=limit)


def keyset(query: sa.Select[Any], keys: Keys, *, continued: bool, descending: bool = True) -> sa.Select[Any]:
    """The query as `fetch` executes it. It holds no value of a request, so a list that is asked for often keeps it:
    building a statement and finding it in SQLAlchemy's cache costs more than the database takes to answer."""
    columns = [column for column, _parser in keys]
    if continued:
        bound = sa.tuple_(*(sa.bindparam(f"after_{n}", type_=c.type) for n, c in enumerate(columns)))
        row = sa.tuple_(*columns)
        query = query.where(row < bound if descending else row > bound)
    most = sa.bindparam("most_rows", type_=sa.Integer)
    return query.order_by(*(c.desc() if descending else c.asc() for c in columns)).limit(most)


def fetch(
    db: Any,
    statement: sa.Select[Any] | Direct,
    keys: Keys,
    values: Mapping[str, Any],
    *,
    cursor: str | None,
    limit: int = DEFAULT,
) -> Page[Any]:
    """One page by a statement of `keyset`, kept as `Direct` where it is asked for often; `values` are those of its own
    parameters. Raises InvalidError for a cursor that is not ours. One query: a row more than asked tells whether there
    is a next page.
    """
    limit = max(1, min(limit, MOST))
    columns = [column for column, _parser in keys]
    after = decode_cursor(cursor, [parser for _column, parser in keys]) if cursor else ()
    values = {**values, "most_rows": limit + 1, **{f"after_{n}": value for n, value in enumerate(after)}}
    found = statement.rows(db, values) if isinstance(statement, Direct) else db.execute(statement, values).all()
    rows = found[:limit]
    following = encode_cursor([getattr(rows[-1], c.key or "") for c in columns]) if len(found) > limit else None
    return Page(rows, following)


def page_size(text: str | None) -> int:
    """The asked-for number of rows, within 1 to 100."""
    try:
        return max(1, min(int(text or DEFAULT), MOST))
    except ValueError:
        return DEFAULT


def _plain(value: Any) -> Any:
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if isinstance(value, (uuid.UUID, decimal.Decimal)):
        return str(value)
    return value
