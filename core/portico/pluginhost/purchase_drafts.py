"""Who turns former purchases into a draft at today's prices; whoever shows a purchase asks here whether to offer it."""

from __future__ import annotations

from uuid import UUID

from pyramid.request import Request

from portico.pluginhost.values import PurchaseDraft


def purchase_draft(request: Request, account_id: UUID) -> PurchaseDraft | None:
    """The one that the actor may use for that organisation; None where no plugin that is on offers it to them."""
    found: list[PurchaseDraft] = request.relay.call("purchase_drafts", scope=request.scope)
    return next((one for one in found if request.scope.has(one.permission, account_id)), None)
