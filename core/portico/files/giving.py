"""What pages and the API of plugins answer with, when somebody wants a file: the way to it, for a minute."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.errors import NotFoundError
from portico.files import links, service
from portico.files.models import CLEAN
from portico.web import formats
from portico.web.i18n import _, translate


def send(request: Request, kind: str, subject_id: UUID, file_id: UUID) -> Response:
    """On to the file. Raises NotFoundError, NotCleanError, InfectedError."""
    return HTTPSeeOther(_base(request) + _path(request, kind, subject_id, file_id)[0])


def told(request: Request, kind: str, subject_id: UUID, file_id: UUID) -> dict[str, Any]:
    """For programs: `url`, which needs no further proof, and `expires_at`. Raises as `send`."""
    path, expires_at = _path(request, kind, subject_id, file_id)
    return {"url": at_the_apex(request, path), "expires_at": expires_at}


def at_the_apex(request: Request, path: str) -> str:
    return str(request.registry.portico.settings.public_url.rstrip("/") + path)


def listed(request: Request, rows: Sequence[Any], get: Callable[[UUID], str], remove: Callable[[UUID], str] | None = None,
           preview: Callable[[Any], dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """What `portico/files.jinja2` draws, of the rows of `service.of`. get, remove: id → address; None: not theirs to do.
    preview: row → `showing.listed`."""
    return [
        {"file": row, "download": get(row.id) if row.state == CLEAN else "", "removal": remove(row.id) if remove else "",
         "size": size(request.locale_name, row.size), "preview": preview(row) if preview else None}
        for row in rows
    ]


def size(locale: str, count: int) -> str:
    """Of bytes, as people say it."""
    if count >= 1 << 20:
        return translate(locale, _("${size} MB", mapping={"size": _rounded(locale, Decimal(count) / (1 << 20))}))
    if count >= 1 << 10:
        return translate(locale, _("${size} kB", mapping={"size": _rounded(locale, Decimal(count) / (1 << 10))}))
    return translate(locale, _("${size} bytes", mapping={"size": formats.number(locale, count)}))


def _rounded(locale: str, value: Decimal) -> str:
    return formats.number(locale, round(value, 1) if value < 10 else round(value))


def _path(request: Request, kind: str, subject_id: UUID, file_id: UUID) -> tuple[str, dt.datetime]:
    file = service.one(request.db, kind, subject_id, file_id)
    service.check_clean(file)
    return link_path(request, file_id)


def link_path(request: Request, file_id: UUID, picture: int | None = None) -> tuple[str, dt.datetime]:
    """The way to a file, or to the picture at this place of its previews, and until when; for the session that asks. Raises
    NotFoundError: nobody is signed in."""
    scope = request.scope
    if scope.tenant is None or scope.user_id is None or scope.session_id is None:
        raise NotFoundError
    expires_at = int(time.time()) + links.GOOD_FOR_S
    link = links.Link(scope.tenant.id, file_id, scope.user_id, scope.session_id, expires_at, request.locale_name, picture)
    path = links.PATH + links.token(request.registry.portico.settings.master_key, link)
    return path, dt.datetime.fromtimestamp(expires_at, dt.UTC)


def _base(request: Request) -> str:
    """Nothing, where the apex is this host; files are given out by the apex alone."""
    settings = request.registry.portico.settings
    host = request.host.lower()
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return "" if name in settings.apex_hosts else settings.public_url.rstrip("/")
