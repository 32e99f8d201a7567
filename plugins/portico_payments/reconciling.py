"""Where the company's open amounts and the ledger disagree, for staff: nothing of it is smoothed over, or hidden.

An invoice is taken together with the credit notes about it. By the ledger there is still to be paid what they come to, less what
payments settle of them; the company says it itself, as `open_amount`. What a payment leaves unassigned is in neither.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico_invoices.models import INVOICE
from portico_payments.models import ALLOCATION, PAYMENT
from portico_payments.reading import ACCOUNT

MOST = 200
"""Differences that are shown; their number is said of all."""


def _sign(amount: Any) -> Any:
    return sa.case((INVOICE.c.kind == "credit_note", -amount), else_=amount)


_paid: Final = (
    sa.select(
        ALLOCATION.c.tenant_id,
        ALLOCATION.c.account_id,
        ALLOCATION.c.invoice_ref,
        PAYMENT.c.currency,
        sa.func.sum(sa.case((PAYMENT.c.amount < 0, -ALLOCATION.c.amount), else_=ALLOCATION.c.amount)).label("amount"),
    )
    .join(
        PAYMENT, sa.and_(PAYMENT.c.tenant_id == ALLOCATION.c.tenant_id, PAYMENT.c.id == ALLOCATION.c.payment_id)
    )
    .where(PAYMENT.c.state == "confirmed")
    .group_by(ALLOCATION.c.tenant_id, ALLOCATION.c.account_id, ALLOCATION.c.invoice_ref, PAYMENT.c.currency)
    .subquery("paid")
)
_group = sa.func.coalesce(INVOICE.c.credits_ref, INVOICE.c.erp_ref)
_owed = sa.case((INVOICE.c.status == "cancelled", sa.literal(0)), else_=_sign(INVOICE.c.gross))
_groups: Final = (
    sa.select(
        INVOICE.c.tenant_id,
        INVOICE.c.account_id,
        INVOICE.c.currency,
        _group.label("ref"),
        (sa.func.sum(_owed) - sa.func.coalesce(sa.func.sum(_paid.c.amount), 0)).label("by_ledger"),
        sa.func.sum(_sign(INVOICE.c.open_amount)).label("by_company"),
    )
    .outerjoin(
        _paid,
        sa.and_(
            _paid.c.tenant_id == INVOICE.c.tenant_id,
            _paid.c.account_id == INVOICE.c.account_id,
            _paid.c.invoice_ref == INVOICE.c.erp_ref,
            _paid.c.currency == INVOICE.c.currency,
        ),
    )
    .group_by(INVOICE.c.tenant_id, INVOICE.c.account_id, INVOICE.c.currency, _group)
    .subquery("stands")
)
_QUERY: Final = (
    sa.select(
        _groups.c.account_id,
        ACCOUNT.c.name.label("account"),
        _groups.c.currency,
        _groups.c.ref,
        _groups.c.by_ledger,
        _groups.c.by_company,
        INVOICE.c.id.label("invoice_id"),
        INVOICE.c.number,
        INVOICE.c.issued_on,
        INVOICE.c.status,
        sa.func.count().over().label("in_all"),
    )
    .join(ACCOUNT, sa.and_(ACCOUNT.c.tenant_id == _groups.c.tenant_id, ACCOUNT.c.id == _groups.c.account_id))
    .outerjoin(
        INVOICE,
        sa.and_(
            INVOICE.c.tenant_id == _groups.c.tenant_id,
            INVOICE.c.account_id == _groups.c.account_id,
            INVOICE.c.erp_ref == _groups.c.ref,
        ),
    )
    .where(_groups.c.by_ledger != _groups.c.by_company)
    .order_by(sa.func.abs(_groups.c.by_ledger - _groups.c.by_company).desc(), ACCOUNT.c.name, _groups.c.ref)
    .limit(MOST)
)


def differences(db: Session) -> list[Any]:
    """The largest first, MOST at most; `in_all` of each row: how many there are. number None: the company told of credit notes
    about an invoice, and not of that."""
    return list(db.execute(_QUERY))
