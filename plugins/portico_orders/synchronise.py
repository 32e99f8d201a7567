"""Writes what the company told about orders: once each, in step, and silently where nothing is new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from portico import events
from portico.db.types import new_id, now
from portico.pluginhost.origins import record_origins
from portico.pluginhost.values import Origin
from portico.tenancy.models import Account
from portico_erp.values import OrderStatus, RemoteOrder
from portico_orders import changes, rows
from portico_orders.models import CHANGE, DELIVERY, DELIVERY_LINE, LINE, ORDER
from portico_orders.visibility import Limits

_WHOSE = (ORDER.c.account_id, ORDER.c.site_id, ORDER.c.author_id)
LIVE = "orders.status"
"""Tells open pages that an order has changed, whatever it was."""


@dataclass
class Applied:
    """Counts. elsewhere: orders of customers who have no account in the portal; nothing of them is stored."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    elsewhere: int = 0
    removed: int = 0
    touched: set[tuple[Origin, UUID | None]] = field(default_factory=set)
    """What to redraw, and for whom; order None: lists."""


def apply(db: Session, orders: Iterable[RemoteOrder], *, quiet: bool = False) -> Applied:
    """Bring our copy in step with these orders, in the session's system scope.

    Idempotent. quiet: new orders tell nobody (a first import); a known order that moved is news all the same.
    An order is locked before it is compared, so two runs at once write and tell it once.
    """
    latest = {one.ref: one for one in sorted(orders, key=lambda one: one.updated_at)}
    applied = Applied()
    accounts = _accounts(db, latest.values())
    known = _locked(db, latest)
    fresh = [one for ref, one in latest.items() if ref not in known and one.customer_ref in accounts]
    owners = Owners(accounts, record_origins(db, (one.quote_ref for one in latest.values() if one.quote_ref)))
    added = _insert(db, fresh, owners, applied, quiet)
    known |= _locked(db, {one.ref for one in fresh} - added)  # somebody else was faster
    for ref, remote in latest.items():
        if ref in known:
            _update(db, known[ref], remote, owners, applied)
        elif ref not in added:
            applied.elsewhere += 1
    for whose, order_id in applied.touched:
        events.nudge(db, LIVE, **asdict(whose), subject=("order", order_id) if order_id else None)
    return applied


@dataclass(frozen=True)
class Owners:
    """Whose orders are. accounts: by the company's name of the customer; origins: by its name of the quote."""

    accounts: dict[str, Any]
    origins: dict[str, Origin]

    def of(self, remote: RemoteOrder) -> Origin | None:
        """As the quote says that the order came from, if it is the same customer's; None: of nobody in the portal."""
        account = self.accounts.get(remote.customer_ref)
        if account is None:
            return None
        origin = self.origins.get(remote.quote_ref or "")
        return origin if origin is not None and origin.account_id == account.id else Origin(account.id)


def mark_seen(db: Session, order_id: UUID) -> None:
    """The company confirmed just now that the order stands as we have it."""
    db.execute(sa.update(ORDER).where(ORDER.c.id == order_id).values(synced_at=sa.func.now()))


def _accounts(db: Session, orders: Iterable[RemoteOrder]) -> dict[str, Any]:
    refs = {one.customer_ref for one in orders}
    query = sa.select(Account.id, Account.erp_ref, Account.created_at).where(Account.erp_ref.in_(refs))
    return {row.erp_ref: row for row in db.execute(query)}


def _locked(db: Session, refs: Iterable[str]) -> dict[str, Any]:
    wanted = sorted(refs)
    if not wanted:
        return {}
    query = (
        sa.select(
            ORDER.c.id,
            ORDER.c.account_id,
            ORDER.c.site_id,
            ORDER.c.author_id,
            ORDER.c.erp_ref,
            ORDER.c.status,
            ORDER.c.expected_on,
            ORDER.c.digest,
            ORDER.c.erp_updated_at,
        )
        .where(ORDER.c.erp_ref.in_(wanted))
        .order_by(ORDER.c.erp_ref)
        .with_for_update()
    )
    return {row.erp_ref: row for row in db.execute(query)}


def _insert(
    db: Session, fresh: Sequence[RemoteOrder], owners: Owners, applied: Applied, quiet: bool
) -> set[str]:
    if not fresh:
        return set()
    tenant_id = db.info["tenant_id"]
    by_ref = {one.ref: one for one in fresh}
    values = [
        rows.order_row(one)
        | {
            "id": new_id(),
            "tenant_id": tenant_id,
            "status_at": rows.happened_at(one),
            **asdict(owners.of(one) or Origin(owners.accounts[one.customer_ref].id)),
        }
        for one in fresh
    ]
    statement = insert(ORDER).on_conflict_do_nothing(index_elements=["tenant_id", "erp_ref"])
    inserted = db.execute(statement.returning(*_WHOSE, ORDER.c.id, ORDER.c.erp_ref), values).all()
    _insert_parts(db, [(by_ref[row.erp_ref], row.id, row.account_id) for row in inserted])
    limits = Limits.of(db.info["scope"].tenant)
    for row in inserted:
        remote = by_ref[row.erp_ref]
        # An order from before the customer came to the portal is their past, not news.
        old = remote.ordered_at < owners.accounts[remote.customer_ref].created_at
        _tell(db, row.id, _whose(row), remote, changes.of_new(remote), limits, silent=quiet or old)
        applied.touched.add((_whose(row), None))
    applied.created += len(inserted)
    return {row.erp_ref for row in inserted}


def _whose(row: Any) -> Origin:
    return Origin(row.account_id, row.site_id, row.author_id)


def _update(db: Session, known: Any, remote: RemoteOrder, owners: Owners, applied: Applied) -> None:
    was, whose = _whose(known), owners.of(remote)
    if whose is None:  # it went to a customer whom the portal does not know
        db.execute(sa.delete(ORDER).where(ORDER.c.id == known.id))
        applied.removed += 1
        applied.touched.add((was, known.id))
        return
    if whose == Origin(was.account_id):  # nobody knows the quote (any more): whose it was, it stays
        whose = was
    values = rows.order_row(remote) | asdict(whose)
    same = values["digest"] == known.digest and whose == was
    if same or remote.updated_at < known.erp_updated_at:
        applied.unchanged += 1
        return
    news = changes.of_update(changes.Known(known.status, known.expected_on, _consignments(db, known.id)), remote)
    if remote.status.value != known.status:
        values["status_at"] = rows.happened_at(remote)
    moved = whose.account_id != was.account_id
    db.execute(sa.update(ORDER).where(ORDER.c.id == known.id).values(updated_at=sa.func.now(), **values))
    for part in (DELIVERY_LINE, DELIVERY, LINE):
        db.execute(sa.delete(part).where(part.c.order_id == known.id))
    _insert_parts(db, [(remote, known.id, whose.account_id)])
    _tell(db, known.id, whose, remote, news, Limits.of(db.info["scope"].tenant), silent=moved)
    applied.changed += 1
    applied.touched |= {(was, known.id), (whose, known.id)}


def _consignments(db: Session, order_id: UUID) -> dict[str, tuple[Any, Any]]:
    query = sa.select(DELIVERY.c.number, DELIVERY.c.shipped_at, DELIVERY.c.delivered_at).where(
        DELIVERY.c.order_id == order_id
    )
    return {row.number: (row.shipped_at, row.delivered_at) for row in db.execute(query)}


def _insert_parts(db: Session, orders: Sequence[tuple[RemoteOrder, UUID, UUID]]) -> None:
    lines: list[dict[str, Any]] = []
    deliveries: list[dict[str, Any]] = []
    contents: list[dict[str, Any]] = []
    for remote, order_id, account_id in orders:
        owner = {"tenant_id": db.info["tenant_id"], "account_id": account_id, "order_id": order_id}
        lines += rows.line_rows(remote, owner)
        for delivery, held in rows.delivery_rows(remote, owner):
            deliveries.append(delivery)
            contents += held
    for table, values in ((LINE, lines), (DELIVERY, deliveries), (DELIVERY_LINE, contents)):
        if values:
            db.execute(sa.insert(table), values)


def _tell(
    db: Session,
    order_id: UUID,
    whose: Origin,
    remote: RemoteOrder,
    news: changes.News,
    limits: Limits,
    *,
    silent: bool,
) -> None:
    """Write the history; publish the event unless nobody should, or could, see the order."""
    if news.entries:
        db.execute(
            sa.insert(CHANGE),
            [
                {
                    "tenant_id": db.info["tenant_id"],
                    "id": new_id(),
                    "account_id": whose.account_id,
                    "order_id": order_id,
                    "kind": one.kind,
                    "status": one.status,
                    "data": dict(one.data),
                    "at": one.at,
                }
                for one in news.entries
            ],
        )
    hidden = remote.status is OrderStatus.DRAFT or remote.ordered_at < limits.oldest(now())
    if news.event and not silent and not hidden:
        events.publish(db, news.event, **asdict(whose), subject=("order", order_id), data=dict(news.data))
