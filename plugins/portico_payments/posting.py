"""Brings the ledger in step with invoices and payments: finds what changed since it was posted, and writes the differences.

A job does it right after a synchronisation, in a transaction of its own: an error of the ledger never keeps an invoice from
being shown, one statement posts thousands, and a plugin that is switched on later catches up by the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from portico import events
from portico.db.types import new_id, now
from portico_invoices.models import INVOICE
from portico_payments import ledger
from portico_payments.ledger import Journal, Source, Target
from portico_payments.models import ENTRY, JOURNAL, PAYMENT, POSTED

LIVE = "payments.posted"
"""Tells open pages that balances have changed."""
AT_ONCE = 5_000
"""Sources of one transaction."""
_MOST_NUDGED = 50
_WAS = [column.label(f"was_{column.name}") for column in POSTED.c if column.name != "tenant_id"]


@dataclass(frozen=True)
class Due:
    """A source that is to be looked at. was: what it was posted as. target None: it is gone. version: None with it."""

    source: Source
    source_id: UUID
    was: Target | None
    target: Target | None
    changed_on: date
    version: datetime | None


def post(db: Session, most: int = AT_ONCE) -> int:
    """Post what is due, in the session's system scope. How many sources were looked at: 0 once the ledger is in step.

    One at a time for a company: what two would post of the same source, each by itself, would be there twice.
    """
    tenant_id = db.info["tenant_id"]
    db.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"payments.ledger|{tenant_id}", 0))))
    due = [*_invoices(db, most), *_payments(db, most), *_gone(db, most)]
    journals = [
        journal for one in due for journal in ledger.difference(one.was, one.target, one.changed_on)
    ]
    _write(db, journals)
    _remember(db, due)
    touched = {one.target.account_id for one in journals}
    if len(touched) <= _MOST_NUDGED:
        for account_id in touched:
            events.nudge(db, LIVE, account_id=account_id)
    return len(due)


def _changed(source: Source, table: sa.Table, *columns: Any) -> sa.Select[Any]:
    """Rows of a source that were never posted, or not as they are now."""
    posted = sa.and_(
        POSTED.c.tenant_id == table.c.tenant_id, POSTED.c.source == source, POSTED.c.source_id == table.c.id
    )
    query = sa.select(*columns, table.c.updated_at.label("version"), *_WAS).outerjoin(POSTED, posted)
    return query.where(POSTED.c.version.is_distinct_from(table.c.updated_at)).order_by(table.c.id)


_INVOICES: Final = _changed(
    "invoice", INVOICE, INVOICE.c.id, INVOICE.c.account_id, INVOICE.c.number, INVOICE.c.kind, INVOICE.c.status,
    INVOICE.c.currency, INVOICE.c.gross, INVOICE.c.issued_on, INVOICE.c.erp_updated_at,
)  # fmt: skip
_PAYMENTS: Final = _changed(
    "payment", PAYMENT, PAYMENT.c.id, PAYMENT.c.account_id, PAYMENT.c.number, PAYMENT.c.state, PAYMENT.c.currency,
    PAYMENT.c.amount, PAYMENT.c.paid_on, PAYMENT.c.erp_updated_at,
)  # fmt: skip


def _invoices(db: Session, most: int) -> Iterable[Due]:
    for row in db.execute(_INVOICES.limit(most)):
        is_credit = row.kind == "credit_note"
        amount = ledger.of_invoice(row, credit=is_credit, cancelled=row.status == "cancelled")
        target = Target(
            "invoice", row.id, row.account_id, row.currency, "credit_note" if is_credit else "invoice", row.number,
            row.issued_on, amount,
        )  # fmt: skip
        yield Due("invoice", row.id, _was(row), target, _day(db, row.erp_updated_at), row.version)


def _payments(db: Session, most: int) -> Iterable[Due]:
    for row in db.execute(_PAYMENTS.limit(most)):
        amount = ledger.of_payment(row.amount, counts=row.state == "confirmed")
        target = Target(
            "payment", row.id, row.account_id, row.currency, "payment" if row.amount > 0 else "refund", row.number,
            row.paid_on, amount,
        )  # fmt: skip
        yield Due("payment", row.id, _was(row), target, _day(db, row.erp_updated_at), row.version)


def _gone(db: Session, most: int) -> Iterable[Due]:
    """What was posted of records that are the portal's no more: they went to a customer without an account here."""
    sources: tuple[tuple[Source, sa.Table], ...] = (("invoice", INVOICE), ("payment", PAYMENT))
    for source, table in sources:
        there = sa.exists().where(table.c.tenant_id == POSTED.c.tenant_id, table.c.id == POSTED.c.source_id)
        query = sa.select(*_WAS).where(POSTED.c.source == source, POSTED.c.amount != 0, ~there).limit(most)
        for row in db.execute(query):
            yield Due(source, row.was_source_id, _was(row), None, _day(db, None), None)


def _was(row: Any) -> Target | None:
    if row.was_source_id is None:
        return None
    return Target(
        row.was_source, row.was_source_id, row.was_account_id, row.was_currency, row.was_kind, row.was_number,
        row.was_day, row.was_amount,
    )  # fmt: skip


def _day(db: Session, moment: datetime | None) -> date:
    """Where the company is; a clock of theirs that runs ahead books nothing into the future."""
    day: date = min(moment or now(), now()).astimezone(db.info["scope"].tenant.zone).date()
    return day


def _write(db: Session, journals: Sequence[Journal]) -> None:
    if not journals:
        return
    ids, moment = [new_id() for _one in journals], now()
    _add(
        db,
        JOURNAL,
        id=ids,
        account_id=[one.target.account_id for one in journals],
        currency=[one.target.currency for one in journals],
        source=[one.target.source for one in journals],
        source_id=[one.target.source_id for one in journals],
        kind=[one.target.kind for one in journals],
        cause=[one.cause for one in journals],
        number=[one.target.number for one in journals],
        booked_on=[one.booked_on for one in journals],
        posted_at=[moment] * len(journals),
    )
    sides = [(own, one, entry) for own, one in zip(ids, journals, strict=True) for entry in one.entries]
    _add(
        db,
        ENTRY,
        id=[new_id() for _side in sides],
        account_id=[one.target.account_id for _own, one, _entry in sides],
        journal_id=[own for own, _one, _entry in sides],
        currency=[one.target.currency for _own, one, _entry in sides],
        ledger=[entry.ledger for _own, _one, entry in sides],
        amount=[entry.amount for _own, _one, entry in sides],
        booked_on=[one.booked_on for _own, one, _entry in sides],
    )


def _remember(db: Session, due: Sequence[Due]) -> None:
    found = [(ledger.posted_after(one.was, one.target), one.version or now()) for one in due]
    kept = [(target, version) for target, version in found if target is not None]
    if not kept:
        return
    _add(
        db,
        POSTED,
        replaced=("tenant_id", "source", "source_id"),
        id=[new_id() for _one in kept],
        account_id=[target.account_id for target, _version in kept],
        source=[target.source for target, _version in kept],
        source_id=[target.source_id for target, _version in kept],
        version=[version for _target, version in kept],
        kind=[target.kind for target, _version in kept],
        number=[target.number for target, _version in kept],
        currency=[target.currency for target, _version in kept],
        day=[target.day for target, _version in kept],
        amount=[target.amount for target, _version in kept],
    )


def _add(db: Session, table: sa.Table, replaced: Sequence[str] = (), **values: list[Any]) -> None:
    """Rows by one statement, column by column: a tenth of the time of a row each. replaced: the key of what may be there."""
    binds = [sa.bindparam(name, given, type_=ARRAY(table.c[name].type)) for name, given in values.items()]
    given = sa.func.unnest(*binds).table_valued(*values, name="given").render_derived()
    rows = sa.select(sa.literal(db.info["tenant_id"], sa.Uuid), *(given.c[name] for name in values))
    statement: Any = insert(table).from_select(["tenant_id", *values], rows, include_defaults=False)
    if replaced:
        kept = {name: statement.excluded[name] for name in values if name not in (*replaced, "id")}
        statement = statement.on_conflict_do_update(index_elements=list(replaced), set_=kept)
    db.execute(statement)


def balances(db: Session, account_id: UUID) -> dict[str, Decimal]:
    """Currency → what the customer owes by the ledger."""
    query = (
        sa.select(ENTRY.c.currency, sa.func.sum(ENTRY.c.amount).label("amount"))
        .where(ENTRY.c.account_id == account_id, ENTRY.c.ledger == ledger.RECEIVABLE)
        .group_by(ENTRY.c.currency)
    )
    return {row.currency: row.amount for row in db.execute(query)}
