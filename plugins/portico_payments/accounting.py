"""Reads the ledger: balances of a customer, statements of any range, and what is due. Columns, never entities; the wall holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.exports.rows import rows as streamed
from portico_invoices.models import INVOICE
from portico_payments.ledger import RECEIVABLE
from portico_payments.models import ENTRY, JOURNAL
from portico_payments.statement import Age, Line, Statement, aged, running

_AMOUNT: Final = ENTRY.c.amount
_ACCOUNT: Any = sa.bindparam("account_id", type_=sa.Uuid)
_SINCE: Any = sa.bindparam("since", type_=sa.Date)
_UNTIL: Any = sa.bindparam("until", type_=sa.Date)
_WITHIN: Final = ENTRY.c.booked_on.between(_SINCE, _UNTIL)
_NOTHING: Final = Decimal(0)


def _sum(*conditions: Any) -> Any:
    return sa.func.coalesce(sa.func.sum(_AMOUNT).filter(*conditions), 0)


_SUMS: Final = (
    sa.select(
        ENTRY.c.currency,
        _sum(ENTRY.c.booked_on < _SINCE).label("opening"),
        _sum(_WITHIN, _AMOUNT > 0).label("added"),
        _sum(_WITHIN, _AMOUNT < 0).label("lessened"),
        sa.func.count().filter(_WITHIN).label("line_count"),
        sa.func.sum(_AMOUNT).label("balance"),
    )
    .where(ENTRY.c.account_id == _ACCOUNT, ENTRY.c.ledger == RECEIVABLE)
    .group_by(ENTRY.c.currency)
    .order_by(ENTRY.c.currency)
)
_LINES: Final = (
    sa.select(
        ENTRY.c.journal_id, ENTRY.c.booked_on, JOURNAL.c.kind, JOURNAL.c.cause, JOURNAL.c.number, JOURNAL.c.source,
        JOURNAL.c.source_id, _AMOUNT,
    )
    .join(JOURNAL, sa.and_(JOURNAL.c.tenant_id == ENTRY.c.tenant_id, JOURNAL.c.id == ENTRY.c.journal_id))
    .where(
        ENTRY.c.account_id == _ACCOUNT,
        ENTRY.c.currency == sa.bindparam("currency"),
        ENTRY.c.ledger == RECEIVABLE,
        _WITHIN,
    )
    .order_by(ENTRY.c.booked_on, ENTRY.c.journal_id)
)  # fmt: skip
_DUE: Final = (
    sa.select(INVOICE.c.due_on, sa.func.sum(INVOICE.c.open_amount).label("open_amount"))
    .where(
        INVOICE.c.account_id == _ACCOUNT,
        INVOICE.c.currency == sa.bindparam("currency"),
        INVOICE.c.kind == "invoice",
        INVOICE.c.status.in_(("open", "partly_paid")),
    )
    .group_by(INVOICE.c.due_on)
)


def statements(db: Session, account_id: UUID, since: dt.date, until: dt.date) -> dict[str, Statement]:
    """By currency, of all in which anything was ever booked for this customer."""
    values = {"account_id": account_id, "since": since, "until": until}
    return {
        row.currency: Statement(
            row.currency, since, until, row.opening, row.added, row.lessened, row.line_count, row.balance
        )
        for row in db.execute(_SUMS, values)
    }


def empty(currency: str, since: dt.date, until: dt.date) -> Statement:
    """Of a customer for whom nothing was ever booked."""
    return Statement(currency, since, until, _NOTHING, _NOTHING, _NOTHING, 0, _NOTHING)


def lines(db: Session, account_id: UUID, of: Statement, *, most: int, after: int = 0) -> list[Line]:
    """Part of the lines of a statement, oldest first: `most` at most, without the first `after`; each with its balance."""
    values = {"account_id": account_id, "currency": of.currency, "since": of.since, "until": of.until}
    opening = of.opening
    if after:
        before = _LINES.limit(after).subquery("before")
        opening += db.scalar(sa.select(sa.func.coalesce(sa.func.sum(before.c.amount), 0)), values) or _NOTHING
    return running(opening, db.execute(_LINES.limit(most).offset(after), values))


def all_lines(db: Session, account_id: UUID, of: Statement) -> Generator[Line, None, None]:
    """Every line of a statement, a few at a time. Raises ExportTooLargeError."""
    balance = of.opening
    values = {"account_id": account_id, "currency": of.currency, "since": of.since, "until": of.until}
    found = streamed(db, _LINES, values)
    try:
        for row in found:
            [line] = running(balance, [row])
            balance = line.balance
            yield line
    finally:
        found.close()


def age(db: Session, account_id: UUID, of: Statement, today: dt.date) -> Age:
    """How long what is owed today is due."""
    rows = db.execute(_DUE, {"account_id": account_id, "currency": of.currency})
    return aged(rows, today, of.balance)
