"""A draft of what stood elsewhere before, at today's prices: an order, another quote, a template. Of each former line it is
kept what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from pyramid.request import Request
from sqlalchemy.orm import Session

from portico.pluginhost.values import DraftedLine, FormerLine, StartedDraft
from portico_quotes import accounts, arranging, catalogue, drafts, history, live
from portico_quotes.errors import QuoteTooLargeError
from portico_quotes.fields import LARGEST
from portico_quotes.grouping import MOST_SECTIONS, Heading
from portico_quotes.models import Quote
from portico_quotes.pricing import Answer

TAKEN = ("same", "changed")
LONGEST_NOTE = 1000
"""Characters of a line's note."""
Outcome = Literal["same", "changed", "gone", "unlisted", "unpriced"]


@dataclass(frozen=True)
class Wish:
    """A line to have again. item_ref: None where it was none of the catalogue. unit_price: what one unit cost then, before tax;
    None: it had no price. section, section_text: of the section that it stood in; "": in none."""

    item_ref: str | None
    name: str
    unit: str
    quantity: Decimal
    unit_price: Decimal | None
    note: str = ""
    optional: bool = False
    chosen: bool = True
    section: str = ""
    section_text: str = ""


@dataclass(frozen=True)
class Basis:
    """What a draft is started from. kind: of `history.STARTED`. source: what that is called. currency: of its lines' prices."""

    kind: str
    source: str
    currency: str
    lines: Sequence[Wish]


@dataclass(frozen=True)
class Plan:
    """What to ask the company. items: ref → row of the catalogue. quantities: ref → how much, in the order of the lines; without
    what nobody can order. An item on several lines is one."""

    basis: Basis
    items: Mapping[str, Any]
    quantities: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def wanted(self) -> list[tuple[Any, Decimal]]:
        return [(self.items[ref], quantity) for ref, quantity in self.quantities.items()]


@dataclass(frozen=True)
class Started:
    """The draft, and (outcome, today's unit price) of each of the basis' lines, in their order."""

    draft: Quote
    outcomes: Sequence[tuple[Outcome, Decimal | None]]

    @property
    def left_out(self) -> int:
        return sum(outcome not in TAKEN for outcome, _price in self.outcomes)


def start(
    request: Request, account_id: uuid.UUID, source: str, currency: str, former: Sequence[FormerLine]
) -> StartedDraft:
    """Of an order. Ask today's prices, make the draft of what has one, and note the rest in it.

    Raises ForbiddenError, QuoteTooLargeError, InvalidError.
    """
    wishes = [Wish(line.item_ref, line.name, line.unit, line.quantity, line.unit_price) for line in former]
    account = accounts.choose(request.db, account_id)
    started, answer = begin(request, account, Basis("reordered", source, currency, wishes))
    lines = [DraftedLine(line, *outcome) for line, outcome in zip(former, started.outcomes, strict=True)]
    draft = started.draft
    return StartedDraft(draft.id, "quotes.edit", {"quote_id": str(draft.id)}, draft.currency, lines, answer.away)


def begin(request: Request, account: uuid.UUID, basis: Basis) -> tuple[Started, Answer]:
    """The same of any basis. Raises QuoteTooLargeError, InvalidError."""
    known = plan(request.db, basis)
    answer = live.ask(request, account, known.wanted, request.tenant.currency)
    return write(request.db, account, known, answer), answer


def plan(db: Session, basis: Basis) -> Plan:
    """Raises QuoteTooLargeError."""
    items = catalogue.items_named(db, sorted({line.item_ref for line in basis.lines if line.item_ref}))
    if len(items) > drafts.MOST_LINES:
        raise QuoteTooLargeError()
    return Plan(basis, items, _quantities(basis.lines, items))


def write(db: Session, account: uuid.UUID, known: Plan, answer: Answer) -> Started:
    """Make the draft of what has a price. Raises InvalidError: sums that nothing can hold."""
    basis = known.basis
    draft = drafts.start(db, account)
    comparable = basis.currency == draft.currency
    outcomes = [_outcome(line, known, answer, comparable) for line in basis.lines]
    taken = {line.item_ref for line, (outcome, _price) in zip(basis.lines, outcomes, strict=True) if outcome in TAKEN}
    priced, headings = _priced(known, answer, taken)
    arranging.write_lines(db, draft, priced, headings)
    started = Started(draft, outcomes)
    told = [_told(line, *outcome) for line, outcome in zip(basis.lines, outcomes, strict=True)]
    recorded = {"source": basis.source, "lines": len(told) - started.left_out, "left_out": started.left_out}
    facts = {"source": basis.source, "currency": basis.currency, "away": answer.away, "lines": told}
    history.note(db, draft, basis.kind, tell=False, recorded=recorded, of=basis.kind, **facts)
    return started


def _priced(known: Plan, answer: Answer, taken: Collection[str | None]) -> tuple[list[drafts.Priced], list[Heading]]:
    """The lines to write and the sections among them. An item that stood on several lines stands where it did first."""
    notes, first = _notes(known.basis.lines), {line.item_ref: line for line in reversed(known.basis.lines)}
    priced: list[drafts.Priced] = []
    headings: list[Heading] = []
    here = ("", "")
    for ref, quantity in known.quantities.items():
        if ref not in taken:
            continue
        wish = first[ref]
        section = (wish.section, wish.section_text)
        if section != here and wish.section and len(headings) < MOST_SECTIONS:
            headings.append(Heading(*section, len(priced)))
        here = section
        price = answer.prices[known.items[ref].id, quantity]
        chosen = wish.chosen or not wish.optional
        priced.append(
            drafts.Priced(known.items[ref], quantity, price, note=notes[ref], optional=wish.optional, chosen=chosen)
        )
    return priced, headings


def _quantities(former: Sequence[Wish], items: Mapping[str, Any]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in former:
        ref = line.item_ref
        if ref is not None and ref in items:
            found[ref] = found.get(ref, Decimal(0)) + line.quantity
    return {ref: quantity for ref, quantity in found.items() if 0 < quantity <= LARGEST}


def once(lines: Sequence[Wish]) -> list[Wish]:
    """Without options that are left where a line of the same item counts: it would be had twice, and both of them chosen."""
    there = {line.item_ref for line in lines if line.chosen}
    return [line for line in lines if line.chosen or line.item_ref not in there]


def _notes(former: Sequence[Wish]) -> dict[str | None, str]:
    """Item ref → what was noted at its lines."""
    found: dict[str | None, list[str]] = {}
    for line in former:
        notes = found.setdefault(line.item_ref, [])
        if line.note and line.note not in notes:
            notes.append(line.note)
    return {ref: "; ".join(notes)[:LONGEST_NOTE] for ref, notes in found.items()}


def _outcome(line: Wish, known: Plan, answer: Answer, comparable: bool) -> tuple[Outcome, Decimal | None]:
    ref = line.item_ref
    if ref is None:
        return "unlisted", None
    item = known.items.get(ref)
    if item is None or not item.active or item.id in answer.gone:
        return "gone", None
    quantity = known.quantities.get(ref)
    price = answer.prices.get((item.id, quantity)) if quantity is not None else None
    if price is None:
        return "unpriced", None
    same = comparable and price.unit_price == line.unit_price
    return "same" if same else "changed", price.unit_price


def _told(line: Wish, outcome: Outcome, price: Decimal | None) -> dict[str, Any]:
    """As it is kept in the draft's history."""
    return {
        "name": line.name,
        "unit": line.unit,
        "quantity": str(line.quantity),
        "before": None if line.unit_price is None else str(line.unit_price),
        "after": None if price is None else str(price),
        "outcome": outcome,
    }
