"""Takes over what became of quotes in the company's system, and the quotes that the company made by itself."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.connections.models import ConnectionSync
from portico.connections.sync import Counts, SyncEntity, reset
from portico.db.types import as_id, kept, now
from portico.pluginhost import agreements
from portico.tenancy.models import Account
from portico_erp.values import Page, Problem, QuoteStatus, RemoteQuote
from portico_quotes import agreeing, approval, arranging, drafts, grouping, history, names, revisions, versions
from portico_quotes.i18n import _
from portico_quotes.models import Line, Quote
from portico_quotes.states import OFFERED, Delivery, State, from_company
from portico_quotes.validity import is_past

NAME = "quotes.quotes"
PAGE_ROWS = 100
_SETTLED = frozenset({QuoteStatus.ACCEPTED, QuoteStatus.DECLINED, QuoteStatus.ORDERED, QuoteStatus.CANCELLED})
"""What ends every answer of the customer, once the company says so."""


def entity() -> SyncEntity:
    return SyncEntity(NAME, "quotes", pull, apply, title=_("Quotes"), order=30, columns={"number": _("Number")})


def read_again(db: Session) -> None:
    """A customer was linked: what the company has of them was passed over so far, so everything is read anew."""
    connections = db.scalars(sa.select(ConnectionSync.connection_id).where(ConnectionSync.entity == NAME))
    for connection_id in list(connections):
        reset(db, connection_id, NAME)


def pull(client: Any, cursor: str | None) -> Page[RemoteQuote]:
    page: Page[RemoteQuote] = client.changed_quotes(cursor, PAGE_ROWS)
    return page


def apply(db: Session, target: Any, remote: Sequence[RemoteQuote]) -> Counts:
    """Each by our reference if it has one, else by the company's. Quotes of customers without an account are left out."""
    counts = Counts()
    accounts = _accounts(db, {one.customer_ref for one in remote})
    for one in remote:
        account_id = accounts.get(one.customer_ref)
        counts += Counts(unchanged=1) if account_id is None else take_over(db, target, one, account_id)
    return counts


def _accounts(db: Session, refs: set[str]) -> dict[str, uuid.UUID]:
    return {
        row.erp_ref: row.id
        for row in db.execute(sa.select(Account.id, Account.erp_ref).where(Account.erp_ref.in_(refs)))
    }


def take_over(db: Session, target: Any, remote: RemoteQuote, account_id: uuid.UUID) -> Counts:
    quote = _find(db, target, remote)
    if quote is None:
        if as_id(remote.reference) is not None:
            return Counts(problems=[_foreign(remote)])
        if remote.status is QuoteStatus.SUBMITTED:  # the company is still writing it: nobody has been offered anything
            return Counts(unchanged=1)
        return _create(db, target, remote, account_id)
    if quote.account_id != account_id:
        return Counts(problems=[_foreign(remote)])
    if quote.remote_updated_at is not None and remote.updated_at <= quote.remote_updated_at:
        return Counts(unchanged=1)
    _update(db, quote, target, remote)
    return Counts(updated=1)


def _foreign(remote: RemoteQuote) -> Problem:
    return Problem(
        remote.ref,
        "reference",
        _("The quote's portal reference belongs to no quote of this customer."),
        {"number": remote.number, "reference": remote.reference, "customer": remote.customer_ref},
    )


def _find(db: Session, target: Any, remote: RemoteQuote) -> Quote | None:
    own = as_id(remote.reference)
    same = sa.and_(Quote.connection_id == target.connection_id, Quote.erp_ref == remote.ref)
    return db.scalars(
        sa.select(Quote).where(Quote.id == own if own else same).with_for_update()
    ).one_or_none()


def _create(db: Session, target: Any, remote: RemoteQuote, account_id: uuid.UUID) -> Counts:
    quote = Quote(
        account_id=account_id,
        connection_id=target.connection_id,
        erp_ref=remote.ref,
        number=remote.number,
        state=from_company(State.SUBMITTED, remote.status, changed=False),
        delivery=Delivery.SENT,
        currency=remote.currency,
        note=remote.note,
        po_number=remote.po_number or "",
        confirmed=True,
        created_at=remote.created_at,
        submitted_at=remote.created_at,
        moved_at=remote.updated_at,
    )
    db.add(quote)
    _write(db, quote, remote)
    if quote.state in OFFERED:
        versions.keep(db, quote, grouping.binding(drafts.rows(db, quote)), offered=True)
    fresh = now() - remote.created_at < dt.timedelta(days=7)  # history that is imported is no news
    history.note(
        db,
        quote,
        "offered" if quote.state == State.PROCESSED else "imported",
        tell=fresh,
        gross=str(quote.gross),
        currency=quote.currency,
    )
    return Counts(created=1)


def _update(db: Session, quote: Quote, target: Any, remote: RemoteQuote) -> None:
    before = State(quote.state)
    sums = (kept(remote.totals.net), kept(remote.totals.gross))
    changed = _lines_differ(db, quote, remote) or (quote.net, quote.gross) != sums
    terms = _terms_differ(quote, remote)
    void = _is_void(quote, remote, another=changed or terms)
    if void:  # the answer was to another offer, and the company was not told of it yet
        assert quote.before_answer is not None
        quote.state = before = State(quote.before_answer["state"])
        for name in ("answered_by", "po_number", "reason"):
            setattr(quote, name, quote.before_answer[name])
        _forget_answer(quote)
    after = from_company(before, remote.status, changed=changed, decided=quote.answer is not None)
    if after in OFFERED and is_past(db, remote.valid_until):
        after = State.EXPIRED
    arrived = quote.delivery != Delivery.SENT
    if (quote.connection_id, quote.erp_ref) != (target.connection_id, remote.ref):
        names.give_up(db, target.connection_id, remote.ref, quote.id)
    quote.connection_id, quote.erp_ref, quote.number = target.connection_id, remote.ref, remote.number
    quote.delivery, quote.uncertain, quote.problem, quote.state = Delivery.SENT, False, None, after
    another = changed or arrived or after != before or terms
    if another:  # who saw the one before has not seen this
        quote.version += 1
        approval.end(db, quote)
        revisions.end(db, quote, revisions.Outcome.REVISED if after in OFFERED else revisions.Outcome.SETTLED)
    if void or (another and before in OFFERED):
        agreements.ended(db, agreeing.KIND, quote.id, "changed")
    if another and before in OFFERED and not versions.has_any(db, quote):  # from before versions were kept
        versions.keep(db, quote, grouping.binding(drafts.rows(db, quote)), offered=True)
    quote.moved_at = now()
    if remote.status in _SETTLED:  # the company has an answer, of whomever: there is none to bring, or to undo
        _forget_answer(quote)
    _write(db, quote, remote, lines=changed)
    if another and after in OFFERED:
        versions.keep(db, quote, grouping.binding(drafts.rows(db, quote)), offered=True)
    if arrived:
        history.note(db, quote, "received")
    if void:
        history.note(db, quote, "answer_void")
    if after != before:
        history.note(
            db, quote, after.value, gross=str(quote.gross), currency=quote.currency, reason=quote.reason
        )
    elif not arrived:
        history.nudge(db, quote)


def _forget_answer(quote: Quote) -> None:
    quote.answer = quote.answer_due_at = quote.before_answer = quote.agreed = None


def _is_void(quote: Quote, remote: RemoteQuote, *, another: bool) -> bool:
    """Whether an answer that can still be undone is to an offer that is no more."""
    if quote.answer is None or quote.answer_due_at is None or remote.status in _SETTLED:
        return False
    return another or remote.status is QuoteStatus.EXPIRED


def _terms_differ(quote: Quote, remote: RemoteQuote) -> bool:
    """What else of an offer somebody agrees to, beside its lines and sums. While an answer is under way, `reason` holds the
    customer's words; the company's are in `before_answer`.
    """
    if quote.answer is None:
        reason = quote.reason
    else:
        reason = remote.reason if quote.before_answer is None else quote.before_answer["reason"]
    ours = (quote.currency, quote.tax, quote.valid_until, reason)
    return ours != (remote.currency, kept(remote.totals.tax), remote.valid_until, remote.reason)


def _lines_differ(db: Session, quote: Quote, remote: RemoteQuote) -> bool:
    ours = [
        (line.item_ref, line.quantity, line.unit_price, line.tax_rate, line.name)
        for line in _lines(db, quote)
    ]
    return ours != [
        (line.ref, kept(line.quantity), line.unit_price and kept(line.unit_price), kept(line.tax_rate), line.name)
        for line in remote.lines
    ]


def _lines(db: Session, quote: Quote) -> list[Line]:
    """Those that the company was sent, or has made."""
    return grouping.counted(drafts.rows(db, quote))


def _write(db: Session, quote: Quote, remote: RemoteQuote, *, lines: bool = True) -> None:
    """The company's figures, which count from now on."""
    quote.net, quote.tax, quote.gross = remote.totals.net, remote.totals.tax, remote.totals.gross
    quote.currency, quote.valid_until = remote.currency, remote.valid_until
    if quote.answer is None:  # else it holds what the customer says to the company
        quote.reason = remote.reason
    quote.remote_updated_at, quote.remote_version, quote.line_count = remote.updated_at, remote.version, len(remote.lines)
    db.flush()
    if not lines:
        return
    before = drafts.rows(db, quote)
    offered = _offered(quote, remote, before)
    kept = grouping.with_left(offered, before)
    stay = [one.id for one in kept if one.id is not None]
    db.execute(
        sa.delete(Line)
        .where(Line.account_id == quote.account_id, Line.quote_id == quote.id, Line.id.not_in(stay))
        .execution_options(synchronize_session=False)
    )
    for position, one in enumerate(kept, 1):
        one.position = position
    db.add_all(kept)
    db.flush()


def _offered(quote: Quote, remote: RemoteQuote, before: Sequence[Line]) -> list[Line]:
    """The company's lines, among the sections as far as these still hold together. before: the quote's rows so far."""
    codes = {line.item_ref: (line.code, line.kind) for line in grouping.lines(before)}
    optional = {line.item_ref for line in grouping.counted(before) if line.optional}
    sections = grouping.regrouped(before, [line.ref for line in remote.lines])
    found = []
    for place, line in enumerate(remote.lines):
        if place in sections:
            found.append(sections[place] or arranging.new_section(quote, grouping.Heading("", "", place)))
        found.append(
            Line(
                account_id=quote.account_id,
                quote_id=quote.id,
                position=0,
                item_ref=line.ref,
                name=line.name,
                unit=line.unit,
                code=codes.get(line.ref, (line.ref.partition(":")[2] or line.ref, ""))[0],
                kind=codes.get(line.ref, ("", ""))[1],
                quantity=line.quantity,
                unit_price=line.unit_price,
                tax_rate=line.tax_rate or Decimal(0),
                note=line.note,
                optional=line.ref in optional,
                price_source="company",
                price_as_of=remote.updated_at,
            )
        )
    return found
