"""Pages on the company's mails."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin import outbox
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import uuid_param


def listing(context: None, request: Request) -> dict[str, Any]:
    show = request.GET.get("show", "")
    show = show if show in outbox.STATES else ""
    search = request.GET.get("q", "")[:100]
    return {
        "page": outbox.page(request.db, show, search, request.GET.get("after")),
        "show": show,
        "search": search,
        "failed": outbox.failed(request.db),
    }


def retry(context: None, request: Request) -> Response:
    outbox.retry(request.db, uuid_param(request, "mail_id"))
    flash(request, _("It is being sent again."), "info")
    return HTTPSeeOther(request.route_path("admin.mails"))
