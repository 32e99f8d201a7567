"""What pages and API do alike with a draft: read live prices first, then change it by one call of a service."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pyramid.request import Request

from portico.errors import DomainError, InvalidError
from portico_quotes import arranging, catalogue, destinations, drafts, grouping, live, reading, repricing, submission
from portico_quotes.errors import PricesChangedError, QuoteStateError, QuoteVersionError
from portico_quotes.fields import LARGEST, too_large
from portico_quotes.i18n import _
from portico_quotes.models import Line, Quote
from portico_quotes.pricing import Answer
from portico_quotes.states import State

OPTIONS = {"no": (False, True), "in": (True, True), "out": (True, False)}
"""What a form says of a line: whether it is optional, and chosen."""


def check_open(quote: Any, version: int | None) -> None:
    """Refuse before the company is asked. Raises QuoteStateError, QuoteVersionError."""
    if quote.state != State.DRAFT:
        raise QuoteStateError()
    if version is not None and version != quote.version:
        raise QuoteVersionError(version=quote.version)


@dataclass(frozen=True)
class Built:
    """What became of one line. former: its price before, where the new quantity alone made it another."""

    draft: Quote
    line: Line
    answer: Answer | None = None
    former: Decimal | None = None


def add_line(request: Request, quote: Any, data: Mapping[str, Any]) -> Built:
    """Add an item at its live price, or more of it if the draft has it.

    The draft is locked before the company is asked (the lock ends with the attempt): what others add in the meantime
    is counted, and asked about, when the request runs again.
    """
    db = request.db
    draft = drafts.open_draft(db, quote.id, data["version"])
    item = catalogue.items(db, [data["item"]]).get(data["item"])
    if item is None:
        raise InvalidError(fields={"/item": _("There is no such item.")})
    held = reading.present_quantity(db, draft, item.ref)
    quantity = _within(held + data["quantity"])
    answer = live.ask(request, draft.account_id, with_held(item, held, quantity), draft.currency)
    price = drafts.check_usable(answer.prices.get((item.id, quantity)), item, answer)
    before = answer.prices.get((item.id, held))
    wanted = drafts.Priced(item, quantity, price, before, data.get("note") or "")
    line, former = drafts.put_line(db, draft, wanted)
    return Built(draft, line, answer, former)


def with_held(item: Any, held: Decimal, quantity: Decimal) -> list[tuple[Any, Decimal]]:
    """What to ask for another quantity: also the price of the present one, which tells a new price from a price break."""
    return [(item, one) for one in dict.fromkeys((quantity, held)) if one]


def _within(quantity: Decimal) -> Decimal:
    if quantity > LARGEST:
        raise InvalidError(fields={"/quantity": too_large()})
    return quantity


def change_line(request: Request, quote: Any, line_id: uuid.UUID, data: Mapping[str, Any]) -> Built:
    """Another quantity is priced anew: it may reach a price break. Of a section its title and text can change alone."""
    db = request.db
    draft = drafts.open_draft(db, quote.id, data["version"])
    line = drafts.find_line(db, draft, line_id)
    if line.kind == grouping.SECTION:
        arranging.change_section(db, draft, line, data["title"], data["note"])
        return Built(draft, line)
    quantity, price, before, answer = data["quantity"], None, None, None
    if quantity is not None and quantity != line.quantity:
        item = catalogue.items_by_ref(db, draft.connection_id, [line.item_ref]).get(line.item_ref)
        if item is not None:
            wanted = with_held(item, line.quantity, quantity)
            answer = live.ask(request, draft.account_id, wanted, draft.currency)
            price, before = (answer.prices.get((item.id, one)) for one in (quantity, line.quantity))
            line.gone = item.id in answer.gone
    option = OPTIONS.get(data["option"])
    former = drafts.change_line(
        db, draft, line, quantity=quantity, note=data["note"], option=option, price=price, before=before
    )
    return Built(draft, line, answer, former)


@dataclass(frozen=True)
class Checked:
    """A draft and its rows as they stand after the company was asked. named: lines that it named a price for."""

    quote: Any
    rows: Sequence[Any]
    answer: Answer
    named: Collection[uuid.UUID]


def check_prices(request: Request, quote: Any) -> Checked:
    """Read the company's prices of all lines, and note in the draft what is not in it yet. quote: with `customer_ref`."""
    db = request.db
    rows = reading.rows(db, quote)
    lines = grouping.lines(rows)
    items = catalogue.items_by_ref(db, quote.connection_id, [line.item_ref for line in lines])
    wanted = [(items[line.item_ref], line.quantity) for line in lines if line.item_ref in items]
    answer = live.ask_for(request, quote.customer_ref, quote.account_id, wanted, quote.currency)
    if answer is None or answer.away:
        fault, busy = (answer.fault, answer.busy) if answer else (False, False)
        return Checked(quote, rows, Answer({}, away=True, fault=fault, busy=busy), ())
    ids = {ref: item.id for ref, item in items.items()}
    if any(repricing.is_news(line, answer, ids) for line in lines):
        draft = drafts.open_draft(db, quote.id)
        present = drafts.lines(db, draft)
        repricing.check(present, answer, ids)
        drafts.add_up(db, draft, present)
        quote, rows = reading.one(db, quote.id), reading.rows(db, quote)
        lines = grouping.lines(rows)
    return Checked(quote, rows, answer, [line.id for line in lines if repricing.named(line, answer, ids)])


def write_whole(request: Request, quote: Any, data: Mapping[str, Any]) -> Quote:
    """Replace note, order number, destination, all lines and sections: the API's PUT and POST."""
    db = request.db
    draft = drafts.open_draft(db, quote.id, data.get("version"))
    wanted = _wanted(request, data["lines"])
    rows = drafts.rows(db, draft)
    present = {line.item_ref: line for line in grouping.lines(rows)}
    held = {ref: line.quantity for ref, line in present.items()}
    pairs = [pair for item, one in wanted for pair in with_held(item, held.get(item.ref, one["quantity"]), one["quantity"])]
    answer = live.ask(request, draft.account_id, pairs, draft.currency)
    priced = []
    for position, (item, one) in enumerate(wanted):
        quantity = one["quantity"]
        try:
            price = drafts.check_usable(answer.prices.get((item.id, quantity)), item, answer)
        except InvalidError as error:
            error.fields = {f"/lines/{position}{pointer}": text for pointer, text in error.fields.items()}
            raise
        before = answer.prices.get((item.id, held.get(item.ref, quantity)))
        optional, chosen = _option(position, one, present.get(item.ref))
        priced.append(drafts.Priced(item, quantity, price, before, one["note"], optional=optional, chosen=chosen))
    if data["sections"] is None:
        headings = _kept(rows, [item.ref for item, _one in wanted])
    else:
        headings = _headings(data["sections"])
    arranging.write_lines(db, draft, priced, headings)
    destination = destinations.whole(db, draft.account_id, data["delivery_address"], data["wanted_on"])
    drafts.change_quote(
        db, draft, note=data["note"], po_number=data["po_number"], site_id=data["site"], destination=destination
    )
    return draft


def _option(position: int, given: Mapping[str, Any], line: Any) -> tuple[bool, bool]:
    """(optional, chosen) of what was given of a line, and of how it stands where that says nothing."""
    optional, chosen = given["optional"], given["chosen"]
    if optional is None:
        optional = line is not None and line.optional
    if chosen is None:
        chosen = line is None or not optional or line.chosen
    if not optional and not chosen:
        raise InvalidError(fields={f"/lines/{position}/chosen": _("Only an optional line can be left out.")})
    return optional, chosen


def _kept(rows: Sequence[Any], refs: Sequence[str]) -> list[grouping.Heading]:
    """The sections of these rows, each before the first of these lines that it holds; one that held none is behind all, and one
    whose lines are all gone goes with them."""
    found, places = [], {ref: place for place, ref in enumerate(refs)}
    for group in grouping.groups(rows):
        held = [places[line.item_ref] for line in group.lines if line.item_ref in places]
        if group.heading is not None and (held or not group.lines):
            found.append(grouping.Heading(group.heading.name, group.heading.note, min(held, default=len(refs))))
    return found


def _headings(given: Sequence[Mapping[str, Any]]) -> list[grouping.Heading]:
    for place, one in enumerate(given):
        if not one["title"].strip():
            raise InvalidError(fields={f"/sections/{place}/title": _("Give the section a title.")})
    return [grouping.Heading(one["title"].strip(), one["text"].strip(), one["lines_before"]) for one in given]


def _wanted(request: Request, given: Sequence[Mapping[str, Any]]) -> list[tuple[Any, Mapping[str, Any]]]:
    """The items of the lines, with what was sent of them. The same item twice, or one that does not exist, is an error at its
    line."""
    known = catalogue.items(request.db, [line["item"] for line in given])
    seen: set[uuid.UUID] = set()
    found = []
    for position, line in enumerate(given):
        item = known.get(line["item"])
        if item is None:
            raise InvalidError(fields={f"/lines/{position}/item": _("There is no such item.")})
        if item.id in seen:
            raise InvalidError(
                fields={f"/lines/{position}/item": _("This item is in the quote twice. Add the quantities.")}
            )
        seen.add(item.id)
        found.append((item, line))
    return found


class Heard(StrEnum):
    """Whether the company's system was heard of on the way: it named prices, did not answer, or has a fault."""

    PRICES = "prices"
    NOTHING = "nothing"
    FAULT = "fault"


def submit(request: Request, quote: Any, data: Mapping[str, Any]) -> Heard:
    """Read prices anew, compare, hand over. Only with PRICES are they confirmed.

    Raises PricesChangedError with what changed, AboveLimitError.
    """
    if quote.state != State.DRAFT:
        return Heard.PRICES if quote.confirmed else Heard.NOTHING
    with _priced(request, quote, data) as (answer, ids):
        submission.submit(
            request.db, quote, _named(answer), ids, confirmed=data["confirmation"], version=data["version"]
        )
    return Heard.FAULT if answer.fault else Heard.NOTHING if answer.away else Heard.PRICES


def _named(answer: Answer) -> Answer | None:
    """What the company said itself, None: nothing."""
    return None if answer.away else answer


def ask_approval(request: Request, quote: Any, data: Mapping[str, Any]) -> None:
    """Read prices anew, as for submitting, and ask a colleague. Raises what `submit` raises, NoApprovalNeededError."""
    with _priced(request, quote, data) as (answer, ids):
        submission.ask_approval(
            request.db,
            request.registry.portico,
            quote,
            _named(answer),
            ids,
            note=data["note"],
            confirmed=data["confirmation"],
            version=data["version"],
        )


@contextmanager
def _priced(
    request: Request, quote: Any, data: Mapping[str, Any]
) -> Iterator[tuple[Answer, dict[str, uuid.UUID]]]:
    """The company's answer on the draft's lines, and ref → item; what changed is remembered."""
    check_open(quote, data["version"])
    db = request.db
    present = grouping.counted(drafts.rows(db, quote))
    submission.check_ready(db, quote, present)
    items = catalogue.items_by_ref(db, quote.connection_id, [line.item_ref for line in present])
    wanted = [(items[line.item_ref], line.quantity) for line in present if line.item_ref in items]
    answer = live.ask(request, quote.account_id, wanted, quote.currency, strict=True)
    ids = {ref: item.id for ref, item in items.items()}
    try:
        yield answer, ids
    except PricesChangedError:
        remember(request, quote, answer, ids)
        raise


def remember(request: Request, quote: Any, answer: Answer, ids: dict[str, uuid.UUID]) -> None:
    """Keep the prices that a draft was refused for, to be shown and agreed to. The refusal may roll this request's transaction
    back, so they are kept in one of their own; the caller holds no lock of the draft any more."""
    # Who was faster has left nothing to remember.
    with suppress(DomainError), request.registry.portico.sessions.scoped(request.scope) as own:
        submission.remember(own, quote.id, answer, ids)
