"""Writes what the company told about payments: once each, in step, and silently where nothing is new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico import events
from portico.db.types import new_id
from portico.jobs import enqueue
from portico.tenancy.models import Account
from portico_erp.values import RemotePayment
from portico_payments import rows
from portico_payments.models import ALLOCATION, PAYMENT

LIVE = "payments.changed"
"""Tells open pages that payments have changed, whatever it was."""
POST = "payments.post"
"""The job that brings the ledger in step."""
RECEIVED, REFUNDED, CANCELLED = "payments.received", "payments.refunded", "payments.cancelled"


@dataclass
class Applied:
    """Counts. elsewhere: payments of customers who have no account in the portal; nothing of them is stored."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    elsewhere: int = 0
    removed: int = 0

    @property
    def written(self) -> int:
        return self.created + self.changed + self.removed


def apply(db: Session, payments: Iterable[RemotePayment], *, quiet: bool = False) -> Applied:
    """Bring our copy in step with these payments, in the session's system scope; a job then posts what changed.

    Idempotent. quiet: new payments tell nobody (a first import). A payment is locked before it is compared, so two runs at once
    write and tell it once; one that is told older than it is known changes nothing.
    """
    latest = {one.ref: one for one in sorted(payments, key=lambda one: one.updated_at)}
    applied = Applied()
    accounts = _accounts(db, {one.customer_ref for one in latest.values()})
    known = _locked(db, latest)
    fresh = [one for ref, one in latest.items() if ref not in known and one.customer_ref in accounts]
    added = _insert(db, fresh, accounts, applied, quiet)
    known |= _locked(db, {one.ref for one in fresh} - added)  # somebody else was faster
    for ref, remote in latest.items():
        if ref in known:
            _update(db, known[ref], remote, accounts.get(remote.customer_ref), applied)
        elif ref not in added:
            applied.elsewhere += 1
    if applied.written:
        enqueue(db, POST, unique=POST)
    return applied


def _accounts(db: Session, refs: set[str]) -> dict[str, Any]:
    query = sa.select(Account.id, Account.erp_ref, Account.created_at).where(Account.erp_ref.in_(refs))
    return {row.erp_ref: row for row in db.execute(query)}


_KNOWN = (
    PAYMENT.c.id, PAYMENT.c.account_id, PAYMENT.c.erp_ref, PAYMENT.c.state, PAYMENT.c.digest, PAYMENT.c.erp_updated_at,
)  # fmt: skip


def _locked(db: Session, refs: Iterable[str]) -> dict[str, Any]:
    wanted = sorted(refs)
    if not wanted:
        return {}
    query = sa.select(*_KNOWN).where(PAYMENT.c.erp_ref.in_(wanted)).order_by(PAYMENT.c.erp_ref).with_for_update()
    return {row.erp_ref: row for row in db.execute(query)}


def _insert(
    db: Session, fresh: Sequence[RemotePayment], accounts: dict[str, Any], applied: Applied, quiet: bool
) -> set[str]:
    if not fresh:
        return set()
    by_ref = {one.ref: one for one in fresh}
    tenant_id = db.info["tenant_id"]
    values = [
        rows.payment_row(one)
        | {"id": new_id(), "tenant_id": tenant_id, "account_id": accounts[one.customer_ref].id}
        for one in fresh
    ]
    statement = insert(PAYMENT).on_conflict_do_nothing(index_elements=["tenant_id", "erp_ref"])
    inserted = db.execute(statement.returning(*_KNOWN), values).all()
    _insert_allocations(db, [(by_ref[row.erp_ref], row.id, row.account_id) for row in inserted])
    touched: dict[UUID, None] = {}
    for row in inserted:
        remote = by_ref[row.erp_ref]
        # A payment from before the customer came to the portal is their past, not news.
        old = remote.paid_on < accounts[remote.customer_ref].created_at.date()
        if not (quiet or old or remote.cancelled):
            _tell(db, row.id, row.account_id, remote, REFUNDED if remote.amount < 0 else RECEIVED)
        touched[row.account_id] = None
    for account_id in touched:
        events.nudge(db, LIVE, account_id=account_id)
    applied.created += len(inserted)
    return {row.erp_ref for row in inserted}


def _update(db: Session, known: Any, remote: RemotePayment, account: Any, applied: Applied) -> None:
    if account is None:  # it went to a customer whom the portal does not know
        db.execute(sa.delete(PAYMENT).where(PAYMENT.c.id == known.id))
        applied.removed += 1
        events.nudge(db, LIVE, account_id=known.account_id, subject=("payment", known.id))
        return
    values = rows.payment_row(remote) | {"account_id": account.id}
    same = values["digest"] == known.digest and account.id == known.account_id
    if same or remote.updated_at < known.erp_updated_at:
        applied.unchanged += 1
        return
    db.execute(sa.update(PAYMENT).where(PAYMENT.c.id == known.id).values(updated_at=sa.func.now(), **values))
    db.execute(sa.delete(ALLOCATION).where(ALLOCATION.c.payment_id == known.id))
    _insert_allocations(db, [(remote, known.id, account.id)])
    if remote.cancelled and known.state != "cancelled" and account.id == known.account_id:
        _tell(db, known.id, account.id, remote, CANCELLED)
    for account_id in {known.account_id, account.id}:
        events.nudge(db, LIVE, account_id=account_id, subject=("payment", known.id))
    applied.changed += 1


def _insert_allocations(db: Session, payments: Sequence[tuple[RemotePayment, UUID, UUID]]) -> None:
    values = [
        row
        for remote, payment_id, account_id in payments
        for row in rows.allocation_rows(
            remote, {"tenant_id": db.info["tenant_id"], "account_id": account_id, "payment_id": payment_id}
        )
    ]
    if values:
        db.execute(sa.insert(ALLOCATION), values)


def _tell(db: Session, payment_id: UUID, account_id: UUID, remote: RemotePayment, event: str) -> None:
    data = {
        "number": remote.number,
        "amount": str(abs(remote.amount)),
        "currency": remote.currency,
        "method": remote.method,
        "paid_on": remote.paid_on.isoformat(),
    }
    events.publish(db, event, account_id=account_id, subject=("payment", payment_id), data=data)
