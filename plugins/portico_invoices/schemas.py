"""What the API takes and gives."""

from __future__ import annotations

import colander

from portico.api.schema import BodySchema, ExactDecimal, Uuid
from portico.api.schemas import PageQuery
from portico_invoices.filters import KINDS, LONGEST, STATES
from portico_invoices.states import LOOKS

_STATE = colander.OneOf(sorted(LOOKS))
_KIND = colander.OneOf(KINDS)


def _text(**options: object) -> colander.SchemaNode:
    return colander.SchemaNode(colander.String(), **options)


def _maybe(**options: object) -> colander.SchemaNode:
    return colander.SchemaNode(colander.String(), missing=None, **options)


def _day(**options: object) -> colander.SchemaNode:
    return colander.SchemaNode(colander.Date(), **options)


class InvoiceQuery(PageQuery):
    q = _text(missing="", validator=colander.Length(max=LONGEST), description="invoice, PO or order number, or an amount")
    state = _text(missing="", validator=colander.OneOf(STATES), description="unpaid: all of which something is open")
    kind = _text(missing="", validator=_KIND)
    account_id = colander.SchemaNode(Uuid(), missing=None, description="for staff: one customer's invoices")

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        # "from" is no name that Python lets a class attribute have.
        for name in ("from", "to"):
            self.add(colander.SchemaNode(colander.Date(), name=name, missing=None, description="day of issue"))


class OpenSum(colander.MappingSchema):
    """Of one currency, over all that the reader sees. credit: what the company still has to give back; nothing is set off."""

    currency = _text()
    invoices = colander.SchemaNode(colander.Integer())
    open = colander.SchemaNode(ExactDecimal())
    late = colander.SchemaNode(colander.Integer(), description="invoices that are overdue")
    overdue = colander.SchemaNode(ExactDecimal())
    credit = colander.SchemaNode(ExactDecimal())
    next_due = _day(missing=None)


class OpenSums(colander.SequenceSchema):
    sum = OpenSum()


class InvoiceItem(colander.MappingSchema):
    """Amounts of a credit note are positive: its kind is what turns them."""

    id = colander.SchemaNode(Uuid())
    number = _text()
    kind = _text(validator=_KIND)
    state = _text(validator=_STATE)
    issued_on = _day()
    due_on = _day(missing=None)
    po_number = _maybe()
    currency = _text()
    gross = colander.SchemaNode(ExactDecimal())
    open_amount = colander.SchemaNode(ExactDecimal())
    account = _maybe(description="the customer's name; for staff only")


class InvoiceItems(colander.SequenceSchema):
    invoice = InvoiceItem()


class InvoicePage(colander.MappingSchema):
    items = InvoiceItems()
    next_cursor = _maybe()
    open = OpenSums()


class Line(colander.MappingSchema):
    position = colander.SchemaNode(colander.Integer())
    item_ref = _maybe()
    name = _text()
    quantity = colander.SchemaNode(ExactDecimal())
    unit = _text()
    unit_price = colander.SchemaNode(ExactDecimal())
    tax_rate = colander.SchemaNode(ExactDecimal())
    total = colander.SchemaNode(ExactDecimal())


class Lines(colander.SequenceSchema):
    line = Line()


class Totals(colander.MappingSchema):
    net = colander.SchemaNode(ExactDecimal())
    tax = colander.SchemaNode(ExactDecimal())
    gross = colander.SchemaNode(ExactDecimal())


class BilledOrder(colander.MappingSchema):
    id = colander.SchemaNode(Uuid(), missing=None, description="null where the portal does not know the order")
    number = _text()


class BilledOrders(colander.SequenceSchema):
    order = BilledOrder()


class Linked(colander.MappingSchema):
    id = colander.SchemaNode(Uuid())
    number = _text()
    kind = _text(validator=_KIND)
    state = _text(validator=_STATE)
    issued_on = _day()
    gross = colander.SchemaNode(ExactDecimal())
    currency = _text()


class LinkedOnes(colander.SequenceSchema):
    linked = Linked()


class HistoryEntry(colander.MappingSchema):
    at = colander.SchemaNode(colander.DateTime())
    kind = _text(validator=colander.OneOf(["issued", "status", "open", "due", "corrected"]))
    status = _maybe()


class History(colander.SequenceSchema):
    entry = HistoryEntry()


class InvoiceDocument(InvoiceItem):
    note = _text()
    totals = Totals()
    lines = Lines()
    orders = BilledOrders()
    linked = LinkedOnes(description="an invoice's credit notes, a credit note's invoice")
    history = History()
    synced_at = colander.SchemaNode(colander.DateTime())


class RefreshRequest(BodySchema):
    """Nothing to say: the path names the invoice."""


class Refreshed(colander.MappingSchema):
    """queued: a job is under way. fresh: it was fetched a moment ago, and nothing is done."""

    state = _text(validator=colander.OneOf(["queued", "fresh"]))
