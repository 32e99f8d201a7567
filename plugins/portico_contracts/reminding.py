"""Telling customers, once, that a contract ends soon: while they can still do something about it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico import events
from portico.tenancy.tenant import Tenant
from portico_contracts.models import CONTRACT
from portico_contracts.statuses import ACTIVE
from portico_contracts.visibility import today

PLUGIN, SETTING, USUAL, MOST = "portico_contracts", "ending_days", 30, 365


def days_before(tenant: Tenant) -> int:
    """As the company chose; a value that is not allowed is passed over."""
    given = (tenant.plugin_settings.get(PLUGIN) or {}).get(SETTING)
    return given if type(given) is int and 1 <= given <= MOST else USUAL


def remind(db: Session) -> int:
    """For the periodic job, in the company's scope; says of how many. An end that moves is another one to be told of."""
    scope = db.info["scope"]
    day = today(scope)
    notice = sa.func.coalesce(CONTRACT.c.notice_days, 0)
    due = CONTRACT.c.ends_on - notice - days_before(scope.tenant) <= day
    untold = CONTRACT.c.told_end.is_distinct_from(CONTRACT.c.ends_on)
    statement = (
        sa.update(CONTRACT)
        .where(CONTRACT.c.status == ACTIVE, CONTRACT.c.ends_on >= day, due, untold)
        .values(told_end=CONTRACT.c.ends_on)
        .returning(CONTRACT)
    )
    rows = db.execute(statement).all()
    for row in rows:
        data = {"number": row.number, "title": row.title, "day": row.ends_on.isoformat()}
        last = None if row.notice_days is None else row.ends_on - dt.timedelta(days=row.notice_days)
        kind = "contracts.ending"
        if last is not None and last >= day:
            kind, data["notice"] = "contracts.notice", last.isoformat()
        whose = {"account_id": row.account_id, "site_id": row.site_id, "author_id": row.author_id}
        events.publish(db, kind, **whose, subject=("contract", row.id), data=data)
    return len(rows)
