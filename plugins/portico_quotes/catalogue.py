"""Reads the cached catalogue: by kind and category, or by what somebody types. No page counts or reads it whole."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.direct import Direct
from portico.web.pagination import Keys, Page, decode_cursor, encode_cursor, fetch, keyset
from portico_erp.values import ItemKind
from portico_quotes.folding import words
from portico_quotes.models import Category, Item, Source

COLUMNS = (
    Item.id,
    Item.connection_id,
    Item.ref,
    Item.code,
    Item.name,
    Item.description,
    Item.kind,
    Item.category,
    Item.unit,
    Item.price,
    Item.currency,
    Item.tax_rate,
    Item.active,
    sa.func.greatest(
        Item.synced_at,
        sa.select(Source.read_at).where(Source.connection_id == Item.connection_id).scalar_subquery(),
    ).label("synced_at"),
)
MOST_FOUND = 200
"""Results of a search that one can page through; beyond that, another word helps more."""


@dataclass(frozen=True)
class Browse:
    """What is looked for. `text` as typed; an unknown kind is no kind."""

    text: str = ""
    kind: str | None = None
    category: str | None = None

    @classmethod
    def read(cls, given: Any) -> Browse:
        """From a query string: characters that no database holds are dropped, an unknown kind is ignored."""
        kind = given.get("kind") or None
        category = _storable(given.get("category") or "")[:500] or None
        return cls(
            _storable(given.get("q") or "")[:200].strip(), kind if kind in list(ItemKind) else None, category
        )


def _storable(text: str) -> str:
    return "".join(one for one in text if one.isprintable() or one == " ").encode("utf-8", "ignore").decode()


_BY_NAME: Keys = [(Item.name, str), (Item.id, uuid.UUID)]


def browse(db: Session, wanted: Browse, *, cursor: str | None = None, limit: int = 30) -> Page[Any]:
    """One page of items on sale, best matches first when something was typed, else by name. One query."""
    typed = words(wanted.text)
    if typed:
        return _search(db, wanted, " ".join(typed), cursor, limit)
    asked = {name: value for name, value in (("kind", wanted.kind), ("category", wanted.category)) if value is not None}
    statement = _browsing(tuple(asked), bool(cursor))
    return fetch(db, statement, _BY_NAME, asked, cursor=cursor, limit=limit)


@lru_cache(maxsize=16)
def _browsing(conditions: tuple[str, ...], continued: bool) -> Direct:
    """The list's statement, made once for each kind of question. conditions: names of columns that equal a value."""
    query = sa.select(*COLUMNS).where(Item.active, *(getattr(Item, one) == sa.bindparam(one) for one in conditions))
    return Direct(keyset(query, _BY_NAME, continued=continued, descending=False))


def _search(db: Session, wanted: Browse, folded: str, cursor: str | None, limit: int) -> Page[Any]:
    """Ranked, so its cursor is a position: the order of a search is not one that a key continues."""
    start = min(max(0, decode_cursor(cursor, [int])[0] or 0), MOST_FOUND) if cursor else 0
    stop = min(start + limit, MOST_FOUND)
    values = {"folded": folded, "kind": wanted.kind, "category": wanted.category, "most_found": stop + 1}
    rows = _SEARCH.rows(db, values | {"start": start, "most_rows": limit + 1})
    more = len(rows) > limit and stop < MOST_FOUND
    return Page(rows[:limit], encode_cursor([stop]) if more else None)


_FOUND = (
    sa.func.quotes_item_search(
        sa.bindparam("folded", type_=sa.Text),
        sa.bindparam("kind", type_=sa.Text),
        sa.bindparam("category", type_=sa.Text),
        sa.bindparam("most_found", type_=sa.Integer),
    )
    .table_valued(sa.column("id", sa.Uuid), sa.column("rank", sa.REAL))
    .alias("found")
)
_SEARCH = Direct(
    sa.select(*COLUMNS)
    .join_from(_FOUND, Item, Item.id == _FOUND.c.id)
    .order_by(_FOUND.c.rank.desc(), Item.id)
    .offset(sa.bindparam("start", type_=sa.Integer))
    .limit(sa.bindparam("most_rows", type_=sa.Integer))
)
_SHELVES = Direct(
    sa.select(Category.kind, Category.category, Category.items)
    .where(Category.items > 0)
    .order_by(Category.category)
)
_BY_ID = Direct(sa.select(*COLUMNS).where(Item.id.in_(sa.bindparam("ids", expanding=True))))
_READ_AT = Direct(sa.select(sa.func.max(Source.read_at).label("read_at")))


@dataclass(frozen=True)
class Shelf:
    """A kind with its categories: name → number of items."""

    kind: str
    items: int
    categories: tuple[tuple[str, int], ...]


def shelves(db: Session) -> list[Shelf]:
    """Every kind that has items, in the order of the contract, with its categories. One query."""
    rows = _SHELVES.rows(db, {})
    found = []
    for kind in ItemKind:
        own = tuple((row.category, row.items) for row in rows if row.kind == kind)
        if own:
            found.append(Shelf(kind.value, sum(number for _name, number in own), own))
    return found


def categories(found: Sequence[Shelf], kind: str | None) -> list[tuple[str, int]]:
    """The categories of one kind, or of all kinds together, by name; items without one are left out."""
    numbers: dict[str, int] = {}
    for shelf in found:
        if kind in (None, shelf.kind):
            for name, number in shelf.categories:
                numbers[name] = numbers.get(name, 0) + number
    return sorted((name, number) for name, number in numbers.items() if name)


def items(db: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Any]:
    """Items by id, those not on sale included."""
    if not ids:
        return {}
    return {row.id: row for row in _BY_ID.rows(db, {"ids": list(ids)})}


def items_by_ref(db: Session, connection_id: uuid.UUID | None, refs: Sequence[str]) -> dict[str, Any]:
    """Items by the company's name for them."""
    if not refs or connection_id is None:
        return {}
    query = sa.select(*COLUMNS).where(Item.connection_id == connection_id, Item.ref.in_(refs))
    return {row.ref: row for row in db.execute(query)}


def items_named(db: Session, refs: Sequence[str]) -> dict[str, Any]:
    """Items by the company's name for them, of the one connection that sells most of these now. One query."""
    if not refs:
        return {}
    shelves: dict[uuid.UUID, dict[str, Any]] = {}
    for row in db.execute(sa.select(*COLUMNS).where(Item.ref.in_(refs)).order_by(Item.connection_id)):
        shelves.setdefault(row.connection_id, {})[row.ref] = row
    return max(shelves.values(), key=lambda found: (sum(one.active for one in found.values()), len(found)), default={})


def read_at(db: Session) -> dt.datetime | None:
    """When the catalogue was last compared with the company's; None = never."""
    found: dt.datetime | None = _READ_AT.rows(db, {})[0].read_at
    return found
