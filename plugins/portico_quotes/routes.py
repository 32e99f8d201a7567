"""Every page, action, fragment and API resource of quotes: name, pattern, permission, context."""

from __future__ import annotations

from typing import Any

from portico.files.showing import TEMPLATE
from portico.identity.permissions import PUBLIC
from portico_quotes import resources, routes_api
from portico_quotes.permissions import DECIDE, EDIT, MANAGE, SUBMIT, VIEW
from portico_quotes.views import attachments as files
from portico_quotes.views import (
    builder,
    by_link,
    catalogue,
    entering,
    many,
    quote_templates,
    quotes,
    revisions,
    submission,
    versions,
)

T = "portico_quotes/"


def register(routes: Any) -> None:
    _catalogue(routes)
    _many(routes)
    _templates(routes)
    _quotes(routes)
    _builder(routes)
    _files(routes)
    _submission(routes)
    routes_api.register(routes)


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


def _many(routes: Any) -> None:
    """Of those chosen on the list. "chosen" is no id, so these come before the addresses of one quote."""
    for name, permission in (("duplicate", EDIT), ("submit", SUBMIT), ("discard", EDIT), ("restore", EDIT)):
        routes.action(f"quotes.{name}_many", f"/quotes/chosen/{name}", getattr(many, name), permission=permission)


def _templates(routes: Any) -> None:
    """"templates" is no id either."""
    quote, template, views = resources.quote, resources.template, quote_templates
    every, of_quote = "/quotes/templates", "/quotes/{quote_id}/template"
    one = every + "/{quote_template_id}"
    routes.page("quotes.templates", every, views.listing, permission=EDIT, renderer=f"{T}templates.jinja2")
    routes.page("quotes.template", one, views.page, permission=EDIT, context=template, renderer=f"{T}template.jinja2")
    routes.action("quotes.template_change", one + "/change", views.change, permission=EDIT, context=template)
    routes.action("quotes.template_delete", one + "/delete", views.delete, permission=EDIT, context=template)
    routes.action("quotes.template_start", one + "/start", views.start, permission=EDIT, context=template)
    routes.page("quotes.template_new", of_quote, views.new, permission=EDIT, context=quote, renderer=f"{T}template_new.jinja2")
    routes.action("quotes.template_save", of_quote + "/save", views.save, permission=EDIT, context=quote)


def _quotes(routes: Any) -> None:
    quote = resources.quote
    routes.page("quotes.list", "/quotes", quotes.listing, permission=VIEW, renderer=f"{T}list.jinja2")
    routes.page(
        "quotes.hidden", "/quotes/hidden", quotes.hidden, permission=EDIT, renderer=f"{T}hidden.jinja2"
    )
    routes.action("quotes.export", "/quotes/export", quotes.export, permission=VIEW)
    routes.page(
        "quotes.choose", "/quotes/for", quotes.choose, permission=EDIT, renderer=f"{T}choose.jinja2"
    )
    routes.page("quotes.by_link", "/quotes/by-link", by_link.page, permission=PUBLIC, methods=("GET", "POST"), rate="sensitive")
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
    paper = "/quotes/{quote_id}/versions/{quote_version}/pdf"
    routes.page("quotes.version_pdf", paper, versions.paper, permission=VIEW, context=quote)
    for name, view in (("versions", versions.page), ("compare", versions.compare)):
        routes.page(
            f"quotes.{name}",
            f"/quotes/{{quote_id}}/{name}",
            view,
            permission=VIEW,
            context=quote,
            renderer=f"{T}{name}.jinja2",
        )
    routes.action("quotes.export_lines", "/quotes/{quote_id}/export", quotes.export_lines, permission=VIEW, context=quote)
    one = "/quotes/{quote_id}/links"
    routes.page("quotes.links", one, by_link.listing, permission=VIEW, context=quote, renderer=f"{T}links.jinja2")
    revoke = one + "/{quote_link_id}/revoke"
    routes.action("quotes.revoke_link", revoke, by_link.revoke, permission=VIEW, context=quote)
    routes.page("quotes.pdf", "/quotes/{quote_id}/pdf", quotes.pdf, permission=VIEW, context=quote)
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
    routes.action("quotes.add_section", "/quotes/{quote_id}/sections", builder.add_section, permission=EDIT, context=quote)
    routes.action("quotes.add_code", "/quotes/{quote_id}/lines/code", entering.by_code, permission=EDIT, context=quote)
    routes.page(
        "quotes.entry",
        "/quotes/{quote_id}/entry",
        entering.page,
        permission=EDIT,
        context=quote,
        renderer=f"{T}entry.jinja2",
    )
    routes.action("quotes.enter", "/quotes/{quote_id}/lines/many", entering.enter, permission=EDIT, context=quote)
    routes.action(
        "quotes.change_line",
        "/quotes/{quote_id}/lines/{quote_line_id}",
        builder.change_line,
        permission=EDIT,
        context=quote,
    )
    routes.action(
        "quotes.move_line",
        "/quotes/{quote_id}/lines/{quote_line_id}/move",
        builder.move_line,
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
    routes.page("quotes.file_preview", one + "/preview", files.preview, permission=VIEW, context=quote, renderer=TEMPLATE)
    routes.page("quotes.file_picture", one + "/preview/{place}", files.picture, permission=VIEW, context=quote)
    routes.action("quotes.preview_again", one + "/preview-again", files.preview_again, permission=MANAGE, context=quote)
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
    one = "/quotes/{quote_id}/request-revision"
    routes.page(
        "quotes.revision",
        "/quotes/{quote_id}/changes",
        revisions.page,
        permission=DECIDE,
        context=quote,
        renderer=f"{T}revision.jinja2",
    )
    routes.action("quotes.ask_revision", one, revisions.ask, permission=DECIDE, context=quote)
    routes.action("quotes.withdraw_revision", one + "/withdraw", revisions.withdraw, permission=DECIDE, context=quote)
    routes.action("quotes.refuse_revision", one + "/refuse", revisions.refuse, permission=MANAGE, context=quote)
    routes.action("quotes.undo", "/quotes/{quote_id}/undo", submission.undo, permission=DECIDE, context=quote)
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
