"""Writing a quotation once, and the customer's answer to it.

The portal's reference is the quotation's `origin` ("Source Document"), which Odoo leaves as it is; `client_order_ref` is the
customer's own order number. Neither is unique: the quotation is looked up before it is made, and the portal never hands one
over twice at a time. Made in one call, it is made whole or not at all.
"""

from __future__ import annotations

import html
from datetime import date
from typing import Any

from portico_erp import agreement
from portico_erp.capabilities import NO_PLACE
from portico_erp.errors import ConnectorRejectedError
from portico_erp.records import day
from portico_erp.values import QuoteDecision, QuoteLine, QuoteRequest, QuoteStatus
from portico_odoo import mapping
from portico_odoo.i18n import _
from portico_odoo.reader import ORDERS, Reader
from portico_odoo.rpc import Record

MOST_LINES = 2000
DELIVERY_DATE = "commitment_date"
HTML_SINCE = 15
"""The first version in which a note is HTML."""


def find(reader: Reader, reference: str) -> Record | None:
    """The oldest of that reference."""
    if not reference.isprintable() or not reference.strip():
        return None
    origins = [reference, f"{reference} ({mapping.DECLINED})"]
    found = reader.orders([["origin", "in", origins]], limit=1)
    return found[0] if found else None


def write(reader: Reader, request: QuoteRequest, partner: Record | None, currency: str) -> None:
    """Make the quotation; `partner`: the customer, None = unknown. currency: what Odoo will make it in."""
    if partner is None:
        raise ConnectorRejectedError("customer_ref", _("The company does not know this customer."), code="unknown")
    if not request.lines:
        raise ConnectorRejectedError("lines", _("The quote has no lines."), code="empty")
    if len(request.lines) > MOST_LINES:
        raise ConnectorRejectedError("lines", _("The quote has too many lines."), code="too_many")
    if request.currency != currency:
        raise ConnectorRejectedError(
            "currency",
            _("The company makes this customer's quotes in ${currency}.", mapping={"currency": currency}),
            code="currency",
        )
    wanted = [int(line.ref) for line in request.lines if is_id(line.ref)]
    on_sale = {one for one, product in reader.products(wanted).items() if product["active"] and product["sale_ok"]}
    lines: list[Any] = []
    for index, line in enumerate(request.lines):
        if not is_id(line.ref) or int(line.ref) not in on_sale:
            raise ConnectorRejectedError(
                f"lines.{index}", _("“${name}” is no longer sold.", mapping={"name": line.name}), code="not_on_sale"
            )
        lines += _commands(line, len(lines))
    values = {
        "partner_id": partner["id"],
        "origin": request.reference,
        "client_order_ref": request.po_number or False,
        "note": _note(reader, request.note),
        "order_line": lines,
        **_delivery_date(reader, request),
    }
    reader.rpc.call(ORDERS, "create", first={"vals_list": [values]})


def _delivery_date(reader: Reader, request: QuoteRequest) -> dict[str, str]:
    """Odoo's *Delivery Date*, where there is one. It is a moment: noon in UTC is that day in nearly all of the world. An address
    would have to be a contact of its own there, which the portal does not make."""
    if request.delivery_address is not None:
        raise ConnectorRejectedError("delivery_address", _("Odoo delivers to its own contacts."), code=NO_PLACE)
    if request.wanted_on is None:
        return {}
    if DELIVERY_DATE not in reader.known(ORDERS):
        raise ConnectorRejectedError("wanted_on", _("This Odoo has no delivery date for quotes."), code=NO_PLACE)
    return {DELIVERY_DATE: f"{request.wanted_on.isoformat()} 12:00:00"}


def _commands(line: QuoteLine, position: int) -> list[Any]:
    """The line, and its note as a line of text below it."""
    values: dict[str, Any] = {"product_id": int(line.ref), "product_uom_qty": line.quantity, "sequence": position}
    if line.unit_price is not None:
        values["price_unit"] = line.unit_price
    found = [[0, 0, values]]
    if line.note:
        found.append([0, 0, {"display_type": "line_note", "name": line.note, "sequence": position + 1}])
    return found


def _note(reader: Reader, note: str) -> str:
    if reader.rpc.version() < HTML_SINCE or not note:
        return note
    return "<p>" + "<br/>".join(html.escape(line) for line in note.split("\n")) + "</p>"


def decide(reader: Reader, decision: QuoteDecision, today: date) -> Record:
    """The quotation afterwards. `today`: the server's, in UTC."""
    record = _one(reader, decision.quote_ref)
    wanted = QuoteStatus.ACCEPTED if decision.accepted else QuoteStatus.DECLINED
    if mapping.status(record) is wanted:
        return record
    if mapping.status(record) is not QuoteStatus.PRICED:
        raise ConnectorRejectedError(None, _("The quote does not wait for an answer."), code="state")
    until = day(record["validity_date"], "valid_until")
    if decision.accepted and until is not None and until < today - agreement.ZONES:
        raise ConnectorRejectedError(None, _("The offer is no longer valid."), code="expired")
    agreement.require(decision, mapping.quote(record))
    ids = [record["id"]]
    if decision.accepted:
        if decision.po_number:
            reader.rpc.call(ORDERS, "write", ids, {"vals": {"client_order_ref": decision.po_number}})
        reader.rpc.call(ORDERS, "action_confirm", ids)
    else:
        if decision.reason:
            reader.rpc.call(ORDERS, "message_post", ids, body=html.escape(decision.reason))
        origin = f"{record['origin'] or ''} ({mapping.DECLINED})".strip()
        reader.rpc.call(ORDERS, "write", ids, {"vals": {"origin": origin, "state": "cancel"}})
    return _one(reader, decision.quote_ref)


def _one(reader: Reader, ref: str) -> Record:
    found = reader.orders([["id", "=", int(ref)]]) if is_id(ref) else []
    if not found:
        raise ConnectorRejectedError("quote_ref", _("The company does not know this quote."), code="unknown")
    return found[0]


def is_id(ref: str) -> bool:
    """Whether this can be the id of a record: a number that the database's integers hold."""
    return ref.isascii() and ref.isdigit() and len(ref) < 10
