"""Handing over a quote once, and the customer's answer to an offer.

The portal's reference is the sale's description, which Tryton freezes once the sale is quoted; Tryton's own "reference" is for
the customer's order number. Nothing at Tryton makes either unique, so each submission looks first, and looks again
afterwards: of two that came at the same moment from two processes of the portal, the sale with the lower id stays and the
other, still a draft, is deleted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

from portico_erp import agreement
from portico_erp.capabilities import NO_PLACE
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError
from portico_erp.values import (
    Address,
    Problem,
    QuoteDecision,
    QuoteLine,
    QuoteReceipt,
    QuoteRequest,
    QuoteStatus,
    RemoteQuote,
)
from portico_tryton import billing, mapping, pricing, reader
from portico_tryton.i18n import _
from portico_tryton.reader import Record
from portico_tryton.rpc import Rpc

MOST_LINES = 500
_OF_HEAD = (
    "company", "currency", "party", "payment_term", "invoice_address", "shipment_address", "invoice_party", "shipment_party",
    "invoice_method", "shipment_method", "warehouse", "price_list", "quotation_validity",
)  # fmt: skip


class Turns:
    """One submission of a reference at a time in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def of(self, reference: str) -> Iterator[None]:
        with self._lock:
            turn, waiting = self._held.get(reference, (threading.Lock(), 0))
            self._held[reference] = (turn, waiting + 1)
        try:
            with turn:
                yield
        finally:
            with self._lock:
                turn, waiting = self._held.pop(reference)
                if waiting > 1:
                    self._held[reference] = (turn, waiting - 1)


def find(rpc: Rpc, reference: str) -> Record | None:
    """The sale with the portal's reference; the first, should there be two."""
    if not reference or "\x00" in reference:
        return None
    domain = [["description", "=", reference]]
    try:
        found = reader.sales(rpc, domain, reader.HEAD)
    except ConnectorRejectedError:  # a doubled sale may be deleted while it is read
        found = reader.sales(rpc, domain, reader.HEAD)
    return next(iter(found), None)


def submit(rpc: Rpc, request: QuoteRequest, *, price_lists: bool) -> QuoteReceipt:
    found = find(rpc, request.reference)
    if found is None:
        made = _create(rpc, request, price_lists=price_lists)
        found = find(rpc, request.reference)
        if found is None:
            raise ConnectorUnavailableError(_("The quote was written but cannot be read back yet."))
        if found["id"] != made:
            with suppress(ConnectorRejectedError):  # the other one may have deleted it
                rpc.call("model.sale.sale.delete", [made])
    if (found.get("party.") or {}).get("code") != request.customer_ref:
        raise ConnectorRejectedError(
            "reference", _("The reference belongs to another customer's quote."), code="conflict"
        )
    return mapping.receipt(found)


def _create(rpc: Rpc, request: QuoteRequest, *, price_lists: bool) -> int:
    if not request.lines:
        raise ConnectorRejectedError("lines", _("The quote has no lines."), code="empty")
    if len(request.lines) > MOST_LINES:
        raise ConnectorRejectedError("lines", _("The quote has too many lines."), code="too_many")
    party = pricing.known_party(rpc, request.customer_ref, price_lists=price_lists)
    destination = _destination(rpc, party, request)
    terms = pricing.terms(rpc, party)
    lines = _lines(rpc, terms, request.lines)
    _check_currency(rpc, terms.head.get("currency"), request.currency)
    head = {name: terms.head[name] for name in _OF_HEAD if terms.head.get(name) is not None}
    values = {
        **head,
        **destination,
        "description": request.reference,
        "reference": request.po_number,
        "comment": request.note or None,
        "lines": [["create", lines]],
    }
    (sale_id,) = rpc.call("model.sale.sale.create", [values])
    return int(sale_id)


def _destination(rpc: Rpc, party: Record, request: QuoteRequest) -> dict[str, int]:
    """The party's address that is written as the customer wants it; the portal makes none. The day is left to the note:
    Tryton keeps no sale whose *Shipping Date* is before its *Sale Date*, so an offer that took long could not be accepted."""
    if request.wanted_on is not None:
        raise ConnectorRejectedError("wanted_on", _("Tryton has no place for the day that a customer wants."), code=NO_PLACE)
    wanted = request.delivery_address
    if wanted is None:
        return {}
    for row in reader.addresses(rpc, party["id"]):
        known = billing.address(row, party.get("name") or request.customer_ref)
        if isinstance(known, Address) and _place(known) == _place(wanted):
            return {"shipment_address": row["id"]}
    raise ConnectorRejectedError("delivery_address", _("Tryton does not know this address of the customer."), code=NO_PLACE)


def _place(address: Address) -> tuple[str, ...]:
    """What both have of it: Tryton keeps no telephone with an address, and names most by their party."""
    return address.street.strip(), address.postcode, address.city, address.region, address.country


def _lines(rpc: Rpc, terms: pricing.Terms, wanted: Sequence[QuoteLine]) -> list[dict[str, Any]]:
    """The lines as Tryton's own client would write them; only the price is the one that the customer was told."""
    ids = [reader.record_id(line.ref) for line in wanted]
    on_sale = reader.products(rpc, [one for one in ids if one is not None], terms.context(Decimal(1)))
    for index, (line, product_id) in enumerate(zip(wanted, ids, strict=True)):
        if product_id not in on_sale:
            raise ConnectorRejectedError(
                f"lines.{index}",
                _("“${name}” is not on sale any more.", mapping={"name": line.name}),
                code="not_on_sale",
            )
        _check_digits(index, line, on_sale[product_id])
    filled: dict[tuple[int, Decimal | None], dict[str, Any]] = {}
    rows = []
    for line, product_id in zip(wanted, ids, strict=True):
        assert product_id is not None
        # What Tryton fills in depends on the quantity by the price alone.
        key = product_id, line.quantity if line.unit_price is None else None
        if key not in filled:
            filled[key] = pricing.line(rpc, terms, product_id, line.quantity)
        rows.append(_row(filled[key], product_id, line))
    return rows


def _row(values: Mapping[str, Any], product_id: int, line: QuoteLine) -> dict[str, Any]:
    return {
        "type": "line",
        "product": product_id,
        "quantity": float(line.quantity),
        "unit": values.get("unit"),
        "unit_price": values.get("unit_price") if line.unit_price is None else line.unit_price,
        "taxes": [["add", list(pricing.line_taxes(values))]],
        "note": line.note or None,
    }


def _check_digits(index: int, line: QuoteLine, product: Record) -> None:
    """Tryton takes as many decimals as the unit has."""
    unit = product.get("sale_uom.") or {}
    digits = unit.get("digits")
    if isinstance(digits, int) and line.quantity != round(line.quantity, digits):
        raise ConnectorRejectedError(
            f"lines.{index}.quantity",
            _(
                "${name}: a quantity in ${unit} has at most ${digits} decimals.",
                mapping={"name": line.name, "unit": unit.get("symbol") or "?", "digits": Decimal(digits)},
            ),
            code="digits",
        )


def _check_currency(rpc: Rpc, currency_id: Any, wanted: str) -> None:
    (row,) = rpc.call("model.currency.currency.read", [currency_id], ["code"])
    if row["code"] != wanted:
        raise ConnectorRejectedError(
            "currency",
            _("Tryton sells to this customer in ${currency}.", mapping={"currency": row["code"]}),
            code="currency",
        )


# -- the customer's answer


Offer = Callable[[Record], RemoteQuote | Problem]


def decide(rpc: Rpc, decision: QuoteDecision, offer: Offer) -> QuoteReceipt:
    """offer: what a sale offers. Whatever is written is written upon the sale as it was read, or Tryton refuses it as changed by
    somebody else, and the portal tries again.
    """
    sale = _sale(rpc, decision.quote_ref)
    done = _answer(rpc, sale)
    wanted = QuoteStatus.ACCEPTED if decision.accepted else QuoteStatus.DECLINED
    if done is None and sale["state"] == "quotation":
        agreement.require(decision, offer(sale))
        if decision.accepted:
            _accept(rpc, sale, decision, offer)
        else:
            _decline(rpc, sale, decision)
        sale = _sale(rpc, decision.quote_ref)
        done = _answer(rpc, sale)
    if done is not wanted:
        raise ConnectorRejectedError(None, _("The quote does not wait for an answer."), code="state")
    return mapping.receipt(sale, wanted)


def _sale(rpc: Rpc, ref: str) -> Record:
    sale_id = reader.record_id(ref)
    fields = (*reader.SALE, "_timestamp")
    found = reader.sales(rpc, [["id", "=", sale_id]], fields) if sale_id is not None else ()
    if not found:
        raise ConnectorRejectedError("quote_ref", _("The company does not know this quote."), code="unknown")
    return found[0]


def _answer(rpc: Rpc, sale: Record) -> QuoteStatus | None:
    """What was answered already: a sale from "confirmed" on is accepted, whoever was faster."""
    if sale["state"] in ("confirmed", "processing", "done"):
        return QuoteStatus.ACCEPTED
    note = reader.notes(rpc, [sale]).get(sale["id"], "")
    return QuoteStatus.DECLINED if mapping.quote_status(sale, note) is QuoteStatus.DECLINED else None


def _accept(rpc: Rpc, sale: Record, decision: QuoteDecision, offer: Offer) -> None:
    until = sale.get("quotation_expire")
    if until is not None and until < rpc.now().date() - agreement.ZONES:
        raise ConnectorRejectedError(None, _("The offer is no longer valid."), code="expired")
    if decision.po_number and decision.po_number != sale.get("reference"):
        rpc.call("model.sale.sale.write", [sale["id"]], {"reference": decision.po_number}, context=_unchanged(sale))
        sale = _sale(rpc, decision.quote_ref)
        agreement.require(decision, offer(sale))
    _press(rpc, "confirm", sale)


def _decline(rpc: Rpc, sale: Record, decision: QuoteDecision) -> None:
    note = mapping.declined_note(decision.by, decision.reason)
    if not reader.notes(rpc, [{**sale, "state": "cancelled"}]).get(sale["id"], "").startswith(mapping.DECLINED):
        rpc.call("model.ir.note.create", [{"resource": f"sale.sale,{sale['id']}", "message": note}])
    _press(rpc, "cancel", sale)


def _unchanged(sale: Record) -> Mapping[str, Any]:
    """The context in which Tryton writes the sale only as long as nobody else did."""
    return {"_timestamp": {f"sale.sale,{sale['id']}": sale["_timestamp"]}}


def _press(rpc: Rpc, button: str, sale: Record) -> None:
    """Somebody at the company may have been faster: then Tryton does not let the button be pressed, and the state decides.

    A warning of Tryton's is for the company's people to weigh: it is passed on and not waved through.
    """
    try:
        rpc.call(f"model.sale.sale.{button}", [sale["id"]], context=_unchanged(sale))
    except ConnectorRejectedError:
        if _sale(rpc, str(sale["id"]))["state"] == sale["state"]:
            raise
