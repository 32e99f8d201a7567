"""What forms and the API send of a quote's sections, and what the API answers."""

from __future__ import annotations

import colander

from portico.api.schema import BodySchema, ExactDecimal
from portico_quotes.fields import text
from portico_quotes.grouping import LONGEST_TEXT, LONGEST_TITLE

String, Node = colander.String, colander.SchemaNode


class AddSection(BodySchema):
    title = text(LONGEST_TITLE)
    text = text(LONGEST_TEXT, missing="")
    version = Node(colander.Integer(), missing=None, validator=colander.Range(min=0, max=2**31 - 1))


class NewSection(BodySchema):
    """Holds the lines below it, up to the next section."""

    title = text(LONGEST_TITLE)
    text = text(LONGEST_TEXT, missing="")
    lines_before = Node(
        colander.Integer(), validator=colander.Range(min=0, max=500), description="How many of the quote's lines stand above it."
    )


class NewSections(colander.SequenceSchema):
    section = NewSection()


class QuoteSection(colander.MappingSchema):
    title = Node(String(), description="Nothing for lines that the company added behind the sections.")
    text = Node(String())
    lines_before = Node(colander.Integer(), description="How many of `lines` stand above it.")
    subtotal = Node(ExactDecimal(), description="Of its lines that are chosen, before tax.")


class QuoteSections(colander.SequenceSchema):
    section = QuoteSection()
