"""Pages of templates: the list, one with its lines, and where a quote is kept as one."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.errors import InvalidError
from portico.web.flash import flash
from portico.web.params import text_param
from portico_quotes import quote_templates, reading, schemas_templates
from portico_quotes.i18n import _
from portico_quotes.views import forms


def listing(context: None, request: Request) -> dict[str, Any]:
    text, after = reading.cleaned(request.GET.get("q")), request.GET.get("after")
    found = quote_templates.listing(request.db, text, cursor=after)
    query = {"q": text} if text else {}
    return {
        "kept": found.rows,
        "staff": request.scope.kind == "staff",
        "text": text,
        "first": not after,
        "first_query": query,
        "next_query": {**query, "after": found.next} if found.next else {},
    }


def page(context: Any, request: Request) -> dict[str, Any]:
    return _page(context, request)


def _page(template: Any, request: Request, **values: Any) -> dict[str, Any]:
    scope = request.scope
    return {
        "template": template,
        "lines": quote_templates.wishes(template),
        "may_change": quote_templates.may_change(scope, template),
        "may_share": template.author_id == scope.user_id and quote_templates.may_share(scope, template.account_id),
        "longest": quote_templates.LONGEST_NAME,
        "staff": scope.kind == "staff",
        "errors": {},
        "typed": None,
        **values,
    }


def new(context: Any, request: Request) -> dict[str, Any]:
    return _new(context, request)


def _new(quote: Any, request: Request, **values: Any) -> dict[str, Any]:
    return {
        "quote": quote,
        "may_share": quote_templates.may_share(request.scope, quote.account_id),
        "longest": quote_templates.LONGEST_NAME,
        "errors": {},
        "message": "",
        "typed": "",
        **values,
    }


def save(context: Any, request: Request) -> Response:
    try:
        data = forms.data(request, schemas_templates.SaveTemplate)
        quote_templates.save(request.db, context, data["name"], shared=data["shared"])
    except InvalidError as error:
        told = {"errors": forms.errors_of(request, error), "message": error.message, "typed": text_param(request, "name")}
        return forms.render(request, "template_new", _new(context, request, **told), status=422)
    flash(request, _("The template is kept. Start drafts from it whenever you like."))
    return forms.go(request, "quotes.templates")


def change(context: Any, request: Request) -> Response:
    try:
        data = forms.data(request, schemas_templates.SaveTemplate)
        # Whoever did not make it has no box to tick: it stays as it is.
        shared = data["shared"] if context.author_id == request.scope.user_id else context.shared
        quote_templates.change(request.db, context.id, data["name"], shared=shared)
    except InvalidError as error:
        told = {"errors": forms.errors_of(request, error), "typed": text_param(request, "name")}
        return forms.render(request, "template", _page(context, request, **told), status=422)
    flash(request, _("Saved."))
    return forms.go(request, "quotes.template", quote_template_id=context.id)


def delete(context: Any, request: Request) -> Response:
    quote_templates.delete(request.db, context.id)
    flash(request, _("The template is deleted. Drafts that were started from it stay."), "info")
    return forms.go(request, "quotes.templates")


def start(context: Any, request: Request) -> Response:
    """What is missing or costs something else today stands above the new draft."""
    started, _answer = quote_templates.start(request, context)
    return forms.go(request, "quotes.edit", quote_id=started.draft.id)
