"""The page on a company's paper."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin.schemas import documents_schema
from portico.admin.versions import seen_version
from portico.documents import letterhead
from portico.forms.submission import handle
from portico.web.flash import flash
from portico.web.i18n import _


def page(context: None, request: Request) -> Any:
    def save(values: dict[str, Any]) -> Response:
        letterhead.save(request.db, values, seen_version(request))
        flash(request, _("Saved. The next document has it."))
        return HTTPSeeOther(request.route_path("admin.documents"))

    return handle(
        request,
        documents_schema(),
        save,
        initial=letterhead.look(request.tenant),
        name="documents",
        hidden={"version": str(request.tenant.config_version)},
    )
