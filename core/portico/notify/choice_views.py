"""The page and the API on which people choose what they are told."""

from __future__ import annotations

from typing import Any

import colander
import deform
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.api.schema import BodySchema
from portico.forms.submission import handle
from portico.identity.permissions import MEMBER
from portico.notify import choices
from portico.notify.fan_out import CHOICES
from portico.web.flash import flash
from portico.web.i18n import _
from portico.web.routes import Routes

PLACES = ("portal", "mail")


class Wanted(BodySchema):
    kind = colander.SchemaNode(colander.String(), validator=colander.Length(max=120), description="the kind of event")
    portal = colander.SchemaNode(colander.Boolean(), missing=colander.drop, description="a notice in the portal")
    mail = colander.SchemaNode(colander.Boolean(), missing=colander.drop, description="a mail")


class WantedItems(colander.SequenceSchema):
    wanted = Wanted()


class SettingsBody(BodySchema):
    items = WantedItems(validator=colander.Length(max=200))


class Setting(colander.MappingSchema):
    kind = colander.SchemaNode(colander.String())
    label = colander.SchemaNode(colander.String(), description="in the language that was asked for")
    portal = colander.SchemaNode(colander.Boolean())
    mail = colander.SchemaNode(colander.Boolean())
    has_mail = colander.SchemaNode(colander.Boolean(), description="whether there is a mail of this kind")
    required = colander.SchemaNode(colander.Boolean(), description="cannot be switched off")


class SettingItems(colander.SequenceSchema):
    setting = Setting()


class Settings(colander.MappingSchema):
    items = SettingItems()


def page(context: None, request: Request) -> Any:
    known = choices.choices(request.db, request.relay, request)
    free = [one for one in known if not one.required]
    boxes = {box(place, one): (place, one) for one in free for place in PLACES if place == "portal" or one.has_mail}

    def save(values: dict[str, Any]) -> Response:
        wanted: dict[str, dict[str, bool]] = {one.kind: {} for one in free}
        for name, (place, one) in boxes.items():
            wanted[one.kind][place] = name in values["told"]
        choices.choose(request.db, request.relay, wanted)
        flash(request, _("Saved."))
        return HTTPSeeOther(request.route_path("notices.choices"))

    widget = deform.widget.CheckboxChoiceWidget(values=[(name, name) for name in boxes])
    widget.template, widget.kinds = "portico/notice_choices_field", free
    schema = colander.MappingSchema()
    told = colander.SchemaNode(colander.Set(), name="told", title=_("Choose"), missing=frozenset(), widget=widget)
    told.validator = colander.ContainsOnly(list(boxes))
    schema.add(told)
    now = {"told": {name for name, (place, one) in boxes.items() if getattr(one, place)}}
    answer = handle(request, schema, save, initial=now, submit=_("Save"))
    return answer | {"required": [one for one in known if one.required]} if isinstance(answer, dict) else answer


def box(place: str, one: choices.Choice) -> str:
    return f"{place}:{one.kind}"


def api_get(context: None, request: Request) -> dict[str, Any]:
    shown = ("kind", "label", "portal", "mail", "has_mail", "required")
    found = choices.choices(request.db, request.relay, request)
    return {"items": [{name: getattr(one, name) for name in shown} for one in found]}


def api_put(context: None, request: Request) -> dict[str, Any]:
    wanted = {one["kind"]: {name: one[name] for name in PLACES if name in one} for one in request.body_data["items"]}
    choices.choose(request.db, request.relay, wanted)
    return api_get(context, request)


def add_routes(routes: Routes) -> None:
    routes.page(
        "notices.choices",
        CHOICES,
        page,
        permission=MEMBER,
        methods=("GET", "POST"),
        renderer="portico/notice_choices.jinja2",
    )
    routes.api(
        "notice_settings",
        "/notifications/settings",
        api_get,
        permission=MEMBER,
        response=Settings,
        title="What I am told, and where",
    )
    routes.api(
        "notice_settings",
        "/notifications/settings",
        api_put,
        method="PUT",
        permission=MEMBER,
        body=SettingsBody,
        response=Settings,
        title="Choose what I am told, and where",
    )
