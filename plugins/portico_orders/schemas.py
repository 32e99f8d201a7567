"""What the API takes and gives."""

from __future__ import annotations

import colander

from portico.api.schema import BodySchema, ExactDecimal, Uuid
from portico.api.schemas import PageQuery
from portico_orders.filters import LONGEST
from portico_orders.insights import PERIODS, USUAL
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
    shown_since = colander.SchemaNode(
        colander.Date(), missing=None, description="orders from before this day are not shown to customers"
    )


class Line(colander.MappingSchema):
    position = colander.SchemaNode(colander.Integer())
    item_ref = _maybe()
    name = _text()
    quantity = colander.SchemaNode(ExactDecimal())
    unit = _text()
    unit_price = colander.SchemaNode(ExactDecimal())
    tax_rate = colander.SchemaNode(ExactDecimal())
    total = colander.SchemaNode(ExactDecimal())
    shipped = colander.SchemaNode(
        ExactDecimal(), missing=None, description="has left the company; null where it records no deliveries of this order"
    )
    open = colander.SchemaNode(ExactDecimal(), missing=None, description="has not left yet")


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


class Forecast(colander.MappingSchema):
    """From the company's own deliveries of the last year: four fifths of the former orders came between earliest and latest.
    tested, inside: how many such predictions were checked, and how many of them were right; median_error in days."""

    earliest = colander.SchemaNode(colander.Date())
    likely = colander.SchemaNode(colander.Date())
    latest = colander.SchemaNode(colander.Date())
    deliveries = colander.SchemaNode(colander.Integer())
    tested = colander.SchemaNode(colander.Integer())
    inside = colander.SchemaNode(colander.Integer())
    median_error = colander.SchemaNode(colander.Integer(), missing=None)
    remark = _text(description="what all the deliveries that it is made of say of themselves")


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
    forecast = Forecast(missing=None)
    history = History()
    synced_at = colander.SchemaNode(colander.DateTime())


class RefreshRequest(BodySchema):
    """Nothing to say: the path names the order."""


class Refreshed(colander.MappingSchema):
    """queued: a job is under way. fresh: it was fetched a moment ago, and nothing is done."""

    state = _text(validator=colander.OneOf(["queued", "fresh"]))


class ReorderedLine(colander.MappingSchema):
    """outcome: "same" and "changed" (price) are in the draft; "gone" (no longer sold), "unlisted" (never in the catalogue) and
    "unpriced" (no usable price today) are not."""

    item_ref = _maybe()
    name = _text()
    unit = _text()
    quantity = colander.SchemaNode(ExactDecimal())
    price_then = colander.SchemaNode(ExactDecimal())
    price_now = colander.SchemaNode(ExactDecimal(), missing=None)
    outcome = _text(validator=colander.OneOf(["same", "changed", "gone", "unlisted", "unpriced"]))


class ReorderedLines(colander.SequenceSchema):
    line = ReorderedLine()


class Reordered(colander.MappingSchema):
    """away: the company did not answer, so prices are those that it named last. currency: of the prices now."""

    draft_id = colander.SchemaNode(Uuid())
    currency = _text()
    currency_then = _text()
    away = colander.SchemaNode(colander.Boolean())
    lines = ReorderedLines()


class InsightQuery(BodySchema):
    months = colander.SchemaNode(
        colander.Integer(), missing=USUAL, validator=colander.OneOf(PERIODS), description="the present month included"
    )
    account_id = colander.SchemaNode(Uuid(), missing=None, description="for staff: one customer's orders")


class SpentInMonth(colander.MappingSchema):
    month = colander.SchemaNode(colander.Date(), description="its first day")
    orders = colander.SchemaNode(colander.Integer())
    net = colander.SchemaNode(ExactDecimal())


class SpentInMonths(colander.SequenceSchema):
    month = SpentInMonth()


class SpentOn(colander.MappingSchema):
    """name "": all other products, or what was no item of the catalogue."""

    name = _text()
    lines = colander.SchemaNode(colander.Integer())
    net = colander.SchemaNode(ExactDecimal())


class SpentOnAll(colander.SequenceSchema):
    share = SpentOn()


class Spent(colander.MappingSchema):
    currency = _text()
    orders = colander.SchemaNode(colander.Integer())
    net = colander.SchemaNode(ExactDecimal())
    average = colander.SchemaNode(ExactDecimal())
    by_month = SpentInMonths()
    by_product = SpentOnAll()
    by_kind = SpentOnAll()


class SpentByCurrency(colander.SequenceSchema):
    spent = Spent()


class Insights(colander.MappingSchema):
    """Orders that were not cancelled, before tax."""

    months = colander.SchemaNode(colander.Integer())
    shown_since = colander.SchemaNode(colander.Date(), missing=None)
    currencies = SpentByCurrency()
