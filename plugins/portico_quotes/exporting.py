"""The list of quotes as a file: what the same filters show the same reader, all pages of it."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Sequence
from typing import Any

import sqlalchemy as sa
from pyramid.request import Request
from pyramid.response import Response

from portico import audit
from portico.api.schema import money
from portico.exports import answer
from portico.exports.columns import Column
from portico.exports.rows import rows
from portico.tenancy import reach
from portico.tenancy.models import Account
from portico.web.i18n import translate
from portico_quotes.i18n import _
from portico_quotes.models import Quote
from portico_quotes.reading import CONDITIONS, OF_ACCOUNT, Wanted, conditions_of
from portico_quotes.states import TITLES

_STORED = (
    Quote.number,
    Quote.state,
    Quote.po_number,
    Quote.author,
    Quote.created_at,
    Quote.submitted_at,
    Quote.moved_at,
    Quote.valid_until,
    Quote.line_count,
    Quote.net,
    Quote.tax,
    Quote.gross,
    Quote.currency,
    Account.name.label("account"),
)
COLUMNS = (
    Column(_("Quote")),
    Column(_("Status")),
    Column(_("Customer"), width=28),
    Column(_("Order number")),
    Column(_("Written by"), width=24),
    Column(_("Started"), "moment", 20),
    Column(_("Submitted"), "moment", 20),
    Column(_("Changed"), "moment", 20),
    Column(_("Valid until"), "day", 12),
    Column(_("Lines"), "number", 8),
    Column(_("Net"), "money", 14),
    Column(_("Tax"), "money", 14),
    Column(_("Total"), "money", 14),
    Column(_("Currency"), width=9),
)


def export(request: Request, wanted: Wanted, form: str, chosen: Sequence[uuid.UUID] = ()) -> Response:
    """form: one of `portico.exports.answer.FORMATS`. chosen: these of them alone. The export is on record.

    Raises ExportTooLargeError, ExportBusyError."""
    made = answer.answer(request, form, "quotes", _("Quotes"), COLUMNS, _rows(request, wanted, chosen))
    said = {
        "q": wanted.text,
        "state": wanted.state,
        "account": wanted.account_id and str(wanted.account_id),
        "chosen": len(chosen),
    }
    recorded = {name: value for name, value in said.items() if value} | {"format": form, "rows": made.rows}
    audit.record(request.db, "quotes.export", after=recorded)
    return made.response


def _rows(request: Request, wanted: Wanted, chosen: Sequence[uuid.UUID]) -> Generator[tuple[Any, ...], None, None]:
    scope = request.scope
    conditions = conditions_of(wanted)
    query = (
        sa.select(*_STORED)
        .join(Account, OF_ACCOUNT)
        .where(*reach.conditions(reach.kind_of(scope), Quote), *(CONDITIONS[name] for name in conditions))
        .order_by(Quote.moved_at.desc(), Quote.id.desc())
    )
    if chosen:
        query = query.where(Quote.id.in_(chosen))
    values = {name: value for given in conditions.values() for name, value in given.items()}
    words = {state.value: translate(request.locale_name, title) for state, title in TITLES.items()}
    for row in rows(request.db, query, {**reach.values(scope), **values}):
        yield (
            row.number,
            words[row.state],
            row.account,
            row.po_number,
            row.author,
            row.created_at,
            row.submitted_at,
            row.moved_at,
            row.valid_until,
            row.line_count,
            money(row.net, row.currency),
            money(row.tax, row.currency),
            money(row.gross, row.currency),
            row.currency,
        )
