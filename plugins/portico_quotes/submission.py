"""Submitting: prices read again and compared, differences confirmed, and then once, whoever presses how often."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.api.schema import money
from portico.db.types import now
from portico.errors import NotFoundError
from portico.jobs import enqueue
from portico.tenancy.models import Account
from portico_quotes import approval, destinations, grouping, history, repricing, versions
from portico_quotes.drafts import add_up, count_lines, open_draft, rows
from portico_quotes.errors import (
    NotLinkedError,
    PricesChangedError,
    QuoteEmptyError,
    QuoteStateError,
    QuoteVersionError,
)
from portico_quotes.models import Line, Quote
from portico_quotes.pricing import Answer, PricedItem
from portico_quotes.states import Delivery, State, allowed
from portico_quotes.totals import line_total, total

JOB = "quotes.submit"


@dataclass(frozen=True)
class Change:
    """What became of one line's price. new None: not sold any more (gone), or a price that cannot be used."""

    line: Any
    old: Decimal | None
    new: Decimal | None
    gone: bool = False
    tax_changed: bool = False

    @property
    def difference(self) -> Decimal | None:
        return None if self.new is None or self.old is None else self.new - self.old

    @property
    def blocks(self) -> bool:
        return self.new is None

    def totals(self, currency: str) -> tuple[Decimal | None, Decimal | None]:
        """The line's total before and after."""
        return tuple(
            None if price is None else line_total(self.line.quantity, price, currency)  # type: ignore[return-value]
            for price in (self.old, self.new)
        )


@dataclass(frozen=True)
class Comparison:
    """All differences, the totals they lead to, and the word by which the customer agrees to exactly these prices."""

    changes: tuple[Change, ...]
    confirmation: str
    gross: Decimal
    old_gross: Decimal

    @property
    def blocked(self) -> bool:
        return any(change.blocks for change in self.changes)


def compare(quote: Any, quote_lines: Sequence[Line], answer: Answer, ids: dict[str, uuid.UUID]) -> Comparison:
    """The draft's accepted prices against the company's. ids: item ref → our item; a ref without one is gone."""
    changes, after = [], []
    digest = hashlib.sha256(str(quote.id).encode())
    for line in quote_lines:
        price = _price_of(line, answer, ids)
        if price is None:
            item_id = ids.get(line.item_ref)
            changes.append(
                Change(line, line.unit_price, None, gone=item_id is None or item_id in answer.gone)
            )
            continue
        rate_changed = price.tax_rate != line.tax_rate
        if price.unit_price != line.unit_price or rate_changed:
            changes.append(Change(line, line.unit_price, price.unit_price, tax_changed=rate_changed))
        after.append((line.quantity, price.unit_price, price.tax_rate))
        digest.update(
            f"|{line.id}:{line.quantity.normalize()}:{price.unit_price.normalize()}:{price.tax_rate.normalize()}".encode()
        )
    before = total(((line.quantity, line.unit_price, line.tax_rate) for line in quote_lines), quote.currency)
    return Comparison(
        tuple(changes), digest.hexdigest()[:32], total(after, quote.currency).gross, before.gross
    )


def _price_of(line: Line, answer: Answer, ids: dict[str, uuid.UUID]) -> PricedItem | None:
    item_id = ids.get(line.item_ref)
    return None if item_id is None else answer.prices.get((item_id, line.quantity))


def check_ready(db: Session, quote: Any, quote_lines: Sequence[Line]) -> str:
    """The company's name for the customer. quote_lines: those that count.

    Raises QuoteEmptyError, NotLinkedError, and what `destinations.check` raises.
    """
    if not quote_lines:
        raise QuoteEmptyError()
    destinations.check(db, quote)
    customer_ref = db.scalar(sa.select(Account.erp_ref).where(Account.id == quote.account_id))
    if not customer_ref:
        raise NotLinkedError()
    return customer_ref


def submit(
    db: Session,
    quote: Any,
    answer: Answer | None,
    ids: dict[str, uuid.UUID],
    *,
    confirmed: str = "",
    version: int | None = None,
    approved_by: str = "",
) -> None:
    """From draft to submitted, with the job that delivers it, in one transaction.

    answer None: the company is away; the quote waits, and its prices are compared before it is sent. confirmed: the
    word of the Comparison that the customer was shown. approved_by: who approved it, so that no limit counts. A quote that
    is submitted already is left as it is.
    Raises PricesChangedError (with the Comparison in its `comparison`), QuoteEmptyError, QuoteVersionError, AboveLimitError.
    """
    if quote.state != State.DRAFT:
        return
    everything = rows(db, quote)
    present = grouping.counted(everything)
    check_ready(db, quote, present)
    prices, gross = _agreed(quote, present, answer, ids, confirmed)
    if not approved_by:
        approval.check(db, quote, gross)
    # The condition makes of two clicks one quote: the second finds no draft any more, and writes nothing.
    if _hand_over(db, quote, present, prices, quote.version if version is None else version):
        for line, price in zip(present, prices, strict=False):
            repricing.adopt(line, price)
        db.flush()
        approval.end(db, quote)
        sums = total(repricing.summed(present), quote.currency)
        versions.keep(db, quote, grouping.binding(everything), offered=False, net=sums.net, tax=sums.tax, gross=sums.gross)
        history.note(
            db,
            quote,
            "submitted",
            gross=str(gross),
            currency=quote.currency,
            unconfirmed=answer is None,
            **_by(approved_by),
        )
        enqueue(db, JOB, unique=f"{JOB}:{quote.id}", quote_id=quote.id)


def _by(approved_by: str) -> dict[str, Any]:
    return {"approved_by": approved_by} if approved_by else {}


def _agreed(
    quote: Any, present: Sequence[Line], answer: Answer | None, ids: dict[str, uuid.UUID], confirmed: str
) -> tuple[list[PricedItem], Decimal]:
    """The prices that count, none without an answer, and what the quote costs in all. Raises PricesChangedError."""
    if answer is None:
        return [], quote.gross
    found = compare(quote, present, answer, ids)
    if found.changes and (found.blocked or confirmed != found.confirmation):
        raise _changed(found, quote.currency)
    return [price for line in present if (price := _price_of(line, answer, ids))], found.gross


def ask_approval(
    db: Session,
    portico: Any,
    quote: Any,
    answer: Answer | None,
    ids: dict[str, uuid.UUID],
    *,
    note: str,
    confirmed: str = "",
    version: int | None = None,
) -> None:
    """Keep the draft at the company's prices of now, and ask for the approval of exactly that.

    Raises what `submit` raises, and NoApprovalNeededError.
    """
    present = grouping.counted(rows(db, quote))
    check_ready(db, quote, present)
    prices, _gross = _agreed(quote, present, answer, ids, confirmed)
    # Locked only now: what has changed is remembered in a transaction of its own, which would wait for this one.
    draft = open_draft(db, quote.id, quote.version if version is None else version)
    for line, price in zip(present, prices, strict=False):
        repricing.adopt(line, price)
    add_up(db, draft)
    approval.ask(db, portico, approval.SUBMIT, draft, note, version=draft.version)


def _changed(found: Comparison, currency: str) -> PricesChangedError:
    error = PricesChangedError(
        confirmation=None if found.blocked else found.confirmation,
        changes=[_as_data(change, currency) for change in found.changes],
        gross=money(found.gross, currency),
    )
    error.comparison = found
    return error


def remember(db: Session, quote_id: uuid.UUID, answer: Answer, ids: dict[str, uuid.UUID]) -> None:
    """Keep in the draft what the company said at a submit that was not agreed to yet, in a transaction of its own."""
    draft = open_draft(db, quote_id)
    repricing.check(grouping.counted(rows(db, draft)), answer, ids)
    add_up(db, draft)


def _as_data(change: Change, currency: str) -> dict[str, Any]:
    return {
        "line_id": change.line.id,
        "code": change.line.code,
        "name": change.line.name,
        "old_price": money(change.old, currency),
        "new_price": money(change.new, currency),
        "reason": "gone" if change.gone else "unusable" if change.blocks else "changed",
    }


def _hand_over(
    db: Session, quote: Any, present: Sequence[Line], prices: Sequence[PricedItem], version: int
) -> bool:
    """False: it was submitted in the meantime. Raises QuoteVersionError if the draft was changed instead."""
    confirmed = ((line.quantity, one.unit_price, one.tax_rate) for line, one in zip(present, prices, strict=False))
    sums = total(confirmed if prices else repricing.summed(present), quote.currency)
    moment = now()
    moved = db.execute(
        sa.update(Quote)
        .where(
            Quote.id == quote.id,
            Quote.state == State.DRAFT,
            Quote.version == version,
        )
        .values(
            state=State.SUBMITTED,
            delivery=Delivery.WAITING,
            confirmed=bool(prices),
            problem=None,
            submitted_at=moment,
            moved_at=moment,
            version=Quote.version + 1,
            net=sums.net,
            tax=sums.tax,
            gross=sums.gross,
            line_count=len(present),
            approval_id=None,
        )
        .returning(Quote.id)
        .execution_options(synchronize_session=False)
    ).first()
    if moved is not None:
        return True
    state = db.scalar(sa.select(Quote.state).where(Quote.id == quote.id))
    if state is None:
        raise NotFoundError()
    if state == State.DRAFT:
        raise QuoteVersionError()
    return False


def take_back(db: Session, quote: Any) -> None:
    """Make a draft of it again, as long as nothing was sent. Raises QuoteStateError once that has begun."""
    assert allowed("take_back", State.SUBMITTED)
    back = db.execute(
        sa.update(Quote)
        .where(
            Quote.id == quote.id,
            Quote.state == State.SUBMITTED,
            Quote.delivery == Delivery.WAITING,
            Quote.uncertain.is_(False),
        )
        .values(
            state=State.DRAFT,
            delivery=Delivery.NONE,
            touched_at=now(),
            moved_at=now(),
            submitted_at=None,
            version=Quote.version + 1,
            line_count=count_lines(),
        )
        .returning(Quote.id)
        .execution_options(synchronize_session=False)
    ).first()
    if back is None:
        raise QuoteStateError()
    history.note(db, quote, "taken_back")


def send_again(db: Session, quote: Any) -> None:
    """Staff let a parked quote go once more. Raises QuoteStateError unless it is parked."""
    again = db.execute(
        sa.update(Quote)
        .where(
            Quote.id == quote.id,
            Quote.state == State.SUBMITTED,
            Quote.delivery == Delivery.PROBLEM,
        )
        .values(
            delivery=Delivery.SENDING if quote.uncertain else Delivery.WAITING,
            problem=None,
            moved_at=now(),
            version=Quote.version + 1,
        )
        .returning(Quote.id)
        .execution_options(synchronize_session=False)
    ).first()
    if again is None:
        raise QuoteStateError()
    history.note(db, quote, "sent_again", tell=False)
    enqueue(db, JOB, unique=f"{JOB}:{quote.id}", quote_id=quote.id)
