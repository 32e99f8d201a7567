"""The list as a file: the orders that the same filters show the same reader, all pages of them."""

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
from portico_orders.filters import Filters
from portico_orders.i18n import _
from portico_orders.models import ORDER
from portico_orders.reading import ACCOUNT, CONDITIONS, asked
from portico_orders.statuses import LOOKS
from portico_orders.visibility import visible, visible_values

_AMOUNTS = ("net", "tax", "gross")
_STORED = (
    ORDER.c.number,
    ORDER.c.ordered_at,
    ORDER.c.status,
    ORDER.c.po_number,
    ORDER.c.quote_number,
    ORDER.c.expected_on,
    ORDER.c.line_count,
    ORDER.c.delivery_count,
    ORDER.c.net,
    ORDER.c.tax,
    ORDER.c.gross,
    ORDER.c.currency,
    ACCOUNT.c.name.label("account"),
)
COLUMNS = (
    Column(_("Order")),
    Column(_("Ordered"), "moment", 20),
    Column(_("Status")),
    Column(_("Customer"), width=28),
    Column(_("PO number")),
    Column(_("Quote")),
    Column(_("Expected"), "day", 12),
    Column(_("Lines"), "number", 8),
    Column(_("Deliveries"), "number", 10),
    Column(_("Net"), "money", 14),
    Column(_("Tax"), "money", 14),
    Column(_("Total"), "money", 14),
    Column(_("Currency"), width=9),
)
# The list finds the newest thousand by a search of staff; a file has all or says that it cannot.
_ANYWHERE = ORDER.c.id.in_(sa.select(sa.func.orders_find(sa.bindparam("anywhere"), MOST_ROWS + 1, type_=sa.Uuid)))


def export(request: Request, filters: Filters, form: str) -> Response:
    """form: one of `portico.exports.answer.FORMATS`. The export is on record. Raises ExportTooLargeError, ExportBusyError."""
    made = answer.answer(request, form, "orders", _("Orders"), COLUMNS, _rows(request, filters))
    said = {
        "q": filters.search,
        "status": filters.status,
        "from": filters.since and filters.since.isoformat(),
        "to": filters.until and filters.until.isoformat(),
        "account": filters.account_id and str(filters.account_id),
    }
    recorded = {name: value for name, value in said.items() if value} | {"format": form, "rows": made.rows}
    audit.record(request.db, "orders.export", after=recorded)
    return made.response


def query(kind: str, narrowed: Any) -> sa.Select[Any]:
    """Newest first. kind: of the reader's reach; narrowed: names of `CONDITIONS`."""
    conditions = (_ANYWHERE if name == "anywhere" else CONDITIONS[name] for name in narrowed)
    of_account = sa.and_(ACCOUNT.c.tenant_id == ORDER.c.tenant_id, ACCOUNT.c.id == ORDER.c.account_id)
    found = sa.select(*_STORED).join(ACCOUNT, of_account).where(*visible(kind), *conditions)
    return found.order_by(ORDER.c.ordered_at.desc(), ORDER.c.id.desc())


def _rows(request: Request, filters: Filters) -> Generator[tuple[Any, ...], None, None]:
    scope = request.scope
    narrowed = asked(scope, filters)
    words = {status: translate(request.locale_name, look.title) for status, look in LOOKS.items()}
    values = {**visible_values(scope), **narrowed}
    for row in rows(request.db, query(reach.kind_of(scope), narrowed), values):
        currency = row.currency
        yield (
            row.number,
            row.ordered_at,
            words[row.status],
            row.account,
            row.po_number,
            row.quote_number,
            row.expected_on,
            row.line_count,
            row.delivery_count,
            *(money(getattr(row, name), currency) for name in _AMOUNTS),
            currency,
        )
