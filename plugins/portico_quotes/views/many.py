"""Several quotes at once, from the list: by a plain form of checkboxes. What was not done with some is told, with why."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.errors import InvalidError, NotFoundError
from portico.web.flash import flash
from portico.web.params import text_param
from portico_quotes import drafts, exporting, many, reading
from portico_quotes.many import Chosen, Result
from portico_quotes.reading import Wanted
from portico_quotes.reordering import TAKEN
from portico_quotes.states import State
from portico_quotes.views import forms


def chosen(request: Request) -> Chosen:
    """`quote`: those that were ticked; `shown`: all of the page, which count if `all` is ticked. Raises as `Chosen.read`."""
    given = list(request.POST.getall("quote"))
    if text_param(request, "all"):
        given += text_param(request, "shown").split()
    return Chosen.read(given)


def _told(request: Request, error: InvalidError) -> Response:
    """Whoever chose none, or too many, is told so at the list."""
    flash(request, error.message, "warning")
    return forms.go(request, "quotes.list")


def export(request: Request, form: str) -> Response:
    """Those chosen as a file. form: one of `portico.exports.answer.FORMATS`."""
    try:
        given = chosen(request)
    except InvalidError as error:
        return _told(request, error)
    return exporting.export(request, Wanted(), form, given.ids)


def duplicate(context: None, request: Request) -> Response:
    try:
        result = many.duplicate(request, chosen(request))
    except InvalidError as error:
        return _told(request, error)
    copies = [
        {
            "quote": quote,
            "draft": started.draft,
            "left_out": started.left_out,
            "changed": sum(outcome == TAKEN[1] for outcome, _price in started.outcomes),
        }
        for quote, started in result.done
    ]
    return _result(request, "duplicate", result, copies=copies)


def submit(context: None, request: Request) -> Response:
    try:
        result = many.submit(request, chosen(request))
    except InvalidError as error:
        return _told(request, error)
    return _result(request, "submit", result)


def discard(context: None, request: Request) -> Response:
    """Asks first; `sure` says that somebody was asked."""
    try:
        given = chosen(request)
    except InvalidError as error:
        return _told(request, error)
    if not text_param(request, "sure"):
        return _ask(request, given)
    return _result(request, "discard", many.discard(request, given), restorable_for=drafts.RESTORABLE_FOR.days)


def _ask(request: Request, given: Chosen) -> Response:
    quotes = reading.several(request.db, given.ids)
    if not quotes:
        raise NotFoundError
    ours = [quote for quote in quotes if quote.state == State.DRAFT]
    values = {"drafts": ours, "others": len(quotes) - len(ours), "restorable_for": drafts.RESTORABLE_FOR.days}
    return forms.render(request, "many_discard", values | {"staff": request.scope.kind == "staff"})


def restore(context: None, request: Request) -> Response:
    try:
        result = many.restore(request, chosen(request))
    except InvalidError as error:
        return _told(request, error)
    return _result(request, "restore", result)


def _result(request: Request, what: str, result: Result, **values: Any) -> Response:
    """Who presses the button of a page that another changed gets a conflict, if nothing at all could be done."""
    shown: dict[str, Any] = {
        "what": what,
        "done": result.done,
        "left": result.left,
        "repriced": result.repriced,
        "gone": result.gone,
        "absence": result.absence,
        "staff": request.scope.kind == "staff",
        "may_edit": request.scope.has("quotes:edit"),
    }
    return forms.render(request, "many", shown | values, status=200 if result.done else 409)
