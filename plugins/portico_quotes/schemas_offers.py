"""What is sent and answered about versions of an offer, and about changes that are asked for."""

from __future__ import annotations

from decimal import Decimal

import colander

from portico.api.schema import BodySchema, ExactDecimal, Uuid
from portico_quotes import fields
from portico_quotes.schemas import QuotedAddress

String, Node = colander.String, colander.SchemaNode


class CodeLine(BodySchema):
    """A line by the item's code, as it is typed."""

    code = Node(String(), missing="", validator=colander.All(fields.Storable(), colander.Length(max=200)))
    quantity = fields.quantity(missing=Decimal(1))
    version = Node(colander.Integer(), missing=None, validator=colander.Range(min=0, max=2**31 - 1))


class Wish(BodySchema):
    line = Node(Uuid(), description="id of a line of the quote")
    quantity = fields.quantity(missing=None, description="null: as it is")
    unit_price = fields.quantity(missing=None, description="before tax; null: as it is")


class Wishes(colander.SequenceSchema):
    wish = Wish()


class AskRevision(BodySchema):
    version = Node(
        colander.Integer(),
        validator=colander.Range(min=0, max=2**31 - 1),
        description="The version of the offer that is to be different; if it is another by now, it is refused (409).",
    )
    message = fields.text(fields.LONGEST_NOTE, missing="")
    wishes = Wishes(missing=(), validator=colander.Length(max=500))


class LinkAnswer(BodySchema):
    """Of the page that a link in a mail leads to."""

    token = Node(String(), validator=colander.Length(max=200))
    answer = Node(String(), validator=colander.OneOf(["accept", "decline"]))
    version = Node(colander.Integer(), validator=colander.Range(min=0, max=2**31 - 1))
    po_number = fields.text(fields.LONGEST_PO_NUMBER, missing="")
    reason = fields.text(fields.LONGEST_LINE_NOTE, missing="")


class Refusal(BodySchema):
    reply = fields.text(fields.LONGEST_LINE_NOTE, missing="")


class VersionLine(colander.MappingSchema):
    item_ref = Node(String())
    code = Node(String())
    name = Node(String())
    unit = Node(String())
    quantity = Node(ExactDecimal())
    unit_price = Node(ExactDecimal(), missing=None)
    tax_rate = Node(ExactDecimal(), description="per cent")
    total = Node(ExactDecimal(), missing=None)
    note = Node(String())
    section = Node(String(), missing=None, description="Title of the section that it stood in.")


class VersionLines(colander.SequenceSchema):
    line = VersionLine()


class QuoteVersion(colander.MappingSchema):
    number = Node(colander.Integer(), description="from 1, within the quote")
    side = Node(String(), description="customer (asked) or company (offered)")
    actor = Node(String(), description="Who asked, by name; nothing for the company.")
    made_at = Node(colander.DateTime())
    currency = Node(String())
    net = Node(ExactDecimal())
    tax = Node(ExactDecimal())
    gross = Node(ExactDecimal())
    valid_until = Node(colander.Date(), missing=None)
    reason = Node(String())
    delivery_address = QuotedAddress(missing=None)
    wanted_on = Node(colander.Date(), missing=None)
    lines = VersionLines()


class VersionList(colander.SequenceSchema):
    version = QuoteVersion()


class QuoteVersions(colander.MappingSchema):
    """Oldest first, at most the newest 200."""

    items = VersionList()
