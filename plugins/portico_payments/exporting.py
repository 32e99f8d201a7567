"""The list as a file: the payments that the same filters show the same reader, all pages of them."""

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
from portico.web.i18n import translate
from portico_payments import states, visibility
from portico_payments.filters import Filters
from portico_payments.i18n import _
from portico_payments.models import PAYMENT
from portico_payments.reading import ACCOUNT, CONDITIONS, OF_ACCOUNT, asked

_STORED = (
    PAYMENT.c.number, PAYMENT.c.paid_on, PAYMENT.c.state, PAYMENT.c.method, PAYMENT.c.amount, PAYMENT.c.allocated,
    PAYMENT.c.currency, ACCOUNT.c.name.label("account"),
)  # fmt: skip
COLUMNS = (
    Column(_("Payment")),
    Column(_("Day"), "day", 12),
    Column(_("Status")),
    Column(_("Customer"), width=28),
    Column(_("Way of paying")),
    Column(_("Amount"), "money", 14),
    Column(_("Assigned to invoices"), "money", 14),
    Column(_("Currency"), width=9),
)
# The list finds the newest thousand by a search of staff; a file has all or says that it cannot.
_ANYWHERE = PAYMENT.c.id.in_(sa.select(sa.func.payments_find(sa.bindparam("anywhere"), MOST_ROWS + 1, type_=sa.Uuid)))


def export(request: Request, filters: Filters, form: str) -> Response:
    """form: one of `portico.exports.answer.FORMATS`. The export is on record. Raises ExportTooLargeError, ExportBusyError."""
    made = answer.answer(request, form, "payments", _("Payments"), COLUMNS, _rows(request, filters))
    said = {
        "q": filters.search,
        "state": filters.state,
        "from": filters.since and filters.since.isoformat(),
        "to": filters.until and filters.until.isoformat(),
        "account": filters.account_id and str(filters.account_id),
    }
    recorded = {name: value for name, value in said.items() if value} | {"format": form, "rows": made.rows}
    audit.record(request.db, "payments.export", after=recorded)
    return made.response


def query(staff: bool, names: Any) -> sa.Select[Any]:
    """Newest first. names: of `CONDITIONS`."""
    conditions = (_ANYWHERE if name == "anywhere" else CONDITIONS[name] for name in names)
    found = sa.select(*_STORED).join(ACCOUNT, OF_ACCOUNT).where(*visibility.conditions(staff, PAYMENT), *conditions)
    return found.order_by(PAYMENT.c.paid_on.desc(), PAYMENT.c.id.desc())


def _rows(request: Request, filters: Filters) -> Generator[tuple[Any, ...], None, None]:
    scope = request.scope
    names, narrowed = asked(scope, filters)
    words = {state: translate(request.locale_name, look.title) for state, look in states.LOOKS.items()}
    values = {**visibility.values(scope), **narrowed}
    for row in rows(request.db, query(visibility.is_staff(scope), names), values):
        yield (
            row.number,
            row.paid_on,
            words[states.of(row)],
            row.account,
            row.method,
            money(row.amount, row.currency),
            money(row.allocated, row.currency),
            row.currency,
        )
