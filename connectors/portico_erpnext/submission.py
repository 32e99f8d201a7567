"""Writing a quotation once, and the customer's answer to it.

The portal's reference is in a field of its own that ERPNext keeps unique (`setup` makes it): whoever writes the same quotation a
second time, at the same moment or later, is refused and finds the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from portico_erp import agreement
from portico_erp.errors import ConnectorRejectedError
from portico_erp.values import QuoteDecision, QuoteLine, QuoteRequest, QuoteStatus
from portico_erpnext import mapping
from portico_erpnext.i18n import _
from portico_erpnext.reader import ANSWER, NOTE, PO_NUMBER, QUOTATION, REFERENCE, Reader
from portico_erpnext.rest import Record

MOST_LINES = 1000
_TAX = ("charge_type", "account_head", "description", "rate")


def find(reader: Reader, reference: str) -> Record | None:
    """ERPNext's database compares without case and trailing spaces; the portal does not."""
    if not reference.isprintable() or not reference.strip():
        return None
    found = reader.quotations([[REFERENCE, "=", reference]])
    return next((one for one in found if one[REFERENCE] == reference), None)


def write(reader: Reader, request: QuoteRequest, customer: Record | None, today: date) -> None:
    """Make the quotation as a draft; `customer`: None = unknown. Nothing when it is there already."""
    if customer is None:
        raise ConnectorRejectedError("customer_ref", _("The company does not know this customer."), code="unknown")
    if not request.lines:
        raise ConnectorRejectedError("lines", _("The quote has no lines."), code="empty")
    if len(request.lines) > MOST_LINES:
        raise ConnectorRejectedError("lines", _("The quote has too many lines."), code="too_many")
    price_list = customer["price_list"] or reader.price_list
    currency = reader.price_list_currency(price_list)
    if request.currency != currency:
        raise ConnectorRejectedError(
            "currency",
            _("The company makes this customer's quotes in ${currency}.", mapping={"currency": currency}),
            code="currency",
        )
    items = {one["name"]: one for one in reader.items(line.ref for line in request.lines if is_name(line.ref))}
    for index, line in enumerate(request.lines):
        item = items.get(line.ref)
        if item is None or item["disabled"] or not item["is_sales_item"]:
            raise ConnectorRejectedError(
                f"lines.{index}", _("“${name}” is no longer sold.", mapping={"name": line.name}), code="not_on_sale"
            )
    values = {
        "quotation_to": "Customer",
        "party_name": customer["name"],
        "company": reader.company()["name"],
        "order_type": "Sales",
        "transaction_date": today,
        "currency": currency,
        "selling_price_list": price_list,
        # The prices were agreed upon in the portal: what rules say of them later is the company's to decide.
        "ignore_pricing_rule": 1,
        REFERENCE: request.reference,
        NOTE: request.note,
        PO_NUMBER: request.po_number,
        "items": [_line(line) for line in request.lines],
        "taxes": [{name: tax[name] for name in _TAX} for tax in reader.usual_taxes()],
    }
    try:
        reader.rest.create(QUOTATION, values)
    except ConnectorRejectedError as error:
        if error.code != "duplicate":
            raise


def _line(line: QuoteLine) -> Mapping[str, Any]:
    values: dict[str, Any] = {"item_code": line.ref, "qty": line.quantity, NOTE: line.note}
    return values if line.unit_price is None else values | {"rate": line.unit_price}


def decide(reader: Reader, decision: QuoteDecision, today: date) -> Record:
    """The quotation afterwards. An acceptance is noted on it, and the company makes its order of it; a refusal makes it lost."""
    record = _one(reader, decision.quote_ref)
    found = mapping.status(record, today)
    if found is (QuoteStatus.ACCEPTED if decision.accepted else QuoteStatus.DECLINED):
        return record
    if found is QuoteStatus.EXPIRED:
        raise ConnectorRejectedError(None, _("The offer is no longer valid."), code="expired")
    if found is not QuoteStatus.PRICED:
        raise ConnectorRejectedError(None, _("The quote does not wait for an answer."), code="state")
    agreement.require(decision, mapping.quote(record, today, reader.rest.zone()))
    if decision.accepted:
        values = {ANSWER: mapping.ACCEPTED} | ({PO_NUMBER: decision.po_number} if decision.po_number else {})
        if decision.agreed is not None:  # Frappe refuses what is written upon another state of a document than the latest
            values["modified"] = record["modified"]
        reader.rest.update(QUOTATION, record["name"], values)
    else:
        reader.rest.run(
            QUOTATION, record["name"], "declare_enquiry_lost", lost_reasons_list=[], competitors=[],
            detailed_reason=decision.reason,
        )  # fmt: skip
    return _one(reader, decision.quote_ref)


def _one(reader: Reader, ref: str) -> Record:
    found = reader.quotations([["name", "=", ref]]) if is_name(ref) else []
    if len(found) != 1 or found[0]["name"] != ref:
        raise ConnectorRejectedError("quote_ref", _("The company does not know this quote."), code="unknown")
    return found[0]


def is_name(ref: str) -> bool:
    """Whether this can be the name of a record."""
    return 0 < len(ref) <= 140 and ref.isprintable() and ref == ref.strip()
