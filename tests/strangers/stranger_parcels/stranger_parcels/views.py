"""Pages, a fragment and the API of parcels."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.errors import NotFoundError
from portico.forms.submission import handle
from portico.web.flash import flash
from portico.web.params import uuid_param
from stranger_parcels import schemas, services
from stranger_parcels.i18n import _
from stranger_parcels.models import Parcel


def load(request: Request) -> Parcel:
    parcel = services.found(request.db, uuid_param(request, "stranger_parcels_id"))
    if parcel is None:
        raise NotFoundError
    return parcel


def listing(context: None, request: Request) -> dict[str, Any]:
    return {"parcels": services.listed(request.db)}


def detail(context: Parcel, request: Request) -> dict[str, Any]:
    return {"parcel": context}


def announce(context: None, request: Request) -> Any:
    def create(values: dict[str, Any]) -> Response:
        parcel = services.announce(request.db, **values)
        flash(request, _("The parcel is announced."))
        return HTTPSeeOther(request.route_path("stranger_parcels.detail", stranger_parcels_id=parcel.id))

    return handle(request, schemas.NewParcel(), create, submit=_("Announce"))


def api_list(context: None, request: Request) -> dict[str, Any]:
    return {"items": [_as_json(row) for row in services.listed(request.db)]}


def api_announce(context: None, request: Request) -> dict[str, Any]:
    return _as_json(services.announce(request.db, **request.body_data))


def _as_json(parcel: Any) -> dict[str, Any]:
    return {"id": parcel.id, "contents": parcel.contents, "weight_kg": parcel.weight_kg}
