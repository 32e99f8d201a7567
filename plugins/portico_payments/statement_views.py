"""The pages of statements: of any range, with running balance and ages, and the same as files."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.connections.freshness import freshness
from portico.documents import giving
from portico.errors import InvalidError
from portico.web.params import text_param
from portico_payments import accounting, documents, statement_files, visibility
from portico_payments.asked import Asked, read
from portico_payments.entity import NAME
from portico_payments.views import address, form_of

PER_PAGE = 100
_KEPT = ("account", "currency", "from", "to")


def page(context: None, request: Request) -> dict[str, Any]:
    asked = read(request.db, request.GET)
    base, number = request.route_path("payments.statement"), _page(request)
    kept = {name: value for name, value in request.GET.items() if name in _KEPT and value}
    found, lines, age = asked.statement, [], None
    if asked.account_id is not None:
        after = (number - 1) * PER_PAGE
        lines = accounting.lines(request.db, asked.account_id, found, most=PER_PAGE, after=after) if found.count else []
        age = accounting.age(request.db, asked.account_id, found, visibility.today(request.tenant))
    pages = -(-found.count // PER_PAGE)
    return {
        "asked": asked,
        "statement": found,
        "lines": lines,
        "age": age,
        "base": base,
        "kept": _said(asked),
        "number": number,
        "pages": pages,
        "newer": address(base, kept, page=str(number - 1)) if 1 < number <= pages else "",
        "older": address(base, kept, page=str(number + 1)) if number < pages else "",
        "tabs": [(one, address(base, kept, currency=one), one == found.currency) for one in asked.currencies],
        "freshness": freshness(request.db, NAME),
        "forms": statement_files.FORMATS,
    }


def _page(request: Request) -> int:
    """What is no number of a page is the first."""
    text = request.GET.get("page") or ""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _said(asked: Asked) -> dict[str, str]:
    """What a form has to say for this very statement."""
    found = asked.statement
    given = {"currency": found.currency, "from": found.since.isoformat(), "to": found.until.isoformat()}
    return given | ({"account": str(asked.account_id)} if asked.account_id else {})


def export(context: None, request: Request) -> Response:
    """POST, as it leaves a mark in the trail."""
    asked, form = _exactly(request, _posted(request)), form_of(request, statement_files.FORMATS)
    if asked.account_id is None:
        return HTTPSeeOther(request.route_path("payments.statement"))
    return statement_files.export(request, asked, form)


def document(context: None, request: Request) -> Response:
    """The same statement as a PDF; where it is not said whose, the page asks."""
    asked = _exactly(request, {name: request.GET.get(name) or "" for name in _KEPT})
    if asked.account_id is None:
        return HTTPSeeOther(request.route_path("payments.statement"))
    statement = documents.Ranged(asked.account_id, asked.account, asked.statement)
    return giving.send(request, documents.STATEMENT, statement)


def _posted(request: Request) -> dict[str, str]:
    return {name: text_param(request, name) or "" for name in _KEPT}


def _exactly(request: Request, given: dict[str, str]) -> Asked:
    """What a page would explain beside its fields is refused here. Raises InvalidError."""
    asked = read(request.db, given)
    if asked.errors:
        raise InvalidError(fields={f"/{name}": text for name, text in asked.errors.items()})
    return asked
