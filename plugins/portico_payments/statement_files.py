"""A statement as a file: CSV and XLSX with a running balance, OFX, and the journal of hledger."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import Any, Final

from pyramid.request import Request
from pyramid.response import Response

from portico import audit
from portico.api.schema import money
from portico.exports import answer
from portico.exports.columns import Column
from portico.web.i18n import translate
from portico_payments import accounting, books
from portico_payments.asked import Asked
from portico_payments.i18n import _
from portico_payments.statement import CLOSING, OPENING

FORMATS: Final = ("csv", "xlsx", "ofx", "hledger")
_MEDIA_TYPES = {"ofx": "application/x-ofx", "hledger": "text/plain"}
_ENDINGS = {"ofx": "ofx", "hledger": "journal"}
COLUMNS = (
    Column(_("Day"), "day", 12),
    Column(_("What"), width=28),
    Column(_("Number")),
    Column(_("Billed"), "money", 14),
    Column(_("Paid or credited"), "money", 14),
    Column(_("Balance"), "money", 14),
    Column(_("Currency"), width=9),
)


def export(request: Request, asked: Asked, form: str) -> Response:
    """form: one of FORMATS. The export is on record. Raises ExportTooLargeError, ExportBusyError."""
    if form in answer.FORMATS:
        response = answer.answer(request, form, "statement", _("Statement"), COLUMNS, _rows(request, asked)).response
    else:
        response = _text(request, asked, form)
    found = asked.statement
    said = {"from": found.since.isoformat(), "to": found.until.isoformat(), "currency": found.currency, "format": form}
    audit.record(request.db, "payments.statement_export", after=said | {"account": str(asked.account_id)})
    return response


def _rows(request: Request, asked: Asked) -> Generator[tuple[Any, ...], None, None]:
    say, found = partial(translate, request.locale_name), asked.statement
    amount = partial(money, currency=found.currency)
    yield found.since, say(OPENING), "", None, None, amount(found.opening), found.currency
    if found.count:
        assert asked.account_id is not None
        for one in accounting.all_lines(request.db, asked.account_id, found):
            sides = (amount(one.amount), None) if one.amount > 0 else (None, amount(-one.amount))
            yield one.booked_on, say(one.words), one.number, *sides, amount(one.balance), found.currency
    yield found.until, say(CLOSING), "", None, None, amount(found.closing), found.currency


def _text(request: Request, asked: Asked, form: str) -> Response:
    assert asked.account_id is not None
    write = books.ofx if form == "ofx" else books.hledger
    lines = accounting.all_lines(request.db, asked.account_id, asked.statement)
    account = f"{asked.account_id.hex[-12:]}{asked.statement.currency}" if form == "ofx" else asked.account
    say = partial(translate, request.locale_name)
    body = "".join(write(asked.statement, lines, request.tenant.name, account, say)).encode()
    response = Response(body=body, content_type=_MEDIA_TYPES[form], charset="utf-8")
    name = f"statement-{asked.statement.until.isoformat()}.{_ENDINGS[form]}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
