"""Drafts: making, changing, hiding and bringing them back. Every change raises the version and adds up anew."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.types import now
from portico.errors import InvalidError, NotFoundError
from portico.files.models import File
from portico.files.service import forget_records
from portico.organisation import sites
from portico_erp.invariants import LARGEST_AMOUNT
from portico_quotes import accounts, approval, destinations, grouping, history, repricing
from portico_quotes.errors import (
    ItemGoneError,
    PriceUnusableError,
    QuoteStateError,
    QuoteTooLargeError,
    QuoteVersionError,
)
from portico_quotes.i18n import _
from portico_quotes.models import Line, Quote
from portico_quotes.pricing import PricedItem
from portico_quotes.states import Delivery, State
from portico_quotes.totals import plausible, total

FILES = "quotes.quote"
"""What files at quotes are called: a kind of attachments."""
MOST_LINES = 500
"""As many as one question for prices holds."""
HIDDEN_AFTER = dt.timedelta(days=7)
RESTORABLE_FOR = dt.timedelta(days=30)


def has_rows() -> sa.ColumnElement[bool]:
    """Whether a quote has a line or a section: a condition on `Quote`."""
    return sa.exists().where(Line.account_id == Quote.account_id, Line.quote_id == Quote.id, Line.removed_at.is_(None))


def count_lines() -> sa.ScalarSelect[int]:
    """The lines of a draft, options that are not taken among them: a value of `Quote.line_count`."""
    counted = sa.select(sa.func.count()).select_from(Line).where(
        Line.account_id == Quote.account_id, Line.quote_id == Quote.id, Line.removed_at.is_(None), Line.kind != grouping.SECTION
    )
    return counted.correlate(Quote).scalar_subquery()


def _one_at_a_time(db: Session, account: uuid.UUID) -> None:
    """Until this transaction ends, no other request of the actor starts a draft there: each would start its own."""
    both = (db.info["scope"].user_id or account).int ^ account.int
    db.execute(sa.select(sa.func.pg_advisory_xact_lock(both & (2**63 - 1))))


def create(db: Session, account_id: uuid.UUID | None = None) -> Quote:
    """A new draft, or the actor's newest one that is still empty: pressing "New quote" twice makes one."""
    scope = db.info["scope"]
    account = accounts.choose(db, account_id)
    _one_at_a_time(db, account)
    empty = db.scalars(
        sa.select(Quote)
        .where(
            Quote.account_id == account,
            Quote.state == State.DRAFT,
            Quote.author_id == scope.user_id,
            ~has_rows(),
            Quote.note == "",
            Quote.po_number == "",
            Quote.delivery_address.is_(None),
            Quote.wanted_on.is_(None),
            Quote.touched_at > now() - HIDDEN_AFTER,
            Quote.delivery == Delivery.NONE,
            ~sa.exists().where(File.kind == FILES, File.subject_id == Quote.id),
        )
        .order_by(Quote.id.desc())
        .limit(1)
    ).first()
    return empty if empty is not None else start(db, account)


def start(db: Session, account: uuid.UUID) -> Quote:
    """A new draft in the company's currency."""
    scope = db.info["scope"]
    quote = Quote(
        account_id=account,
        site_id=sites.own(scope, account),
        currency=scope.tenant.currency,
        author_id=scope.user_id,
        author=scope.user_name,
    )
    db.add(quote)
    db.flush()
    history.note(db, quote, "created", tell=False)
    return quote


def open_draft(db: Session, quote_id: uuid.UUID, version: int | None = None) -> Quote:
    """The draft, locked until the transaction ends. `version`: what the caller had before them; None = whatever.

    Raises NotFoundError, QuoteStateError, QuoteVersionError.
    """
    quote = db.scalars(
        sa.select(Quote)
        .where(Quote.id == quote_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if quote is None:
        raise NotFoundError()
    if quote.state != State.DRAFT:
        raise QuoteStateError()
    if version is not None and version != quote.version:
        raise QuoteVersionError(version=quote.version)
    return quote


def rows(db: Session, quote: Any) -> list[Line]:
    """Lines and sections in order, without those taken out."""
    return list(
        db.scalars(
            sa.select(Line)
            .where(Line.account_id == quote.account_id, Line.quote_id == quote.id, Line.removed_at.is_(None))
            .order_by(Line.position, Line.id)
        )
    )


def lines(db: Session, quote: Any) -> list[Line]:
    """The same without sections."""
    return grouping.lines(rows(db, quote))


def find_line(db: Session, quote: Quote, line_id: uuid.UUID, *, removed: bool = False) -> Line:
    """Raises NotFoundError: also for a line that is taken out, unless `removed` lets those pass."""
    line = db.scalars(
        sa.select(Line).where(
            Line.account_id == quote.account_id, Line.quote_id == quote.id, Line.id == line_id
        )
    ).one_or_none()
    if line is None or (line.removed_at is not None and not removed):
        raise NotFoundError()
    return line


@dataclass(frozen=True)
class Priced:
    """One line to write: how much of an item, at which price. before: the company's price now of what the line held."""

    item: Any
    quantity: Decimal
    price: PricedItem
    before: PricedItem | None = None
    note: str = ""
    optional: bool = False
    chosen: bool = True


def put_line(db: Session, quote: Quote, wanted: Priced) -> tuple[Line, Decimal | None]:
    """Add an item, or more of it if it is there: `wanted` is for all of it. With the former price, as `reprice` says."""
    present = rows(db, quote)
    line, former, held = _put(db, quote, present, wanted)
    touch(db, quote, present)
    what, before = ("line-added", None) if held is None else ("line-changed", {"quantity": str(held)})
    history.edited(db, quote, what, line, before=before, after={"quantity": str(line.quantity)})
    return line, former


def put_lines(db: Session, quote: Quote, wanted: Sequence[Priced]) -> None:
    """As `put_line`, several in one step."""
    present = rows(db, quote)
    for one in wanted:
        _put(db, quote, present, one)
    touch(db, quote, present)
    history.edited(db, quote, "lines-entered", after={one.item.ref: str(one.quantity) for one in wanted})


def _put(db: Session, quote: Quote, present: list[Line], wanted: Priced) -> tuple[Line, Decimal | None, Decimal | None]:
    """The line, its former price and its former quantity; None: it is new."""
    line = next((one for one in present if one.item_ref == wanted.item.ref), None)
    former, held = None, None if line is None or not line.chosen else line.quantity
    if line is None:
        if len(grouping.lines(present)) >= MOST_LINES:
            raise QuoteTooLargeError()
        line = new_line(quote, wanted, 1 + max((one.position for one in present), default=0))
        db.add(line)
        present.append(line)
    elif line.chosen:
        former = repricing.reprice(line, wanted.before, wanted.price)
    else:  # an option that was left: whoever adds the item wants it
        line.chosen = True
        repricing.adopt(line, wanted.price)
    if quote.connection_id is None or not grouping.lines(present)[1:]:
        quote.connection_id = wanted.item.connection_id
    line.quantity = wanted.quantity
    line.note = wanted.note or line.note or ""
    return line, former, held


def new_line(quote: Quote, wanted: Priced, position: int) -> Line:
    item = wanted.item
    line = Line(
        account_id=quote.account_id,
        quote_id=quote.id,
        position=position,
        item_ref=item.ref,
        code=item.code,
        name=item.name,
        kind=item.kind,
        unit=item.unit,
        quantity=wanted.quantity,
        note=wanted.note,
        optional=wanted.optional,
        chosen=wanted.chosen,
    )
    repricing.adopt(line, wanted.price)
    return line


def change_line(
    db: Session,
    quote: Quote,
    line: Line,
    *,
    quantity: Decimal | None = None,
    note: str | None = None,
    option: tuple[bool, bool] | None = None,
    price: PricedItem | None = None,
    before: PricedItem | None = None,
) -> Decimal | None:
    """The former price, as `reprice` says. price: of the new quantity; before: the company's now of the present one.
    option: whether it is optional, and chosen."""
    former, held = None, _told(line)
    if price is not None:
        former = repricing.reprice(line, before, price)
    if quantity is not None:
        line.quantity = quantity
    if note is not None:
        line.note = note
    if option is not None:
        line.optional, line.chosen = option
    touch(db, quote)
    history.edited(db, quote, "line-changed", line, before=held, after=_told(line))
    return former


def _told(line: Line) -> dict[str, Any]:
    return {"quantity": str(line.quantity), "note": line.note} | (
        {"optional": True, "chosen": line.chosen} if line.optional else {}
    )


def remove_line(db: Session, quote: Quote, line_id: uuid.UUID) -> Line:
    line = find_line(db, quote, line_id)
    line.removed_at = now()
    touch(db, quote)
    history.edited(db, quote, "line-removed", line, before={"quantity": str(line.quantity)})
    return line


def restore_line(db: Session, quote: Quote, line_id: uuid.UUID) -> Line:
    """Put a line back that was taken out; one that is there stays. Raises NotFoundError if it is gone for good."""
    line = find_line(db, quote, line_id, removed=True)
    if line.removed_at is None:
        return line
    present = rows(db, quote)
    if line.kind == grouping.SECTION:
        grouping.check_room(present)
    elif len(grouping.lines(present)) >= MOST_LINES:
        raise QuoteTooLargeError()
    line.removed_at = None
    touch(db, quote)
    history.edited(db, quote, "line-restored", line, after={"quantity": str(line.quantity)})
    return line


def change_quote(
    db: Session,
    quote: Quote,
    *,
    note: str | None = None,
    po_number: str | None = None,
    site_id: uuid.UUID | None = None,
    destination: Mapping[str, Any] | None = None,
) -> None:
    """destination: columns that `destinations` checked. Raises InvalidError for a site that the actor cannot write for."""
    before = _head(quote)
    for name, value in (destination or {}).items():
        setattr(quote, name, value)
    if site_id is not None and site_id != quote.site_id:
        if site_id not in {one.id for one in sites.choices(db, quote.account_id)}:
            raise InvalidError(fields={"/site": _("Choose one of your sites.")})
        quote.site_id = site_id
    if note is not None:
        quote.note = note
    if po_number is not None:
        quote.po_number = po_number
    touch(db, quote)
    history.edited(db, quote, "changed", before=before, after=_head(quote))


def _head(quote: Quote) -> dict[str, Any]:
    return {
        "note": quote.note,
        "po_number": quote.po_number,
        "site": str(quote.site_id) if quote.site_id else None,
        **destinations.told(quote),
    }


def touch(db: Session, quote: Quote, present: Iterable[Line] | None = None) -> None:
    """A person changed the draft: add up, raise the version. Raises InvalidError for sums that nothing can hold."""
    approval.end(db, quote)
    add_up(db, quote, present)
    quote.version += 1
    quote.touched_at = quote.moved_at = now()
    db.flush()
    history.nudge(db, quote)


def add_up(db: Session, quote: Quote, present: Iterable[Line] | None = None) -> None:
    """The draft's sums at what its lines cost now; nobody's version is outdated by that."""
    db.flush()
    kept = grouping.lines(present if present is not None else rows(db, quote))
    for line in kept:
        price, _rate = repricing.asked(line)
        if price is not None and not plausible(line.quantity, price):
            raise InvalidError(fields={"/quantity": _("That makes more than can be ordered at once. Enter less.")})
    sums = total(repricing.summed(kept), quote.currency)
    if sums.gross >= LARGEST_AMOUNT:
        raise InvalidError(fields={"/quantity": _("That makes more than can be ordered at once. Enter less.")})
    if sums.gross != quote.gross:  # it costs something else than what approval was asked for
        approval.end(db, quote)
    quote.net, quote.tax, quote.gross = sums.net, sums.tax, sums.gross
    quote.line_count = len(kept)
    db.flush()


def hide(db: Session, quote: Quote) -> None:
    """Discard a draft: among the hidden ones at once, restorable like those that were forgotten."""
    approval.end(db, quote)
    quote.touched_at = now() - HIDDEN_AFTER
    quote.moved_at = now()
    quote.version += 1
    db.flush()
    history.note(db, quote, "discarded", tell=False)


def unhide(db: Session, quote: Quote) -> None:
    if not is_hidden(quote):
        return
    quote.touched_at = quote.moved_at = now()
    quote.version += 1
    db.flush()
    history.note(db, quote, "restored", tell=False)


def is_hidden(quote: Any) -> bool:
    return quote.state == State.DRAFT and bool(quote.touched_at <= now() - HIDDEN_AFTER)


def check_usable(price: PricedItem | None, item: Any, answer: Any) -> PricedItem:
    """The price of an item to be added. Raises ItemGoneError or PriceUnusableError at the field "item"."""
    if item.id in answer.gone or not item.active:
        raise ItemGoneError(fields={"/item": _("“${name}” is no longer sold.", mapping={"name": item.name})})
    if price is None:
        raise PriceUnusableError(fields={"/item": PriceUnusableError.message})
    return price


def remove_forgotten(db: Session) -> int:
    """Delete drafts that nobody restored in time. For the daily job; says how many."""
    result = db.execute(
        sa.delete(Quote)
        .where(Quote.state == State.DRAFT, Quote.touched_at < now() - HIDDEN_AFTER - RESTORABLE_FOR)
        .returning(Quote.id)
    )
    gone = list(result.scalars())
    forget_records(db, FILES, gone)
    return len(gone)


def newest(db: Session, account: uuid.UUID) -> Quote:
    """The actor's draft of that organisation that was touched last, or a new one if none is in sight."""
    _one_at_a_time(db, account)
    found = db.scalars(
        sa.select(Quote)
        .where(
            Quote.account_id == account,
            Quote.state == State.DRAFT,
            Quote.author_id == db.info["scope"].user_id,
            Quote.touched_at > now() - HIDDEN_AFTER,
        )
        .order_by(Quote.touched_at.desc())
        .limit(1)
    ).first()
    return found if found is not None else start(db, account)
