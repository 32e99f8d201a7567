"""What forms and the API send of templates, and what the API answers."""

from __future__ import annotations

import colander

from portico.api.schema import BodySchema, ExactDecimal, Uuid
from portico.api.schemas import PageQuery
from portico_quotes import fields
from portico_quotes.quote_templates import LONGEST_NAME

Node, String = colander.SchemaNode, colander.String


class SaveTemplate(BodySchema):
    name = fields.text(LONGEST_NAME)
    shared = Node(
        colander.Boolean(), missing=False, description="Everybody of the organisation sees it; needs quotes:share."
    )


class TemplateQuery(PageQuery):
    q = Node(
        String(), missing="", validator=colander.Length(max=100), description="In its name, or its organisation's."
    )


class TemplateSummary(colander.MappingSchema):
    id = Node(Uuid())
    name = Node(String())
    shared = Node(colander.Boolean())
    account_id = Node(Uuid())
    account = Node(String())
    author = Node(String())
    line_count = Node(colander.Integer())
    created_at = Node(colander.DateTime())
    changed_at = Node(colander.DateTime())


class TemplateSummaries(colander.SequenceSchema):
    template = TemplateSummary()


class Templates(colander.MappingSchema):
    """By name."""

    items = TemplateSummaries()
    next_cursor = Node(String(), missing=None)


class TemplateLine(colander.MappingSchema):
    item_ref = Node(String(), missing=None)
    name = Node(String())
    unit = Node(String())
    quantity = Node(ExactDecimal())
    unit_price = Node(ExactDecimal(), missing=None, description="What it cost when the template was made.")
    note = Node(String())
    optional = Node(colander.Boolean())
    chosen = Node(colander.Boolean(), description="false only of an optional line")
    section = Node(String(), description="Title of the section that it stands in; nothing: in none.")
    section_text = Node(String())


class TemplateLines(colander.SequenceSchema):
    line = TemplateLine()


class Template(TemplateSummary):
    currency = Node(String())
    note = Node(String())
    lines = TemplateLines()


class StartedLine(colander.MappingSchema):
    """outcome: "same" and "changed" (price) are in the draft; "gone" (no longer sold), "unlisted" (never in the catalogue) and
    "unpriced" (no usable price today) are not."""

    item_ref = Node(String(), missing=None)
    name = Node(String())
    unit = Node(String())
    quantity = Node(ExactDecimal())
    price_then = Node(ExactDecimal(), missing=None)
    price_now = Node(ExactDecimal(), missing=None)
    outcome = Node(String(), validator=colander.OneOf(["same", "changed", "gone", "unlisted", "unpriced"]))


class StartedLines(colander.SequenceSchema):
    line = StartedLine()


class StartedDraft(colander.MappingSchema):
    """away: the company did not answer, so prices are those that it named last. currency: of the prices now."""

    draft_id = Node(Uuid())
    currency = Node(String())
    currency_then = Node(String())
    away = Node(colander.Boolean())
    lines = StartedLines()
