"""The queries behind list, detail, dashboard and API: columns, never entities; the wall and the visibility
rules hold.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.direct import Direct
from portico.db.types import as_id, now
from portico.pluginhost.values import KnownRecord, Origin
from portico.tenancy import reach
from portico.tenancy.models import Account
from portico.tenancy.scope import Scope
from portico.tenancy.tenant import Tenant
from portico.web.pagination import Page, encode_cursor, fetch, keyset
from portico_orders.errors import OrderNotFoundError
from portico_orders.filters import Filters
from portico_orders.models import CHANGE, DELIVERY, DELIVERY_LINE, LINE, ORDER
from portico_orders.statuses import OPEN
from portico_orders.visibility import visible, visible_values

ACCOUNT: Any = Account.__table__
MOST_FOUND = 1000
_SPECIAL, _ESCAPED = r"([\\%_])", r"\\\1"
_LIST = (
    ORDER.c.id,
    ORDER.c.number,
    ORDER.c.po_number,
    ORDER.c.quote_number,
    ORDER.c.status,
    ORDER.c.currency,
    ORDER.c.gross,
    ORDER.c.ordered_at,
    ORDER.c.expected_on,
    ORDER.c.line_count,
    ORDER.c.delivery_count,
)
_KEYS: list[tuple[Any, Any]] = [(ORDER.c.ordered_at, dt.datetime.fromisoformat), (ORDER.c.id, uuid.UUID)]
_OF_ACCOUNT = sa.and_(ACCOUNT.c.tenant_id == ORDER.c.tenant_id, ACCOUNT.c.id == ORDER.c.account_id)
_DETAIL = sa.select(
    ORDER.c.id,
    ORDER.c.account_id,
    ORDER.c.erp_ref,
    ORDER.c.number,
    ORDER.c.po_number,
    ORDER.c.quote_ref,
    ORDER.c.quote_number,
    ORDER.c.status,
    ORDER.c.status_at,
    ORDER.c.currency,
    ORDER.c.net,
    ORDER.c.tax,
    ORDER.c.gross,
    ORDER.c.note,
    ORDER.c.ordered_at,
    ORDER.c.expected_on,
    ORDER.c.synced_at,
    ORDER.c.erp_updated_at,
    ORDER.c.line_count,
    ORDER.c.delivery_count,
    ACCOUNT.c.name.label("account"),
).join(ACCOUNT, _OF_ACCOUNT)
_ID: Any = sa.bindparam("order_id", type_=sa.Uuid)
_LINES = Direct(
    sa.select(
        LINE.c.position,
        LINE.c.item_ref,
        LINE.c.name,
        LINE.c.quantity,
        LINE.c.unit,
        LINE.c.unit_price,
        LINE.c.tax_rate,
        LINE.c.total,
    ).where(LINE.c.order_id == _ID).order_by(LINE.c.position)
)
_DELIVERIES = Direct(
    sa.select(
        DELIVERY.c.id,
        DELIVERY.c.number,
        DELIVERY.c.shipped_at,
        DELIVERY.c.delivered_at,
        DELIVERY.c.carrier,
        DELIVERY.c.tracking_number,
        DELIVERY.c.tracking_url,
        DELIVERY.c.note,
    ).where(DELIVERY.c.order_id == _ID).order_by(DELIVERY.c.position)
)
_CONTENTS = Direct(
    sa.select(DELIVERY_LINE.c.delivery_id, DELIVERY_LINE.c.item_ref, DELIVERY_LINE.c.name, DELIVERY_LINE.c.quantity)
    .where(DELIVERY_LINE.c.order_id == _ID)
    .order_by(DELIVERY_LINE.c.position)
)
_CHANGES = Direct(
    sa.select(CHANGE.c.kind, CHANGE.c.status, CHANGE.c.data, CHANGE.c.at)
    .where(CHANGE.c.order_id == _ID)
    .order_by(CHANGE.c.at, CHANGE.c.id)
)


@dataclass(frozen=True)
class Detail:
    """An order with its parts. contents: delivery id → its lines."""

    order: Any
    lines: list[Any]
    deliveries: list[Any]
    contents: dict[uuid.UUID, list[Any]]
    changes: list[Any]


CONDITIONS: dict[str, sa.ColumnElement[bool]] = {
    "statuses": ORDER.c.status.in_(sa.bindparam("statuses", expanding=True)),
    "since": ORDER.c.ordered_at >= sa.bindparam("since"),
    "until": ORDER.c.ordered_at < sa.bindparam("until"),
    "account": ORDER.c.account_id == sa.bindparam("account"),
    "pattern": ORDER.c.search.like(sa.bindparam("pattern")),
    # Across a whole company the text index is needed, which no LIKE reaches through the wall.
    "anywhere": ORDER.c.id.in_(
        sa.select(sa.func.orders_find(sa.bindparam("anywhere"), MOST_FOUND, type_=sa.Uuid))
    ),
}
"""Each by the name of the value that it compares with."""


@lru_cache(maxsize=8)
def _one(kind: str) -> Direct:
    return Direct(_DETAIL.where(ORDER.c.id == _ID, *visible(kind)))


@lru_cache(maxsize=512)
def _listing(kind: str, conditions: tuple[str, ...], continued: bool, descending: bool) -> Direct:
    """The list's statement, made once for each kind of question."""
    if kind != "everything":
        query = sa.select(*_LIST)
    else:
        query = sa.select(*_LIST, ACCOUNT.c.name.label("account"), ORDER.c.account_id).join(ACCOUNT, _OF_ACCOUNT)
    query = query.where(*visible(kind), *(CONDITIONS[name] for name in conditions))
    return Direct(keyset(query, _KEYS, continued=continued, descending=descending))


def orders(db: Session, filters: Filters) -> Page[Any]:
    """One page, newest first. For staff with the customer's name. Raises InvalidError for a cursor that is
    not ours.
    """
    scope: Scope = db.info["scope"]
    narrowed = asked(scope, filters)
    cursor = filters.before or filters.after
    statement = _listing(reach.kind_of(scope), tuple(narrowed), bool(cursor), not filters.before)
    values = {**visible_values(scope), **narrowed}
    page = fetch(db, statement, _KEYS, values, cursor=cursor, limit=filters.limit)
    if filters.before:
        rows = list(reversed(page.rows))
        return Page(rows, _cursor(rows[-1:]), _cursor(rows[:1]) if page.next else None)
    return Page(page.rows, page.next, _cursor(page.rows[:1]) if filters.after else None)


def _cursor(rows: Any) -> str | None:
    return encode_cursor([rows[0].ordered_at, rows[0].id]) if rows else None


def asked(scope: Scope, filters: Filters) -> dict[str, Any]:
    """The names of the conditions that the filters mean → what they compare with."""
    assert scope.tenant is not None
    found: dict[str, Any] = {}
    if filters.statuses:
        found["statuses"] = filters.statuses
    if filters.since:
        found["since"] = dt.datetime.combine(filters.since, dt.time(), scope.tenant.zone)
    if filters.until and filters.until < dt.date.max:
        end = filters.until + dt.timedelta(days=1)
        found["until"] = dt.datetime.combine(end, dt.time(), scope.tenant.zone)
    if filters.account_id:
        found["account"] = filters.account_id
    if filters.search:
        pattern = f"%{re.sub(_SPECIAL, _ESCAPED, filters.search.lower())}%"
        few = scope.kind == "customer" or filters.account_id  # rows, and their index is used already
        found["pattern" if few else "anywhere"] = pattern
    return found


def order(db: Session, order_id: uuid.UUID) -> Any:
    """Raises OrderNotFoundError, for what is not the reader's and for what is too old to be shown alike."""
    scope: Scope = db.info["scope"]
    values = {"order_id": order_id, **visible_values(scope)}
    row = _one(reach.kind_of(scope)).first(db, values)
    if row is None:
        raise OrderNotFoundError
    return row


def detail(db: Session, row: Any) -> Detail:
    """The parts of an order that `order` gave: four queries, whatever its size."""
    contents: dict[uuid.UUID, list[Any]] = {}
    lines, deliveries, changes = (
        query.rows(db, {"order_id": row.id}) for query in (_LINES, _DELIVERIES, _CHANGES)
    )
    if deliveries:
        for one in _CONTENTS.rows(db, {"order_id": row.id}):
            contents.setdefault(one.delivery_id, []).append(one)
    return Detail(row, lines, deliveries, contents, changes)


def lines(db: Session, order_id: uuid.UUID) -> list[Any]:
    """The lines alone, in order."""
    return _LINES.rows(db, {"order_id": order_id})


@dataclass(frozen=True)
class Summary:
    """Open orders by status; `next`: the one that is expected first, from today on; `late`: expected before
    today.
    """

    counts: dict[str, int]
    late: int
    next: Any

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def today(tenant: Tenant) -> dt.date:
    """Where the company is."""
    return now().astimezone(tenant.zone).date()


def summary(db: Session) -> Summary:
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    day = today(scope.tenant)
    counting, coming = _under_way(reach.kind_of(scope))
    values = {"day": day, **visible_values(scope)}
    counted = db.execute(counting, values).all()
    return Summary(
        {row.status: row.orders for row in counted},
        sum(row.late for row in counted),
        db.execute(coming, values).one_or_none() if counted else None,
    )


@lru_cache(maxsize=8)
def _under_way(kind: str) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """Two statements: how many by status, and the next to arrive."""
    day = sa.bindparam("day", type_=sa.Date)
    open_ones = (ORDER.c.status.in_(OPEN), *visible(kind))
    late = sa.func.count().filter(ORDER.c.expected_on < day)
    counting = (
        sa.select(ORDER.c.status, sa.func.count().label("orders"), late.label("late"))
        .where(*open_ones)
        .group_by(ORDER.c.status)
    )
    coming = (
        sa.select(ORDER.c.id, ORDER.c.number, ORDER.c.expected_on, ORDER.c.status)
        .where(*open_ones, ORDER.c.expected_on >= day)
        .order_by(ORDER.c.expected_on, ORDER.c.id)
        .limit(1)
    )
    return counting, coming


def ref_of(db: Session, order_id: uuid.UUID) -> str | None:
    """What the company's system calls the order."""
    return db.scalar(sa.select(ORDER.c.erp_ref).where(ORDER.c.id == order_id))


def related(db: Session, references: Iterable[str], most: int = 20) -> list[Any]:
    """Orders that came from a quote which is known by one of these references, or that have one as their id here, as the reader
    may see them."""
    wanted = list(references)
    ids = [one for text in wanted if (one := as_id(text)) is not None]
    scope: Scope = db.info["scope"]
    query = sa.select(ORDER.c.id, ORDER.c.number, ORDER.c.status).where(
        sa.or_(ORDER.c.quote_ref.in_(wanted), ORDER.c.quote_number.in_(wanted), ORDER.c.id.in_(ids)),
        *visible(reach.kind_of(scope)),
    )
    query = query.order_by(ORDER.c.ordered_at.desc(), ORDER.c.id.desc()).limit(most)
    return list(db.execute(query, visible_values(scope)))


def known(db: Session, references: Iterable[str]) -> dict[str, KnownRecord]:
    """Orders by what the company's system calls them. For the company itself."""
    columns = (ORDER.c.id, ORDER.c.erp_ref, ORDER.c.number, ORDER.c.account_id, ORDER.c.site_id, ORDER.c.author_id)
    rows = db.execute(sa.select(*columns).where(ORDER.c.erp_ref.in_(references)))
    return {row.erp_ref: KnownRecord(row.id, row.number, Origin(row.account_id, row.site_id, row.author_id)) for row in rows}


def accounts(db: Session, most: int = 500) -> list[Any]:
    """For staff: the customers to filter by."""
    return list(db.execute(sa.select(ACCOUNT.c.id, ACCOUNT.c.name).order_by(ACCOUNT.c.name, ACCOUNT.c.id).limit(most)))
