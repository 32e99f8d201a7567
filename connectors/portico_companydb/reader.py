"""The queries that read: pages of changed rows with their parts, items for prices, customers. Rows only, no
values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.exc import IntegrityError

from portico_companydb import tables as t
from portico_companydb.columns import Moment
from portico_companydb.cursors import Cursor
from portico_erp.invariants import LONGEST_NAME, LONGEST_TEXT

MOST_PARTS = 20_000
"""Lines read for one page of quotes or orders; more is refused rather than filling the memory."""

_LONG = {"description", "note", "reason", "terms"}


@dataclass(frozen=True)
class Read:
    """Rows of one page, those seen before left out, and where to go on."""

    rows: Sequence[RowMapping]
    cursor: Cursor
    more: bool


def clock(connection: Connection) -> datetime:
    """The database's own clock: cursors must not depend on ours."""
    if connection.dialect.name in ("mysql", "mariadb"):
        return datetime.fromisoformat(str(connection.execute(select(func.utc_timestamp(6))).scalar_one())).replace(tzinfo=UTC)
    if connection.dialect.name == "sqlite":
        now = text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")
        return datetime.fromisoformat(connection.execute(now).scalar_one()).replace(tzinfo=UTC)
    moment: datetime = connection.execute(select(func.now())).scalar_one()
    return moment


def columns(table: Table, *names: str) -> list[Any]:
    """Columns by name, texts cut just past what a value may hold, so that no cell can fill our memory."""
    return [
        func.substr(table.c[name], 1, (LONGEST_TEXT if name in _LONG else LONGEST_NAME) + 1).label(name)
        if table.c[name].type.python_type is str
        else table.c[name]
        for name in names or table.c.keys()
    ]


def _moment(value: str) -> ColumnElement[Any]:
    return bindparam(None, value, Moment)


def _after(table: Table, key: str, kind: str, cursor: Cursor) -> list[ColumnElement[bool]]:
    """Keyset condition in the order (updated_at, kind, key); `kind` is the same for the whole table."""
    conditions: list[ColumnElement[bool]] = []
    if cursor.since is not None:
        conditions.append(table.c.updated_at >= _moment(cursor.since))
    if cursor.after is not None:
        at, last_kind, last_key = cursor.after
        if kind == last_kind:
            typed = bindparam(None, _typed(table, key, last_key), table.c[key].type)
            conditions.append(tuple_(table.c.updated_at, table.c[key]) > tuple_(_moment(at), typed))
        elif kind > last_kind:
            conditions.append(table.c.updated_at >= _moment(at))
        else:
            conditions.append(table.c.updated_at > _moment(at))
    return conditions


def _typed(table: Table, key: str, value: str) -> Any:
    return int(value) if table.c[key].type.python_type is int else value


def _finish(
    rows: Sequence[RowMapping],
    refs: Sequence[str],
    kinds: Sequence[str],
    keys: Sequence[str],
    cursor: Cursor,
    limit: int,
    overlap: timedelta,
) -> Read:
    more = len(rows) > limit
    page = list(zip(rows, refs, kinds, keys, strict=True))[:limit]
    following = cursor.advance(
        [(ref, row["updated_at"], kind, key) for row, ref, kind, key in page], more=more, overlap=overlap
    )
    return Read(
        [row for row, ref, _kind, _key in page if cursor.is_new(ref, row["updated_at"])], following, more
    )


def changed_items(connection: Connection, cursor: Cursor, limit: int, overlap: timedelta) -> Read:
    """Items of all four tables in one order; each table gives its first rows by index, the merge is of a few.
    """
    cursor = cursor.begin(clock(connection))
    branches = []
    for kind, table in t.ITEMS.items():
        branch: Select[Any] = (
            select(literal(kind).label("kind"), *columns(table))
            .where(*_after(table, "code", kind, cursor))
            .order_by(table.c.updated_at, table.c.code)
            .limit(limit + 1)
        )
        branches.append(select(branch.subquery(f"some_{kind}")))
    merged = union_all(*branches).subquery("items")
    statement = select(merged).order_by(merged.c.updated_at, merged.c.kind, merged.c.code).limit(limit + 1)
    rows = connection.execute(statement).mappings().all()
    return _finish(
        rows,
        [f"{row['kind']}:{row['code']}" for row in rows],
        [row["kind"] for row in rows],
        [row["code"] for row in rows],
        cursor,
        limit,
        overlap,
    )


def changed(
    connection: Connection,
    statement: Select[Any],
    table: Table,
    cursor: Cursor,
    limit: int,
    overlap: timedelta,
) -> Read:
    cursor = cursor.begin(clock(connection))
    rows = (
        connection.execute(
            statement.where(*_after(table, "id", "", cursor))
            .order_by(table.c.updated_at, table.c.id)
            .limit(limit + 1)
        )
        .mappings()
        .all()
    )
    keys = [str(row["id"]) for row in rows]
    return _finish(rows, keys, [""] * len(rows), keys, cursor, limit, overlap)


def changed_customers(connection: Connection, cursor: Cursor, limit: int, overlap: timedelta) -> Read:
    return changed(connection, select(*columns(t.customers)), t.customers, cursor, limit, overlap)


def changed_quotes(connection: Connection, cursor: Cursor, limit: int, overlap: timedelta) -> Read:
    return changed(connection, quotes(), t.quotes, cursor, limit, overlap)


def changed_orders(connection: Connection, cursor: Cursor, limit: int, overlap: timedelta) -> Read:
    return changed(connection, orders(), t.orders, cursor, limit, overlap)


def quotes() -> Select[Any]:
    return select(*columns(t.quotes), t.customers.c.code.label("customer")).outerjoin_from(
        t.quotes, t.customers, t.customers.c.id == t.quotes.c.customer_id
    )


def orders() -> Select[Any]:
    return (
        select(
            *columns(t.orders),
            t.customers.c.code.label("customer"),
            t.quotes.c.number.label("quote_number"),
        )
        .outerjoin_from(t.orders, t.customers, t.customers.c.id == t.orders.c.customer_id)
        .outerjoin(t.quotes, t.quotes.c.id == t.orders.c.quote_id)
    )


def insert_once(connection: Connection, table: Table, values: Mapping[str, Any]) -> int | None:
    """The id of a new row; None when its `portal_reference` is there. A second one at the same time waits until the first has
    committed.
    """
    try:
        with connection.begin_nested():
            made = connection.execute(insert(table).values(values)).inserted_primary_key
    except IntegrityError:
        there = select(table.c.id).where(table.c.portal_reference == values["portal_reference"])
        if connection.execute(there).first() is None:
            raise
        return None
    return None if made is None else int(made[0])


def row_id(ref: str) -> int:
    """The id that a ref names; 0, which no row has, for a text that names none."""
    return int(ref) if ref.isascii() and ref.isdigit() and len(ref) < 19 else 0


def one_order(connection: Connection, order_id: int) -> RowMapping | None:
    return connection.execute(orders().where(t.orders.c.id == order_id)).mappings().one_or_none()


Parts = dict[int, list[RowMapping]]


def group(rows: Sequence[RowMapping], key: str) -> Parts:
    groups: Parts = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def quote_lines(connection: Connection, ids: Sequence[int]) -> Parts:
    if not ids:
        return {}
    statement = (
        select(*columns(t.quote_lines))
        .where(t.quote_lines.c.quote_id.in_(ids))
        .order_by(t.quote_lines.c.quote_id, t.quote_lines.c.position)
        .limit(MOST_PARTS)
    )
    return group(connection.execute(statement).mappings().all(), "quote_id")


def order_parts(connection: Connection, ids: Sequence[int]) -> tuple[Parts, Parts, Parts]:
    """Lines by order, deliveries by order, delivery lines (with the order line's item and name) by delivery.
    """
    if not ids:
        return {}, {}, {}
    lines = (
        select(*columns(t.order_lines))
        .where(t.order_lines.c.order_id.in_(ids))
        .order_by(t.order_lines.c.order_id, t.order_lines.c.position)
        .limit(MOST_PARTS)
    )
    sent = (
        select(*columns(t.deliveries))
        .where(t.deliveries.c.order_id.in_(ids))
        .order_by(t.deliveries.c.order_id, t.deliveries.c.id)
        .limit(MOST_PARTS)
    )
    contents = (
        select(
            t.delivery_lines.c.delivery_id,
            t.delivery_lines.c.quantity,
            *columns(t.order_lines, "item_kind", "item_code", "name"),
        )
        .join_from(t.delivery_lines, t.order_lines, t.order_lines.c.id == t.delivery_lines.c.order_line_id)
        .where(t.order_lines.c.order_id.in_(ids))
        .order_by(t.delivery_lines.c.id)
        .limit(MOST_PARTS)
    )
    return (
        group(connection.execute(lines).mappings().all(), "order_id"),
        group(connection.execute(sent).mappings().all(), "order_id"),
        group(connection.execute(contents).mappings().all(), "delivery_id"),
    )


def items_by_code(connection: Connection, wanted: Sequence[tuple[str, str]]) -> Sequence[RowMapping]:
    """Items by (kind, code), inactive ones included."""
    branches: list[Select[Any]] = []
    for kind, table in t.ITEMS.items():
        codes = sorted({code for of_kind, code in wanted if of_kind == kind})
        if codes:
            branches.append(
                select(literal(kind).label("kind"), *columns(table)).where(table.c.code.in_(codes))
            )
    return connection.execute(union_all(*branches)).mappings().all() if branches else []


def stock_levels(connection: Connection, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], RowMapping]:
    """By (kind, code); what is not counted has no row."""
    table = t.stock_levels
    statement = select(*columns(table)).where(tuple_(table.c.item_kind, table.c.item_code).in_(sorted(set(wanted))))
    rows = connection.execute(statement).mappings().all() if wanted else []
    return {(row["item_kind"], row["item_code"]): row for row in rows}


def own_prices(
    connection: Connection, customer: str, wanted: Sequence[tuple[str, str]]
) -> Sequence[RowMapping]:
    """Entries of the customer's price list for these items that hold today, whatever their quantity."""
    entry = t.price_list_item
    today = func.current_date()
    statement = (
        select(
            *columns(entry, "item_kind", "item_code", "min_quantity", "price"),
            *[
                column.label(f"list_{column.name}")
                for column in (t.price_list.c.name, t.price_list.c.currency)
            ],
        )
        .join_from(
            t.customers,
            t.price_list,
            and_(t.price_list.c.code == t.customers.c.price_list, t.price_list.c.is_active),
        )
        .join(entry, entry.c.price_list == t.price_list.c.code)
        .where(
            t.customers.c.code == customer,
            tuple_(entry.c.item_kind, entry.c.item_code).in_(sorted(set(wanted))),
            or_(entry.c.valid_from.is_(None), entry.c.valid_from <= today),
            or_(entry.c.valid_until.is_(None), entry.c.valid_until >= today),
        )
    )
    return connection.execute(statement).mappings().all()


def customer(
    connection: Connection,
    *,
    code: str | None = None,
    email: str | None = None,
    claim_code: str | None = None,
) -> RowMapping | None:
    """The active customer of that code, or the only active one with that e-mail address or claim code."""
    asked = [given for given in (code, email, claim_code) if given is not None]
    if not all(given.strip() for given in asked):
        return None  # an empty claim code must never find the customers that have none
    statement = select(*columns(t.customers)).where(t.customers.c.is_active)
    if code is not None:
        statement = statement.where(t.customers.c.code == code)
    if email is not None:
        statement = statement.where(
            func.lower(t.customers.c.email) == email.strip().lower(), t.customers.c.email != ""
        )
    if claim_code is not None:
        statement = statement.where(func.lower(t.customers.c.claim_code) == claim_code.strip().lower())
    rows = connection.execute(statement.limit(2)).mappings().all()
    return rows[0] if len(rows) == 1 and asked else None
