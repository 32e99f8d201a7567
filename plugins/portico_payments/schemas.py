"""What the API takes and gives."""

from __future__ import annotations

import colander

from portico.api.schema import ExactDecimal, Uuid
from portico.api.schemas import PageQuery
from portico_payments.filters import LONGEST
from portico_payments.states import LOOKS, SHOWN


def text(**options: object) -> colander.SchemaNode:
    return colander.SchemaNode(colander.String(), **options)


def maybe(**options: object) -> colander.SchemaNode:
    return colander.SchemaNode(colander.String(), missing=None, **options)


def exact(**options: object) -> colander.SchemaNode:
    return colander.SchemaNode(ExactDecimal(), **options)


class PaymentQuery(PageQuery):
    q = text(missing="", validator=colander.Length(max=LONGEST), description="number or way of paying")
    state = text(missing="", validator=colander.OneOf(SHOWN))
    account_id = colander.SchemaNode(Uuid(), missing=None, description="for staff: one customer's payments")

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        # "from" is no name that Python lets a class attribute have.
        for name in ("from", "to"):
            self.add(colander.SchemaNode(colander.Date(), name=name, missing=None, description="day of payment"))


class PaymentItem(colander.MappingSchema):
    id = colander.SchemaNode(Uuid())
    number = text()
    state = text(validator=colander.OneOf(sorted(LOOKS)))
    paid_on = colander.SchemaNode(colander.Date())
    method = text()
    currency = text()
    amount = exact(description="negative: paid back to the customer")
    assigned = exact(description="what of it settles invoices; the rest stands to the customer's credit")
    account = maybe(description="the customer's name")


class PaymentItems(colander.SequenceSchema):
    payment = PaymentItem()


class PaymentPage(colander.MappingSchema):
    items = PaymentItems()
    next_cursor = maybe()


class Settlement(colander.MappingSchema):
    invoice_id = colander.SchemaNode(Uuid(), missing=None, description="null: the invoice is not known here (yet)")
    invoice_number = maybe()
    amount = colander.SchemaNode(ExactDecimal())


class Settlements(colander.SequenceSchema):
    settlement = Settlement()


class PaymentDocument(PaymentItem):
    reference = maybe(description="the portal's own, of a payment that was made there")
    settles = Settlements()
