"""Forms of what e-invoices say of the company and of customers, and what the API answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import colander
import deform

from portico.forms.widgets import EmailWidget, TelephoneWidget
from portico.web import countries
from portico_einvoices import codes
from portico_einvoices.i18n import _
from portico_einvoices.seller import COUNTRIES
from portico_einvoices.texts import clean

String, Node = colander.String, colander.SchemaNode
_LONG, _SHORT = colander.Length(max=200), colander.Length(max=50)
_HOME = (
    ("", _("Not said: such invoices are no e-invoices")),
    ("Z", _("Zero rate (Z)")),
    ("E", _("Exempt from tax (E), with the reason below")),
)
_ABROAD = (
    *_HOME,
    ("AE", _("Reverse charge (AE): the customer owes the tax")),
    ("G", _("Export outside the European Union (G)")),
)


def company_form(language: str) -> colander.MappingSchema:
    schema = colander.MappingSchema(validator=_company)
    schema.add(_field("name", _("Legal name"), _LONG, needed=True, autocomplete="organization"))
    _address(schema, language, needed=True)
    schema.add(
        _code("vat_id", _("VAT number"), codes_ok=_vat_id, description=_("With the country, as DE123456789."))
    )
    schema.add(_field("tax_number", _("Tax number"), _SHORT, description=_("For a company without a VAT number.")))
    schema.add(_field("registration", _("Number in the register of companies"), _SHORT))
    schema.add(_code("iban", _("IBAN"), codes_ok=_iban, description=_("The account to which invoices are paid.")))
    schema.add(_code("bic", _("BIC"), codes_ok=_bic))
    schema.add(_field("holder", _("Account holder"), _LONG, description=_("Empty: the legal name.")))
    _electronic(schema)
    schema.add(_field("contact", _("Contact person or department"), _LONG))
    schema.add(Node(String(), name="phone", title=_("Telephone"), missing="", validator=_SHORT, widget=TelephoneWidget()))
    schema.add(
        Node(
            String(), name="email", title=_("E-mail address"), missing="", widget=EmailWidget(),
            validator=colander.All(colander.Length(max=254), colander.Email(msg=_("This is not an e-mail address."))),
        )
    )  # fmt: skip
    schema.add(_choice("zero_home", _("What a tax rate of zero means for customers in your country"), _HOME))
    schema.add(_choice("zero_abroad", _("What it means for customers in other countries"), _ABROAD))
    schema.add(_field("exemption", _("Reason for which sales are exempt from tax"), _LONG))
    schema.add(
        Node(
            String(), name="terms", title=_("Terms of payment"), missing="", validator=colander.Length(max=500),
            description=_("For invoices that name no day by which they are to be paid."),
            widget=deform.widget.TextAreaWidget(rows=2), preparer=clean,
        )
    )  # fmt: skip
    return schema


def customer_form(language: str) -> colander.MappingSchema:
    schema = colander.MappingSchema(validator=_customer)
    schema.add(_field("name", _("Legal name"), _LONG, description=_("Empty: the name in the portal.")))
    _address(schema, language, needed=False)
    schema.add(_code("vat_id", _("VAT number"), codes_ok=_vat_id))
    schema.add(_field("registration", _("Number in the register of companies"), _SHORT))
    _electronic(schema)
    schema.add(
        _field(
            "reference", _("Buyer reference"), _LONG,
            description=_("What the customer wants to find on its invoices, as the routing number of a public office."),
        )
    )  # fmt: skip
    return schema


def _address(schema: colander.MappingSchema, language: str, *, needed: bool) -> None:
    schema.add(
        Node(
            String(), name="street", title=_("Street and number"), missing="", validator=colander.Length(max=500),
            widget=deform.widget.TextAreaWidget(rows=2), preparer=clean,
        )
    )  # fmt: skip
    schema.add(_field("postcode", _("Postal code"), _SHORT))
    schema.add(_field("city", _("Town"), _LONG))
    schema.add(_field("region", _("State or region"), _LONG))
    first = _("Choose") if needed else _("As in the default delivery address")
    choices = [("", first), *countries.names(language)]
    options: dict[str, Any] = {} if needed else {"missing": ""}
    schema.add(
        Node(
            String(), name="country", title=_("Country"), validator=colander.OneOf([code for code, _name in choices]),
            widget=deform.widget.SelectWidget(values=choices), **options,
        )
    )  # fmt: skip


def _electronic(schema: colander.MappingSchema) -> None:
    choices = [("", _("None")), *sorted(codes.SCHEMES.items(), key=lambda one: one[1].lower())]
    shown = [(code, f"{name} ({code})" if code else name) for code, name in choices]
    schema.add(_choice("scheme", _("Kind of electronic address"), shown))
    schema.add(_field("electronic", _("Electronic address"), _LONG, description=_("Where e-invoices are taken.")))


def _field(
    name: str, title: Any, validator: Any, *, description: Any = "", needed: bool = False, autocomplete: str = ""
) -> colander.SchemaNode:
    attributes = {"autocomplete": autocomplete} if autocomplete else {}
    options: dict[str, Any] = {} if needed else {"missing": ""}
    return Node(
        String(), name=name, title=title, validator=validator, description=description, preparer=clean,
        widget=deform.widget.TextInputWidget(attributes=attributes), **options,
    )  # fmt: skip


def _code(name: str, title: Any, *, codes_ok: Any, description: Any = "") -> colander.SchemaNode:
    return Node(
        String(), name=name, title=title, missing="", validator=codes_ok, description=description, preparer=_compact,
        widget=deform.widget.TextInputWidget(),
    )  # fmt: skip


def _choice(name: str, title: Any, choices: Any) -> colander.SchemaNode:
    return Node(
        String(), name=name, title=title, missing="", validator=colander.OneOf([code for code, _title in choices]),
        widget=deform.widget.SelectWidget(values=list(choices)),
    )  # fmt: skip


def _compact(text: Any) -> Any:
    return codes.compact(clean(text)) if isinstance(text, str) else text


def _vat_id(node: Any, value: str) -> None:
    if not codes.is_vat_id(value, COUNTRIES):
        raise colander.Invalid(node, _("A VAT number begins with the two letters of its country."))


def _iban(node: Any, value: str) -> None:
    if not codes.is_iban(value):
        raise colander.Invalid(node, _("This is no IBAN: its check digits do not fit."))


def _bic(node: Any, value: str) -> None:
    if not codes.is_bic(value):
        raise colander.Invalid(node, _("A BIC has 8 or 11 letters and digits."))


def _company(node: Any, values: Mapping[str, str]) -> None:
    error = colander.Invalid(node)
    if not (values["vat_id"] or values["tax_number"]):
        error["vat_id"] = _("Enter a VAT number, or a tax number.")
    elif not (values["vat_id"] or values["registration"]):
        error["registration"] = _("A company without a VAT number needs its number in the register of companies.")
    if "E" in (values["zero_home"], values["zero_abroad"]) and not values["exemption"]:
        error["exemption"] = _("Say why sales are exempt from tax.")
    _both(error, values)


def _customer(node: Any, values: Mapping[str, str]) -> None:
    error = colander.Invalid(node)
    if not values["country"] and any(values[name] for name in ("street", "postcode", "city", "region")):
        error["country"] = _("Choose a country for this address.")
    _both(error, values)


def _both(error: colander.Invalid, values: Mapping[str, str]) -> None:
    if bool(values["electronic"]) != bool(values["scheme"]):
        error["electronic"] = _("An electronic address needs its kind, and a kind its address.")
    if error.children:
        raise error


class EInvoiceReasons(colander.SequenceSchema):
    reason = Node(String())


class EInvoice(colander.MappingSchema):
    state = Node(
        String(), validator=colander.OneOf(("passed", "refused", "waiting")),
        description="passed: both files can be had; refused: it is no e-invoice; waiting: it was not checked yet as it is now",
    )  # fmt: skip
    reasons = EInvoiceReasons(description="for staff: why it is refused")
