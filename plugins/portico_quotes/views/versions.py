"""Pages that put two versions of a quote, or two quotes, side by side."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.db.types import as_id
from portico.documents import giving
from portico.errors import NotFoundError
from portico_quotes import destinations, former, grouping, reading, versions
from portico_quotes.reading import Wanted
from portico_quotes.states import State
from portico_quotes.views.wording import pill

CANDIDATES = 25
"""Quotes that a page offers to compare with."""


def page(context: Any, request: Request) -> dict[str, Any]:
    """The versions of a quote, and two of them side by side: `a` and `b` by number, else the last two."""
    found = versions.of(request.db, context.account_id, context.id)
    values: dict[str, Any] = {"quote": context, "versions": found, "pairs": [], "before": None, "after": None}
    if len(found) < 2:
        return values
    before, after = versions.chosen(found, _number(request, "a"), _number(request, "b"))
    found_pairs = versions.pairs(before.lines, after.lines)
    return values | {"before": before, "after": after, "pairs": found_pairs} | _where(request, before, after)


def _where(request: Request, *sides: versions.Side) -> dict[str, Any]:
    return {"where": [destinations.lines(one.delivery_address, request.locale_name) for one in sides]}


def paper(context: Any, request: Request) -> Response:
    """Of a former version; that of the last is the quote's own."""
    number = former.read_number(request.matchdict["quote_version"])
    return giving.send(request, former.KIND, former.of(request.db, context, number))


def _number(request: Request, name: str) -> int | None:
    text = request.GET.get(name)
    return former.read_number(text) if text else None


def compare(context: Any, request: Request) -> dict[str, Any]:
    """The quote beside another of those that the reader sees (`with`), or the choice of one."""
    text = reading.cleaned(request.GET.get("q"))
    values: dict[str, Any] = {"quote": context, "other": None, "pairs": [], "text": text, "candidates": [], "pill": pill}
    if request.GET.get("with"):
        chosen = as_id(request.GET["with"])
        if chosen is None:
            raise NotFoundError
        other = reading.one(request.db, chosen)
        before, after = (versions.as_it_is(one, _rows(request, one)) for one in (context, other))
        found = versions.pairs(before.lines, after.lines)
        return values | {"other": other, "before": before, "after": after, "pairs": found} | _where(request, before, after)
    wanted = Wanted(text=text, account_id=context.account_id)
    rows = reading.listing(request.db, wanted, limit=CANDIDATES + 1).rows
    return values | {"candidates": [one for one in rows if one.id != context.id][:CANDIDATES]}


def _rows(request: Request, quote: Any) -> Any:
    """Of a draft all, else what the company was sent or offers."""
    rows = reading.rows(request.db, quote)
    return rows if quote.state == State.DRAFT else grouping.binding(rows)
