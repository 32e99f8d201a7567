"""Orders that came after their invoices: the invoice is then shown with them, and to those whose orders they are."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.pluginhost.origins import known_records
from portico.pluginhost.values import KnownRecord
from portico_invoices import belonging, rows
from portico_invoices.models import BILLED, INVOICE

MOST = 1000
"""Billed orders that one run looks for, those of the newest invoices."""


def match(db: Session) -> int:
    """How many invoices got an order. In the company's system scope; idempotent."""
    waiting = db.execute(
        sa.select(BILLED.c.invoice_id, BILLED.c.order_ref, BILLED.c.account_id)
        .where(BILLED.c.order_id.is_(None))
        .order_by(BILLED.c.invoice_id.desc())
        .limit(MOST)
    ).all()
    known = known_records(db, "order", (row.order_ref for row in waiting))
    found = {
        row.invoice_id: row.account_id
        for row in waiting
        if row.order_ref in known and known[row.order_ref].origin.account_id == row.account_id
    }
    for invoice_id, account_id in sorted(found.items()):
        _name(db, invoice_id, account_id, known)
    belonging.follow(db, _refs(db, found))
    return len(found)


def _refs(db: Session, ids: Mapping[uuid.UUID, Any]) -> set[str]:
    return set(db.scalars(sa.select(INVOICE.c.erp_ref).where(INVOICE.c.id.in_(ids)))) if ids else set()


def _name(db: Session, invoice_id: uuid.UUID, account_id: uuid.UUID, known: dict[str, KnownRecord]) -> None:
    """Note the orders that are known by now; whose the invoice is and what it is found by follow from all of them."""
    columns = (INVOICE.c.number, INVOICE.c.po_number, INVOICE.c.gross, INVOICE.c.currency)
    invoice = db.execute(sa.select(*columns).where(INVOICE.c.id == invoice_id).with_for_update()).one_or_none()
    if invoice is None:
        return
    billed = db.scalars(sa.select(BILLED.c.order_ref).where(BILLED.c.invoice_id == invoice_id)).all()
    known = known | known_records(db, "order", (ref for ref in billed if ref not in known))
    mine = {ref: known[ref] for ref in billed if ref in known and known[ref].origin.account_id == account_id}
    for ref, order in mine.items():
        values = {"order_id": order.id, "number": order.number}
        db.execute(sa.update(BILLED).where(BILLED.c.invoice_id == invoice_id, BILLED.c.order_ref == ref).values(values))
    whose = belonging.together(account_id, [mine[ref].origin if ref in mine else None for ref in billed])
    numbers = [invoice.number, invoice.po_number, *(one.number for one in mine.values())]
    values = {
        "site_id": whose.site_id,
        "author_id": whose.author_id,
        "search": rows.search_text(numbers, invoice.gross, invoice.currency),
    }
    db.execute(sa.update(INVOICE).where(INVOICE.c.id == invoice_id).values(values))
