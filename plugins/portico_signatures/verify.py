"""The page on which whoever holds a signed document verifies it, without an account."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyramid.request import Request
from pyramid.response import Response

from portico.api.upload import read
from portico.errors import InvalidError
from portico.web.i18n import translate
from portico.web.params import text_param
from portico_signatures import references, verifying
from portico_signatures.i18n import _
from portico_signatures.verifying import Verdict
from portico_signatures.views import WHY

TEMPLATE = "portico_signatures/verify.jinja2"
LONGEST_PROOF = 200
SAID = {
    verifying.GENUINE: (
        "success",
        _("Genuine and unchanged"),
        _("This file is, byte for byte, what was signed and sealed here. It counts."),
    ),
    verifying.SIGNED: (
        "success",
        _("Signed here, and it counts"),
        _("Whether your copy is unchanged, only the file itself can say: choose it below, or compare its SHA-256."),
    ),
    verifying.UNSEALED: (
        "info",
        _("This document was signed, but the signature is not in this file"),
        _("These are the bytes that were signed. The signed file has a page of evidence behind them: ask for that file."),
    ),
    verifying.VOID: ("warning", _("Genuine, but void"), _("It was signed here, and does not count any more.")),
    verifying.CHANGED: (
        "error",
        _("Changed"),
        _("This file is not what was signed here: it was changed afterwards. Do not rely on it."),
    ),
    verifying.STRAY: (
        "warning",
        _("Sealed by this company, but not on record"),
        _("The company's digital signature on this file is good. There is no record of it here any more: ask the company."),
    ),
    verifying.UNKNOWN: (
        "warning",
        _("Not known here"),
        _("Nothing of this kind was signed here. Look whether it is complete, and whether it is from this company."),
    ),
}


def page(context: None, request: Request) -> Response:
    """Asks for a file, a hash or a reference; POST takes the file, and keeps nothing of it."""
    if request.method == "GET":
        given = text_param(request, "proof")
        return _answer(request, verifying.of_proof(request.db, given[:LONGEST_PROOF]) if given.strip() else None, given)
    try:
        upload = read(request, request.POST.get("file"))
        if upload is None:
            raise InvalidError(fields={"/file": _("Choose a file.")})
        verdict = verifying.of_file(request.db, upload.source.read(verifying.MOST_BYTES + 1))
    except InvalidError as error:
        return _answer(request, None, problem=next(iter(error.fields.values())), status=error.status)
    return _answer(request, verdict)


def by_address(context: None, request: Request) -> Response:
    """What a page of evidence leads to."""
    given = request.matchdict["proof"]
    verdict = verifying.of_proof(request.db, given[:LONGEST_PROOF])
    return _answer(request, verdict, given, status=404 if verdict.outcome == verifying.UNKNOWN else 200)


def _answer(request: Request, verdict: Verdict | None, given: str = "", problem: Any = "", status: int = 200) -> Response:
    values: dict[str, Any] = {
        "verdict": verdict,
        "said": SAID[verdict.outcome] if verdict else None,
        "signatures": [_told(one, verdict) for one in verdict.signatures] if verdict else [],
        "certificate": _certificate(verdict.identity) if verdict and verdict.identity else None,
        "given": given[:LONGEST_PROOF],
        "problem": translate(request.locale_name, problem) if problem else "",
        "most": verifying.MOST_BYTES >> 20,
    }
    html = request.registry.portico.themes.render_for(request, TEMPLATE, values)
    answer = Response(text=html, status=status)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _told(row: Any, verdict: Verdict) -> Mapping[str, Any]:
    return {
        "row": row,
        "name": row.name if verdict.names else initials(row.name),
        "at": f"{row.signed_at:%Y-%m-%d %H:%M:%S} UTC",
        "sealed_at": f"{row.sealed_at:%Y-%m-%d %H:%M:%S} UTC" if row.sealed_at else "",
        "reference": references.shown(row.reference) if verdict.names else "",
        "why": WHY.get(row.ended_why, ""),
        "ended_at": f"{row.ended_at:%Y-%m-%d %H:%M:%S} UTC" if row.ended_at else "",
    }


def initials(name: str) -> str:
    """First letters, in the direction of the name."""
    return " ".join(f"{word[0]}." for word in name.split())


def _certificate(identity: Any) -> Mapping[str, str]:
    """Empty where it cannot be read."""
    try:
        read_in = x509.load_pem_x509_certificate(identity.certificate.encode())
    except ValueError:
        return {}
    fingerprint = hashlib.sha256(read_in.public_bytes(serialization.Encoding.DER)).hexdigest()
    return {
        "subject": read_in.subject.rfc4514_string(),
        "issuer": read_in.issuer.rfc4514_string(),
        "until": f"{read_in.not_valid_after_utc:%Y-%m-%d}",
        "fingerprint": fingerprint,
    }
