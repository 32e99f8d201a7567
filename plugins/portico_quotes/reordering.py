"""A draft of what was bought before, at today's prices; of each former line it is kept what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pyramid.request import Request

from portico.pluginhost.values import DraftedLine, FormerLine, StartedDraft
from portico_quotes import accounts, catalogue, drafts, history, live
from portico_quotes.errors import QuoteTooLargeError
from portico_quotes.fields import LARGEST
from portico_quotes.pricing import Answer

TAKEN = ("same", "changed")


def start(
    request: Request, account_id: uuid.UUID, source: str, currency: str, former: Sequence[FormerLine]
) -> StartedDraft:
    """Ask today's prices, make the draft of what has one, and note the rest in it. An item on several lines becomes one.

    Raises ForbiddenError, QuoteTooLargeError, InvalidError.
    """
    db = request.db
    account = accounts.choose(db, account_id)
    items = catalogue.items_named(db, sorted({line.item_ref for line in former if line.item_ref}))
    if len(items) > drafts.MOST_LINES:
        raise QuoteTooLargeError()
    wanted = _quantities(former, items)
    answer = live.ask(request, account, [(items[ref], quantity) for ref, quantity in wanted.items()], request.tenant.currency)
    lines = [_outcome(line, items, wanted, answer, currency == request.tenant.currency) for line in former]
    taken = {line.former.item_ref for line in lines if line.outcome in TAKEN}
    priced = [
        drafts.Priced(items[ref], quantity, answer.prices[items[ref].id, quantity])
        for ref, quantity in wanted.items()
        if ref in taken
    ]
    draft = drafts.start(db, account)
    drafts.write_lines(db, draft, priced)
    left_out = sum(line.outcome not in TAKEN for line in lines)
    told = [_told(line) for line in lines]
    recorded = {"source": source, "lines": len(lines) - left_out, "left_out": left_out}
    history.note(
        db, draft, "reordered", tell=False, recorded=recorded, source=source, currency=currency, away=answer.away, lines=told
    )
    return StartedDraft(draft.id, "quotes.edit", {"quote_id": str(draft.id)}, draft.currency, lines, answer.away)


def _quantities(former: Sequence[FormerLine], items: Mapping[str, Any]) -> dict[str, Decimal]:
    """Item ref → how much of it, in the order of the lines; without what nobody can order."""
    found: dict[str, Decimal] = {}
    for line in former:
        ref = line.item_ref
        if ref is not None and ref in items:
            found[ref] = found.get(ref, Decimal(0)) + line.quantity
    return {ref: quantity for ref, quantity in found.items() if 0 < quantity <= LARGEST}


def _outcome(
    line: FormerLine, items: Mapping[str, Any], wanted: Mapping[str, Decimal], answer: Answer, comparable: bool
) -> DraftedLine:
    ref = line.item_ref
    if ref is None:
        return DraftedLine(line, "unlisted")
    item = items.get(ref)
    if item is None or not item.active or item.id in answer.gone:
        return DraftedLine(line, "gone")
    quantity = wanted.get(ref)
    price = answer.prices.get((item.id, quantity)) if quantity is not None else None
    if price is None:
        return DraftedLine(line, "unpriced")
    same = comparable and price.unit_price == line.unit_price
    return DraftedLine(line, "same" if same else "changed", price.unit_price)


def _told(line: DraftedLine) -> dict[str, Any]:
    """As it is kept in the draft's history."""
    former = line.former
    return {
        "name": former.name,
        "unit": former.unit,
        "quantity": str(former.quantity),
        "before": str(former.unit_price),
        "after": None if line.unit_price is None else str(line.unit_price),
        "outcome": line.outcome,
    }
