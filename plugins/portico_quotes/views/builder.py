"""The builder: one page on which a draft grows. Every change is a small POST that works as a plain form as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.db.types import as_id
from portico.errors import DomainError, InvalidError
from portico.organisation import sites
from portico.web.flash import flash
from portico.web.params import text_param, uuid_param
from portico_quotes import (
    accounts,
    arranging,
    building,
    catalogue,
    destinations,
    drafts,
    fields,
    grouping,
    history,
    reading,
    schemas,
    schemas_sections,
)
from portico_quotes.errors import QuoteVersionError
from portico_quotes.i18n import _
from portico_quotes.repricing import asked, summed
from portico_quotes.states import State
from portico_quotes.totals import line_total, total
from portico_quotes.views import destination_card, file_card, forms
from portico_quotes.views.catalogue import found
from portico_quotes.views.wording import pill, problem


def create(context: None, request: Request) -> Response:
    """For the organisation named by `account`, else the actor's own; who has none is asked for whom."""
    account = as_id(text_param(request, "account"))
    if account is None and accounts.own(request.scope, "quotes:edit") is None:
        return forms.go(request, "quotes.choose")
    quote = drafts.create(request.db, account)
    return forms.go(request, "quotes.edit", quote_id=quote.id)


def page(context: Any, request: Request) -> Any:
    if context.state != State.DRAFT:
        return forms.go(request, "quotes.detail", quote_id=context.id)
    if request.headers.get("HX-Target") == "pick":  # while one types: the list alone, at the page's address
        return forms.render(request, "pick", pick(context, request))
    return whole(context, request, unchanged=True)


def whole(
    context: Any,
    request: Request,
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    conflict: Any = None,
    line_id: Any = None,
    unchanged: bool = False,
) -> dict[str, Any]:
    """Everything of the builder. errors, typed: of the field or line (`line_id`) that was refused, so that nothing is lost.
    unchanged: this request changed nothing, so `context` is how the draft stands."""
    return (
        state_of(context, request, unchanged)
        | found(request, context.account_id)
        | {
            "shelves": catalogue.shelves(request.db),
            "sites": sites.unfolded(request.scope, context.account_id, context.sites),
            "errors": errors or {},
            "typed": typed or {},
            "refused_line": line_id,
            "conflict": conflict,
            "reordered": history.reordered(context.reordered),
            "removed": as_id(request.GET.get("removed")),
        }
        | destination_card.shown(context, request)
        | file_card.shown(context, request)
        | {"file_problem": (errors or {}).get("file", "")}
    )


def state_of(context: Any, request: Request, unchanged: bool = False) -> dict[str, Any]:
    """The draft as it stands now."""
    quote = context if unchanged else reading.one(request.db, context.id)
    return stand(quote, reading.rows(request.db, quote)) | {
        "pill": pill(quote),
        "problem": problem(quote, staff=request.scope.kind == "staff"),
        "may_submit": request.scope.has("quotes:submit", quote.account_id),
        "errors": {},
        "typed": {},
        "limits": fields,
        "conflict": None,
        "refused_line": None,
    }


def stand(quote: Any, rows: Sequence[Any]) -> dict[str, Any]:
    """The figures of a draft, and nothing that was learnt just now of its prices. rows: lines and sections."""
    lines = grouping.lines(rows)
    return {
        "quote": quote,
        "rows": rows,
        "lines": lines,
        "subtotals": grouping.subtotals(rows, quote.currency),
        "addition": grouping.addition(rows, quote.currency),
        "line_total": line_total,
        "asked": asked,
        "sums": total(summed(lines), quote.currency),
        "live": (),
        "away": None,
        "former": {},
    }


def prices(context: Any, request: Request) -> Response:
    """The draft's own prices, read from the company now: each to its line, with what changed."""
    if context.state != State.DRAFT:
        return Response(status=204)
    checked = building.check_prices(request, context)
    values = stand(checked.quote, checked.rows) | {"live": checked.named, "away": checked.answer.absence}
    response = forms.render(request, "draft_prices", values)
    response.headers["X-Quote-Version"] = str(checked.quote.version)
    return response


def pick(context: Any, request: Request) -> dict[str, Any]:
    """The catalogue beside the draft: while one types, and for "show more"."""
    return found(request, context.account_id) | {"quote": context}


def add_line(context: Any, request: Request) -> Response:
    try:
        data = forms.data(request, schemas.AddLine)
        built = building.add_line(request, context, data)
    except DomainError as error:
        return refused(context, request, error)
    return added(context, request, built)


def added(context: Any, request: Request, built: building.Built) -> Response:
    if not forms.by_htmx(request):
        return back(request, context)
    return _answer(context, request, "changed", added=built.line, **_news(built))


def add_section(context: Any, request: Request) -> Response:
    try:
        data = forms.data(request, schemas_sections.AddSection)
        draft = drafts.open_draft(request.db, context.id, data["version"])
        section = arranging.add_section(request.db, draft, data["title"], data["text"])
    except DomainError as error:
        return refused(context, request, error)
    return added(context, request, building.Built(draft, section))


def change_line(context: Any, request: Request) -> Response:
    line_id = uuid_param(request, "quote_line_id")
    try:
        data = forms.data(request, schemas.ChangeLine)
        built = building.change_line(request, context, line_id, data)
    except DomainError as error:
        return refused(context, request, error, line_id)
    if not forms.by_htmx(request):
        return back(request, context)
    return _answer(context, request, "changed", changed=line_id, **_news(built))


def _news(built: building.Built) -> dict[str, Any]:
    """What a change learnt of prices: whether the line's is live, the company away, and the price before a break."""
    if built.answer is None:
        return {}
    return {
        "live": frozenset() if built.answer.away else {built.line.id},
        "away": built.answer.absence,
        "former": {} if built.former is None else {built.line.id: built.former},
    }


def remove_line(context: Any, request: Request) -> Response:
    line_id = uuid_param(request, "quote_line_id")
    try:
        draft = drafts.open_draft(request.db, context.id, forms.data(request, schemas.Versioned)["version"])
        line = drafts.remove_line(request.db, draft, line_id)
    except QuoteVersionError as error:
        return refused(context, request, error, line_id)
    if not forms.by_htmx(request):
        return back(request, context, removed=str(line.id))
    return _answer(context, request, "removed", line=line)


def move_line(context: Any, request: Request) -> Response:
    line_id = uuid_param(request, "quote_line_id")
    try:
        data = forms.data(request, schemas.MoveLine)
        draft = drafts.open_draft(request.db, context.id, data["version"])
        place = arranging.move(request.db, draft, line_id, by=data["by"], to=data["to"])
    except DomainError as error:
        return refused(context, request, error, line_id)
    if not forms.by_htmx(request):
        return back(request, context)
    now_is = state_of(context, request)
    order = [str(line.id) for line in now_is["rows"]]
    moved = next(line for line in now_is["rows"] if line.id == line_id)
    values = now_is | {"moved": moved, "place": place}
    return forms.render(request, "moved", values, quotes__version=now_is["quote"].version, quotes__order=order)


def restore_line(context: Any, request: Request) -> Response:
    draft = drafts.open_draft(request.db, context.id)
    line = drafts.restore_line(request.db, draft, uuid_param(request, "quote_line_id"))
    if not forms.by_htmx(request):
        return back(request, context)
    return _answer(context, request, "restored", line_id=line.id)


def change(context: Any, request: Request) -> Response:
    try:
        data = forms.data(request, schemas.ChangeQuote)
        draft = drafts.open_draft(request.db, context.id, data["version"])
        destination = destinations.entered(request.db, draft, data)
        drafts.change_quote(
            request.db,
            draft,
            note=data["note"],
            po_number=data["po_number"],
            site_id=data["site"],
            destination=destination,
        )
    except DomainError as error:
        return refused(context, request, error)
    if not forms.by_htmx(request):
        return back(request, context)
    return _answer(context, request, "changed", destination="delivery_address" in request.POST)


def discard(context: Any, request: Request) -> Response:
    drafts.hide(request.db, drafts.open_draft(request.db, context.id))
    flash(request, _("The draft is discarded. You find it under hidden drafts for 30 days."), "info")
    return forms.go(request, "quotes.list")


def restore(context: Any, request: Request) -> Response:
    drafts.unhide(request.db, drafts.open_draft(request.db, context.id))
    flash(request, _("The draft is back."))
    return forms.go(request, "quotes.edit", quote_id=context.id)


# -- answers -----------------------------------------------------------------------------------------------------------


def back(request: Request, quote: Any, **query: str) -> Response:
    flash(request, _("Saved."))
    return forms.go(request, "quotes.edit", quote_id=quote.id, **({"_query": query} if query else {}))


def _answer(context: Any, request: Request, template: str, **values: Any) -> Response:
    now_is = state_of(context, request)
    return forms.render(request, template, now_is | values, quotes__version=now_is["quote"].version)


def refused(context: Any, request: Request, error: DomainError, line_id: Any = None) -> Response:
    """The page or fragment again with what was typed and why it was not taken. Nothing was written."""
    typed = {name: str(value)[:20_000] for name, value in request.POST.items() if name not in forms.NOT_OURS}
    errors = {name.replace("delivery_address/", "delivery_"): text for name, text in forms.errors_of(request, error).items()}
    if not isinstance(error, InvalidError | QuoteVersionError):
        raise error
    conflict = error if isinstance(error, QuoteVersionError) else None
    if forms.by_htmx(request):
        values = state_of(context, request) | {
            "errors": errors,
            "typed": typed,
            "conflict": conflict,
            "refused_line": line_id,
            "message": error.message,
            "action": request.path,
        }
        # 422 also for a conflict: htmx puts only that in place.
        return forms.render(request, "refused", values, status=422)
    values = whole(context, request, errors, typed, conflict, line_id) | {
        "action": request.path,
        "message": error.message,
    }
    return forms.render(request, "builder", values, status=error.status)
