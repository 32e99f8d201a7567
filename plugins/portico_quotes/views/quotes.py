"""Pages that show quotes: the list, hidden drafts, one quote, its print view, and the dashboard's card."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request
from pyramid.response import Response

from portico.connections.messages import told
from portico.db.types import now
from portico.documents import giving
from portico.errors import InvalidError
from portico.exports.answer import FORMATS
from portico.pluginhost import agreements
from portico.web.i18n import translate
from portico.web.params import text_param
from portico_quotes import (
    agreeing,
    decisions,
    destinations,
    documents,
    drafts,
    exporting,
    exporting_lines,
    grouping,
    history,
    reading,
    revisions,
)
from portico_quotes.i18n import _
from portico_quotes.reading import Wanted
from portico_quotes.repricing import asked, summed
from portico_quotes.states import FINAL, KINDS, OFFERED, TITLES, Delivery, State
from portico_quotes.totals import line_total, total
from portico_quotes.validity import is_past
from portico_quotes.views import file_card, forms, many
from portico_quotes.views.cells import cells
from portico_quotes.views.wording import happening, pill, problem

VERSIONED = ("submitted", "processed", "offered", "revised")
"""What happens to a quote when another version of it is kept."""
TRACKED = (State.DRAFT, State.SUBMITTED, State.PROCESSED, State.REVISED, State.ACCEPTED, State.ORDERED)


def listing(context: None, request: Request) -> dict[str, Any]:
    shown = _list(request, Wanted.read(request.GET))
    return shown | {"rows": cells(request, shown["quotes"])}


def export_lines(context: Any, request: Request) -> Response:
    """POST, as `export`."""
    return exporting_lines.export(request, context, _format(request))


def _format(request: Request) -> str:
    form = text_param(request, "format") or FORMATS[0]
    if form not in FORMATS:
        raise InvalidError(fields={"/format": _("There is no such format.")})
    return form


def export(context: None, request: Request) -> Response:
    """POST, as it leaves a mark in the trail."""
    form = _format(request)
    if "shown" in request.POST or "quote" in request.POST:
        return many.export(request, form)
    given = {name: text_param(request, name) for name in ("q", "state", "account")}
    return exporting.export(request, Wanted.read(given), form)


def hidden(context: None, request: Request) -> dict[str, Any]:
    return _list(request, Wanted(hidden=True)) | {"restorable_for": drafts.RESTORABLE_FOR.days}


def _list(request: Request, wanted: Wanted) -> dict[str, Any]:
    page = reading.listing(request.db, wanted, cursor=request.GET.get("after"))
    staff = request.scope.kind == "staff"
    query = {
        "q": wanted.text,
        "state": wanted.state.value if wanted.state else "",
        "account": str(wanted.account_id or ""),
    }
    query = {name: value for name, value in query.items() if value}
    plain = {name: value for name, value in query.items() if name != "state"}
    base, locale = request.route_path("quotes.list"), request.locale_name
    tabs = [(_("All"), "", wanted.state is None), *((TITLES[one], one.value, wanted.state == one) for one in State)]
    return {
        "quotes": page.rows,
        "next": page.next,
        "wanted": wanted,
        "staff": staff,
        "query": query,
        "states": [
            (translate(locale, title), _address(base, {**plain, "state": state}), here, None)
            for title, state, here in tabs
        ],
        "accounts": reading.accounts(request.db) if staff else [],
        "first": not request.GET.get("after"),
        "query_without_text": {name: value for name, value in query.items() if name != "q"},
        "next_query": {**query, "after": page.next or ""},
    }


def choose(context: None, request: Request) -> Any:
    """For whom a new quote is: the organisations that the actor may write for, found by name, number or address."""
    text = reading.cleaned(request.GET.get("q"))
    found = reading.organisations(request.db, text, cursor=request.GET.get("after"))
    values = {"customers": found.rows, "next": found.next, "text": text, "first": not request.GET.get("after")}
    if request.headers.get("HX-Target") == "customers":  # while one types: the list alone, at the page's address
        return forms.render(request, "choose_customers", values)
    return values


def _address(base: str, query: dict[str, str]) -> str:
    given = {name: value for name, value in query.items() if value}
    return f"{base}?{urlencode(given)}" if given else base


def detail(context: Any, request: Request) -> dict[str, Any]:
    return body(context, request)


def body(context: Any, request: Request) -> dict[str, Any]:
    """Everything of a quote that can change while the page is open."""
    rows = reading.rows(request.db, context)
    draft = context.state == State.DRAFT
    shown, lines = (rows if draft else grouping.binding(rows)), grouping.counted(rows)
    sums = total(summed(lines), context.currency)
    past = history.happenings(request.db, context.account_id, context.id)
    scope, state, account = request.scope, State(context.state), context.account_id
    expired = is_past(request.db, context.valid_until)
    return {
        "quote": context,
        "state": state,
        "pill": pill(context),
        "rows": shown,
        "subtotals": grouping.subtotals(rows, context.currency),
        "addition": grouping.addition(rows, context.currency) if draft else None,
        "left": [] if draft else grouping.left(rows),
        "destination": destinations.lines(context.delivery_address, request.locale_name),
        "sums": sums,
        "line_total": line_total,
        "asked": asked,
        "steps": [
            one | {"title": translate(request.locale_name, one["title"])} for one in steps(context, past)
        ],
        "happenings": [(happening(one), one) for one in reversed(past)],
        "problem": problem(context, staff=scope.kind == "staff"),
        "fault": bool((context.problem or {}).get("fault")),
        "may_edit": state == State.DRAFT and scope.has("quotes:edit", account),
        "may_keep": bool(grouping.lines(rows)) and scope.has("quotes:edit", account),
        "may_decide": state in OFFERED and not expired and scope.has("quotes:decide", account),
        "agreement_way": agreements.way(request.db, agreeing.KIND, context.id) if state in OFFERED else None,
        **_revision(context, request, state, past),
        "has_versions": any(one.kind in VERSIONED for one in past),
        "may_undo": context.answer_due_at is not None
        and context.answer_due_at > now()
        and scope.has("quotes:decide", account),
        "undo_minutes": decisions.minutes_left(request.db, context.valid_until),
        "expired": expired and state in OFFERED,
        "may_take_back": state == State.SUBMITTED
        and context.delivery == Delivery.WAITING
        and not context.uncertain
        and scope.has("quotes:submit", account),
        "may_send_again": context.delivery == Delivery.PROBLEM and scope.has("quotes:manage"),
        "staff": scope.kind == "staff",
        "references": [one for one in (str(context.id), context.number, context.erp_ref) if one],
        "said": told,
    } | file_card.shown(context, request)


def _revision(quote: Any, request: Request, state: State, past: list[Any]) -> dict[str, Any]:
    """What was asked to be different, while it is open, or was not granted and is the last that happened of it."""
    scope, kinds = request.scope, [one.kind for one in past if one.kind in ("revision_refused", *VERSIONED)]
    refused = state in OFFERED and kinds[-1:] == ["revision_refused"]
    found = revisions.of(request.db, quote.account_id, quote.id)[:1] if quote.requested_at or refused else []
    is_open = quote.requested_at is not None
    return {
        "revision": found[0] if found else None,
        "may_withdraw_revision": is_open and scope.has("quotes:decide", quote.account_id),
        "may_refuse_revision": is_open and scope.has("quotes:manage"),
    }


def printed(context: Any, request: Request) -> dict[str, Any]:
    return body(context, request)


def pdf(context: Any, request: Request) -> Response:
    return giving.send(request, documents.KIND, context)


def steps(quote: Any, past: list[Any]) -> list[dict[str, Any]]:
    """The way of a quote as the timeline draws it: what is behind, where it is, what may follow."""
    at = {one.kind: one.at for one in past}
    state = State(quote.state)
    way = [
        State.DRAFT,
        State.SUBMITTED,
        State.REVISED if state == State.REVISED else State.PROCESSED,
        State.ACCEPTED,
        State.ORDERED,
    ]
    times = {
        State.DRAFT: quote.created_at,
        State.SUBMITTED: quote.submitted_at,
        State.PROCESSED: at.get("processed") or at.get("offered"),
        State.REVISED: at.get("revised"),
        State.ACCEPTED: at.get("accepted"),
        State.ORDERED: at.get("ordered"),
    }
    if state in FINAL and state != State.ORDERED:
        gone = [one for one in way[:4] if times[one] is not None]
        return [
            *({"title": TITLES[one], "state": "done", "at": times[one]} for one in gone),
            {"title": TITLES[state], "state": "failed", "at": at.get(state.value), "note": ""},
        ]
    here = way.index(state)
    marks = [
        "done" if place < here or state == State.ORDERED else "current" if place == here else "todo"
        for place in range(len(way))
    ]
    return [
        {"title": TITLES[one], "state": mark, "at": times[one] if mark != "todo" else None}
        for one, mark in zip(way, marks, strict=True)
    ]


def tracker(context: None, request: Request) -> dict[str, Any]:
    """How many quotes are where, and the newest."""
    counts = reading.tally(request.db)
    newest = reading.listing(request.db, Wanted(), limit=4)
    shown = [(state, TITLES[state], counts.get(state, 0), KINDS[state]) for state in TRACKED]
    return {
        "counts": shown,
        "most": max((number for _state, _title, number, _kind in shown), default=0) or 1,
        "newest": cells(request, newest.rows),
        "staff": request.scope.kind == "staff",
        "may_start": request.scope.has("quotes:edit") and not request.scope.accounts,
        "limit": reading.MOST_COUNTED,
    }
