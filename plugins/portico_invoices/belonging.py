"""Whose an invoice is within its organisation: whose the orders are that it bills (decisions 0017 and 0041)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.pluginhost.values import Origin
from portico_invoices.models import BILLED, INVOICE


def together(account_id: UUID, origins: Sequence[Origin | None]) -> Origin:
    """What all the orders have in common. An order that nobody knows (yet), or of another customer, has nothing in common with
    any: what opens nothing shows the invoice to fewer people, never to more.
    """
    if not origins or any(one is None or one.account_id != account_id for one in origins):
        return Origin(account_id)
    sites, authors = {one.site_id for one in origins if one}, {one.author_id for one in origins if one}
    return Origin(account_id, sites.pop() if len(sites) == 1 else None, authors.pop() if len(authors) == 1 else None)


def of(db: Session, ids: Collection[UUID]) -> dict[UUID, Origin]:
    columns = (INVOICE.c.id, INVOICE.c.account_id, INVOICE.c.site_id, INVOICE.c.author_id)
    if not ids:
        return {}
    rows = db.execute(sa.select(*columns).where(INVOICE.c.id.in_(ids)))
    return {row.id: Origin(row.account_id, row.site_id, row.author_id) for row in rows}


def follow(db: Session, refs: Collection[str]) -> None:
    """Credit notes that bill no order themselves are seen by those who see their invoice, whichever of the two came first.

    refs: of what was written.
    """
    if not refs:
        return
    note: Any = INVOICE.alias("note")
    credited = INVOICE.alias("credited")
    billed = sa.exists().where(BILLED.c.tenant_id == note.c.tenant_id, BILLED.c.invoice_id == note.c.id)
    whose = (note.c.site_id.is_distinct_from(credited.c.site_id), note.c.author_id.is_distinct_from(credited.c.author_id))
    joined = (
        credited.c.tenant_id == note.c.tenant_id,
        credited.c.erp_ref == note.c.credits_ref,
        credited.c.account_id == note.c.account_id,
        sa.or_(*whose),
        ~billed,
    )
    # Each half by its own index: together, an OR would have neither.
    for mine in (note.c.erp_ref.in_(refs), note.c.credits_ref.in_(refs)):
        values = {"site_id": credited.c.site_id, "author_id": credited.c.author_id}
        db.execute(sa.update(note).values(values).where(mine, *joined))
