"""The page on what a company demands of sign-ins and sessions."""

from __future__ import annotations

from typing import Any

import colander
import deform
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.admin import security_rules
from portico.admin.versions import seen_version
from portico.forms.submission import handle
from portico.forms.widgets import NumberWidget
from portico.web.flash import flash
from portico.web.i18n import _


def page(context: None, request: Request) -> Any:
    bare = security_rules.without_factor(request.db)

    def save(values: dict[str, Any]) -> Response:
        security_rules.save(request.db, **{"understood": False, **values}, version=seen_version(request))
        flash(request, _("Saved. It counts from now on."))
        return HTTPSeeOther(request.route_path("admin.security"))

    return handle(
        request,
        _schema(security_rules.roles(request.db), bare),
        save,
        initial=security_rules.current(request.scope),
        hidden={"version": str(request.tenant.config_version)},
    )


def _schema(roles: dict[str, Any], bare: bool) -> colander.MappingSchema:
    schema = colander.MappingSchema()
    schema.add(
        colander.SchemaNode(
            colander.Set(),
            name="second_factor",
            title=_("A second factor is needed by"),
            description=_("Who has none sets one up at the next page, before anything else."),
            missing=(),
            validator=colander.ContainsOnly(list(roles)),
            widget=deform.widget.CheckboxChoiceWidget(values=list(roles.items())),
        )
    )
    if bare:
        schema.add(
            colander.SchemaNode(
                colander.Boolean(),
                name="understood",
                title=_("I have no second factor yet, and will set one up right after saving"),
                description=_("Only if you choose a role that you have yourself."),
                missing=False,
                widget=deform.widget.CheckboxWidget(),
            )
        )
    idle, longest = _("Signed out after so many minutes without a click"), _("Signed out after so many hours in any case")
    schema.add(_number("idle_minutes", idle, _("5 to 480."), security_rules.IDLE_MINUTES))
    schema.add(_number("session_hours", longest, _("1 to 720."), security_rules.SESSION_HOURS))
    return schema


def _number(name: str, title: Any, limits: Any, bounds: tuple[int, int]) -> colander.SchemaNode:
    return colander.SchemaNode(
        colander.Integer(),
        name=name,
        title=title,
        description=limits,
        validator=colander.Range(*bounds),
        widget=NumberWidget(),
    )
