"""Reads the one file that a request to the API brings, as field "file" of multipart/form-data (RFC 7578)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Any

from pyramid.request import Request

from portico.errors import InvalidError, MediaTypeError
from portico.web.i18n import _

FIELD = "file"


@dataclass(frozen=True)
class Upload:
    """name: as it was sent, unchecked. source: can be sought."""

    name: str
    source: IO[bytes]


def uploaded(request: Request) -> Upload:
    """Raises MediaTypeError, InvalidError."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise MediaTypeError(_('Send the file as multipart/form-data, in the field “file”.'))
    fields = _fields(request)
    if unknown := {str(name or "") for name in fields if name != FIELD}:  # a part may have no name
        raise InvalidError(fields={f"/{name[:100]}": _("There is no such field here.") for name in unknown})
    found = fields.getall(FIELD)
    if len(found) > 1:
        raise InvalidError(fields={f"/{FIELD}": _("This is there twice; send it once.")})
    upload = read(request, found[0]) if found else None
    if upload is None:
        raise InvalidError(fields={f"/{FIELD}": _("Choose a file.")})
    return upload


def _fields(request: Request) -> Any:
    try:
        return request.POST
    except ValueError:  # no boundary, or none that can be one
        raise MediaTypeError(_('Send the file as multipart/form-data, in the field “file”.')) from None


def read(request: Request, field: Any) -> Upload | None:
    """A form's field, if it holds a file, until the request is over. A browser sends one without name where none was chosen."""
    if not hasattr(field, "file"):
        return None
    request.add_finished_callback(lambda _request: field.file.close())
    if not field.filename:
        return None
    return Upload(str(field.filename), field.file)
