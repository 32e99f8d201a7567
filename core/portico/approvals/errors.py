"""What can go wrong with approvals."""

from __future__ import annotations

from portico.errors import ConflictError, ForbiddenError
from portico.web.i18n import _


class AboveLimitError(ConflictError):
    """The actor may not do this alone. `data`: limit, currency, amount, as text."""

    code = "above-limit"
    message = _("This is above your limit. A colleague has to approve it.")
    remedy = _(
        "An owner of the organisation has set how much this person orders alone. Ask for approval, which “approval” of the "
        "record does, or let a colleague with a higher limit do it."
    )


class NoApprovalNeededError(ConflictError):
    code = "no-approval-needed"
    message = _("This is within your limit. You can do it yourself.")
    remedy = _("Approval is asked for what is above the person's limit alone. Do it without asking.")


class DecidedError(ConflictError):
    code = "already-decided"
    message = _("This request is closed already. Look at how it ended.")
    remedy = _("Somebody decided in the meantime, or the request was withdrawn because its record changed. Read it again.")


class OwnRequestError(ForbiddenError):
    code = "own-request"
    message = _("You asked for this yourself, so somebody else has to decide.")
    remedy = _("Whoever asks for approval does not give it, whatever their role. Another approver or an owner can.")


class NotApproverError(ForbiddenError):
    code = "not-approver"
    message = _("Somebody else was chosen to decide this. An owner of your organisation can step in.")
    remedy = _(
        "The request names another approver, or is about something that this person does not see. That approver or an owner "
        "of the organisation decides."
    )


class OwnLimitError(ForbiddenError):
    code = "above-own-limit"
    message = _("This is above your own limit, so you cannot decide it. An owner of your organisation can.")
    remedy = _(
        "Who has a limit decides nothing above it for others either. An approver with a higher limit, or with none, or an owner "
        "of the organisation decides."
    )
