"""Pages of personal tokens."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import colander
import deform
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin.composed_roles import groups
from portico.forms.submission import handle
from portico.forms.widgets import NumberWidget
from portico.identity.personal import service
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.params import uuid_param

USUAL_DAYS = 90


def listing(context: None, request: Request) -> dict[str, Any]:
    return {"tokens": service.tokens(request.db), "words": _offered(request)}


def new(context: None, request: Request) -> Any:
    """The token is in the answer to the form, and nowhere afterwards."""
    offered = _offered(request)

    def make(values: dict[str, Any]) -> dict[str, Any]:
        _id, token = service.create(request.db, offered=offered, **values)
        return {"token": token, "form": None}

    answer = handle(
        request,
        _schema(offered),
        make,
        initial={"days": USUAL_DAYS},
        submit=_("Make the token"),
        cancel_url=request.route_path("identity.tokens"),
    )
    if isinstance(answer, dict):
        answer.setdefault("token", None)
    return answer


def revoke(context: UUID, request: Request) -> Response:
    gone = service.revoke(request.db, context)
    flash(request, _("${name} is revoked.", mapping={"name": gone.name}))
    return HTTPSeeOther(request.route_path("identity.tokens"))


def _offered(request: Request) -> dict[str, Any]:
    """Permission → its sentence."""
    able = service.readable(request.registry.portico.routes, request.scope)
    known = groups(request.registry.portico, request.scope)
    return {name: words for _group, _title, rights in known for name, words in rights if name in able}


def _schema(offered: dict[str, Any]) -> colander.MappingSchema:
    schema = colander.MappingSchema()
    schema.add(
        colander.SchemaNode(
            colander.String(),
            name="name",
            title=_("Name"),
            validator=colander.Length(max=60),
            description=_("What it is for, for example: our stock report."),
        )
    )
    schema.add(
        colander.SchemaNode(
            colander.Set(),
            name="scopes",
            title=_("What it may read"),
            validator=colander.ContainsOnly(list(offered)),
            widget=deform.widget.CheckboxChoiceWidget(values=list(offered.items())),
        )
    )
    schema.add(
        colander.SchemaNode(
            colander.Integer(),
            name="days",
            title=_("Days until it ends"),
            description=_("7 to 365."),
            validator=colander.Range(service.SHORTEST_DAYS, service.LONGEST_DAYS),
            widget=NumberWidget(),
        )
    )
    return schema


def token_id(request: Request) -> UUID:
    """Context: an id from the path; whose it is, the service checks."""
    return uuid_param(request, "token_id")
