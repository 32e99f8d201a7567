"""The page behind a signed document: who signed it, when, from where, and how that can be checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import segno

from portico.pluginhost.values import Document
from portico.web.i18n import Localiser, language_name
from portico_signatures import drawing, references
from portico_signatures.i18n import _

TEMPLATE = "portico_signatures/documents/evidence.typ"


def document(signature: Any, speaker: Localiser, address: str, everybody: Sequence[Any]) -> Document:
    """signature: the last, as `reading.one` gives it. address: where anybody can verify it. everybody: who signed, in order."""
    say = speaker.translate
    moment = signature.signed_at
    content = {
        "mark": "",
        "facts": [
            (say(_("Document")), signature.title),
            (say(_("Version")), str(signature.version)),
            (say(_("Customer")), signature.account),
        ],
        "signers": [_signer(one, speaker, len(everybody) > 1) for one in everybody],
        "hashes": [(say(_("SHA-256 of the document, all pages before this certificate")), signature.document_sha256)],
        "verify": {
            "title": say(_("Verify this document")),
            "words": say(
                _("Anybody who holds the file can see here whether it is genuine and still counts. No account is needed.")
            ),
            "address": address,
            "reference": (say(_("Reference")), references.shown(signature.reference)),
            "picture": segno.make(address, error="m", micro=False).svg_inline(scale=4, border=4, light="#fff"),
            "alt": say(_("QR code of this address")),
        },
        "remark": say(
            _(
                "The file begins with the document as it was shown, byte for byte. What follows was added by the portal "
                "and is covered by the company's digital signature, which a PDF reader can check."
            )
        ),
    }
    return Document(TEMPLATE, _("Certificate of signature"), moment, content)


def _signer(one: Any, speaker: Localiser, of_several: bool) -> dict[str, Any]:
    say = speaker.translate
    title = _("Signature of ${name}", mapping={"name": one.name}) if of_several else _("Signature")
    return {
        "title": say(title),
        "name": one.name,
        "facts": [
            (say(_("Signed by")), one.signer),
            (say(_("E-mail")), one.email),
            (say(_("Signed on")), f"{one.signed_at:%Y-%m-%d %H:%M:%S} UTC"),
            (say(_("Internet address")), one.address),
            (say(_("Way of signing")), say(_("Drawn") if one.drawing else _("Typed"))),
        ],
        "agent": (say(_("Browser")), one.user_agent),
        "alt": say(_("Drawn signature of ${name}", mapping={"name": one.name})),
        "drawn": _svg(one.drawing),
        "consent": (say(_consented(one)), one.consent),
        "hash": (say(_("SHA-256 of its terms")), one.content_sha256),
    }


def _consented(one: Any) -> Any:
    if not one.consent_locale:
        return _("Agreed to in these words")
    return _("Agreed to in these words (${language})", mapping={"language": language_name(one.consent_locale)})


def _svg(strokes: Any) -> str:
    """Of whole numbers that were checked when they came; "": it was typed."""
    if not strokes:
        return ""
    shape = "".join(
        f'<polyline points="{points}" fill="none" stroke="#111827" stroke-width="4" stroke-linecap="round"/>'
        for points in drawing.lines(strokes)
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawing.WIDTH} {drawing.HEIGHT}">{shape}</svg>'
