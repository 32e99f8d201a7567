"""The lines of lists of quotes, written out in the reader's language before the template: while a page is drawn, its rows
ask for no attribute and call next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid.request import Request

from portico.web.i18n import localiser
from portico_quotes.states import State
from portico_quotes.views.wording import pill


def cells(request: Request, quotes: Iterable[Any]) -> list[tuple[Any, ...]]:
    """(address, whether a draft, number, PO number, customer, number of lines, status, its colour, total, the last movement:
    machine-readable, in full, how long ago, id with version) of each quote.
    """
    tenant = request.tenant
    speaker = localiser(request.registry.portico.themes.catalogues, request.locale_name, tenant.time_zone)
    base = request.route_path("quotes.list")
    to_draft = "/edit" if request.scope.has("quotes:edit") else ""
    spoken: dict[tuple[str, str, bool, bool], tuple[str, str]] = {}
    found = []
    for one in quotes:
        stands = (one.state, one.delivery, one.approval_id is not None, one.requested_at is not None)
        words = spoken.get(stands)
        if words is None:
            title, colour = pill(one)
            words = spoken[stands] = (speaker.translate(title), colour)
        draft, moved = one.state == State.DRAFT, one.moved_at
        found.append(
            (
                f"{base}/{one.id}{to_draft if draft else ''}",
                draft,
                one.number,
                one.po_number,
                one.account,
                one.line_count,
                *words,
                speaker.money(one.gross, one.currency),
                moved.isoformat(),
                speaker.datetime(moved),
                speaker.relative(moved),
                f"{one.id}.{one.version}",
            )
        )
    return found
