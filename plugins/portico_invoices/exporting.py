"""The list as a file: the invoices that the same filters show the same reader, all pages of them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import sqlalchemy as sa
from pyramid.request import Request
from pyramid.response import Response

from portico import audit
from portico.api.schema import money
from portico.exports import answer
from portico.exports.columns import Column
from portico.exports.rows import MOST_ROWS, rows
from portico.tenancy import reach
from portico.web.i18n import translate
from portico_invoices.filters import Filters
from portico_invoices.i18n import _
from portico_invoices.models import INVOICE
from portico_invoices.reading import ACCOUNT, CONDITIONS, asked, today, visible
from portico_invoices.states import CREDIT_NOTE, look, state

_AMOUNTS = ("net", "tax", "gross", "open_amount")
_STORED = (
    INVOICE.c.number,
    INVOICE.c.kind,
    INVOICE.c.status,
    INVOICE.c.issued_on,
    INVOICE.c.due_on,
    INVOICE.c.po_number,
    INVOICE.c.net,
    INVOICE.c.tax,
    INVOICE.c.gross,
    INVOICE.c.open_amount,
    INVOICE.c.currency,
    ACCOUNT.c.name.label("account"),
)
COLUMNS = (
    Column(_("Number")),
    Column(_("Kind"), width=12),
    Column(_("Status")),
    Column(_("Customer"), width=28),
    Column(_("Issued"), "day", 12),
    Column(_("Due"), "day", 12),
    Column(_("PO number")),
    Column(_("Net"), "money", 14),
    Column(_("Tax"), "money", 14),
    Column(_("Total"), "money", 14),
    Column(_("Open"), "money", 14),
    Column(_("Currency"), width=9),
)
# The list finds the newest thousand by a search of staff; a file has all or says that it cannot.
_ANYWHERE = INVOICE.c.id.in_(sa.select(sa.func.invoices_find(sa.bindparam("anywhere"), MOST_ROWS + 1, type_=sa.Uuid)))


def export(request: Request, filters: Filters, form: str) -> Response:
    """form: one of `portico.exports.answer.FORMATS`. The export is on record. Raises ExportTooLargeError, ExportBusyError."""
    made = answer.answer(request, form, "invoices", _("Invoices"), COLUMNS, _rows(request, filters))
    said = {
        "q": filters.search,
        "state": filters.state,
        "kind": filters.kind,
        "from": filters.since and filters.since.isoformat(),
        "to": filters.until and filters.until.isoformat(),
        "account": filters.account_id and str(filters.account_id),
    }
    recorded = {name: value for name, value in said.items() if value} | {"format": form, "rows": made.rows}
    audit.record(request.db, "invoices.export", after=recorded)
    return made.response


def query(kind: str, narrowed: Any) -> sa.Select[Any]:
    """Newest first. kind: of the reader's reach; narrowed: names of `CONDITIONS`."""
    conditions = (_ANYWHERE if name == "anywhere" else CONDITIONS[name] for name in narrowed)
    of_account = sa.and_(ACCOUNT.c.tenant_id == INVOICE.c.tenant_id, ACCOUNT.c.id == INVOICE.c.account_id)
    found = sa.select(*_STORED).join(ACCOUNT, of_account).where(*visible(kind), *conditions)
    return found.order_by(INVOICE.c.issued_on.desc(), INVOICE.c.id.desc())


def _rows(request: Request, filters: Filters) -> Generator[tuple[Any, ...], None, None]:
    """Amounts of credit notes with a minus, so that a column adds up to what it means."""
    scope, day = request.scope, today(request.tenant)
    narrowed = asked(scope, filters)
    kinds = {name: translate(request.locale_name, text) for name, text in KINDS.items()}
    for row in rows(request.db, query(reach.kind_of(scope), narrowed.names), {**reach.values(scope), **narrowed.values}):
        sign = -1 if row.kind == CREDIT_NOTE else 1
        yield (
            row.number,
            kinds[row.kind],
            translate(request.locale_name, look(row.kind, state(row.kind, row.status, row.due_on, day)).title),
            row.account,
            row.issued_on,
            row.due_on,
            row.po_number,
            *(money(sign * getattr(row, name), row.currency) for name in _AMOUNTS),
            row.currency,
        )


KINDS = {"invoice": _("Invoice"), CREDIT_NOTE: _("Credit note")}
