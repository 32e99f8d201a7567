"""Forms and API bodies of contact details and delivery addresses."""

from __future__ import annotations

from typing import Any

import colander
import deform

from portico.api.schema import BodySchema, Uuid
from portico.forms.widgets import EmailWidget, TelephoneWidget
from portico_customers import countries
from portico_customers.i18n import _
from portico_customers.states import STATES

String, Node = colander.String, colander.SchemaNode
_LONG, _SHORT = colander.Length(max=200), colander.Length(max=50)
_COUNTRY = colander.OneOf(sorted(countries.CODES))
_PHONE = colander.All(
    _SHORT,
    colander.Regex(r"^[+(]?[\d٠-٩۰-۹][\d٠-٩۰-۹ ()/.\-]*$", msg=_("A telephone number has digits, and perhaps + ( ) / . -")),
)


# -- forms -------------------------------------------------------------------------------------------------------------


def contact_form() -> colander.MappingSchema:
    schema = colander.MappingSchema()
    schema.add(_field("name", _("Contact person"), _LONG, autocomplete="name"))
    schema.add(
        Node(
            String(), name="email", title=_("E-mail address"), missing="", widget=EmailWidget(),
            validator=colander.All(colander.Length(max=254), colander.Email(msg=_("This is not an e-mail address."))),
        )
    )  # fmt: skip
    schema.add(Node(String(), name="phone", title=_("Telephone"), missing="", validator=_PHONE, widget=TelephoneWidget()))
    return schema


def address_form(language: str) -> colander.MappingSchema:
    schema = colander.MappingSchema()
    schema.add(
        _field("name", _("Name of the place"), _LONG, description=_("For example a warehouse or a department."))
    )
    schema.add(
        Node(
            String(), name="street", title=_("Street and number"), missing="", validator=colander.Length(max=500),
            widget=deform.widget.TextAreaWidget(rows=2, attributes={"autocomplete": "street-address"}),
        )
    )  # fmt: skip
    schema.add(_field("postcode", _("Postal code"), _SHORT, autocomplete="postal-code"))
    schema.add(_field("city", _("Town"), _LONG, autocomplete="address-level2"))
    schema.add(_field("region", _("State or region"), _LONG, autocomplete="address-level1"))
    choices = [("", _("Choose")), *countries.names(language)]
    schema.add(
        Node(
            String(), name="country", title=_("Country"), validator=colander.OneOf([code for code, _name in choices]),
            widget=deform.widget.SelectWidget(values=choices, attributes={"autocomplete": "country"}),
        )
    )  # fmt: skip
    schema.add(Node(String(), name="phone", title=_("Telephone"), missing="", validator=_PHONE, widget=TelephoneWidget()))
    return schema


def _field(name: str, title: Any, validator: Any, *, description: Any = "", autocomplete: str = "") -> colander.SchemaNode:
    attributes = {"autocomplete": autocomplete} if autocomplete else {}
    return Node(
        String(), name=name, title=title, missing="", validator=validator, description=description,
        widget=deform.widget.TextInputWidget(attributes=attributes),
    )  # fmt: skip


# -- API ---------------------------------------------------------------------------------------------------------------


def _sent(validator: Any, description: str = "") -> colander.SchemaNode:
    """Left out: it stays as it is."""
    return Node(String(), missing=colander.drop, validator=validator, description=description)


class ContactBody(BodySchema):
    name = _sent(_LONG)
    email = _sent(colander.All(colander.Length(max=254), colander.Email()), "may not be empty; leave it out instead")
    phone = _sent(_PHONE)


class AddressChange(BodySchema):
    name = _sent(_LONG, "what the place is called")
    street = _sent(colander.Length(max=500), "its lines, parted by a line feed")
    postcode = _sent(_SHORT)
    city = _sent(_LONG)
    region = _sent(_LONG)
    country = _sent(_COUNTRY, "ISO 3166-1 alpha-2")
    phone = _sent(_PHONE)
    is_default = Node(colander.Boolean(), missing=colander.drop, description="true: make it the default")


class AddressBody(AddressChange):
    city = Node(String(), validator=_LONG)
    country = Node(String(), validator=_COUNTRY, description="ISO 3166-1 alpha-2")


def _state() -> colander.SchemaNode:
    return Node(
        String(), validator=colander.OneOf([str(one) for one in STATES]),
        description="waiting: on its way to the company; known: the company has it; refused: see problem; by_hand: the company's "
        "staff were told",
    )  # fmt: skip


class ContactAnswer(colander.MappingSchema):
    name = Node(String())
    email = Node(String())
    phone = Node(String())
    state = _state()
    problem = Node(String(), missing=None)


class AddressAnswer(colander.MappingSchema):
    id = Node(Uuid())
    name = Node(String())
    street = Node(String())
    postcode = Node(String())
    city = Node(String())
    region = Node(String())
    country = Node(String())
    phone = Node(String())
    is_default = Node(colander.Boolean())
    state = _state()
    problem = Node(String(), missing=None)


class AddressAnswers(colander.SequenceSchema):
    address = AddressAnswer()


class AddressesAnswer(colander.MappingSchema):
    items = AddressAnswers()
