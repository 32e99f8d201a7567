"""Every page and API resource of the plugin."""

from __future__ import annotations

from typing import Any

from portico.identity.permissions import PUBLIC
from portico.pluginhost.values import AgreementKind
from portico_signatures import api, resources, schemas, turns, verify, views

SIGN, VIEW = "signatures:sign", "signatures:view"
T = "portico_signatures/"
RECORD, ONE = "/sign/{agreement_kind}/{agreement_id}", "/signatures/{signature_id}"


def add_routes(routes: Any) -> None:
    asked, signature = resources.asked, resources.signature
    routes.page(
        "signatures.sign",
        RECORD,
        views.sign,
        permission=SIGN,
        context=asked,
        methods=("GET", "POST"),
        renderer=f"{T}sign.jinja2",
    )
    for action, view in (("delegate", turns.delegate), ("refuse", turns.refuse), ("call_off", turns.call_off)):
        path = f"{RECORD}/{action.replace('_', '-')}"
        routes.action(f"signatures.{action}", path, view, permission=SIGN, context=asked)
    routes.page("signatures.document", f"{RECORD}/document", views.document, permission=SIGN, context=asked)
    routes.page("signatures.detail", ONE, views.detail, permission=VIEW, context=signature, renderer=f"{T}detail.jinja2")
    routes.page("signatures.file", f"{ONE}/files/{{signature_file_id}}", views.file, permission=VIEW, context=signature)
    routes.page("signatures.verify", "/signed", verify.page, permission=PUBLIC, methods=("GET", "POST"))
    routes.page("signatures.verified", "/signed/{proof}", verify.by_address, permission=PUBLIC)
    routes.api(
        "signature", ONE, api.one, permission=VIEW, context=signature, response=schemas.SignatureAnswer, title="One signature"
    )
    for kind in routes.agreements:
        if kind.api:
            _add_api(routes, kind)


def _add_api(routes: Any, kind: AgreementKind) -> None:
    """Below the record's own address: /quotes/{quote_id}/sign, /contracts/{contract_id}/sign."""
    record, path, context = resources.parameter(kind).removesuffix("_id"), f"{kind.api}/sign", resources.of_kind(kind)
    routes.api(
        f"{record}_sign",
        path,
        api.to_sign,
        permission=SIGN,
        context=context,
        response=schemas.ToSign,
        title=f"{kind.title}: what it is signed with, its version, its document, the words of consent",
    )
    routes.api(
        f"{record}_sign",
        path,
        api.sign,
        method="POST",
        permission=SIGN,
        context=context,
        body=schemas.Sign,
        response=schemas.SignatureAnswer,
        idempotent=True,
        title=f"{kind.title}, by signing it",
    )
    for action, view, body, title in (
        ("delegate", api.delegate, schemas.HandOn, "Hand one's turn to sign it on to a colleague"),
        ("decline", api.decline, schemas.TurnDeclined, "Decline to sign what several sign: it is over for all of them"),
    ):
        routes.api(
            f"{record}_sign_{action}",
            f"{path}/{action}",
            view,
            method="POST",
            permission=SIGN,
            context=context,
            body=body,
            response=schemas.Signing,
            idempotent=True,
            title=title,
        )
