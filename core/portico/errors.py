"""Errors of the domain: the caller's fault, told in the caller's language, with what to do next.

A plugin derives its own tree from DomainError. One exception view turns them into a page, a fragment or a problem
document (RFC 9457); nothing else catches them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portico.web.i18n import _


class DomainError(Exception):
    """Something that was asked for cannot be done.

    status: the HTTP status, 4xx. code: a stable word for programs. message: a translatable sentence that says what to
    do next. fields: form field or JSON pointer → message. data: further facts for programs (JSON-able).
    """

    status = 400
    code = "bad-request"
    message: Any = _("This could not be done. Please check what you entered and try again.")

    def __init__(self, message: Any = None, *, fields: Mapping[str, Any] | None = None, **data: Any) -> None:
        if message is not None:
            self.message = message
        self.fields = dict(fields or {})
        self.data = data
        super().__init__(str(self.message))


class InvalidError(DomainError):
    """What was sent does not fit the schema; `fields` says where."""

    status = 422
    code = "invalid"
    message = _("Some of what you entered needs another look.")


class MalformedError(DomainError):
    """What came is no request that can be read: an address, a header or a body in a broken form."""

    status = 400
    code = "malformed"
    message = _("This address or what was sent with it cannot be read. Check the link, or begin at the start page.")


class UnauthenticatedError(DomainError):
    status = 401
    code = "unauthenticated"
    message = _('Sign in first: send an access token as "Authorization: Bearer …".')


class ForbiddenError(DomainError):
    status = 403
    code = "forbidden"
    message = _("You are not allowed to do this. Ask an administrator of your company if you need it.")


class ReadOnlyTokenError(ForbiddenError):
    code = "read-only-token"
    message = _("A personal token reads and changes nothing. Sign in to change something.")


class NotFoundError(DomainError):
    status = 404
    code = "not-found"
    message = _("This page does not exist, or it is not yours to see.")


class FeatureOffError(NotFoundError):
    """The address belongs to a plugin that the company switched off. Only its own people are told."""

    code = "feature-off"
    message = _("This feature was switched off. What you entered last was not saved.")


class MethodError(DomainError):
    """The address exists, but takes other methods. allow: those it takes."""

    status = 405
    code = "method-not-allowed"
    message = _("This address cannot be opened in this way. Go back to the page you came from and try it there.")

    def __init__(self, allow: tuple[str, ...] = ()) -> None:
        self.allow = allow
        super().__init__()


class TooSlowError(DomainError):
    status = 408
    code = "too-slow"
    message = _("What you sent took too long to arrive. Check your connection and try again.")


class ConflictError(DomainError):
    """The record was changed in the meantime, or its state does not allow this any more."""

    status = 409
    code = "conflict"
    message = _("This has changed in the meantime. Reload the page to see how it stands now.")


class TooLargeError(DomainError):
    status = 413
    code = "too-large"
    message = _("What you sent is too large. Send less at once.")


class MediaTypeError(DomainError):
    """The body is in a form that is not read here."""

    status = 415
    code = "unsupported-media-type"
    message = _('Send the body as JSON in UTF-8, with the header "Content-Type: application/json".')


class TooManyRequestsError(DomainError):
    """`retry_after_s` tells when to come back."""

    status = 429
    code = "too-many-requests"
    message = _("That was too often. Please wait a moment and try again.")

    def __init__(self, retry_after_s: int, message: Any = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class HeadersTooLargeError(DomainError):
    status = 431
    code = "headers-too-large"
    message = _("Your browser sent too much along with the address. Delete this site's cookies and try again.")


class BrokenError(DomainError):
    """Our own fault. The request's id is what support needs."""

    status = 500
    code = "internal"
    message = _("Something went wrong on our side. Nothing was changed; please try again.")


class BusyError(DomainError):
    """More was asked at once than can be answered."""

    status = 503
    code = "busy"
    message = _("Many people are here at the moment. Please try again in a few seconds.")


class UnavailableError(DomainError):
    """Something outside this portal does not answer. Nothing was lost."""

    status = 503
    code = "unavailable"
    message = _("The company's system does not answer at the moment. Nothing was lost; please try again in a minute.")
