"""What can go wrong with invoices, as seen by whoever asks."""

from __future__ import annotations

from portico.errors import NotFoundError, TooManyRequestsError
from portico_invoices.i18n import _


class InvoiceNotFoundError(NotFoundError):
    message = _("There is no such invoice, or it is not yours to see.")


class RefreshTooOftenError(TooManyRequestsError):
    message = _("This was refreshed a moment ago. The page updates by itself as soon as there is news.")
