"""One of everything, for tests that walk every table and route."""

from __future__ import annotations

import uuid
from decimal import Decimal
from io import BytesIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections.models import Connection
from portico.db.types import now
from portico_quotes import attachments
from portico_quotes.drafts import start
from portico_quotes.models import CachedPrice, Category, Item, Line, Source, Word


def make(db: Session, account_id: uuid.UUID) -> dict[str, str]:
    item = _item(db)
    if db.scalar(sa.select(CachedPrice.id).where(CachedPrice.account_id == account_id).limit(1)) is None:
        price = {"quantity": Decimal(1), "unit_price": Decimal("10.5"), "tax_rate": Decimal(20), "as_of": now()}
        db.add(CachedPrice(account_id=account_id, item_id=item.id, **price))
    quote = start(db, account_id)
    line = Line(
        account_id=account_id,
        quote_id=quote.id,
        position=1,
        item_ref=item.ref,
        code=item.code,
        name=item.name,
        kind=item.kind,
        unit=item.unit,
        quantity=Decimal(2),
        unit_price=Decimal("10.5"),
        tax_rate=Decimal(20),
    )
    db.add(line)
    quote.connection_id, quote.line_count = item.connection_id, 1
    quote.net, quote.tax, quote.gross = Decimal(21), Decimal("4.2"), Decimal("25.2")
    db.flush()
    file_id = attachments.add(db, quote, "sample.txt", BytesIO(b"A sample."))
    return {"quote_id": str(quote.id), "quote_line_id": str(line.id), "quote_file_id": str(file_id)}


def _item(db: Session) -> Item:
    """The company's sample item, on a connection that leads nowhere."""
    found = db.scalars(sa.select(Item).limit(1)).first()
    if found is not None:
        return found
    connection = Connection(connector="none", name="Sample", config={})
    db.add(connection)
    db.flush()
    item = Item(
        connection_id=connection.id,
        ref="material:SAMPLE",
        code="SAMPLE",
        name="Sample",
        kind="material",
        category="Samples",
        unit="piece",
        price=Decimal("10.5"),
        currency=db.info["scope"].tenant.currency,
        tax_rate=Decimal(20),
        remote_updated_at=now(),
        folded_code="sample",
        folded="sample samples sample",
    )
    db.add_all([item, Category(kind="material", category="Samples", items=1), Word(word="sample")])
    db.add(Source(connection_id=connection.id, read_at=now()))
    db.flush()
    return item
