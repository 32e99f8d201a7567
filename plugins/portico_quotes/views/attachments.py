"""Files at a quote: their list, adding, looking at, downloading and removing, with htmx and without."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.api.upload import read
from portico.errors import DomainError, InvalidError
from portico.files import giving, showing
from portico.files.errors import FileRefusedError
from portico.web.flash import flash
from portico.web.params import uuid_param
from portico_quotes import attachments
from portico_quotes.i18n import _
from portico_quotes.views import builder, forms
from portico_quotes.views.file_card import addresses, shown


def listing(context: Any, request: Request) -> dict[str, Any]:
    return shown(context, request)


def add(context: Any, request: Request) -> Response:
    try:
        upload = read(request, request.POST.get("file"))
        if upload is None:
            raise FileRefusedError(_("Choose a file first."))
        attachments.add(request.db, context, upload.name, upload.source)
    except InvalidError as error:
        return _refused(context, request, error)
    if not forms.by_htmx(request):
        flash(request, _("The file was added."))
        return forms.go(request, "quotes.edit", quote_id=context.id, _anchor="files")
    return forms.render(request, "files", shown(context, request) | {"answer": True})


def _refused(context: Any, request: Request, error: DomainError) -> Response:
    if forms.by_htmx(request):
        values = shown(context, request) | {"answer": True, "file_problem": error.message}
        return forms.render(request, "files", values, status=422)
    return builder.refused(context, request, error)


def get(context: Any, request: Request) -> Response:
    return giving.send(request, attachments.KIND, context.id, uuid_param(request, "quote_file_id"))


def preview(context: Any, request: Request) -> dict[str, Any]:
    file_id = uuid_param(request, "quote_file_id")
    values = showing.page(request, attachments.KIND, context.id, file_id, addresses(context, request))
    back = request.route_path("quotes.detail", quote_id=context.id, _anchor="files")
    return values | {"back_url": back, "back_label": _("Quote")}


def picture(context: Any, request: Request) -> Response:
    place = showing.place_of(request)
    return showing.picture(request, attachments.KIND, context.id, uuid_param(request, "quote_file_id"), place)


def preview_again(context: Any, request: Request) -> Response:
    file_id = uuid_param(request, "quote_file_id")
    showing.again(request, attachments.KIND, context.id, file_id)
    return forms.go(request, "quotes.file_preview", quote_id=context.id, quote_file_id=file_id)


def remove(context: Any, request: Request) -> Response:
    attachments.remove(request.db, context, uuid_param(request, "quote_file_id"))
    if not forms.by_htmx(request):
        flash(request, _("The file was removed."))
        return forms.go(request, "quotes.edit", quote_id=context.id, _anchor="files")
    return forms.render(request, "files", shown(context, request) | {"answer": True})
