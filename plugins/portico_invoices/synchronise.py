"""Writes what the company told about invoices: once each, in step, and silently where nothing is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico import events
from portico.db.types import new_id
from portico.pluginhost.origins import known_records
from portico.pluginhost.values import KnownRecord, Origin
from portico.tenancy.models import Account
from portico_erp.values import RemoteInvoice
from portico_invoices import belonging, changes, rows
from portico_invoices.models import BILLED, CHANGE, INVOICE, LINE

LIVE = "invoices.status"
"""Tells open pages that an invoice has changed, whatever it was."""


@dataclass
class Applied:
    """Counts. elsewhere: invoices of customers who have no account in the portal; nothing of them is stored."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    elsewhere: int = 0
    removed: int = 0
    touched: set[tuple[Origin, UUID | None]] = field(default_factory=set)
    """What to redraw, and for whom; invoice None: lists."""
    written: set[str] = field(default_factory=set)
    news: list[tuple[UUID, changes.News]] = field(default_factory=list)
    """What to tell of which invoice, once it is known whose it is."""


@dataclass(frozen=True)
class Told:
    """What else is known of what the company tells. accounts: by its name of the customer; orders: by its name of the order."""

    accounts: Mapping[str, Any]
    orders: Mapping[str, KnownRecord]

    def of(self, remote: RemoteInvoice) -> Origin | None:
        """None: of nobody in the portal."""
        account = self.accounts.get(remote.customer_ref)
        if account is None:
            return None
        billed = [self.orders.get(ref) for ref in remote.order_refs]
        return belonging.together(account.id, [one.origin if one else None for one in billed])

    def row(self, remote: RemoteInvoice) -> dict[str, Any]:
        return rows.invoice_row(remote, (one.number for ref in remote.order_refs if (one := self._order(remote, ref))))

    def billed(self, remote: RemoteInvoice, owner: dict[str, Any]) -> list[dict[str, Any]]:
        found = []
        for position, ref in enumerate(dict.fromkeys(remote.order_refs), 1):
            order = self._order(remote, ref)
            known = {"order_id": order and order.id, "number": order.number if order else ""}
            found.append({**owner, "id": new_id(), "position": position, "order_ref": ref, **known})
        return found

    def _order(self, remote: RemoteInvoice, ref: str) -> KnownRecord | None:
        """Only if it is the same customer's."""
        found, account = self.orders.get(ref), self.accounts.get(remote.customer_ref)
        return found if found and account and found.origin.account_id == account.id else None


def apply(db: Session, invoices: Iterable[RemoteInvoice], *, quiet: bool = False) -> Applied:
    """Bring our copy in step with these invoices, in the session's system scope.

    Idempotent. quiet: new invoices tell nobody (a first import); a known one that moved is news all the same. An invoice is
    locked before it is compared, so two runs at once write and tell it once. A credit note may come before its invoice.
    """
    latest = {one.ref: one for one in sorted(invoices, key=lambda one: one.updated_at)}
    applied = Applied()
    refs = (ref for one in latest.values() for ref in one.order_refs)
    told = Told(_accounts(db, latest.values()), known_records(db, "order", refs))
    known = _locked(db, latest)
    fresh = [one for ref, one in latest.items() if ref not in known and one.customer_ref in told.accounts]
    added = _insert(db, fresh, told, applied, quiet)
    known |= _locked(db, {one.ref for one in fresh} - added)  # somebody else was faster
    for ref, remote in latest.items():
        if ref in known:
            _update(db, known[ref], remote, told, applied)
        elif ref not in added:
            applied.elsewhere += 1
    belonging.follow(db, applied.written)
    _publish(db, applied)
    return applied


def mark_seen(db: Session, invoice_id: UUID) -> None:
    """The company confirmed just now that the invoice stands as we have it."""
    db.execute(sa.update(INVOICE).where(INVOICE.c.id == invoice_id).values(synced_at=sa.func.now()))


def _accounts(db: Session, invoices: Iterable[RemoteInvoice]) -> dict[str, Any]:
    refs = {one.customer_ref for one in invoices}
    query = sa.select(Account.id, Account.erp_ref, Account.created_at).where(Account.erp_ref.in_(refs))
    return {row.erp_ref: row for row in db.execute(query)}


_KNOWN = (
    INVOICE.c.id,
    INVOICE.c.account_id,
    INVOICE.c.site_id,
    INVOICE.c.author_id,
    INVOICE.c.erp_ref,
    INVOICE.c.status,
    INVOICE.c.open_amount,
    INVOICE.c.due_on,
    INVOICE.c.net,
    INVOICE.c.tax,
    INVOICE.c.gross,
    INVOICE.c.currency,
    INVOICE.c.digest,
    INVOICE.c.erp_updated_at,
)


def _locked(db: Session, refs: Iterable[str]) -> dict[str, Any]:
    wanted = sorted(refs)
    if not wanted:
        return {}
    query = sa.select(*_KNOWN).where(INVOICE.c.erp_ref.in_(wanted)).order_by(INVOICE.c.erp_ref).with_for_update()
    return {row.erp_ref: row for row in db.execute(query)}


def _insert(db: Session, fresh: Sequence[RemoteInvoice], told: Told, applied: Applied, quiet: bool) -> set[str]:
    if not fresh:
        return set()
    by_ref = {one.ref: one for one in fresh}
    values = [
        told.row(one)
        | {"id": new_id(), "tenant_id": db.info["tenant_id"], "status_at": rows.happened_at(one)}
        | asdict(told.of(one) or Origin(told.accounts[one.customer_ref].id))
        for one in sorted(fresh, key=lambda one: one.ref)
    ]
    statement = insert(INVOICE).on_conflict_do_nothing(index_elements=["tenant_id", "erp_ref"])
    inserted = db.execute(statement.returning(INVOICE.c.account_id, INVOICE.c.id, INVOICE.c.erp_ref), values).all()
    _insert_parts(db, [(by_ref[row.erp_ref], row.id, row.account_id) for row in inserted], told)
    zone = db.info["scope"].tenant.zone
    history: list[dict[str, Any]] = []
    for row in inserted:
        remote = by_ref[row.erp_ref]
        news = changes.of_new(remote, zone)
        history += _entries(db, row.id, row.account_id, news)
        # An invoice from before the customer came to the portal is their past, not news.
        if not quiet and remote.issued_on >= told.accounts[remote.customer_ref].created_at.astimezone(zone).date():
            applied.news.append((row.id, news))
        applied.touched.add((Origin(row.account_id), None))
    if history:
        db.execute(sa.insert(CHANGE), history)
    applied.created += len(inserted)
    applied.written |= {row.erp_ref for row in inserted}
    return {row.erp_ref for row in inserted}


def _update(db: Session, known: Any, remote: RemoteInvoice, told: Told, applied: Applied) -> None:
    was, whose = Origin(known.account_id, known.site_id, known.author_id), told.of(remote)
    if whose is None:  # it went to a customer whom the portal does not know
        db.execute(sa.delete(INVOICE).where(INVOICE.c.id == known.id))
        applied.removed += 1
        applied.touched.add((was, known.id))
        return
    if whose == Origin(was.account_id):  # nobody knows the orders (any more): whose it was, it stays
        whose = was
    values = told.row(remote) | asdict(whose)
    same = values["digest"] == known.digest and whose == was
    if same or remote.updated_at < known.erp_updated_at:
        applied.unchanged += 1
        return
    amounts = (known.net, known.tax, known.gross, known.currency)
    news = changes.of_update(changes.Known(known.status, known.open_amount, known.due_on, amounts), remote)
    if remote.status.value != known.status:
        values["status_at"] = rows.happened_at(remote)
    db.execute(sa.update(INVOICE).where(INVOICE.c.id == known.id).values(updated_at=sa.func.now(), **values))
    for part in (BILLED, LINE):
        db.execute(sa.delete(part).where(part.c.invoice_id == known.id))
    _insert_parts(db, [(remote, known.id, whose.account_id)], told)
    if entries := _entries(db, known.id, whose.account_id, news):
        db.execute(sa.insert(CHANGE), entries)
    if whose.account_id == was.account_id:
        applied.news.append((known.id, news))
    applied.changed += 1
    applied.written.add(remote.ref)
    applied.touched |= {(was, known.id), (whose, known.id)}


def _insert_parts(db: Session, invoices: Sequence[tuple[RemoteInvoice, UUID, UUID]], told: Told) -> None:
    lines: list[dict[str, Any]] = []
    billed: list[dict[str, Any]] = []
    for remote, invoice_id, account_id in invoices:
        owner = {"tenant_id": db.info["tenant_id"], "account_id": account_id, "invoice_id": invoice_id}
        lines += rows.line_rows(remote, owner)
        billed += told.billed(remote, owner)
    for table, values in ((LINE, lines), (BILLED, billed)):
        if values:
            db.execute(sa.insert(table), values)


def _entries(db: Session, invoice_id: UUID, account_id: UUID, news: changes.News) -> list[dict[str, Any]]:
    owner = {"tenant_id": db.info["tenant_id"], "account_id": account_id, "invoice_id": invoice_id}
    return [
        {**owner, "id": new_id(), "kind": one.kind, "status": one.status, "data": dict(one.data), "at": one.at}
        for one in news.entries
    ]


def _publish(db: Session, applied: Applied) -> None:
    """Events last, when every credit note has found its invoice: who may see a record is told of it, and nobody else."""
    told = [(invoice_id, news) for invoice_id, news in applied.news if news.event]
    whose = belonging.of(db, [invoice_id for invoice_id, _news in told])
    for invoice_id, news in told:
        assert news.event is not None
        subject = ("invoice", invoice_id)
        events.publish(db, news.event, **asdict(whose[invoice_id]), subject=subject, data=dict(news.data))
    for one, touched in applied.touched:
        events.nudge(db, LIVE, **asdict(one), subject=("invoice", touched) if touched else None)
