"""What was spent: by month, by product and by kind of item, exactly, and each currency by itself.

Orders that were cancelled or never confirmed are not in it; amounts are before tax. What the reader may not see is not in it
either: the same wall and rules as the list. Three queries, whatever the number of orders.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.tenancy import reach
from portico.tenancy.scope import Scope
from portico.web.formats import decimals
from portico_erp.values import OrderStatus
from portico_orders import items
from portico_orders.models import LINE, ORDER
from portico_orders.reading import today
from portico_orders.visibility import visible, visible_values

PERIODS = (3, 6, 12, 24)
"""Months that can be chosen, the present one included."""
USUAL = 12
MOST_PRODUCTS = 10
_SPENT = ORDER.c.status.not_in([OrderStatus.CANCELLED.value, OrderStatus.DRAFT.value])
_SINCE = ORDER.c.ordered_at >= sa.bindparam("since")
_UNTIL = ORDER.c.ordered_at < sa.bindparam("until")  # an order may bear a day that is still to come
_ACCOUNT = ORDER.c.account_id == sa.bindparam("account")
_OF_ORDER = sa.and_(LINE.c.tenant_id == ORDER.c.tenant_id, LINE.c.order_id == ORDER.c.id)


@dataclass(frozen=True)
class Month:
    """first: its first day, where the company is."""

    first: dt.date
    orders: int
    net: Decimal


@dataclass(frozen=True)
class Share:
    """name: of the product, or the kind of item; "": what was no item of the catalogue, or all other products."""

    name: str
    lines: int
    net: Decimal


@dataclass(frozen=True)
class Spending:
    """In one currency. months: every one of the period, oldest first. products: the dearest, then all others together."""

    currency: str
    months: tuple[Month, ...]
    products: tuple[Share, ...]
    kinds: tuple[Share, ...]

    @property
    def orders(self) -> int:
        return sum(one.orders for one in self.months)

    @property
    def net(self) -> Decimal:
        return sum((one.net for one in self.months), Decimal(0))

    @property
    def average(self) -> Decimal:
        """Of an order, rounded to the currency's smallest unit."""
        return (self.net / self.orders).quantize(Decimal(1).scaleb(-decimals(self.currency)), ROUND_HALF_UP)


def first_month(day: dt.date, months: int) -> dt.date:
    """The first day of a period of that many months that ends with the one of `day`."""
    number = day.year * 12 + day.month - months
    return dt.date(number // 12, number % 12 + 1, 1)


def spending(db: Session, months: int, account_id: uuid.UUID | None = None) -> list[Spending]:
    """Of the last `months` months, by currency: the one with most orders first. account_id: for staff, of one customer."""
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    first = first_month(today(scope.tenant), months)
    zone, values = scope.tenant.zone, visible_values(scope)
    for name, day in (("since", first), ("until", first_month(first, 1 - months))):
        values[name] = dt.datetime.combine(day, dt.time(), zone)
    if account_id is not None:
        values["account"] = account_id
    by_month, by_product, by_kind = _queries(reach.kind_of(scope), scope.tenant.time_zone, account_id is not None)
    found: dict[str, dict[dt.date, Month]] = {}
    for row in db.execute(by_month, values):
        found.setdefault(row.currency, {})[row.month.date()] = Month(row.month.date(), row.orders, row.net)
    if not found:
        return []
    products, kinds = _shares(db.execute(by_product, values)), _shares(db.execute(by_kind, values))
    period = [first_month(first, 1 - n) for n in range(months)]
    spent = [
        Spending(
            currency,
            tuple(known.get(month, Month(month, 0, Decimal(0))) for month in period),
            tuple(products.get(currency, ())),
            tuple(kinds.get(currency, ())),
        )
        for currency, known in found.items()
    ]
    return sorted(spent, key=lambda one: (-one.orders, one.currency))


def _shares(rows: Any) -> Mapping[str, list[Share]]:
    found: dict[str, list[Share]] = {}
    for row in rows:
        found.setdefault(row.currency, []).append(Share(row.name or "", row.lines, row.net))
    return found


@lru_cache(maxsize=64)
def _queries(kind: str, zone: str, one_account: bool) -> tuple[sa.Select[Any], sa.Select[Any], sa.Select[Any]]:
    conditions = (*visible(kind), _SPENT, _SINCE, _UNTIL, *((_ACCOUNT,) if one_account else ()))
    month = sa.func.date_trunc("month", sa.func.timezone(zone, ORDER.c.ordered_at)).label("month")
    by_month = (
        sa.select(ORDER.c.currency, month, sa.func.count().label("orders"), sa.func.sum(ORDER.c.net).label("net"))
        .where(*conditions)
        .group_by(ORDER.c.currency, month)
    )
    count, net = sa.func.count().label("lines"), sa.func.sum(LINE.c.total).label("net")
    of_lines = sa.select(ORDER.c.currency, count, net).select_from(ORDER).join(LINE, _OF_ORDER).where(*conditions)
    item_kind = sa.func.coalesce(items.kind_in(LINE.c.item_ref), "").label("name")
    by_kind = of_lines.add_columns(item_kind).group_by(ORDER.c.currency, item_kind).order_by(net.desc(), item_kind)
    key = sa.func.coalesce(LINE.c.item_ref, LINE.c.name)
    place = sa.func.row_number().over(partition_by=ORDER.c.currency, order_by=(net.desc(), key)).label("place")
    each = of_lines.add_columns(sa.func.max(LINE.c.name).label("name"), place).group_by(ORDER.c.currency, key).subquery()
    shown = each.c.place <= MOST_PRODUCTS
    # The dearest by themselves, the rest as one: together they are all that was spent on lines.
    rank, name = sa.case((shown, each.c.place), else_=MOST_PRODUCTS + 1), sa.case((shown, each.c.name), else_="")
    sums = (sa.cast(sa.func.sum(each.c.lines), sa.Integer).label("lines"), sa.func.sum(each.c.net).label("net"))
    by_product = (
        sa.select(each.c.currency, name.label("name"), *sums)
        .group_by(each.c.currency, rank, name)
        .order_by(rank)
    )
    return by_month, by_product, by_kind
