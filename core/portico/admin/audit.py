"""Pages on the audit trail: of a company, and at the apex of the installation's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from zoneinfo import ZoneInfo

from pyramid.request import Request
from pyramid.response import Response

from portico.admin import entries, trail
from portico.audit.anchors import Anchors

UTC = ZoneInfo("UTC")
_CHUNK = 64 << 10


def listing(context: None, request: Request) -> dict[str, Any]:
    search, after = trail.Search.read(request.GET), request.GET.get("after")
    page = trail.page(request.db, search, _zone(request), after, _meant(request, search))
    return {"page": page, "search": search, "after": after, "entries": teller(request).tell(page.rows)}


def teller(request: Request) -> entries.Teller:
    company = request.tenant.name if request.tenant else None
    return entries.Teller(request.registry.portico, request.db, request.locale_name, company)


def _meant(request: Request, search: trail.Search) -> trail.Meant:
    words, locale = request.registry.portico.audit_words, request.locale_name
    return trail.Meant(
        actions=entries.matching(words.actions, locale, search.action),
        subjects=entries.matching(words.subjects, locale, search.subject),
    )


def export(context: None, request: Request) -> Response:
    """POST: an export leaves a mark in the trail."""
    search = trail.Search.read(request.POST)
    file = trail.export(request.db, search, _zone(request), _meant(request, search))
    response = Response(app_iter=Chunks(file), content_type="text/csv", charset="utf-8")
    name = request.tenant.slug if request.tenant else "installation"
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{name}.csv"'
    return response


def verify(context: None, request: Request) -> dict[str, Any]:
    anchors = Anchors(request.registry.portico.settings.anchors_folder)
    return {"result": trail.verify(request.db, anchors)}


class Chunks:
    """A text file as the bytes of an answer; the server closes it, whatever becomes of the client."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        while part := self._file.read(_CHUNK):
            yield part.encode()

    def close(self) -> None:
        self._file.close()


def _zone(request: Request) -> ZoneInfo:
    zone: ZoneInfo = request.tenant.zone if request.tenant else UTC
    return zone
