"""The rows of the list, written out in the reader's language before the template: a tuple each, since a page of a
hundred rows asks for no attribute and calls no function while it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid.request import Request

from portico.web.i18n import localiser
from portico_orders.reading import today
from portico_orders.statuses import LOOKS, OPEN


def cells(request: Request, rows: Iterable[Any]) -> list[tuple[Any, ...]]:
    """(id, number, customer, ordered, PO number, expected, overdue, total, kind of the pill, status) of each order.

    Expected is empty for orders that are not under way; customer is empty for customers.
    """
    tenant = request.tenant
    speaker = localiser(request.registry.portico.themes.catalogues, request.locale_name, tenant.time_zone)
    names = {status: (look.kind, speaker.translate(look.title)) for status, look in LOOKS.items()}
    day = today(tenant)
    found = []
    named = request.scope.kind != "customer"  # for whom the query joins the customer's name
    for row in rows:
        due = row.expected_on if row.status in OPEN else None
        found.append(
            (
                row.id,
                row.number,
                row.account if named else "",
                speaker.date(row.ordered_at),
                row.po_number or "",
                speaker.date(due) if due else "",
                bool(due and due < day),
                speaker.money(row.gross, row.currency),
                *names[row.status],
            )
        )
    return found
