"""Asking anew for what was ordered before. Which plugin makes the draft is not known here: one that offers it is asked."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from portico import audit
from portico.pluginhost.purchase_drafts import purchase_draft
from portico.pluginhost.values import FormerLine, StartedDraft
from portico_orders import reading
from portico_orders.errors import NoReorderError

PERMISSION = "orders:reorder"


def offered(request: Request, order: Any) -> bool:
    """Whether the reader can order this again, here and now."""
    return request.scope.has(PERMISSION, order.account_id) and purchase_draft(request, order.account_id) is not None


def reorder(request: Request, order: Any) -> StartedDraft:
    """A draft with the order's lines at today's prices. The company is asked on the way, so this comes first in a view.

    Raises NoReorderError; whatever the maker of the draft raises.
    """
    if not offered(request, order):
        raise NoReorderError()
    maker = purchase_draft(request, order.account_id)
    assert maker is not None
    lines = [
        FormerLine(line.item_ref, line.name, line.unit, line.quantity, line.unit_price)
        for line in reading.lines(request.db, order.id)
    ]
    draft = maker.start(request, order.account_id, order.number, order.currency, lines)
    made = {"number": order.number, "draft": str(draft.id)}
    audit.record(request.db, "orders.reorder", subject=("order", order.id), after=made)
    return draft
