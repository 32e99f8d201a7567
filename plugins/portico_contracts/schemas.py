"""What forms and the API send, and what the API answers."""

from __future__ import annotations

import colander

from portico.api.schema import BodySchema, ExactDecimal, Uuid
from portico.api.schemas import PageQuery
from portico.web.storable import NOT_KEPT, storable
from portico_contracts.filters import LONGEST, STATES
from portico_contracts.statuses import LOOKS, PER

Node = colander.SchemaNode
LONGEST_REASON = 1000
ANSWER = (
    "How far the customer's answer is: waiting for the company, taken by it, or unconfirmed, as its connection was deleted "
    "before; the company then enters it itself. null: there is none that counts."
)


def _text(**options: object) -> colander.SchemaNode:
    return Node(colander.String(), **options)


def _day() -> colander.SchemaNode:
    return Node(colander.Date(), missing=None)


def _number() -> colander.SchemaNode:
    return Node(colander.Integer(), missing=None)


def _storable(node: object, value: str) -> None:
    if not storable(value):
        raise colander.Invalid(node, NOT_KEPT)


class ContractQuery(PageQuery):
    q = _text(missing="", validator=colander.Length(max=LONGEST), description="number or title")
    state = _text(missing="", validator=colander.OneOf(STATES), description="one state, or open, running or over")
    account_id = Node(Uuid(), missing=None, description="for staff: one customer's contracts")


class Agree(BodySchema):
    version = Node(
        colander.Integer(),
        validator=colander.Range(min=0, max=2**31 - 1),
        description="The version of the contract that you read; if it is another by now, it is refused (409).",
    )


class Decline(Agree):
    reason = Node(
        colander.String(allow_empty=True),
        missing="",
        validator=colander.All(_storable, colander.Length(max=LONGEST_REASON)),
    )


class ContractItem(colander.MappingSchema):
    id = Node(Uuid())
    number = _text()
    title = _text()
    state = _text(validator=colander.OneOf(sorted(LOOKS)))
    account = _text(description="the customer's name")
    currency = _text()
    value = Node(ExactDecimal(), missing=None, description="before tax, for the time that `per` says; null: none is agreed")
    per = _text(validator=colander.OneOf(sorted(PER)))
    starts_on = _day()
    ends_on = _day()
    answer_until = _day()


class ContractItems(colander.SequenceSchema):
    contract = ContractItem()


class ContractPage(colander.MappingSchema):
    items = ContractItems()
    next_cursor = _text(missing=None)


class Line(colander.MappingSchema):
    position = Node(colander.Integer())
    item_ref = _text(missing=None)
    name = _text()
    quantity = Node(ExactDecimal(), missing=None, description="null: as it is called off")
    unit = _text()
    unit_price = Node(ExactDecimal())
    tax_rate = Node(ExactDecimal())


class Lines(colander.SequenceSchema):
    line = Line()


class ContractDocument(ContractItem):
    version = Node(colander.Integer())
    renewal_months = _number()
    notice_days = _number()
    terms = _text()
    reason = _text()
    lines = Lines()
    answered_by = _text(missing=None)
    answered_at = Node(colander.DateTime(), missing=None)
    answer = _text(missing=None, validator=colander.OneOf(("waiting", "taken", "unconfirmed")), description=ANSWER)
    taken_at = Node(colander.DateTime(), missing=None, description="when the company took the answer")
    can_answer = Node(colander.Boolean(), description="it waits for an answer, and the company's system takes one")
