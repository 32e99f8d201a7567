"""A line's memory of prices: the one that the customer was shown and accepted, and the company's while that is another.

`unit_price` and `tax_rate` are accepted. `offered_price` and `offered_tax_rate` are what the company asks now, kept apart
until the customer agrees at submit. A price that only follows from another quantity is the price list's own rule: it is
explained, and needs no agreement. Source and age always belong to what the company said last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from portico_quotes.models import Line
from portico_quotes.pricing import KEEP_QUIET, Answer, PricedItem


def asked(line: Any) -> tuple[Decimal | None, Decimal]:
    """(unit price, tax rate) that the line costs now: what the company asks, if that differs from what was accepted."""
    if line.offered_price is None:
        return line.unit_price, line.tax_rate
    rate = line.tax_rate if line.offered_tax_rate is None else line.offered_tax_rate
    return line.offered_price, rate


def summed(lines: Iterable[Any]) -> Iterable[tuple[Decimal, Decimal | None, Decimal]]:
    """The lines as `totals.total` adds them up: without options that are not taken."""
    return ((line.quantity, *asked(line)) for line in lines if line.chosen)


def holds(line: Any, price: PricedItem) -> bool:
    """Whether this is the price that was accepted."""
    return bool(line.unit_price == price.unit_price and line.tax_rate == price.tax_rate)


def adopt(line: Line, price: PricedItem) -> None:
    """The line's price from now on: shown for the first time, or agreed to."""
    line.unit_price, line.tax_rate = price.unit_price, price.tax_rate
    line.offered_price = line.offered_tax_rate = None
    _note_source(line, price)


def offer(line: Line, price: PricedItem) -> None:
    """The company asks another price than the accepted one. At submit the customer is asked."""
    line.offered_price, line.offered_tax_rate = price.unit_price, price.tax_rate
    _note_source(line, price)


def _note_source(line: Line, price: PricedItem) -> None:
    line.price_list, line.price_source, line.price_as_of = price.price_list, price.source, price.as_of
    line.gone = False


def note(line: Line, price: PricedItem | None, *, gone: bool = False) -> None:
    """What the company says of the line as it stands. price None: nothing that could be used."""
    if price is None:
        line.gone = gone
    elif line.unit_price is None or holds(line, price):
        adopt(line, price)
    else:
        offer(line, price)


def reprice(line: Line, before: PricedItem | None, after: PricedItem) -> Decimal | None:
    """The line has another quantity. before: the company's price now of the quantity that was shown; after: of the new one.

    Returns the former unit price where the new quantity alone made it another.
    """
    if line.unit_price is None or holds(line, after):
        adopt(line, after)
        return None
    if before is None or not holds(line, before):
        offer(line, after)
        return None
    former = line.unit_price
    adopt(line, after)
    return former


def named(line: Any, answer: Answer, ids: Mapping[str, UUID]) -> PricedItem | None:
    """What the company asks for the line. ids: item ref → our item."""
    item_id = ids.get(line.item_ref)
    return answer.prices.get((item_id, line.quantity)) if item_id is not None else None


def _is_gone(line: Any, answer: Answer, ids: Mapping[str, UUID]) -> bool:
    item_id = ids.get(line.item_ref)
    return item_id is None or item_id in answer.gone


def is_news(line: Any, answer: Answer, ids: Mapping[str, UUID]) -> bool:
    """Whether the company says something of the line that it does not hold yet, or that it holds too old."""
    price = named(line, answer, ids)
    if price is None:
        return bool(_is_gone(line, answer, ids) and not line.gone)
    if line.gone or line.price_source != "live" or price.as_of - line.price_as_of > KEEP_QUIET:
        return True
    return bool(asked(line) != (price.unit_price, price.tax_rate))


def check(lines: Iterable[Line], answer: Answer, ids: Mapping[str, UUID]) -> None:
    """Note what the company says of each line now."""
    for line in lines:
        note(line, named(line, answer, ids), gone=_is_gone(line, answer, ids))
