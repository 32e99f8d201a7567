"""Which orders a customer may still see: the one place that list, detail, API and widgets all ask (ORD-3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portico.db.types import now
from portico.tenancy import reach
from portico.tenancy.scope import Scope
from portico.tenancy.tenant import Tenant
from portico_erp.values import OrderStatus
from portico_orders.models import ORDER

PLUGIN = "portico_orders"


@dataclass(frozen=True)
class Limits:
    """How far back customers see; the company's own values, else 24 months, 90 days, 7 days."""

    history_months: int = 24
    cancelled_days: int = 90
    draft_days: int = 7

    @classmethod
    def of(cls, tenant: Tenant) -> Limits:
        """A value that is no whole number of at least 0 is passed over: a wrong setting must not open
        anything.
        """
        given = tenant.plugin_settings.get(PLUGIN) or {}
        names = ("history_months", "cancelled_days", "draft_days")
        return cls(**{name: given[name] for name in names if type(given.get(name)) is int and given[name] >= 0})

    def oldest(self, moment: dt.datetime) -> dt.datetime:
        """The first moment of history that is shown: the same day, `history_months` calendar months ago."""
        months = moment.year * 12 + moment.month - 1 - self.history_months
        year, month = divmod(months, 12)
        if year < 1:
            return dt.datetime.min.replace(tzinfo=dt.UTC)
        day = min(moment.day, _days_in(year, month + 1))
        return moment.replace(year=year, month=month + 1, day=day)


@dataclass(frozen=True)
class Hidden:
    """What a customer is told of what is not shown. since: the first day whose orders are, where the company is."""

    since: dt.date
    cancelled_days: int
    draft_days: int


def hidden(scope: Scope, moment: dt.datetime | None = None) -> Hidden | None:
    """None for staff, from whom nothing is hidden."""
    if scope.kind != "customer":
        return None
    assert scope.tenant is not None
    limits, moment = Limits.of(scope.tenant), moment or now()
    return Hidden(limits.oldest(moment).astimezone(scope.tenant.zone).date(), limits.cancelled_days, limits.draft_days)


def _days_in(year: int, month: int) -> int:
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    return (following - dt.timedelta(days=1)).day


_SHOWN: tuple[sa.ColumnElement[bool], ...] = (
    ORDER.c.ordered_at >= sa.bindparam("shown_since"),
    sa.or_(ORDER.c.status != OrderStatus.CANCELLED.value, ORDER.c.status_at >= sa.bindparam("cancelled_since")),
    sa.or_(ORDER.c.status != OrderStatus.DRAFT.value, ORDER.c.status_at >= sa.bindparam("draft_since")),
)


def visible(kind: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions to add to a query of orders, to be executed with `visible_values`; `kind` is `reach.kind_of` the reader.
    Staff see everything that is kept.
    """
    # What the wall says is said beside it, so that indexes are used.
    return () if kind == "everything" else (*reach.conditions(kind, ORDER.c), *_SHOWN)


def visible_values(scope: Scope, moment: dt.datetime | None = None) -> dict[str, Any]:
    """What the conditions compare with, for this reader."""
    if scope.kind != "customer":
        return {}
    assert scope.tenant is not None
    moment = moment or now()
    limits = Limits.of(scope.tenant)
    return reach.values(scope) | {
        "shown_since": limits.oldest(moment),
        "cancelled_since": moment - dt.timedelta(days=limits.cancelled_days),
        "draft_since": moment - dt.timedelta(days=limits.draft_days),
    }
