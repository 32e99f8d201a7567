"""The rows of the list, written out in the reader's language before the template: a tuple each, since a page of a
hundred rows asks for no attribute and calls no function while it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid.request import Request

from portico.web.i18n import localiser
from portico_payments import states


def cells(request: Request, rows: Iterable[Any]) -> list[tuple[Any, ...]]:
    """(id, number, customer, day, method, amount, kind of the pill, state) of each payment; customer is empty for customers."""
    speaker = localiser(request.registry.portico.themes.catalogues, request.locale_name, request.tenant.time_zone)
    names = {state: (look.kind, speaker.translate(look.title)) for state, look in states.LOOKS.items()}
    named = request.scope.kind != "customer"  # for whom the query joins the customer's name
    return [
        (
            row.id,
            row.number,
            row.account if named else "",
            speaker.date(row.paid_on),
            row.method,
            speaker.money(row.amount, row.currency),
            *names[states.of(row)],
        )
        for row in rows
    ]
