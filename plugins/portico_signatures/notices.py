"""What people are told of signatures: whose turn it is, that it is over, and where their copy is."""

from __future__ import annotations

from portico.pluginhost.values import MailVariable, NotificationKind
from portico_signatures.i18n import _

_TITLE = MailVariable("title", _("What is signed"), _("Quote QU-1042"))
_NAME = MailVariable("name", _("Who began it"), "Ada Buyer")
_REASON = MailVariable("reason", _("The reason that was given, if any"), _("The delivery date does not suit us."))
_TO_SIGN = {"agreement_kind": "kind", "agreement_id": "subject"}


_ASKED = NotificationKind(
    "signatures.asked",
    _("Please sign: ${title}"),
    _("${name} asks you to sign it. It is your turn: sign it, hand it on to a colleague, or decline."),
    "signatures.sign",
    _TO_SIGN,
    audience="user",
    permission="signatures:sign",
    icon="pencil",
    label=_("It is your turn to sign"),
    description=_("When several people sign, to whoever is next."),
    variables=(_TITLE, _NAME),
)
_REMINDED = NotificationKind(
    "signatures.reminded",
    _("Still to be signed: ${title}"),
    _("Your signature is awaited. Sign it, hand it on to a colleague, or decline."),
    "signatures.sign",
    _TO_SIGN,
    audience="user",
    permission="signatures:sign",
    icon="pencil",
    label=_("Your signature is still awaited"),
    description=_("Every two days, five times at most, to whoever was asked to sign and has not answered."),
    variables=(_TITLE,),
)
_ENDED = NotificationKind(
    "signatures.ended",
    _("Not signed by all: ${title}"),
    _("It cannot be signed by all any more, and the signatures given for it are void. ${reason}"),
    "signatures.sign",
    _TO_SIGN,
    audience="user",
    icon="circle-x",
    label=_("Signatures of several have ended"),
    description=_("When somebody declined to sign, or what was to be signed has changed or ended."),
    variables=(_TITLE, _REASON),
)
_UNANSWERED = NotificationKind(
    "signatures.unanswered",
    _("Not signed in time: ${title}"),
    _("Whoever was asked to sign did not answer any reminder. It is over, and the signatures given for it are void."),
    "signatures.sign",
    _TO_SIGN,
    audience="user",
    icon="circle-x",
    label=_("Signatures of several were not given in time"),
    description=_("When somebody who was asked to sign answered none of the reminders, to all who signed or were asked."),
    variables=(_TITLE,),
)
_NOT_TAKEN = NotificationKind(
    "signatures.not_taken",
    _("Cannot be signed here any more: ${title}"),
    _("The company's system takes no answer to it here, and the signatures given for it are void. Ask the company how to agree."),
    "signatures.sign",
    _TO_SIGN,
    audience="user",
    icon="circle-x",
    label=_("What several were signing cannot be signed here any more"),
    description=_("When your system takes no answers any more to what several were signing, to all who signed or were asked."),
    variables=(_TITLE,),
)
_COPY = NotificationKind(
    "signatures.copy",
    _("Signed by all: ${title}"),
    _("Everybody has signed. Your copy with all signatures is ready."),
    "signatures.detail",
    {"signature_id": "signature"},
    audience="user",
    permission="signatures:view",
    icon="file-text",
    label=_("Your copy of what several signed"),
    description=_("When the document with all signatures is sealed, to each who signed it."),
    variables=(_TITLE,),
)


def kinds() -> list[NotificationKind]:
    return [_ASKED, _REMINDED, _ENDED, _UNANSWERED, _NOT_TAKEN, _COPY]
