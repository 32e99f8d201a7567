"""Errors of the domain: the caller's fault, told in the caller's language, with what to do next.

A plugin derives its own tree from DomainError. One exception view turns them into a page, a fragment or a problem
document (RFC 9457); nothing else catches them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portico.web.i18n import _

PROBLEMS = "/docs/problems"
"""Path of the page of problem kinds, the same for every company."""


class DomainError(Exception):
    """Something that was asked for cannot be done.

    status: the HTTP status, 4xx. code: a stable word for programs. message: a translatable sentence that says what to
    do next. remedy: for the page of problem kinds, when this happens and what helps; every class with a code of its
    own has one. fields: form field or JSON pointer → message. data: further facts for programs (JSON-able).
    """

    status = 400
    code = "bad-request"
    message: Any = _("This could not be done. Please check what you entered and try again.")
    remedy: Any = _(
        "What was sent cannot be carried out as it stands. Compare it with the description of this address, "
        "change it, and send it again."
    )

    def __init__(self, message: Any = None, *, fields: Mapping[str, Any] | None = None, **data: Any) -> None:
        if message is not None:
            self.message = message
        self.fields = dict(fields or {})
        self.data = data
        super().__init__(str(self.message))

    @classmethod
    def address(cls, code: str = "") -> str:
        """The `type` of a problem document (RFC 9457 §3.1.1): where the kind is explained to people."""
        return f"{PROBLEMS}#{code or cls.code}"


class InvalidError(DomainError):
    """What was sent does not fit the schema; `fields` says where."""

    status = 422
    code = "invalid"
    message = _("Some of what you entered needs another look.")
    remedy = _(
        "One or more values do not fit what is expected. “errors” names each of them and says why. Correct "
        "these and send everything again; nothing was saved."
    )


class MalformedError(DomainError):
    """What came is no request that can be read: an address, a header or a body in a broken form."""

    status = 400
    code = "malformed"
    message = _("This address or what was sent with it cannot be read. Check the link, or begin at the start page.")
    remedy = _(
        "An address, a header or a body arrived in a broken form, often because a link was cut off or a "
        "program encoded it wrongly. Send it anew, as UTF-8 and complete."
    )


class UnauthenticatedError(DomainError):
    status = 401
    code = "unauthenticated"
    message = _('Sign in first: send an access token as "Authorization: Bearer …".')
    remedy = _(
        "This address is for people who are signed in. Programs fetch an access token first and send it with "
        "every request; an access token lasts minutes and is then renewed."
    )


class ForbiddenError(DomainError):
    status = 403
    code = "forbidden"
    message = _("You are not allowed to do this. Ask an administrator of your company if you need it.")
    remedy = _(
        "You are signed in, but your role lacks the permission for this. An administrator of the company can "
        "give it to you; trying again changes nothing."
    )


class ProveAgainError(ForbiddenError):
    code = "prove-again"
    message = _("Prove once more who you are: fetch a new access token with your password, then send this again.")
    remedy = _(
        "Some changes, such as removing a second factor, are taken only within ten minutes of signing in. Programs ask "
        "for the password again and fetch a new access token; renewing a token is not enough."
    )


class ReadOnlyTokenError(ForbiddenError):
    code = "read-only-token"
    message = _("A personal token reads and changes nothing. Sign in to change something.")
    remedy = _(
        "Personal access tokens are for reading. Sign in with your password, or let your program do so, to "
        "change something."
    )


class NotFoundError(DomainError):
    status = 404
    code = "not-found"
    message = _("This page does not exist, or it is not yours to see.")
    remedy = _(
        "There is nothing at this address, or it belongs to somebody else: the two are not told apart. Check "
        "the link, and that you are signed in for the right company."
    )


class FeatureOffError(NotFoundError):
    """The address belongs to a plugin that the company switched off. Only its own people are told."""

    code = "feature-off"
    message = _("This feature was switched off. What you entered last was not saved.")
    remedy = _(
        "A feature of the portal was switched off for this company while you used it. An administrator of the "
        "company can switch it on again; what was saved in it is kept."
    )


class MethodError(DomainError):
    """The address exists, but takes other methods. allow: those it takes."""

    status = 405
    code = "method-not-allowed"
    message = _("This address cannot be opened in this way. Go back to the page you came from and try it there.")
    remedy = _(
        "The address takes other methods than the one that was used. The header “Allow” names those it takes."
    )

    def __init__(self, allow: tuple[str, ...] = ()) -> None:
        self.allow = allow
        super().__init__()


class TooSlowError(DomainError):
    status = 408
    code = "too-slow"
    message = _("What you sent took too long to arrive. Check your connection and try again.")
    remedy = _(
        "The request did not arrive completely within the time that the portal waits. Send less at once, or "
        "use a steadier connection."
    )


class ConflictError(DomainError):
    """The record was changed in the meantime, or its state does not allow this any more."""

    status = 409
    code = "conflict"
    message = _("This has changed in the meantime. Reload the page to see how it stands now.")
    remedy = _(
        "Somebody or something changed the record after you had read it, or it is no longer in a state that "
        "allows this. Read it again, and decide anew."
    )


class TooLargeError(DomainError):
    status = 413
    code = "too-large"
    message = _("What you sent is too large. Send less at once.")
    remedy = _(
        "The request is larger than the portal takes. Send it in smaller parts, or choose a smaller file."
    )


class MediaTypeError(DomainError):
    """The body is in a form that is not read here."""

    status = 415
    code = "unsupported-media-type"
    message = _('Send the body as JSON in UTF-8, with the header "Content-Type: application/json".')
    remedy = _(
        "The body came in another form than the one that is read at this address. Send JSON in UTF-8 and say "
        "so in the header “Content-Type”."
    )


class TooManyRequestsError(DomainError):
    """`retry_after_s` tells when to come back."""

    status = 429
    code = "too-many-requests"
    message = _("That was too often. Please wait a moment and try again.")
    remedy = _(
        "Too much was asked within a short time. The header “Retry-After” says how many seconds to wait; what "
        "comes earlier is refused as well."
    )

    def __init__(self, retry_after_s: int, message: Any = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class HeadersTooLargeError(DomainError):
    status = 431
    code = "headers-too-large"
    message = _("Your browser sent too much along with the address. Delete this site's cookies and try again.")
    remedy = _(
        "The headers of the request are larger than the portal takes, mostly because of many cookies. Delete "
        "the cookies of this site and sign in again."
    )


class BrokenError(DomainError):
    """Our own fault. The request's id is what support needs."""

    status = 500
    code = "internal"
    message = _("Something went wrong on our side. Nothing was changed; please try again.")
    remedy = _(
        "The fault is the portal's. Everything that the request had begun was undone. If it happens again, "
        "give support the request's id."
    )


class BusyError(DomainError):
    """More was asked at once than can be answered."""

    status = 503
    code = "busy"
    message = _("Many people are here at the moment. Please try again in a few seconds.")
    remedy = _(
        "The portal has as much to do as it can bear. Wait a few seconds and repeat the request; nothing of "
        "it was done."
    )


class UnavailableError(DomainError):
    """Something outside this portal does not answer. Nothing was lost."""

    status = 503
    code = "unavailable"
    message = _("The company's system does not answer at the moment. Nothing was lost; please try again in a minute.")
    remedy = _(
        "A system that the portal asks did not answer, or not in time. Nothing was lost. Repeat the request "
        "in a minute; if it lasts, tell the company."
    )
