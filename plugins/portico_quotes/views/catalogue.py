"""The catalogue's page, the list that grows in it, and the prices that arrive after it."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.db.types import as_id
from portico.errors import InvalidError
from portico.web.flash import flash
from portico_quotes import accounts, building, catalogue, drafts, live, pricing, schemas
from portico_quotes.catalogue import Browse
from portico_quotes.i18n import _
from portico_quotes.views import forms

PAGE = 30
ONE = Decimal(1)
MOST_PRICED = 60


def page(context: None, request: Request) -> Any:
    values = found(request)
    if (
        request.headers.get("HX-Target") == "catalogue-items"
    ):  # while one types: the list alone, at the page's address
        return forms.render(request, "catalogue_items", values)
    shelves = catalogue.shelves(request.db)
    return values | {
        "shelves": shelves,
        "categories": catalogue.categories(shelves, values["wanted"].kind),
        "read_at": catalogue.read_at(request.db),
    }


def items(context: None, request: Request) -> dict[str, Any]:
    """The list alone: while one types, and for "show more"."""
    return found(request)


def found(request: Request, account_id: uuid.UUID | None = None) -> dict[str, Any]:
    """Items with their last known prices; live ones follow by the fragment `quotes.prices`."""
    wanted = Browse.read(request.GET)
    result = catalogue.browse(request.db, wanted, cursor=request.GET.get("after"), limit=PAGE)
    account = account_id or live.own_account(request)
    answer = pricing.cached(request.db, account, [(row, ONE) for row in result.rows])
    return {
        "wanted": wanted,
        "items": result.rows,
        "next": result.next,
        "after": request.GET.get("after"),
        "prices": pricing.of_items(answer, result.rows, ONE),
        "price_query": price_query(request, result.rows, account_id),
        "may_add": accounts.own(request.scope, "quotes:edit") is not None,
        "next_query": _query(wanted) | {"after": result.next or ""},
        "query_without_text": {name: value for name, value in _query(wanted).items() if name != "q"},
    }


def price_query(request: Request, rows: Any, account_id: uuid.UUID | None = None) -> str:
    """The address that brings live prices of these items, for the organisation that the reader writes a quote for."""
    ids = [("item", str(row.id)) for row in rows[:MOST_PRICED]]
    account = [("account", str(account_id))] if account_id else []
    return request.route_path("quotes.prices", _query=[*ids, *account]) if ids else ""


def _query(wanted: Browse) -> dict[str, str]:
    return {
        name: value
        for name, value in (("q", wanted.text), ("kind", wanted.kind), ("category", wanted.category))
        if value
    }


def prices(context: None, request: Request) -> dict[str, Any]:
    """Live prices for what is on the page, each to its place; a plain sentence when the company is away."""
    ids = _ids(request.GET.getall("item"))
    known = catalogue.items(request.db, ids)
    rows = [known[one] for one in ids if one in known]
    chosen = _ids(request.GET.getall("account"))
    account = accounts.choose(request.db, chosen[0], "quotes:view") if chosen else live.own_account(request)
    answer = live.ask(request, account, [(row, ONE) for row in rows], request.tenant.currency)
    return {"items": rows, "prices": pricing.of_items(answer, rows, ONE), "answer": answer}


def _ids(texts: list[str]) -> list[uuid.UUID]:
    found = dict.fromkeys(as_id(text) for text in texts[:MOST_PRICED])
    return [one for one in found if one is not None]


def quick_add(context: None, request: Request) -> Response:
    """Into the newest draft, or a new one: from the catalogue, without choosing a quote first."""
    try:
        data = forms.data(request, schemas.AddLine)
    except InvalidError as error:
        return _not_added(request, error)
    account = accounts.choose(request.db, None)
    quote = drafts.newest(request.db, account)
    try:
        built = building.add_line(request, quote, {**data, "version": None})
    except InvalidError as error:
        return _not_added(request, error)
    if forms.by_htmx(request):
        return forms.render(request, "added", {"quote": built.draft, "line": built.line, "kind": "success"})
    flash(request, _("“${name}” is in your quote.", mapping={"name": built.line.name}))
    return forms.go(request, "quotes.edit", quote_id=built.draft.id)


def _not_added(request: Request, error: InvalidError) -> Response:
    if not forms.by_htmx(request):
        raise error
    messages = [*forms.errors_of(request, error).values(), error.message]
    return forms.render(request, "added", {"message": messages[0], "quote": None, "kind": "error"}, status=422)
