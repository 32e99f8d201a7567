"""The page on which somebody signs, and that of a signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from portico.api.schema import validate
from portico.approvals.errors import AboveLimitError
from portico.documents import giving as documents
from portico.errors import ConflictError, InvalidError, NotFoundError
from portico.files import giving, service
from portico.web.flash import flash
from portico.web.i18n import translate
from portico.web.links import path_to
from portico.web.params import uuid_param
from portico.web.storable import NOT_KEPT, storable
from portico_signatures import drawing, kept, schemas, signing
from portico_signatures.choices import consent
from portico_signatures.i18n import _
from portico_signatures.resources import Asked
from portico_signatures.signing import Given

T = "portico_signatures/"
STATES = {
    "given": (_("Waits for approval"), "warning"),
    "agreed": (_("Valid"), "success"),
    "void": (_("Void"), "neutral"),
}
LABELS = {"name": _("Your name"), "drawing": _("Your signature"), "agree": _("Consent"), "note": _("What should they know?")}
WHY = {
    "undone": _("The acceptance was undone."),
    "changed": _("The company changed what was signed."),
    "refused": _("It was declined, or the company did not take the acceptance."),
    "expired": _("Its last day passed before it was approved."),
    "not-approved": _("It was not approved, or nobody is asked any more."),
    "replaced": _("Another signature took its place."),
}


def sign(context: Asked, request: Request) -> dict[str, Any] | Response:
    if request.method == "GET":
        return _shown(context, request)
    typed = {"agree": "false", **request.POST.mixed()}
    typed = {name: value for name, value in typed.items() if isinstance(value, str) and name != "csrf_token"}
    values = {name: typed.pop(name, "") for name in context.kind.fields}
    try:
        _sign(context, request, typed, values)
    except InvalidError as error:
        return _refused(context, request, typed | values, "", dict(error.fields), 422)
    except AboveLimitError as error:
        return _refused(context, request, typed | values, error.message, {}, 409, above_limit=True)
    except ConflictError as error:
        return _refused(context, request, typed | values, error.message, {}, 409)
    flash(request, _("Signed. Your colleagues are asked.") if "ask" in typed else _("Signed and accepted. The company is told."))
    return HTTPSeeOther(_record(context, request))


def _sign(context: Asked, request: Request, typed: Mapping[str, str], values: Mapping[str, str]) -> None:
    data = validate(schemas.SignForm, dict(typed), request)
    for name, value in values.items():
        if len(value) > schemas.LONGEST_FIELD or not storable(value):
            raise InvalidError(fields={f"/{name}": NOT_KEPT if not storable(value) else _("Use at most 100 characters.")})
    given = Given(values={name: value.strip() for name, value in values.items()}, **_of_signature(data))
    agent = request.user_agent or ""
    signing.sign(
        request.db, request.registry.portico, context.kind, context.record, given, locale=request.locale_name, agent=agent
    )


def _of_signature(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in ("version", "document_sha256", "name", "method", "drawing", "ask", "note")}


def _refused(
    context: Asked,
    request: Request,
    typed: Mapping[str, str],
    message: Any,
    fields: Mapping[str, Any],
    status: int,
    above_limit: bool = False,
) -> Response:
    """The page as things are now, with what was typed."""
    record = context.kind.find(request.db, context.record.id)
    if record is None:
        raise NotFoundError
    now = Asked(context.kind, record, context.kind.terms(request.db, record))
    errors = {pointer.strip("/"): translate(request.locale_name, text) for pointer, text in fields.items()}
    wrong = [(f"field-{name}", _label(context, request, name), text) for name, text in errors.items()]
    values = _shown(now, request) | {"typed": typed, "refused": message, "errors": errors, "wrong": wrong}
    values["above_limit"] = values["above_limit"] or above_limit
    html = request.registry.portico.themes.render_for(request, f"{T}sign.jinja2", values)
    return Response(text=html, status=status)


def _label(context: Asked, request: Request, name: str) -> str:
    return str(translate(request.locale_name, LABELS.get(name) or context.kind.fields.get(name) or ""))


def _shown(context: Asked, request: Request) -> dict[str, Any]:
    terms, kind, locale = context.terms, context.kind, request.locale_name
    open_to_them = terms.is_open and signing.may_sign(request.db, kind, context.record)
    made = signing.document(request.db, request.registry.portico, kind, context.record, locale) if open_to_them else None
    return {
        "kind": kind,
        "terms": terms,
        "open": open_to_them,
        "made": made,
        "document_sha256": signing.digest(made.content) if made else "",
        "consent": consent(request.tenant, locale, terms.title),
        "record": _record(context, request),
        "document": path_to(
            request, "signatures.document", agreement_kind=kind.name, agreement_id=str(context.record.id)
        ),
        "typed": {"name": request.scope.user_name, "method": "typed", **terms.values},
        "errors": {},
        "wrong": [],
        "refused": "",
        "above_limit": terms.above_limit,
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
    }


def _record(context: Asked, request: Request) -> str:
    parts = {name: context.record.id if value == "subject" else value for name, value in context.kind.route_params.items()}
    return path_to(request, context.kind.route, **{name: str(value) for name, value in parts.items()})


def document(context: Asked, request: Request) -> Response:
    """What is to be signed, as its own page gives it."""
    of = documents.kind_of(request.db, context.kind.document)
    found = of.find(request.db, context.record.id)
    if found is None:
        raise NotFoundError
    return documents.send(request, of.name, found)


def detail(context: Any, request: Request) -> dict[str, Any]:
    files = service.of(request.db, kept.KIND, context.id)
    return {
        "signature": context,
        "pill": STATES[context.state],
        "why": WHY.get(context.ended_why, ""),
        "lines": drawing.lines(context.drawing),
        "width": drawing.WIDTH,
        "height": drawing.HEIGHT,
        "files": giving.listed(request, files, lambda one: _file(request, context.id, one)),
    }


def _file(request: Request, signature_id: Any, file_id: Any) -> str:
    return path_to(request, "signatures.file", signature_id=str(signature_id), signature_file_id=str(file_id))


def file(context: Any, request: Request) -> Response:
    return giving.send(request, kept.KIND, context.id, uuid_param(request, "signature_file_id"))
