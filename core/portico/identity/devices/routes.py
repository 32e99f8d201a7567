"""Routes of a person's sessions."""

from __future__ import annotations

from typing import Any

import colander

from portico.api.schema import Uuid
from portico.identity.devices import views
from portico.identity.permissions import SIGNED_IN
from portico.web.routes import Routes


class Methods(colander.SequenceSchema):
    method = colander.SchemaNode(colander.String())


class SessionAnswer(colander.MappingSchema):
    id = colander.SchemaNode(Uuid())
    kind = colander.SchemaNode(colander.String(), description="browser or api")
    browser = colander.SchemaNode(colander.String())
    system = colander.SchemaNode(colander.String())
    address = colander.SchemaNode(colander.String())
    place = colander.SchemaNode(colander.String(), description="country code, with the city if it is known: FR/Paris")
    methods = Methods()
    created_at = colander.SchemaNode(colander.DateTime())
    last_seen_at = colander.SchemaNode(colander.DateTime())
    second_factor = colander.SchemaNode(colander.Boolean())
    current = colander.SchemaNode(colander.Boolean(), description="the session that asks")


class Sessions(colander.SequenceSchema):
    session = SessionAnswer()


class SessionList(colander.MappingSchema):
    items = Sessions()


def add_routes(routes: Routes) -> None:
    signed_in: dict[str, Any] = {"permission": SIGNED_IN, "site": "any"}
    routes.page(
        "identity.devices",
        "/account/devices",
        views.listing,
        renderer="portico/identity/devices.jinja2",
        **signed_in,
    )
    routes.action("identity.end_others", "/account/devices/end-others", views.end_others, **signed_in)
    routes.action(
        "identity.end_device",
        "/account/devices/{session_id}/end",
        views.end,
        context=views.session_id,
        **signed_in,
    )
    routes.api(
        "sessions",
        "/sessions",
        views.api_list,
        permission=SIGNED_IN,
        response=SessionList,
        title="Where I am signed in",
    )
    routes.api(
        "session",
        "/sessions/{session_id}",
        views.api_end,
        method="DELETE",
        permission=SIGNED_IN,
        context=views.session_id,
        status=204,
        title="End a session",
    )
