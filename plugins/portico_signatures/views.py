"""The page on which somebody signs, and that of a signature."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
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
from portico_signatures import drawing, kept, rounds, schemas, signing
from portico_signatures.choices import consent
from portico_signatures.i18n import _
from portico_signatures.resources import Asked
from portico_signatures.signing import Given

T = "portico_signatures/"
SIGNERS = tuple(f"signer_{place}" for place in range(2, rounds.MOST + 1))
"""Fields of the page: who signs after whoever begins."""
STATES = {
    "given": (_("Waits for approval"), "warning"),
    "agreed": (_("Valid"), "success"),
    "void": (_("Void"), "neutral"),
}
LABELS = {
    "signers": _("Who else signs?"),
    "name": _("Your name"),
    "drawing": _("Your signature"),
    "agree": _("Consent"),
    "note": _("What should they know?"),
}
WHY = {
    "undone": _("The acceptance was undone."),
    "changed": _("The company changed what was signed."),
    "refused": _("It was declined, or the company did not take the acceptance."),
    "expired": _("Its last day passed before it was approved."),
    "not-approved": _("It was not approved, or nobody is asked any more."),
    "replaced": _("Another signature took its place."),
    "declined": _("Somebody who was to sign it, too, declined."),
    "called-off": _("It was called off before everybody had signed."),
    "unanswered": _("It was not signed in time, though whoever was asked was reminded."),
    "not-taken": _("The company's system takes no answer to it here any more. Ask the company how to agree to it."),
    "signer-left": _("Somebody who was to sign it, too, may not any more."),
}


def sign(context: Asked, request: Request) -> dict[str, Any] | Response:
    if request.method == "GET":
        return _shown(context, request)
    typed = {"agree": "false", **request.POST.mixed()}
    typed = {name: value for name, value in typed.items() if isinstance(value, str) and name != "csrf_token"}
    values = {name: typed.pop(name, "") for name in context.kind.fields}
    named = {name: typed.pop(name) for name in SIGNERS if name in typed}
    try:
        _sign(context, request, typed, values, tuple(one for one in named.values() if one))
    except InvalidError as error:
        return refused(context, request, typed | values | named, "", dict(error.fields), 422)
    except AboveLimitError as error:
        return refused(context, request, typed | values, error.message, {}, 409, above_limit=True)
    except ConflictError as error:
        return refused(context, request, typed | values | named, error.message, {}, 409)
    progress = rounds.of(request.db, context.kind.name, context.record.id)
    if progress is not None and progress.turn is not None:
        flash(request, _("Signed. ${name} is asked next.", mapping={"name": progress.turn.name}))
        return HTTPSeeOther(request.path)
    flash(request, _("Signed. Your colleagues are asked.") if "ask" in typed else _("Signed and accepted."))
    return HTTPSeeOther(_record(context, request))


def _sign(
    context: Asked, request: Request, typed: Mapping[str, str], values: Mapping[str, str], signers: tuple[str, ...]
) -> None:
    data = validate(schemas.SignForm, dict(typed), request)
    for name, value in values.items():
        if len(value) > schemas.LONGEST_FIELD or not storable(value):
            raise InvalidError(fields={f"/{name}": NOT_KEPT if not storable(value) else _("Use at most 100 characters.")})
    given = Given(values={name: value.strip() for name, value in values.items()}, signers=signers, **_of_signature(data))
    agent = request.user_agent or ""
    signing.sign(
        request.db, request.registry.portico, context.kind, context.record, given, locale=request.locale_name, agent=agent
    )


def _of_signature(data: Mapping[str, Any]) -> dict[str, Any]:
    shown = ("version", "document_sha256", "consent_sha256")
    return {name: data[name] for name in (*shown, "name", "method", "drawing", "ask", "note")}


def refused(
    context: Asked,
    request: Request,
    typed: Mapping[str, str],
    message: Any,
    fields: Mapping[str, Any],
    status: int,
    above_limit: bool = False,
    said: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """The page as things are now, with what was typed."""
    record = context.kind.find(request.db, context.record.id)
    if record is None:
        raise NotFoundError
    now = Asked(context.kind, record, context.kind.terms(request.db, record))
    errors = {pointer.strip("/"): translate(request.locale_name, text) for pointer, text in fields.items()}
    wrong = [(f"field-{name}", _label(context, request, name), text) for name, text in errors.items()]
    values = _shown(now, request) | {"typed": typed, "refused": message, "errors": errors, "wrong": wrong, "said": said}
    values["above_limit"] = values["above_limit"] or above_limit
    html = request.registry.portico.themes.render_for(request, f"{T}sign.jinja2", values)
    return Response(text=html, status=status)


def _label(context: Asked, request: Request, name: str) -> str:
    return str(translate(request.locale_name, LABELS.get(name) or context.kind.fields.get(name) or ""))


def _shown(context: Asked, request: Request) -> dict[str, Any]:
    terms, kind, locale = context.terms, context.kind, request.locale_name
    db, portico = request.db, request.registry.portico
    may = terms.is_open and signing.may_sign(db, kind, context.record)
    progress = rounds.of(db, kind.name, context.record.id)
    theirs = progress is None or (progress.turn is not None and progress.turn.user_id == request.scope.user_id)
    written_in = progress.round.locale if progress else locale
    made = signing.document(db, portico, kind, context.record, written_in) if may and theirs else None
    others = rounds.candidates(db, portico, kind, context.record) if may and theirs else []
    there = {one.user_id for one in progress.signers} if progress else set()
    return {
        "progress": progress,
        "changed": bool(progress and made and signing.digest(made.content) != progress.round.document_sha256),
        "colleagues": [one for one in others if one.user_id not in there],
        "needed": signing.needed(db, terms) if may and progress is None else 0,
        "signers": SIGNERS,
        "turns": rounds.TURNS,
        "may_call_off": bool(progress and progress.turn and rounds.may_call_off(request.scope, progress.round)),
        "said": {},
        "last": progress is None or progress.last,
        "kind": kind,
        "terms": terms,
        "open": may and (theirs or progress is not None),
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
    """What is to be signed, as its own page gives it; where several sign, in the language in which they do."""
    of = documents.kind_of(request.db, context.kind.document)
    found = of.find(request.db, context.record.id)
    if found is None:
        raise NotFoundError
    progress = rounds.of(request.db, context.kind.name, context.record.id)
    return documents.send(request, of.name, found, locale=progress.round.locale if progress else None)


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
