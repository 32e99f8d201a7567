"""One of everything, for tests that walk every table and route."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from io import BytesIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections.models import Connection
from portico.db.types import new_id, now
from portico.links import service as links
from portico.links.terms import LinkTerms
from portico.tenancy.models import AccountMember, Membership
from portico_quotes import agreeing, attachments, destinations, mail_links, versions
from portico_quotes.drafts import start
from portico_quotes.models import CachedPrice, Category, Item, Line, Quote, Revision, Source, Template, Word


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
    quote.delivery_address = destinations.typed({"name": "Sample", "street": "1 Quay", "city": "Lyon", "country": "FR"})
    quote.wanted_on = (now() + dt.timedelta(days=30)).date()
    db.flush()
    versions.keep(db, quote, [line], offered=False)
    versions.keep(db, quote, [line], offered=True)
    db.add(Revision(account_id=account_id, quote_id=quote.id, wishes=[], outcome="withdrawn", ended_at=now()))
    file_id = attachments.add(db, quote, "sample.txt", BytesIO(b"A sample."))
    found = {"quote_id": quote.id, "quote_line_id": line.id, "quote_file_id": file_id, "agreement_id": quote.id}
    found["quote_link_id"] = _link(db, quote)
    found["quote_template_id"] = _template(db, quote)
    return {"agreement_kind": agreeing.KIND, "quote_version": "1", **{name: str(value) for name, value in found.items()}}


def _template(db: Session, quote: Quote) -> uuid.UUID:
    """One that somebody shares."""
    line = {"item_ref": "material:SAMPLE", "name": "Sample", "unit": "piece", "quantity": "2", "unit_price": "10.5", "note": ""}
    template = Template(account_id=quote.account_id, author_id=new_id(), author="Sam Sample", name="Sample", shared=True,
                        currency=quote.currency, lines=[line])
    db.add(template)
    db.flush()
    return template.id


def _link(db: Session, quote: Quote) -> uuid.UUID:
    """One that was sent to somebody of the organisation."""
    member = db.execute(
        sa.select(AccountMember.user_id, Membership.display_name, Membership.email)
        .join(Membership, sa.and_(Membership.tenant_id == AccountMember.tenant_id, Membership.user_id == AccountMember.user_id))
        .where(AccountMember.account_id == quote.account_id)
        .order_by(AccountMember.created_at, AccountMember.id)
        .limit(1)
    ).one_or_none()
    if member is None:
        return new_id()
    whose, ends = (quote.account_id, quote.site_id, quote.author_id), now() + dt.timedelta(days=14)
    terms = LinkTerms(mail_links.TYPE, *whose, quote.version, ends, acts=True)
    sent = {"user_id": member.user_id, "recipient": member.display_name, "email": member.email}
    links.make(db, mail_links.PURPOSE, quote.id, terms, **sent)
    return links.of(db, quote.id)[0].id


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
