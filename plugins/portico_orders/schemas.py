"""What the API takes and gives."""

from __future__ import annotations

import colander

from portico.api.schema import BodySchema, ExactDecimal, Uuid
from portico.api.schemas import PageQuery
from portico_orders.filters import LONGEST
from portico_orders.statuses import LOOKS

_STATUS = colander.OneOf(sorted(LOOKS))


def _text(**options: object) -> colander.SchemaNode:
    return colander.SchemaNode(colander.String(), **options)


def _maybe(**options: object) -> colander.SchemaNode:
    return colander.SchemaNode(colander.String(), missing=None, **options)


class OrderQuery(PageQuery):
    q = _text(missing="", validator=colander.Length(max=LONGEST), description="order, PO, quote or tracking number")
    status = _text(missing="", validator=colander.OneOf([*sorted(LOOKS), "open"]))
    account_id = colander.SchemaNode(Uuid(), missing=None, description="for staff: one customer's orders")

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        # "from" is no name that Python lets a class attribute have.
        for name in ("from", "to"):
            self.add(colander.SchemaNode(colander.Date(), name=name, missing=None, description="day of ordering"))


class Totals(colander.MappingSchema):
    net = colander.SchemaNode(ExactDecimal())
    tax = colander.SchemaNode(ExactDecimal())
    gross = colander.SchemaNode(ExactDecimal())


class OrderItem(colander.MappingSchema):
    id = colander.SchemaNode(Uuid())
    number = _text()
    status = _text(validator=_STATUS)
    ordered_at = colander.SchemaNode(colander.DateTime())
    expected_on = colander.SchemaNode(colander.Date(), missing=None)
    po_number = _maybe()
    quote_number = _maybe()
    currency = _text()
    gross = colander.SchemaNode(ExactDecimal())
    lines = colander.SchemaNode(colander.Integer())
    deliveries = colander.SchemaNode(colander.Integer())
    account = _maybe(description="the customer's name; for staff only")


class OrderItems(colander.SequenceSchema):
    order = OrderItem()


class OrderPage(colander.MappingSchema):
    items = OrderItems()
    next_cursor = _maybe()


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


class DeliveredItem(colander.MappingSchema):
    item_ref = _maybe()
    name = _text()
    quantity = colander.SchemaNode(ExactDecimal())


class DeliveredItems(colander.SequenceSchema):
    item = DeliveredItem()


class DeliveryItem(colander.MappingSchema):
    number = _text()
    shipped_at = colander.SchemaNode(colander.DateTime(), missing=None)
    delivered_at = colander.SchemaNode(colander.DateTime(), missing=None)
    carrier = _text()
    tracking_number = _text()
    tracking_url = _maybe()
    items = DeliveredItems()


class Deliveries(colander.SequenceSchema):
    delivery = DeliveryItem()


class HistoryEntry(colander.MappingSchema):
    at = colander.SchemaNode(colander.DateTime())
    kind = _text(validator=colander.OneOf(["placed", "status", "shipped", "arrived", "expected"]))
    status = _maybe()


class History(colander.SequenceSchema):
    entry = HistoryEntry()


class OrderDocument(colander.MappingSchema):
    id = colander.SchemaNode(Uuid())
    number = _text()
    status = _text(validator=_STATUS)
    account = _text()
    ordered_at = colander.SchemaNode(colander.DateTime())
    expected_on = colander.SchemaNode(colander.Date(), missing=None)
    po_number = _maybe()
    quote_number = _maybe()
    note = _text()
    currency = _text()
    totals = Totals()
    lines = Lines()
    deliveries = Deliveries()
    history = History()
    synced_at = colander.SchemaNode(colander.DateTime())


class RefreshRequest(BodySchema):
    """Nothing to say: the path names the order."""


class Refreshed(colander.MappingSchema):
    """queued: a job is under way. fresh: it was fetched a moment ago, and nothing is done."""

    state = _text(validator=colander.OneOf(["queued", "fresh"]))
