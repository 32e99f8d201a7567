"""The card of a quote's files, on its page and in the builder."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.files import formats, giving, showing
from portico.web.links import path_to
from portico_quotes import attachments
from portico_quotes.states import State


def addresses(quote: Any, request: Request) -> showing.Addresses:
    """Of a file's previews."""
    parts = {"quote_id": quote.id}
    may_manage = request.scope.has("quotes:manage", quote.account_id)
    return showing.Addresses(
        page=lambda file_id: path_to(request, "quotes.file_preview", **parts, quote_file_id=file_id),
        picture=lambda file_id, place: path_to(request, "quotes.file_picture", **parts, quote_file_id=file_id, place=place),
        download=lambda file_id: path_to(request, "quotes.file", **parts, quote_file_id=file_id),
        again=(lambda file_id: path_to(request, "quotes.preview_again", **parts, quote_file_id=file_id)) if may_manage else None,
    )


def shown(quote: Any, request: Request) -> dict[str, Any]:
    """What the card of files needs. One query."""
    parts = {"quote_id": quote.id}
    may_edit = quote.state == State.DRAFT and request.scope.has("quotes:edit", quote.account_id)

    def get(file_id: Any) -> str:
        return path_to(request, "quotes.file", **parts, quote_file_id=file_id)

    def remove(file_id: Any) -> str:
        return path_to(request, "quotes.remove_file", **parts, quote_file_id=file_id)

    rows, previews = attachments.of(request.db, quote), addresses(quote, request)
    return {
        "quote": quote,
        "files": giving.listed(
            request, rows, get, remove if may_edit else None, lambda row: showing.listed(request, row, previews)
        ),
        "files_add": path_to(request, "quotes.add_file", **parts) if may_edit and len(rows) < attachments.MOST else "",
        "files_accept": ",".join("." + one for one in formats.EXTENSIONS),
        "files_most": request.db.info["files"].most_bytes,
        "file_problem": "",
    }
