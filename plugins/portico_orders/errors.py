"""What can go wrong with orders, as seen by whoever asks."""

from __future__ import annotations

from portico.errors import ConflictError, NotFoundError, TooManyRequestsError
from portico_orders.i18n import _


class OrderNotFoundError(NotFoundError):
    message = _("There is no such order, or it is not yours to see.")


class RefreshTooOftenError(TooManyRequestsError):
    message = _("This was refreshed a moment ago. The page updates by itself as soon as there is news.")


class NoReorderError(ConflictError):
    """No plugin that is on makes drafts, or not for this person in this organisation."""

    code = "no-reorder"
    message = _("Orders cannot be repeated here. Ask the company.")
    remedy = _(
        "Repeating an order makes a draft of a quote with its lines. The company has switched quotes off, or you may not "
        "write them for this organisation."
    )
