"""The queries behind list, detail and API of payments: columns, never entities; the wall and the visibility rules hold."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.direct import Direct
from portico.tenancy.models import Account
from portico.tenancy.scope import Scope
from portico.web.pagination import Page, encode_cursor, fetch, keyset
from portico_invoices.models import INVOICE
from portico_payments import states, visibility
from portico_payments.errors import PaymentNotFoundError
from portico_payments.filters import Filters
from portico_payments.models import ALLOCATION, PAYMENT

ACCOUNT: Any = Account.__table__
MOST_FOUND = 1000
_SPECIAL, _ESCAPED = r"([\\%_])", r"\\\1"
_LIST = (
    PAYMENT.c.id, PAYMENT.c.number, PAYMENT.c.state, PAYMENT.c.amount, PAYMENT.c.currency, PAYMENT.c.allocated,
    PAYMENT.c.paid_on, PAYMENT.c.method,
)  # fmt: skip
_KEYS: list[tuple[Any, Any]] = [(PAYMENT.c.paid_on, dt.date.fromisoformat), (PAYMENT.c.id, uuid.UUID)]
OF_ACCOUNT = sa.and_(ACCOUNT.c.tenant_id == PAYMENT.c.tenant_id, ACCOUNT.c.id == PAYMENT.c.account_id)
_DETAIL = sa.select(
    *_LIST, PAYMENT.c.account_id, PAYMENT.c.erp_ref, PAYMENT.c.reference, PAYMENT.c.source, PAYMENT.c.erp_updated_at,
    PAYMENT.c.updated_at, ACCOUNT.c.name.label("account"),
).join(ACCOUNT, OF_ACCOUNT)  # fmt: skip
_ID: Any = sa.bindparam("payment_id", type_=sa.Uuid)
_SETTLED = Direct(
    sa.select(
        ALLOCATION.c.invoice_ref, ALLOCATION.c.amount, INVOICE.c.id.label("invoice_id"), INVOICE.c.number, INVOICE.c.kind,
        INVOICE.c.issued_on, INVOICE.c.gross, INVOICE.c.currency,
    )
    .outerjoin(
        INVOICE,
        sa.and_(
            INVOICE.c.tenant_id == ALLOCATION.c.tenant_id,
            INVOICE.c.erp_ref == ALLOCATION.c.invoice_ref,
            INVOICE.c.account_id == ALLOCATION.c.account_id,
        ),
    )
    .where(ALLOCATION.c.payment_id == _ID)
    .order_by(ALLOCATION.c.position)
)  # fmt: skip
CONDITIONS: dict[str, sa.ColumnElement[bool]] = {
    states.RECEIVED: sa.and_(PAYMENT.c.state == "confirmed", PAYMENT.c.amount > 0),
    states.REFUNDED: sa.and_(PAYMENT.c.state == "confirmed", PAYMENT.c.amount < 0),
    states.CANCELLED: PAYMENT.c.state == "cancelled",
    "since": PAYMENT.c.paid_on >= sa.bindparam("since", type_=sa.Date),
    "until": PAYMENT.c.paid_on <= sa.bindparam("until", type_=sa.Date),
    "account": PAYMENT.c.account_id == sa.bindparam("account", type_=sa.Uuid),
    "pattern": PAYMENT.c.search.like(sa.bindparam("pattern")),
    # Across a whole company the text index is needed, which no LIKE reaches through the wall.
    "anywhere": PAYMENT.c.id.in_(
        sa.select(sa.func.payments_find(sa.bindparam("anywhere"), MOST_FOUND, type_=sa.Uuid))
    ),
}
"""By the state that it asks for, or by the name of the value that it compares with."""


@lru_cache(maxsize=4)
def _one(staff: bool) -> Direct:
    return Direct(_DETAIL.where(PAYMENT.c.id == _ID, *visibility.conditions(staff, PAYMENT)))


@lru_cache(maxsize=512)
def _listing(staff: bool, names: tuple[str, ...], continued: bool, descending: bool) -> Direct:
    """The list's statement, made once for each kind of question."""
    query = sa.select(*_LIST)
    if staff:
        query = sa.select(*_LIST, ACCOUNT.c.name.label("account"), PAYMENT.c.account_id).join(ACCOUNT, OF_ACCOUNT)
    query = query.where(*visibility.conditions(staff, PAYMENT), *(CONDITIONS[name] for name in names))
    return Direct(keyset(query, _KEYS, continued=continued, descending=descending))


def payments(db: Session, filters: Filters) -> Page[Any]:
    """One page, newest first. For staff with the customer's name. Raises InvalidError for a cursor that is not ours."""
    scope: Scope = db.info["scope"]
    names, narrowed = asked(scope, filters)
    cursor = filters.before or filters.after
    statement = _listing(visibility.is_staff(scope), names, bool(cursor), not filters.before)
    values = {**visibility.values(scope), **narrowed}
    page = fetch(db, statement, _KEYS, values, cursor=cursor, limit=filters.limit)
    if filters.before:
        rows = list(reversed(page.rows))
        return Page(rows, _cursor(rows[-1:]), _cursor(rows[:1]) if page.next else None)
    return Page(page.rows, page.next, _cursor(page.rows[:1]) if filters.after else None)


def _cursor(rows: Any) -> str | None:
    return encode_cursor([rows[0].paid_on, rows[0].id]) if rows else None


def asked(scope: Scope, filters: Filters) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The names of the conditions that the filters mean, and what they compare with."""
    found: dict[str, Any] = {}
    if filters.since:
        found["since"] = filters.since
    if filters.until:
        found["until"] = filters.until
    if filters.account_id:
        found["account"] = filters.account_id
    if filters.search:
        pattern = f"%{re.sub(_SPECIAL, _ESCAPED, filters.search.lower())}%"
        few = scope.kind == "customer" or filters.account_id  # rows, and their index is used already
        found["pattern" if few else "anywhere"] = pattern
    return ((filters.state,) if filters.state else ()) + tuple(found), found


def payment(db: Session, payment_id: uuid.UUID) -> Any:
    """Raises PaymentNotFoundError, also for what is not the reader's."""
    scope: Scope = db.info["scope"]
    values = {"payment_id": payment_id, **visibility.values(scope)}
    row = _one(visibility.is_staff(scope)).first(db, values)
    if row is None:
        raise PaymentNotFoundError
    return row


def settled(db: Session, payment_id: uuid.UUID) -> list[Any]:
    """What a payment settles, in the company's order. number None: the invoice is not known here (yet), or not the reader's."""
    return _SETTLED.rows(db, {"payment_id": payment_id})


def accounts(db: Session, most: int = 500) -> list[Any]:
    """The customers to choose from: for staff all, for customers those whose payments they read."""
    scope: Scope = db.info["scope"]
    query = sa.select(ACCOUNT.c.id, ACCOUNT.c.name).order_by(ACCOUNT.c.name, ACCOUNT.c.id).limit(most)
    if not visibility.is_staff(scope):
        query = query.where(ACCOUNT.c.id.in_(visibility.accounts(scope)))
    return list(db.execute(query))


def ref_of(db: Session, payment_id: uuid.UUID) -> str | None:
    """What the company's system calls the payment."""
    return db.scalar(sa.select(PAYMENT.c.erp_ref).where(PAYMENT.c.id == payment_id))
