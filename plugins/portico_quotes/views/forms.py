"""How this plugin's small forms are read and answered, with htmx and without."""

from __future__ import annotations

import json
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.api.schema import validate
from portico.errors import DomainError
from portico.web.i18n import translate

NOT_OURS = ("csrf_token", "from", "file")


def data(request: Request, schema: Any) -> Any:
    """The form's values, checked. Raises InvalidError with a message per field ("/quantity")."""
    values = {
        key: value for key, value in request.POST.items() if key not in NOT_OURS and isinstance(value, str)
    }
    return validate(schema, values, request)


def by_htmx(request: Request) -> bool:
    return bool(request.headers.get("HX-Request"))


def go(request: Request, route: str, **parts: Any) -> Response:
    """On to another page, also for htmx."""
    address = request.route_path(route, **parts)
    if by_htmx(request):
        return Response(status=204, headers={"HX-Redirect": address})
    return HTTPSeeOther(address)


def render(
    request: Request, template: str, values: dict[str, Any], status: int = 200, **events: Any
) -> Response:
    """A template as an answer; `events` fire in the page ("quotes:version")."""
    html = request.registry.portico.themes.render_for(request, f"portico_quotes/{template}.jinja2", values)
    response = Response(text=html, status=status)
    if events:
        response.headers["HX-Trigger"] = json.dumps(
            {name.replace("__", ":"): value for name, value in events.items()}
        )
    return response


def errors_of(request: Request, error: DomainError) -> dict[str, str]:
    """Field name → message in the reader's language."""
    return {
        pointer.strip("/"): translate(request.locale_name, text) for pointer, text in error.fields.items()
    }
