"""Every page and API resource of the plugin."""

from __future__ import annotations

from typing import Any

from portico.identity.permissions import PUBLIC
from portico_signatures import api, resources, schemas, turns, verify, views

SIGN, VIEW = "signatures:sign", "signatures:view"
T = "portico_signatures/"
RECORD, ONE = "/sign/{agreement_kind}/{agreement_id}", "/signatures/{signature_id}"
QUOTE = "/quotes/{quote_id}/sign"


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
        "quote_sign",
        QUOTE,
        api.to_sign,
        permission=SIGN,
        context=resources.quote,
        response=schemas.ToSign,
        title="What accepting an offer is signed with: its version, its document, the words of consent",
    )
    routes.api(
        "quote_sign",
        QUOTE,
        api.sign,
        method="POST",
        permission=SIGN,
        context=resources.quote,
        body=schemas.Sign,
        response=schemas.SignatureAnswer,
        idempotent=True,
        title="Sign an offer, and by that accept it",
    )
    for action, view, body, title in (
        ("delegate", api.delegate, schemas.HandOn, "Hand one's turn to sign an offer on to a colleague"),
        ("decline", api.decline, schemas.TurnDeclined, "Decline to sign an offer that several sign: it is over for all of them"),
    ):
        routes.api(
            f"quote_sign_{action}",
            f"{QUOTE}/{action}",
            view,
            method="POST",
            permission=SIGN,
            context=resources.quote,
            body=body,
            response=schemas.Signing,
            idempotent=True,
            title=title,
        )
    routes.api(
        "signature", ONE, api.one, permission=VIEW, context=signature, response=schemas.SignatureAnswer, title="One signature"
    )
