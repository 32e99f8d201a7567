"""The first page of the administration."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico.admin import checklist as service


def checklist(context: None, request: Request) -> dict[str, Any]:
    return {"points": service.points(request.db, request.registry.portico.plugins)}
