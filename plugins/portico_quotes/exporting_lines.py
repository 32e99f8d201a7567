"""The lines of one quote as a file: each with its section, and whether it is optional."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico import audit
from portico.api.schema import money
from portico.exports import answer
from portico.exports.columns import Column
from portico.web.i18n import translate
from portico_quotes import grouping, reading
from portico_quotes.i18n import _
from portico_quotes.repricing import asked
from portico_quotes.states import State
from portico_quotes.totals import line_total

COLUMNS = (
    Column(_("Section"), width=24),
    Column(_("Code")),
    Column(_("Item"), width=36),
    Column(_("Quantity"), "number", 10),
    Column(_("Unit"), width=10),
    Column(_("Unit price"), "money", 14),
    Column(_("Tax in per cent"), "number", 10),
    Column(_("Total"), "money", 14),
    Column(_("Currency"), width=9),
    Column(_("Optional"), width=22),
    Column(_("Note"), width=36),
)


def export(request: Request, quote: Any, form: str) -> Response:
    """form: one of `portico.exports.answer.FORMATS`. What the quote's page shows as its lines. The export is on record."""
    rows = reading.rows(request.db, quote)
    shown = rows if quote.state == State.DRAFT else grouping.binding(rows)
    made = answer.answer(request, form, "quote-lines", _("Lines"), COLUMNS, _cells(shown, quote.currency, request.locale_name))
    recorded = {"format": form, "rows": made.rows} | ({"number": quote.number} if quote.number else {})
    audit.record(request.db, "quotes.export-lines", subject=("quote", quote.id), after=recorded)
    return made.response


def _cells(rows: Sequence[Any], currency: str, language: str) -> Generator[tuple[Any, ...], None, None]:
    """Totals are before tax, as on the page, also of options that are not included."""
    words = {True: translate(language, _("Optional, included")), False: translate(language, _("Optional, not included"))}
    for group in grouping.groups(rows):
        section = "" if group.heading is None else translate(language, grouping.title(group.heading))
        for line in group.lines:
            price, rate = asked(line)
            yield (
                section,
                line.code,
                line.name,
                line.quantity.normalize(),
                line.unit,
                money(price, currency),
                rate.normalize(),
                money(None if price is None else line_total(line.quantity, price, currency), currency),
                currency,
                words[line.chosen] if line.optional else "",
                line.note,
            )
