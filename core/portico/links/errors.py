"""Why a link from a mail opens nothing (any more), each with what to do next."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from portico.errors import DomainError
from portico.web.i18n import _

UNKNOWN, EXPIRED, USED, REVOKED, CHANGED, LEFT, OFF = "unknown", "expired", "used", "revoked", "changed", "left", "off"
WORDS: dict[str, tuple[Any, Any]] = {
    UNKNOWN: (
        _("This link is not known here"),
        _("Perhaps it was cut off on its way. Open it from the mail again, or sign in to see what it was about."),
    ),
    EXPIRED: (_("This link has expired"), _("Links from mails work for some days only. Sign in to see what it was about.")),
    USED: (
        _("This link was used already"),
        _("It is good for one answer, and that was given. Sign in to see how things stand."),
    ),
    REVOKED: (
        _("This link was switched off"),
        _("Somebody of your organisation or of the company revoked it. Sign in to see what it was about."),
    ),
    CHANGED: (
        _("This link is out of date"),
        _("What it was about has changed since the mail was sent. Open the newest mail about it, or sign in."),
    ),
    LEFT: (
        _("This link is not yours to use any more"),
        _("The login it was sent to does not act for this organisation any more. Ask the company, or sign in."),
    ),
    OFF: (_("The company sends no such links any more"), _("Sign in to see what it was about.")),
}
"""Reason → title and what to do next."""


class LinkClosedError(DomainError):
    """reason: a key of WORDS. subject_id: the record that the link was for; None: nobody knows."""

    status = 410
    code = "link-closed"
    message = _("This link does not open anything any more. Sign in instead.")
    remedy = _(
        "A link from a mail is for one person, one record and one purpose, and ends when it was used, after some days, when the "
        "record changes, or when somebody revokes it. Sign in to see the record."
    )

    def __init__(self, reason: str, subject_id: UUID | None = None) -> None:
        title, text = WORDS[reason]
        super().__init__(text)
        self.reason, self.title, self.subject_id = reason, title, subject_id
        if reason == UNKNOWN:
            self.status = 404
