"""What somebody does with their turn to sign besides signing: hands it on, or declines; and how it is called off."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.api.schema import validate
from portico.errors import ConflictError, InvalidError
from portico.web.flash import flash
from portico.web.links import path_to
from portico_signatures import rounds, schemas, views
from portico_signatures.i18n import _
from portico_signatures.resources import Asked


def delegate(context: Asked, request: Request) -> Response:
    def done() -> None:
        data = validate(schemas.HandOn, _typed(request), request)
        portico, reason = request.registry.portico, " ".join(data["reason"].split())
        name = rounds.delegate(request.db, portico, context.kind, context.record, str(data["to"]), reason)
        flash(request, _("Handed on. ${name} is asked.", mapping={"name": name}))

    return _answer(context, request, done)


def refuse(context: Asked, request: Request) -> Response:
    def done() -> None:
        data = validate(schemas.TurnDeclined, _typed(request), request)
        rounds.decline(request.db, context.kind, context.record, " ".join(data["reason"].split()))
        flash(request, _("You declined to sign. Your colleagues are told."))

    return _answer(context, request, done)


def call_off(context: Asked, request: Request) -> Response:
    def done() -> None:
        rounds.call_off(request.db, context.kind, context.record)
        flash(request, _("Called off. What was signed for it is void."))

    return _answer(context, request, done)


def _typed(request: Request) -> dict[str, Any]:
    return {
        name: value
        for name, value in request.POST.items()
        if name in ("to", "reason") and isinstance(value, str)
    }


def _answer(context: Asked, request: Request, do: Any) -> Response:
    """Back to the page of signing, which says how it stands; or that page with what was wrong."""
    try:
        with request.db.begin_nested():
            do()
    except InvalidError as error:
        return _refused(context, request, next(iter(error.fields.values()), error.message), error.status)
    except ConflictError as error:
        return _refused(context, request, error.message, error.status)
    parts = {"agreement_kind": context.kind.name, "agreement_id": str(context.record.id)}
    return HTTPSeeOther(path_to(request, "signatures.sign", **parts))


def _refused(context: Asked, request: Request, message: Any, status: int) -> Response:
    typed = {"name": request.scope.user_name, "method": "typed", **context.terms.values}
    return views.refused(context, request, typed, message, {}, status, said=_typed(request))
