"""The page that a link in an offer's mail leads to, and the list of such links with a way to revoke them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.errors import DomainError
from portico.links import opening
from portico.links import service as links
from portico.links.errors import LinkClosedError
from portico.links.opening import Opened
from portico.web.flash import flash
from portico.web.params import link_param, text_param, uuid_param
from portico_quotes import decisions, grouping, mail_links, reading, schemas_offers
from portico_quotes.i18n import _
from portico_quotes.repricing import asked, summed
from portico_quotes.totals import line_total, total
from portico_quotes.views import forms


def page(context: None, request: Request) -> Response:
    """GET shows and changes nothing, as mail scanners follow links; POST answers."""
    token = link_param(request, "token")
    try:
        with opening.opened(request, mail_links.PURPOSE, token, mail_links.PERMISSIONS) as link:
            refused = _answer(request, link) if request.method == "POST" else None
            if isinstance(refused, LinkClosedError):
                raise refused
            if request.method == "POST" and refused is None:
                values: dict[str, Any] = {"quote": reading.one(request.db, link.subject_id), "done": True}
            else:
                values = _shown(request, link) | {"token": token, "refused": refused, "done": False}
    except LinkClosedError as error:
        return opening.closed(request, error, _behind(request, error.subject_id))
    scope, behind = request.scope, _behind(request, link.subject_id)
    if request.method == "GET" and scope.user_id == link.user_id and scope.has("quotes:view", link.account_id):
        return opening.quiet(HTTPSeeOther(behind))  # they are signed in, and can do more there
    values |= {"link": link, "behind": behind}
    status = 200 if refused is None else refused.status
    return opening.quiet(forms.render(request, "by_link", values, status=status))


def _answer(request: Request, link: Opened) -> DomainError | None:
    """Why it was not taken; then nothing of it was done, and the link is good for another."""
    try:
        data = forms.data(request, schemas_offers.LinkAnswer)
        with request.db.begin_nested():
            given = {"reason": data["reason"]} if data["answer"] == "decline" else {"po_number": data["po_number"]}
            mail_links.answer(request.db, link, data["answer"], seen=data["version"], **given)
    except DomainError as error:
        return error
    return None


def _shown(request: Request, link: Opened) -> dict[str, Any]:
    db = request.db
    quote = mail_links.shown(db, link)
    rows = grouping.binding(reading.rows(db, quote))
    lines = grouping.lines(rows)
    return {
        "quote": quote,
        "rows": rows,
        "subtotals": grouping.subtotals(rows, quote.currency),
        "sums": total(summed(lines), quote.currency),
        "line_total": line_total,
        "asked": asked,
        "may_answer": mail_links.may_answer(db, link, quote),
        "undo_minutes": decisions.minutes_left(db, quote.valid_until),
        "given": {name: text_param(request, name) for name in ("answer", "po_number", "reason")},
    }


def _behind(request: Request, quote_id: UUID | None) -> str:
    if quote_id is None:
        return str(request.route_path("dashboard.home"))
    return str(request.route_path("quotes.detail", quote_id=quote_id))


def listing(context: Any, request: Request) -> dict[str, Any]:
    """To whom links to the quote were sent."""
    everybodys = _all_of_them(request, context)
    return {
        "quote": context,
        "links": [
            (one, links.is_open(one, context.version), links.may_revoke(request.scope, one, all_of_them=everybodys))
            for one in links.of(request.db, context.id)
        ],
    }


def revoke(context: Any, request: Request) -> Response:
    link_id = uuid_param(request, "quote_link_id")
    links.revoke(request.db, context.id, link_id, all_of_them=_all_of_them(request, context))
    flash(request, _("The link opens nothing any more."))
    return forms.go(request, "quotes.links", quote_id=context.id)


def _all_of_them(request: Request, quote: Any) -> bool:
    scope = request.scope
    return bool(scope.has("quotes:manage") or scope.has("quotes:decide", quote.account_id))
