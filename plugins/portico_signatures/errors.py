"""What can go wrong with signatures, each with its status and the sentence that says what to do next."""

from __future__ import annotations

from portico.errors import ConflictError, DomainError
from portico_signatures.i18n import _


class SignatureError(DomainError):
    """Root of this plugin's errors."""


class SignatureRequiredError(ConflictError, SignatureError):
    """An agreement came without the signature that the company asks for."""

    code = "signature-required"
    message = _("This has to be signed. Open it, and choose “Sign and accept”.")
    remedy = _(
        "The company asks for a signature on what is accepted, by the person who accepts it and of the version that they "
        "accept. Send it with the record's “sign” instead of “accept”."
    )


class SignersMissingError(ConflictError, SignatureError):
    """An agreement came before everybody who has to sign it did."""

    code = "signers-missing"
    message = _("Not everybody who has to sign this has signed yet. Open it to see who is asked.")
    remedy = _(
        "Several people sign this: it was begun so, or the company asks for two signatures on this amount. It is accepted when "
        "the last of them signs. Send “signers” with the first signature, or wait for the others."
    )


class ApprovalWaitsError(ConflictError, SignatureError):
    """All of it is signed, and whether that counts is for a colleague to say."""

    code = "approval-waits"
    message = _("A colleague is asked to approve this. They decide, or whoever asked takes the request back.")
    remedy = _(
        "What was signed waits for an approval, and nothing else can be begun or called off until that is decided. Decide the "
        "request under “approvals”, or withdraw it; then begin anew."
    )


class NotYourTurnError(ConflictError, SignatureError):
    code = "not-your-turn"
    message = _("It is not your turn to sign this. Open it to see who is asked.")
    remedy = _(
        "Several people sign this in an order, and each of them once. It is another's turn, or you have signed or handed it on "
        "already. Read the record again."
    )


class NoRoundError(ConflictError, SignatureError):
    code = "nobody-asked"
    message = _("Nobody is asked to sign this any more. Look at how it stands.")
    remedy = _(
        "Several were to sign this, and that is over: it is accepted, somebody declined, or the offer has changed. Read the "
        "record again, and begin anew if it can still be signed."
    )


class DocumentChangedError(ConflictError, SignatureError):
    """What was sent names another version or another document than there is."""

    code = "document-changed"
    message = _("The document has changed since it was shown. Nothing was signed. Read it again.")
    remedy = _(
        "A signature names the version of the record and the SHA-256 of the PDF that was read, in the language in which it was "
        "read. One of them is another by now. Read both again, and sign them if you agree to them as they are."
    )


class ConsentChangedError(ConflictError, SignatureError):
    """The words of consent that were sent back are not those that there are, in the language in which this is signed."""

    code = "consent-changed"
    message = _("The words that you agree to by signing have changed since they were shown. Nothing was signed. Read them again.")
    remedy = _(
        "A signature names the words of consent that were read, by the SHA-256 that was given with them. The company has others "
        "by now, or this is sent in another language. Read them again, and sign in the same language if you agree."
    )


class NotOpenError(ConflictError, SignatureError):
    code = "not-to-be-signed"
    message = _("This cannot be signed now. Look at how it stands.")
    remedy = _(
        "Only what can be agreed to can be signed: an offer that is valid and has no answer yet, for one. Read the record again."
    )
