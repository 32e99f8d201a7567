"""Signatures as JSON: the same services as the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.request import Request

from portico.api.schema import money
from portico.web.i18n import translate
from portico.web.routes import API_PREFIX
from portico_signatures import reading, rounds, signing
from portico_signatures.choices import consent, is_required
from portico_signatures.resources import Asked, parameter
from portico_signatures.signing import Given

TOLD = (
    "id", "kind", "subject_id", "title", "version", "name", "signer", "method", "consent", "consent_locale", "address",
    "user_agent", "signed_at", "document_sha256", "content_sha256", "sealed_sha256", "reference", "state", "ended_at",
    "ended_why",
)  # fmt: skip


def to_sign(context: Asked, request: Request) -> dict[str, Any]:
    terms, locale = context.terms, request.locale_name
    progress = rounds.of(request.db, context.kind.name, context.record.id)
    written_in = progress.round.locale if progress else locale
    made = signing.document(request.db, request.registry.portico, context.kind, context.record, written_in)
    words = consent(request.tenant, locale, terms.title)
    may = terms.is_open and signing.may_sign(request.db, context.kind, context.record)
    others = rounds.candidates(request.db, request.registry.portico, context.kind, context.record) if may else []
    there = {one.user_id for one in progress.signers} if progress else set()
    return {
        "colleagues": [{"id": one.user_id, "name": one.name} for one in others if one.user_id not in there],
        "signers": [_signer(one) for one in progress.signers] if progress else [],
        "version": terms.version,
        "title": translate(locale, terms.title),
        "amount": money(terms.amount, terms.currency),
        "currency": terms.currency,
        "is_open": terms.is_open,
        "is_required": is_required(request.tenant),
        "above_limit": terms.above_limit,
        "consent": words.text,
        "consent_language": words.locale,
        "consent_sha256": words.sha256,
        "document": _address(context, request),
        "document_name": made.name,
        "document_sha256": signing.digest(made.content),
    }


def _address(context: Asked, request: Request) -> str:
    path = context.kind.api_document.replace(f"{{{parameter(context.kind)}}}", str(context.record.id))
    return f"{request.script_name}{API_PREFIX}{path}"


def sign(context: Asked, request: Request) -> dict[str, Any]:
    data = request.body_data
    given = Given(
        version=data["version"],
        document_sha256=data["document_sha256"],
        consent_sha256=data["consent_sha256"],
        name=data["name"],
        method=data["method"],
        drawing=data["drawing"],
        values={name: data[name] for name in context.kind.fields if name in data},
        ask=data["ask"],
        note=data["note"],
        signers=tuple(str(one) for one in data["signers"]),
    )
    made = signing.sign(
        request.db,
        request.registry.portico,
        context.kind,
        context.record,
        given,
        locale=request.locale_name,
        agent=request.user_agent or "",
    )
    return told(reading.one(request.db, made))


def delegate(context: Asked, request: Request) -> dict[str, Any]:
    data = request.body_data

    def hand_on() -> None:
        reason = " ".join(data["reason"].split())
        rounds.delegate(request.db, request.registry.portico, context.kind, context.record, str(data["to"]), reason)

    return _turn(context, request, hand_on)


def decline(context: Asked, request: Request) -> dict[str, Any]:
    reason = " ".join(request.body_data["reason"].split())
    return _turn(context, request, lambda: rounds.decline(request.db, context.kind, context.record, reason))


def _turn(context: Asked, request: Request, do: Callable[[], None]) -> dict[str, Any]:
    """Who sign it after that, also where it is over by then."""
    progress = rounds.of(request.db, context.kind.name, context.record.id)
    do()
    return {"signers": [_signer(one) for one in rounds.signers(request.db, progress.round.id)] if progress else []}


def _signer(one: Any) -> dict[str, Any]:
    return {"id": one.user_id, "name": one.name, "state": one.state}


def one(context: Any, request: Request) -> dict[str, Any]:
    return told(context)


def told(signature: Any) -> dict[str, Any]:
    return {name: getattr(signature, name) for name in TOLD}
