"""What every API view has in common: schemas checked, idempotency kept, answers as JSON with an ETag."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import colander
from pyramid.request import Request
from pyramid.response import Response

from portico.api import idempotency
from portico.api.body import json_body
from portico.api.schema import encode, made, validate
from portico.api.upload import uploaded
from portico.errors import InvalidError, ProveAgainError
from portico.identity.policy import check_place
from portico.web.i18n import _
from portico.web.routes import RouteSpec


def api_view(spec: RouteSpec) -> Callable[..., Any]:
    """The Pyramid view of an API route. The spec's view gets `request.body_data` and `request.query_data`, checked."""

    def view(context: Any, request: Request) -> Response:
        if spec.fresh and not request.scope.elevated:
            raise ProveAgainError
        loaded = spec.context(request) if spec.context else None
        check_place(request.scope, spec.permission, loaded)
        request.query_data = validate(spec.query, query_values(spec.query, request.GET), request) if spec.query else {}
        request.body_data = validate(spec.body, json_body(request), request) if spec.body else None
        if spec.upload:
            request.upload = uploaded(request)
        stored = idempotency.begin(request, spec) if spec.idempotent else None
        if stored is not None and stored.answer is not None:
            return respond(request, stored.answer, stored.status or spec.status)
        answer = spec.view(loaded, request)
        if isinstance(answer, Response):
            return answer
        if stored is not None:
            idempotency.finish(request, stored, spec.status, to_json(answer))
        return respond(request, to_json(answer), spec.status)

    view.__name__ = getattr(spec.view, "__name__", "view")
    return view


def query_values(schema: Any, given: Any) -> dict[str, Any]:
    """The query string as the schema sees it: a parameter that is a sequence there may be repeated, and no other."""
    repeated = {node.name for node in made(schema).children if isinstance(node.typ, colander.Sequence)}
    found = {name: given.getall(name) for name in given}
    twice = [name for name, values in found.items() if len(values) > 1 and name not in repeated]
    if twice:
        raise InvalidError(fields={f"/{name[:100]}": _("This is there twice; send it once.") for name in twice})
    return {name: values if name in repeated else values[0] for name, values in found.items()}


def to_json(answer: Any) -> str:
    return json.dumps(answer, default=encode, ensure_ascii=False, separators=(",", ":"))


def respond(request: Request, text: str, status: int) -> Response:
    if status == 204:
        return Response(status=204)
    body = text.encode()
    response = Response(body=body, status=status, content_type="application/json", charset="utf-8")
    response.headers["Cache-Control"] = "no-store"  # a program that keeps an answer asks again with its tag, and knows why
    if request.method == "GET":
        response.etag = hashlib.sha256(body).hexdigest()[:20]
        response.conditional_response = True
    return response
