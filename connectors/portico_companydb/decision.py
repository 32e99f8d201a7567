"""Writing the customer's answer to a priced quote: one conditional update, so that one answer counts."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, func, or_, select, update

from portico_companydb import mapping, reader
from portico_companydb import tables as t
from portico_companydb.i18n import _
from portico_companydb.reader import row_id
from portico_erp import agreement
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
    _check(connection, quote_id, decision)
    today = connection.execute(select(func.current_date())).scalar_one()  # the database's clock, in UTC
    standing = or_(t.quotes.c.valid_until.is_(None), t.quotes.c.valid_until >= today - agreement.ZONES)
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


def _check(connection: Connection, quote_id: int, decision: QuoteDecision) -> None:
    """Whoever writes the quote now is waited for; whoever wants to, waits for us. SQLite knows no lock of a row: there, a writing
    transaction is alone.
    """
    found = connection.execute(select(t.quotes.c.status).where(t.quotes.c.id == quote_id).with_for_update()).scalar_one_or_none()
    if found == "priced" and decision.agreed is not None:
        row = connection.execute(reader.quotes().where(t.quotes.c.id == quote_id)).mappings().one()
        lines = reader.quote_lines(connection, [quote_id]).get(quote_id, ())
        agreement.require(decision, mapping.quote(row, lines))
