"""Writing the customer's answer to a priced quote: one conditional update, so that one answer counts."""

from __future__ import annotations

from collections.abc import Callable

from portico_erp import agreement
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError
from portico_erp.values import Problem, QuoteDecision, QuoteStatus, RemoteQuote
from portico_supabase.i18n import _
from portico_supabase.mapping import QUOTE_WORDS, quote_status
from portico_supabase.reader import Reader, may_be_id
from portico_supabase.rest import Row, quoted

_PRICED = [word for word, status in QUOTE_WORDS.items() if status is QuoteStatus.PRICED]


Offer = Callable[[Row], RemoteQuote | Problem]


def write(reader: Reader, decision: QuoteDecision, offer: Offer) -> Row:
    """The quote afterwards. offer: what a row of it offers. The update asks for the row as it was read, whose `updated_at` tells
    any change, its lines' among them. A second, same answer finds it done. An update of nothing is no error to PostgREST: the
    quote is read again, and says what happened.
    """
    columns = reader.shape.columns("quotes")
    wanted = QuoteStatus.ACCEPTED if decision.accepted else QuoteStatus.DECLINED
    values = {"status": wanted.value}
    if decision.reason and "reason" in columns:
        values["reason"] = decision.reason
    if decision.po_number and "po_number" in columns:
        values["po_number"] = decision.po_number
    before = _read(reader, decision.quote_ref)
    if decision.agreed is not None and quote_status(before["status"]) is QuoteStatus.PRICED:
        agreement.require(decision, offer(before))
    words = ",".join(quoted(word) for word in _PRICED)
    filters = [("id", f"eq.{before['id']}"), ("status", f"in.({words})")]
    if decision.agreed is not None and "updated_at" in columns:
        filters.append(("updated_at", f"eq.{before['updated_at']}"))
    dated = "valid_until" in columns
    if decision.accepted and dated:
        filters.append(("or", "(valid_until.is.null,valid_until.gte.yesterday)"))
    over = _over(reader, before) if dated else False
    # What the filters name has to be among the columns that come back: PostgREST 12 looks for them there.
    named = ["id", "status", *(name for name in ("valid_until", "updated_at") if name in columns)]
    reader.rest.update("quotes", values, filters, named)
    row = _read(reader, decision.quote_ref)
    status = quote_status(row["status"])
    if status is QuoteStatus.PRICED and over:
        raise ConnectorRejectedError(None, _("The offer is no longer valid."), code="expired")
    if status is QuoteStatus.PRICED and row.get("updated_at") != before.get("updated_at"):  # changed in between
        if decision.agreed is not None:
            agreement.require(decision, offer(row))
        raise ConnectorUnavailableError(_("Somebody at the company changed the quote at the same moment."))
    # Somebody was faster at the company: an order already stands for the acceptance that led to it.
    if status is not wanted and not (decision.accepted and status is QuoteStatus.ORDERED):
        raise ConnectorRejectedError(None, _("The quote does not wait for an answer."), code="state")
    return row


def _read(reader: Reader, ref: str) -> Row:
    rows = []
    if may_be_id(ref):
        try:
            rows = list(reader.rest.rows("quotes", reader.shape.columns("quotes"), [("id", f"eq.{ref}")]).rows)
        except ConnectorRejectedError as error:
            if error.code != "refused":  # an id of the other kind
                raise
    if not rows:
        raise ConnectorRejectedError("quote_ref", _("The company does not know this quote."), code="unknown")
    return rows[0]


def _over(reader: Reader, quote: Row) -> bool:
    """By the database's own day, in UTC; a day later, as `agreement.ZONES` says."""
    filters = [("id", f"eq.{quote['id']}"), ("valid_until", "lt.yesterday")]
    return bool(reader.rest.rows("quotes", ["id"], filters).rows)
