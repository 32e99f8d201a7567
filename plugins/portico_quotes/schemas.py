"""What forms and the API send, and what the API answers."""

from __future__ import annotations

from typing import Any

import colander

from portico.api.schema import BodySchema, ExactDecimal, Truth, Uuid
from portico.api.schemas import PageQuery
from portico_erp.values import ItemKind
from portico_quotes.fields import LONGEST_LINE_NOTE, LONGEST_NOTE, LONGEST_OF_ADDRESS, LONGEST_PO_NUMBER, quantity, text
from portico_quotes.grouping import LONGEST_TITLE, MOST_SECTIONS
from portico_quotes.i18n import _
from portico_quotes.schemas_sections import NewSections, QuoteSections
from portico_quotes.states import State

String, Node = colander.String, colander.SchemaNode
_ADDRESS_HELP: dict[str, dict[str, str]] = {
    "street": {"description": "its lines, parted by line feeds"},
    "country": {"description": "ISO 3166-1 alpha-2"},
}


def _version() -> colander.SchemaNode:
    return Node(
        colander.Integer(),
        missing=None,
        validator=colander.Range(min=0, max=2**31 - 1),
        description="The version that the change is based on; an older one than the present is refused (409).",
    )


# -- what is sent ----------------------------------------------------------------------------------------------------


class AddLine(BodySchema):
    item = Node(Uuid())
    quantity = quantity(_("Enter a quantity."))
    note = text(LONGEST_LINE_NOTE, missing="")
    version = _version()


class ChangeLine(BodySchema):
    """A form sends the one field that changed, or all of them. title: of a section, whose text is `note`. option: "no" (it is
    not optional), "in" (it is, and chosen) or "out" (and not chosen)."""

    quantity = quantity(_("Enter a quantity. To take the line out, remove it."), missing=None)
    note = text(LONGEST_LINE_NOTE, missing=None)
    title = text(LONGEST_TITLE, missing=None)
    option = Node(String(), missing=None, validator=colander.OneOf(["no", "in", "out"]))
    version = _version()


def _site() -> colander.SchemaNode:
    return Node(
        Uuid(), missing=None, description="The site of the customer organisation that it is for; one of the author's own."
    )


class ChangeQuote(BodySchema):
    """delivery_address: id of one of the organisation's, "other" for the one that the fields hold, or empty for none."""

    note = text(LONGEST_NOTE, missing=None)
    po_number = text(LONGEST_PO_NUMBER, missing=None)
    site = _site()
    delivery_address = text(36, missing=None)
    wanted_on = text(10, missing=None)
    version = _version()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, longest in LONGEST_OF_ADDRESS.items():
            self.add(text(longest, name=f"delivery_{name}", missing=""))


class DeliveryAddress(BodySchema):
    """By its id alone one of the organisation's; without an id, one that is written out."""

    id = Node(Uuid(), missing=None, description="id of one of the organisation's delivery addresses")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, longest in LONGEST_OF_ADDRESS.items():
            self.add(text(longest, name=name, missing="", **_ADDRESS_HELP.get(name, {})))


def _wanted_on() -> colander.SchemaNode:
    return Node(colander.Date(), missing=None, description="The day on which the customer wants it, at the company.")


class MoveLine(BodySchema):
    """by: so many places down, up where it is negative. to: the place where it is to stand, from 1, instead."""

    by = Node(colander.Integer(), missing=0, validator=colander.Range(min=-500, max=500))
    to = Node(colander.Integer(), missing=None, validator=colander.Range(min=1, max=500))
    version = _version()


class Versioned(BodySchema):
    version = _version()


class NewLine(BodySchema):
    item = Node(Uuid(), description="id of an item of the catalogue")
    quantity = quantity()
    note = text(LONGEST_LINE_NOTE, missing="")
    optional = Node(
        Truth(),
        missing=None,
        description="It can be left; only what is chosen is sent. Without it: as the item's line is, else false.",
    )
    chosen = Node(Truth(), missing=None, description="Of an optional line; any other is. Without it as with `optional`.")


class NewLines(colander.SequenceSchema):
    line = NewLine()


class NewQuote(BodySchema):
    account_id = Node(
        Uuid(), missing=None, description="For whom, where you act for several organisations or are staff."
    )
    site = _site()
    note = text(LONGEST_NOTE, missing="")
    po_number = text(LONGEST_PO_NUMBER, missing="")
    delivery_address = DeliveryAddress(missing=None)
    wanted_on = _wanted_on()
    lines = NewLines(missing=(), validator=colander.Length(max=500))
    sections = NewSections(missing=(), validator=colander.Length(max=MOST_SECTIONS))


class WholeQuote(BodySchema):
    """Replaces the draft's content. Without a site it stays at its own."""

    site = _site()
    note = text(LONGEST_NOTE, missing="")
    po_number = text(LONGEST_PO_NUMBER, missing="")
    delivery_address = DeliveryAddress(missing=None)
    wanted_on = _wanted_on()
    lines = NewLines(validator=colander.Length(max=500))
    sections = NewSections(
        missing=None,
        validator=colander.Length(max=MOST_SECTIONS),
        description="Without it those that it has stay, each before the lines that it holds.",
    )
    version = _version()


class Submit(BodySchema):
    confirmation = Node(
        String(),
        missing="",
        validator=colander.Length(max=64),
        description="From the answer 409 prices-changed: agrees to exactly the prices listed there.",
    )
    version = _version()


class AskSubmit(Submit):
    note = text(LONGEST_LINE_NOTE, missing="")


class Accept(BodySchema):
    version = Node(
        colander.Integer(),
        validator=colander.Range(min=0, max=2**31 - 1),
        description="The version of the quote that you read and agree to; if the offer is another by now, it is refused (409).",
    )
    po_number = text(LONGEST_PO_NUMBER, missing="")


class AskAccept(Accept):
    note = text(LONGEST_LINE_NOTE, missing="")


class AcceptForm(BodySchema):
    """Of a page. One that does not say what it showed is shown again, like one that showed something else."""

    version = _version()
    po_number = text(LONGEST_PO_NUMBER, missing="")
    note = text(LONGEST_LINE_NOTE, missing="")


class Decline(BodySchema):
    reason = text(LONGEST_LINE_NOTE, missing="")


class CatalogueQuery(PageQuery):
    q = Node(String(), missing="", validator=colander.Length(max=200))
    kind = Node(String(), missing=None, validator=colander.OneOf([kind.value for kind in ItemKind]))
    category = Node(String(), missing=None, validator=colander.Length(max=500))


class ItemIds(colander.SequenceSchema):
    item = Node(Uuid())


class Quantities(colander.SequenceSchema):
    quantity = quantity()


class PriceQuery(BodySchema):
    """`item` and `quantity` may be repeated, in pairs; a missing quantity is 1."""

    item = ItemIds(missing=(), validator=colander.Length(max=50))
    quantity = Quantities(missing=(), validator=colander.Length(max=50))
    account_id = Node(Uuid(), missing=None)


class QuoteQuery(PageQuery):
    state = Node(String(), missing=None, validator=colander.OneOf([state.value for state in State]))
    q = Node(String(), missing="", validator=colander.Length(max=100))
    account_id = Node(Uuid(), missing=None)
    hidden = Node(
        colander.Boolean(), missing=False, description="Only drafts that were discarded or forgotten."
    )


# -- what is answered ------------------------------------------------------------------------------------------------


class CatalogueItem(colander.MappingSchema):
    id = Node(Uuid())
    code = Node(String())
    name = Node(String())
    description = Node(String())
    kind = Node(String())
    category = Node(String())
    unit = Node(String())
    list_price = Node(ExactDecimal())
    currency = Node(String())
    tax_rate = Node(ExactDecimal(), description="per cent")
    as_of = Node(colander.DateTime(), description="When the company's system last confirmed this.")


class CatalogueItems(colander.SequenceSchema):
    item = CatalogueItem()


class CataloguePage(colander.MappingSchema):
    items = CatalogueItems()
    next_cursor = Node(String(), missing=None)


class ItemPrice(colander.MappingSchema):
    item = Node(Uuid())
    quantity = Node(ExactDecimal())
    unit_price = Node(ExactDecimal(), missing=None)
    tax_rate = Node(ExactDecimal(), missing=None)
    currency = Node(String())
    price_list = Node(String(), missing=None)
    source = Node(String(), description="live, cached, list, gone or unusable")
    as_of = Node(colander.DateTime(), missing=None)


class ItemPrices(colander.SequenceSchema):
    price = ItemPrice()


class Prices(colander.MappingSchema):
    prices = ItemPrices()
    away = Node(
        colander.Boolean(),
        description="The company's system did not answer: these are the last known prices.",
    )


class QuoteLine(colander.MappingSchema):
    id = Node(Uuid())
    item_ref = Node(String())
    code = Node(String())
    name = Node(String())
    unit = Node(String())
    quantity = Node(ExactDecimal())
    unit_price = Node(
        ExactDecimal(), missing=None, description="What the company asks now; `total` and all sums stand on it."
    )
    tax_rate = Node(ExactDecimal(), description="per cent")
    agreed_price = Node(
        ExactDecimal(),
        missing=None,
        description="The unit price that the customer knows and accepted, where the company changed it or the tax since: "
        "submit answers 409 until `unit_price` and `tax_rate` are agreed to. Else null.",
    )
    agreed_tax_rate = Node(ExactDecimal(), missing=None, description="As `agreed_price`, for the tax.")
    total = Node(ExactDecimal(), missing=None)
    note = Node(String())
    optional = Node(colander.Boolean(), description="The customer may leave it.")
    chosen = Node(colander.Boolean(), description="It is in the sums and is sent; false only of an optional line.")
    price_list = Node(String(), missing=None)
    price_source = Node(String())
    price_as_of = Node(colander.DateTime())


class QuoteLines(colander.SequenceSchema):
    line = QuoteLine()


class TaxOfRate(colander.MappingSchema):
    rate = Node(ExactDecimal(), description="per cent")
    base = Node(ExactDecimal())
    amount = Node(ExactDecimal())


class Taxes(colander.SequenceSchema):
    tax = TaxOfRate()


class QuoteSummary(colander.MappingSchema):
    id = Node(Uuid())
    number = Node(String(), missing=None)
    state = Node(String(), validator=colander.OneOf([state.value for state in State]))
    delivery = Node(String())
    version = Node(
        colander.Integer(), description="Raised by every change of the draft and of the offer; an acceptance names it."
    )
    account_id = Node(Uuid())
    account = Node(String())
    site_id = Node(Uuid(), missing=None)
    author = Node(String())
    po_number = Node(String())
    line_count = Node(colander.Integer())
    currency = Node(String())
    net = Node(ExactDecimal())
    tax = Node(ExactDecimal())
    gross = Node(ExactDecimal())
    valid_until = Node(colander.Date(), missing=None)
    created_at = Node(colander.DateTime())
    changed_at = Node(colander.DateTime())
    submitted_at = Node(colander.DateTime(), missing=None)
    approval_id = Node(Uuid(), missing=None, description="The open request for its approval.")
    requested_at = Node(
        colander.DateTime(), missing=None, description="When changes of the offer were asked for, while that is open."
    )
    answer_due_at = Node(
        colander.DateTime(),
        missing=None,
        description="When the company is told of the answer, which can be undone until then; null: it cannot.",
    )


class QuotedAddress(colander.MappingSchema):
    id = Node(Uuid(), missing=None, description="Of the organisation's address that was chosen; null: it was written out.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in LONGEST_OF_ADDRESS:
            self.add(Node(String(), name=name, **_ADDRESS_HELP.get(name, {})))


class Quote(QuoteSummary):
    note = Node(String())
    delivery_address = QuotedAddress(missing=None)
    wanted_on = Node(colander.Date(), missing=None)
    reason = Node(String())
    confirmed = Node(colander.Boolean(), description="The prices are those that the company named at submit.")
    lines = QuoteLines()
    sections = QuoteSections()
    optional_gross = Node(
        ExactDecimal(), missing=None, description="What the optional lines that are not chosen would add to `gross`; null: none."
    )
    taxes = Taxes()


class QuoteSummaries(colander.SequenceSchema):
    quote = QuoteSummary()


class QuotePage(colander.MappingSchema):
    items = QuoteSummaries()
    next_cursor = Node(String(), missing=None)
