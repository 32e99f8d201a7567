"""Writing the customer's answer to a priced quote: one conditional update, so that one answer counts."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, func, or_, select, update

from portico_companydb import tables as t
from portico_companydb.i18n import _
from portico_companydb.reader import row_id
from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import QuoteDecision


def write(connection: Connection, decision: QuoteDecision) -> RowMapping:
    """The quote's id, number and status afterwards. A second, same answer finds it done."""
    quote_id = row_id(decision.quote_ref)
    wanted = "accepted" if decision.accepted else "declined"
    values = {"status": wanted}
    if decision.reason:
        values["reason"] = decision.reason
    if decision.po_number:
        values["po_number"] = decision.po_number
    standing = or_(t.quotes.c.valid_until.is_(None), t.quotes.c.valid_until >= func.current_date())
    statement = update(t.quotes).where(t.quotes.c.id == quote_id, t.quotes.c.status == "priced").values(values)
    connection.execute(statement.where(standing) if decision.accepted else statement)
    row = (
        connection.execute(
            select(t.quotes.c.id, t.quotes.c.number, t.quotes.c.status, (~standing).label("over")).where(
                t.quotes.c.id == quote_id
            )
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise ConnectorRejectedError("quote_ref", _("The company does not know this quote."), code="unknown")
    if row["status"] == "priced" and row["over"]:
        raise ConnectorRejectedError(None, _("The offer is no longer valid."), code="expired")
    # Somebody was faster at the company: an order already stands for the acceptance that led to it.
    if row["status"] != wanted and not (decision.accepted and row["status"] == "ordered"):
        raise ConnectorRejectedError(None, _("The quote does not wait for an answer."), code="state")
    return row
