"""Every page, action, fragment and API resource of quotes: name, pattern, permission, context."""

from __future__ import annotations

from typing import Any

from portico_quotes import api, resources, schemas
from portico_quotes.views import attachments as files
from portico_quotes.views import builder, catalogue, quotes, submission

T = "portico_quotes/"
VIEW, EDIT, SUBMIT, DECIDE, MANAGE = (
    "quotes:view",
    "quotes:edit",
    "quotes:submit",
    "quotes:decide",
    "quotes:manage",
)


def register(routes: Any) -> None:
    _catalogue(routes)
    _quotes(routes)
    _builder(routes)
    _files(routes)
    _submission(routes)
    _api(routes)
    _api_files(routes)


def _catalogue(routes: Any) -> None:
    routes.page(
        "quotes.catalogue", "/catalogue", catalogue.page, permission=VIEW, renderer=f"{T}catalogue.jinja2"
    )
    routes.fragment(
        "quotes.catalogue_items",
        "/catalogue/items",
        catalogue.items,
        permission=VIEW,
        renderer=f"{T}catalogue_items.jinja2",
    )
    routes.fragment(
        "quotes.prices", "/catalogue/prices", catalogue.prices, permission=VIEW, renderer=f"{T}prices.jinja2"
    )
    routes.action("quotes.quick_add", "/catalogue/add", catalogue.quick_add, permission=EDIT)


def _quotes(routes: Any) -> None:
    quote = resources.quote
    routes.page("quotes.list", "/quotes", quotes.listing, permission=VIEW, renderer=f"{T}list.jinja2")
    routes.page(
        "quotes.hidden", "/quotes/hidden", quotes.hidden, permission=EDIT, renderer=f"{T}hidden.jinja2"
    )
    routes.page(
        "quotes.choose", "/quotes/for", quotes.choose, permission=EDIT, renderer=f"{T}choose.jinja2"
    )
    routes.action("quotes.create", "/quotes/new", builder.create, permission=EDIT)
    routes.page(
        "quotes.detail",
        "/quotes/{quote_id}",
        quotes.detail,
        permission=VIEW,
        context=quote,
        renderer=f"{T}detail.jinja2",
    )
    routes.fragment(
        "quotes.body",
        "/quotes/{quote_id}/body",
        quotes.body,
        permission=VIEW,
        context=quote,
        renderer=f"{T}detail_body.jinja2",
    )
    routes.page(
        "quotes.print",
        "/quotes/{quote_id}/print",
        quotes.printed,
        permission=VIEW,
        context=quote,
        renderer=f"{T}print.jinja2",
    )
    routes.fragment(
        "quotes.widget",
        "/quotes/widget/tracker",
        quotes.tracker,
        permission=VIEW,
        renderer=f"{T}tracker.jinja2",
    )


def _builder(routes: Any) -> None:
    quote = resources.quote
    routes.page(
        "quotes.edit",
        "/quotes/{quote_id}/edit",
        builder.page,
        permission=EDIT,
        context=quote,
        renderer=f"{T}builder.jinja2",
    )
    routes.fragment(
        "quotes.pick",
        "/quotes/{quote_id}/pick",
        builder.pick,
        permission=EDIT,
        context=quote,
        renderer=f"{T}pick.jinja2",
    )
    routes.fragment(
        "quotes.draft_prices", "/quotes/{quote_id}/prices", builder.prices, permission=EDIT, context=quote
    )
    routes.action(
        "quotes.add_line", "/quotes/{quote_id}/lines", builder.add_line, permission=EDIT, context=quote
    )
    routes.action(
        "quotes.change_line",
        "/quotes/{quote_id}/lines/{quote_line_id}",
        builder.change_line,
        permission=EDIT,
        context=quote,
    )
    routes.action(
        "quotes.remove_line",
        "/quotes/{quote_id}/lines/{quote_line_id}/remove",
        builder.remove_line,
        permission=EDIT,
        context=quote,
    )
    routes.action(
        "quotes.restore_line",
        "/quotes/{quote_id}/lines/{quote_line_id}/restore",
        builder.restore_line,
        permission=EDIT,
        context=quote,
    )
    routes.action(
        "quotes.change", "/quotes/{quote_id}/change", builder.change, permission=EDIT, context=quote
    )
    routes.action(
        "quotes.discard", "/quotes/{quote_id}/discard", builder.discard, permission=EDIT, context=quote
    )
    routes.action(
        "quotes.restore", "/quotes/{quote_id}/restore", builder.restore, permission=EDIT, context=quote
    )


def _files(routes: Any) -> None:
    quote, one = resources.quote, "/quotes/{quote_id}/files/{quote_file_id}"
    routes.fragment(
        "quotes.files", "/quotes/{quote_id}/files", files.listing, permission=VIEW, context=quote, renderer=f"{T}files.jinja2"
    )
    routes.action("quotes.add_file", "/quotes/{quote_id}/files/add", files.add, permission=EDIT, context=quote, rate="sensitive")
    routes.page("quotes.file", one, files.get, permission=VIEW, context=quote)
    routes.action("quotes.remove_file", one + "/remove", files.remove, permission=EDIT, context=quote)


def _submission(routes: Any) -> None:
    quote = resources.quote
    routes.action(
        "quotes.submit", "/quotes/{quote_id}/submit", submission.submit, permission=SUBMIT, context=quote
    )
    routes.action(
        "quotes.take_back",
        "/quotes/{quote_id}/take-back",
        submission.take_back,
        permission=SUBMIT,
        context=quote,
    )
    routes.action(
        "quotes.accept", "/quotes/{quote_id}/accept", submission.accept, permission=DECIDE, context=quote
    )
    routes.action(
        "quotes.decline", "/quotes/{quote_id}/decline", submission.decline, permission=DECIDE, context=quote
    )
    routes.action(
        "quotes.ask_submit",
        "/quotes/{quote_id}/submit/approval",
        submission.ask_submit,
        permission=SUBMIT,
        context=quote,
    )
    routes.action(
        "quotes.ask_accept",
        "/quotes/{quote_id}/accept/approval",
        submission.ask_accept,
        permission=DECIDE,
        context=quote,
    )
    routes.action(
        "quotes.send_again",
        "/quotes/{quote_id}/send-again",
        submission.send_again,
        permission=MANAGE,
        context=quote,
    )
    routes.action(
        "quotes.hand_back",
        "/quotes/{quote_id}/hand-back",
        submission.hand_back,
        permission=MANAGE,
        context=quote,
    )


def _api(routes: Any) -> None:
    s, quote = schemas, resources.quote
    routes.api(
        "catalogue",
        "/catalogue",
        api.list_items,
        permission=VIEW,
        query=s.CatalogueQuery,
        response=s.CataloguePage,
        title="Browse and search the catalogue",
    )
    routes.api(
        "prices",
        "/catalogue/prices",
        api.prices,
        permission=VIEW,
        query=s.PriceQuery,
        response=s.Prices,
        title="Prices now, as the company's system says",
    )
    routes.api(
        "quotes",
        "/quotes",
        api.list_quotes,
        permission=VIEW,
        query=s.QuoteQuery,
        response=s.QuotePage,
        title="List quotes",
    )
    routes.api(
        "quotes",
        "/quotes",
        api.create,
        method="POST",
        permission=EDIT,
        body=s.NewQuote,
        response=s.Quote,
        status=201,
        idempotent=True,
        title="Start a quote",
    )
    routes.api(
        "quote",
        "/quotes/{quote_id}",
        api.get_quote,
        permission=VIEW,
        context=quote,
        response=s.Quote,
        title="Read a quote",
    )
    routes.api(
        "quote",
        "/quotes/{quote_id}",
        api.put_quote,
        method="PUT",
        permission=EDIT,
        context=quote,
        body=s.WholeQuote,
        response=s.Quote,
        title="Replace a draft's content",
    )
    routes.api(
        "quote",
        "/quotes/{quote_id}",
        api.delete_quote,
        method="DELETE",
        permission=EDIT,
        context=quote,
        status=204,
        title="Discard a draft",
    )
    for name, path, view, permission, body, title in (
        ("restore", "restore", api.restore_quote, EDIT, None, "Bring a discarded draft back"),
        ("submit", "submit", api.submit, SUBMIT, s.Submit, "Submit a draft; again does nothing more"),
        (
            "take_back",
            "take-back",
            api.take_back,
            SUBMIT,
            None,
            "Make a draft of a quote that was not sent yet",
        ),
        ("accept", "accept", api.accept, DECIDE, s.Accept, "Accept the company's offer"),
        ("decline", "decline", api.decline, DECIDE, s.Decline, "Decline the company's offer"),
        ("submit_approval", "submit/approval", api.ask_submit, SUBMIT, s.AskSubmit, "Ask a colleague to let it be submitted"),
        ("accept_approval", "accept/approval", api.ask_accept, DECIDE, s.AskAccept, "Ask a colleague to let it be accepted"),
    ):
        routes.api(
            f"quote_{name}",
            f"/quotes/{{quote_id}}/{path}",
            view,
            method="POST",
            permission=permission,
            context=quote,
            body=body,
            response=s.Quote,
            idempotent=True,
            title=title,
        )


def _api_files(routes: Any) -> None:
    s, quote, every, one = schemas, resources.quote, "/quotes/{quote_id}/files", "/quotes/{quote_id}/files/{quote_file_id}"
    routes.api(
        "files", every, api.list_files, permission=VIEW, context=quote, response=s.QuoteFiles, title="List a quote's files"
    )
    routes.api(
        "files",
        every,
        api.add_file,
        method="POST",
        permission=EDIT,
        context=quote,
        upload=True,
        response=s.QuoteFile,
        status=201,
        rate="sensitive",
        title="Add a file to a draft",
    )
    routes.api(
        "file",
        one,
        api.get_file,
        permission=VIEW,
        context=quote,
        response=s.FileLink,
        title="Where a file can be downloaded for a minute, without further proof",
    )
    routes.api(
        "file",
        one,
        api.remove_file,
        method="DELETE",
        permission=EDIT,
        context=quote,
        status=204,
        title="Remove a file of a draft",
    )
