"""Which statement a reader asks for, read from a query string or a form: whose, in which currency, from when to when."""

from __future__ import annotations

import calendar
import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portico.tenancy.scope import Scope
from portico_payments import accounting, reading, visibility
from portico_payments.errors import StatementNotFoundError
from portico_payments.filters import NO_CUSTOMER, Values
from portico_payments.statement import Statement

_MONTHS_BACK = 2
LONGEST_CODE = 3


@dataclass(frozen=True)
class Asked:
    """account_id None: staff have not said whose. currencies: in which anything is booked; statement: of the one asked for.
    errors: by field, what could not be read."""

    account_id: uuid.UUID | None
    account: str
    statement: Statement
    currencies: tuple[str, ...]
    errors: Mapping[str, Any]
    accounts: list[Any]


def first_day(today: dt.date) -> dt.date:
    """That of the month before last: a statement of three months unless another is asked for."""
    month = today.year * 12 + today.month - 1 - _MONTHS_BACK
    return dt.date(month // 12, month % 12 + 1, 1)


def last_day(day: dt.date) -> dt.date:
    """Of its month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def read(db: Session, params: Mapping[str, str]) -> Asked:
    """Raises StatementNotFoundError for a customer who is not the reader's."""
    scope: Scope = db.info["scope"]
    assert scope.tenant is not None
    values, today = Values(params), visibility.today(scope.tenant)
    since, until = values.days()
    until = until or today
    since = since or min(first_day(today), until)
    if since > until:
        since = until
    named = values.value("account", uuid.UUID, NO_CUSTOMER)
    accounts = reading.accounts(db)
    account = _chosen(scope, accounts, named)
    if account is None:
        return Asked(None, "", accounting.empty("", since, until), (), values.errors, accounts)
    found = accounting.statements(db, account.id, since, until)
    wanted = (params.get("currency") or "").strip().upper()
    currency = wanted if wanted in found else next(iter(found), "")
    statement = found.get(currency) or accounting.empty(currency, since, until)
    return Asked(account.id, account.name, statement, tuple(found), values.errors, accounts)


def _chosen(scope: Scope, accounts: list[Any], named: uuid.UUID | None) -> Any:
    """Customers have their only or first organisation until they name another; staff name one."""
    if named is not None:
        found = next((one for one in accounts if one.id == named), None)
        if found is None:
            raise StatementNotFoundError
        return found
    return accounts[0] if accounts and not visibility.is_staff(scope) else None
