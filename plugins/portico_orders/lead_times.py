"""What the company's deliveries say of the next ones: learnt by a job over all of its orders, kept as mere counts of days, which
every customer's page may then use. No order, customer or amount is in it; a remark that all deliveries share is told to those
alone whose own deliveries bear it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.direct import Direct
from portico.db.types import new_id, now
from portico.tenancy.tenant import Tenant
from portico_erp.values import OrderStatus
from portico_orders import forecast, items
from portico_orders.models import DELIVERY, LEAD_TIME, LINE, ORDER

MOST_ORDERS = 50_000
# Who has no delivery that says so is not told what others' deliveries say.
_OWN_SAYS_SO = sa.exists().where(DELIVERY.c.tenant_id == LEAD_TIME.c.tenant_id, DELIVERY.c.note == LEAD_TIME.c.remark)
_SAID = Direct(
    sa.select(
        LEAD_TIME.c.kind,
        LEAD_TIME.c.days,
        LEAD_TIME.c.tested,
        LEAD_TIME.c.inside,
        LEAD_TIME.c.median_error,
        sa.case((_OWN_SAYS_SO, LEAD_TIME.c.remark), else_="").label("remark"),
    ).where(LEAD_TIME.c.kind.in_(sa.bindparam("kinds", expanding=True)))
)


@dataclass(frozen=True)
class Forecast:
    """Days on which an order is likely to be there, and how well such were predicted. tested: how many predictions were checked;
    inside: how many of them were right; median_error: in days, None where nothing was checked. remark: what all the deliveries
    that this is made of say of themselves, "" if they do not say the same."""

    earliest: dt.date
    likely: dt.date
    latest: dt.date
    deliveries: int
    tested: int
    inside: int
    median_error: int | None
    remark: str

    @property
    def share(self) -> Decimal:
        """Of the checked predictions, how many were right: whole hundredths."""
        return (Decimal(self.inside) / max(self.tested, 1)).quantize(Decimal("0.01"))


def past(db: Session, tenant: Tenant) -> tuple[list[forecast.Past], str]:
    """Orders that were delivered as a whole, the newest MOST_ORDERS; and the note that all their deliveries share, else ""."""
    kind = (
        sa.select(items.kind_in(LINE.c.item_ref))
        .where(LINE.c.tenant_id == ORDER.c.tenant_id, LINE.c.order_id == ORDER.c.id, LINE.c.item_ref.is_not(None))
        .order_by(LINE.c.total.desc(), LINE.c.position)
        .limit(1)
        .scalar_subquery()
    )
    of_order = sa.and_(DELIVERY.c.tenant_id == ORDER.c.tenant_id, DELIVERY.c.order_id == ORDER.c.id)
    last, note = sa.func.max(DELIVERY.c.delivered_at), sa.func.max(DELIVERY.c.note)
    query = (
        sa.select(ORDER.c.ordered_at, last.label("delivered_at"), kind.label("kind"), note.label("note"))
        .join(DELIVERY, of_order)
        .where(ORDER.c.status == OrderStatus.DELIVERED.value)
        .group_by(ORDER.c.tenant_id, ORDER.c.id)
        .having(sa.func.bool_and(DELIVERY.c.delivered_at.is_not(None)))
        .order_by(ORDER.c.ordered_at.desc())
        .limit(MOST_ORDERS)
    )
    found, notes = [], set()
    for row in db.execute(query):
        ordered, delivered = (moment.astimezone(tenant.zone).date() for moment in (row.ordered_at, row.delivered_at))
        found.append(forecast.Past(ordered, delivered, row.kind or forecast.ALL))
        notes.add(row.note)
    return found, notes.pop() if len(notes) == 1 else ""


def learn(db: Session, tenant: Tenant, day: dt.date) -> int:
    """Replace what is known by what the orders say on that day. How many deliveries it is made of."""
    orders, remark = past(db, tenant)
    known, tested = forecast.known_on(day, orders), forecast.backtest(orders)
    rows = [
        {
            "tenant_id": tenant.id,
            "id": new_id(),
            "kind": kind,
            "deliveries": sum(days.values()),
            "days": {str(number): count for number, count in sorted(days.items())},
            "tested": result.tested,
            "inside": result.inside,
            "median_error": result.median_error,
            "remark": remark,
            "computed_at": now(),
        }
        for kind, days in known.days.items()
        for result in [tested.get(kind) or forecast.Outcome()]
    ]
    db.execute(sa.delete(LEAD_TIME))
    if rows:
        db.execute(sa.insert(LEAD_TIME), rows)
    return sum(known.days.get(forecast.ALL, {}).values())


def predict(db: Session, tenant: Tenant, order: Any, lines: Any, day: dt.date) -> Forecast | None:
    """For an order that is under way, as seen on `day`. One query. None: too few deliveries say anything."""
    ordered = order.ordered_at.astimezone(tenant.zone).date()
    kind = kind_of(lines)
    said: Mapping[str, Any] = {row.kind: row for row in _SAID.rows(db, {"kinds": sorted({kind, forecast.ALL})})}
    for row in (said.get(kind), said.get(forecast.ALL)):
        if row is None:
            continue
        days = {int(number): count for number, count in row.days.items()}
        found = forecast.interval(days, max(0, (day - ordered).days))
        if found is not None:
            first, middle, last = (ordered + dt.timedelta(days=number) for number in (found.low, found.middle, found.high))
            return Forecast(first, middle, last, found.deliveries, row.tested, row.inside, row.median_error, row.remark)
    return None


def kind_of(lines: Any) -> str:
    """The kind of the dearest line that is an item."""
    known = [line for line in lines if line.item_ref]
    if not known:
        return forecast.ALL
    return items.kind(min(known, key=lambda line: (-line.total, line.position)).item_ref)
