"""The rows of the list, written out in the reader's language before the template: a tuple each, since a page of a
hundred rows asks for no attribute and calls no function while it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid.request import Request

from portico.web.i18n import localiser
from portico_invoices.reading import today
from portico_invoices.states import CREDIT_NOTE, OPEN, OVERDUE, look, state


def cells(request: Request, rows: Iterable[Any]) -> list[tuple[Any, ...]]:
    """(id, number, is a credit note, customer, issued, PO number, due, overdue, total, open, kind of the pill, state) of each.

    Due is empty where nothing is open any more, open where it is nothing or all; customer is empty for customers. Totals of
    credit notes are written with a minus, as the list is of what is to be paid.
    """
    tenant = request.tenant
    speaker = localiser(request.registry.portico.themes.catalogues, request.locale_name, tenant.time_zone)
    day = today(tenant)
    found = []
    named = request.scope.kind != "customer"  # for whom the query joins the customer's name
    for row in rows:
        credit = row.kind == CREDIT_NOTE
        now = state(row.kind, row.status, row.due_on, day)
        drawn = look(row.kind, now)
        due = row.due_on if row.status in OPEN and not credit else None
        partly = 0 < row.open_amount < row.gross
        found.append(
            (
                row.id,
                row.number,
                credit,
                row.account if named else "",
                speaker.date(row.issued_on),
                row.po_number or "",
                speaker.date(due) if due else "",
                now == OVERDUE,
                speaker.money(-row.gross if credit else row.gross, row.currency),
                speaker.money(row.open_amount, row.currency) if partly else "",
                drawn.kind,
                speaker.translate(drawn.title),
            )
        )
    return found
