"""What pages and the API of plugins answer with, when somebody wants to look at a file without downloading it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico import audit
from portico.errors import NotFoundError
from portico.files import giving, previews
from portico.files.models import CLEAN, READY
from portico.web.i18n import _

TEMPLATE = "portico/preview.jinja2"
PROBLEMS = {
    "locked": _("It is locked with a password."),
    "damaged": _("It is damaged, or not written as its kind of file should be."),
    "empty": _("It has no pages."),
    "demanding": _("Drawing it takes more time or memory than there is for one file."),
    "unreadable": _("Its content cannot be read at the moment."),
}
"""Why there are no previews, by `File.preview_problem`."""


@dataclass(frozen=True)
class Addresses:
    """Of the plugin's routes, by the file's id. again: None where nothing is theirs to do."""

    page: Callable[[UUID], str]
    picture: Callable[[UUID, int], str]
    download: Callable[[UUID], str]
    again: Callable[[UUID], str] | None = None


def listed(request: Request, row: Any, addresses: Addresses) -> dict[str, Any]:
    """What a list of files shows of one's previews; row: of `service.of`. thumbnail: empty where there is no picture."""
    state = previews.state(request.db.info["files"], row)
    small = state == READY and bool(row.preview_parts) and row.preview_parts[0]["kind"] == previews.THUMBNAIL
    return {
        "state": state,
        "problem": _why(row),
        "page": addresses.page(row.id) if state != "none" else "",
        "thumbnail": addresses.picture(row.id, 0) if small else "",
        "part": row.preview_parts[0] if small else None,
    }


def page(request: Request, kind: str, subject_id: UUID, file_id: UUID, addresses: Addresses) -> dict[str, Any]:
    """The values of TEMPLATE, beside `back_url` and `back_label`. Whoever reads a text here is in the trail as one who was given
    a picture is. Raises NotFoundError, StorageAwayError, BusyError."""
    file = previews.one(request.db, kind, subject_id, file_id)
    files = request.db.info["files"]
    state = previews.state(files, file)
    excerpt = previews.excerpt(files, request.tenant, file) if state == READY else None
    if excerpt is not None:
        audit.record(
            request.db, "files.previewed", subject=("file", file.id), after={"file": file.name, "file_id": str(file.id)}
        )
    return {
        "file": file,
        "file_size": giving.size(request.locale_name, file.size),
        "state": state,
        "problem": _why(file),
        "pages": [one | {"url": addresses.picture(file.id, one["place"])} for one in previews.pictures(file)],
        "excerpt": excerpt,
        "subject_id": subject_id,
        "download": addresses.download(file.id) if file.state == CLEAN else "",
        "again": addresses.again(file.id) if addresses.again and state in ("waiting", "failed") else "",
    }


def picture(request: Request, kind: str, subject_id: UUID, file_id: UUID, place: int) -> Response:
    """On to the picture, at the same host. Raises NotFoundError."""
    file = previews.one(request.db, kind, subject_id, file_id)
    previews.part(file, place)
    return HTTPSeeOther(giving.link_path(request, file.id, place)[0])


def told(request: Request, kind: str, subject_id: UUID, file_id: UUID) -> dict[str, Any]:
    """For programs: how far the previews are, and for a minute where the pictures are. Raises NotFoundError."""
    file = previews.one(request.db, kind, subject_id, file_id)
    found = []
    for one in previews.pictures(file):
        path, expires_at = giving.link_path(request, file.id, one["place"])
        found.append({"page": one["place"], "width": one["width"], "height": one["height"],
                      "url": giving.at_the_apex(request, path), "expires_at": expires_at})
    state = previews.state(request.db.info["files"], file)
    return {"state": state, "problem": file.preview_problem, "pages": file.preview_pages, "pictures": found}


def again(request: Request, kind: str, subject_id: UUID, file_id: UUID) -> None:
    """The plugin has checked that they may. Raises NotFoundError, ConflictError."""
    previews.again(request.db, previews.one(request.db, kind, subject_id, file_id))


def place_of(request: Request) -> int:
    """The place of a picture in the path. Raises NotFoundError."""
    text = request.matchdict.get("place", "")
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise NotFoundError
    return int(text)


def _why(file: Any) -> Any:
    return PROBLEMS.get(file.preview_problem, "")
