"""Why there is no document."""

from __future__ import annotations

from portico.errors import DomainError
from portico.web.i18n import _


class DocumentError(DomainError):
    """It could not be made. diagnosis: what the typesetter said, for the log and nobody else."""

    status = 500
    code = "document-failed"
    message = _(
        "This document could not be made. Nothing was changed; please try again, and tell the company if it fails again."
    )
    remedy = _(
        "The portal could not put the document together, or it took more time or memory than there is for one. What it is made "
        "of is unharmed, and its page shows it. If it happens again, give support the request's id."
    )

    def __init__(self, diagnosis: str = "") -> None:
        self.diagnosis = diagnosis
        super().__init__()


class DocumentTemplateError(LookupError):
    """A template, or what it imports, does not exist, or is imported in another way than there is."""
