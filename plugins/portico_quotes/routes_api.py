"""Every API resource of quotes: path, permission, what is sent and answered."""

from __future__ import annotations

from typing import Any

from portico_quotes import api, api_templates, resources, schemas, schemas_files
from portico_quotes import schemas_offers as offers
from portico_quotes import schemas_templates as kept
from portico_quotes.permissions import DECIDE, EDIT, MANAGE, SUBMIT, VIEW


def register(routes: Any) -> None:
    _api(routes)
    _api_files(routes)
    _api_templates(routes)


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
    routes.api(
        "quote_versions",
        "/quotes/{quote_id}/versions",
        api.list_versions,
        permission=VIEW,
        context=quote,
        response=offers.QuoteVersions,
        title="What was asked and offered, each time it went over",
    )
    routes.api(
        "quote_pdf",
        "/quotes/{quote_id}/pdf",
        api.get_pdf,
        permission=VIEW,
        context=quote,
        media_type="application/pdf",
        title="A quote as a PDF, in the language that Accept-Language asks for",
    )
    routes.api(
        "version_pdf",
        "/quotes/{quote_id}/versions/{quote_version}/pdf",
        api.get_version_pdf,
        permission=VIEW,
        context=quote,
        media_type="application/pdf",
        title="A former version of a quote as a PDF; that of the last is the quote's own",
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
        ("revision", "request-revision", api.ask_revision, DECIDE, offers.AskRevision, "Ask the company for another offer"),
        ("revision_withdraw", "request-revision/withdraw", api.withdraw_revision, DECIDE, None, "Ask for no changes any more"),
        ("revision_refuse", "request-revision/refuse", api.refuse_revision, MANAGE, offers.Refusal, "Keep the offer as it is"),
        ("undo", "undo", api.undo, DECIDE, None, "Take back an answer of which the company has not been told yet"),
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
    s, quote, every, one = schemas_files, resources.quote, "/quotes/{quote_id}/files", "/quotes/{quote_id}/files/{quote_file_id}"
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
        "preview",
        one + "/preview",
        api.get_preview,
        permission=VIEW,
        context=quote,
        response=s.FilePreview,
        title="How far a file's previews are, and where their pictures are for a minute",
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


def _api_templates(routes: Any) -> None:
    views, template, one = api_templates, resources.template, "/quote-templates/{quote_template_id}"
    routes.api(
        "templates",
        "/quote-templates",
        views.listing,
        permission=EDIT,
        query=kept.TemplateQuery,
        response=kept.Templates,
        title="List templates of quotes",
    )
    routes.api(
        "quote_template",
        "/quotes/{quote_id}/template",
        views.save,
        method="POST",
        permission=EDIT,
        context=resources.quote,
        body=kept.SaveTemplate,
        response=kept.Template,
        status=201,
        idempotent=True,
        title="Keep a quote's lines as a template",
    )
    of_one = {"permission": EDIT, "context": template}
    routes.api("template", one, views.get, response=kept.Template, title="Read a template", **of_one)
    routes.api(
        "template",
        one,
        views.change,
        method="PUT",
        body=kept.SaveTemplate,
        response=kept.Template,
        title="Rename a template, or share it",
        **of_one,
    )
    routes.api("template", one, views.delete, method="DELETE", status=204, title="Delete a template", **of_one)
    routes.api(
        "template_start",
        one + "/draft",
        views.start,
        method="POST",
        response=kept.StartedDraft,
        status=201,
        idempotent=True,
        title="Start a draft from a template, at today's prices",
        **of_one,
    )
