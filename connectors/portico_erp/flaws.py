"""What is wrong with a record, in sentences for people, whatever connector read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translationstring import TranslationStringFactory

from portico_erp.errors import InvalidValueError

_ = TranslationStringFactory("portico_erp")

# A name and what is wrong with it: in no language does the one change the other's form.
_SENTENCES = {
    "missing": _("${field}: nothing is there."),
    "not_a_number": _("${field}: this is not a number."),
    "negative": _("${field}: below zero."),
    "too_large": _("${field}: implausibly large."),
    "too_long": _("${field}: too long."),
    "not_a_currency": _("${field}: no code of a currency."),
    "not_a_choice": _("${field}: a value that is not allowed."),
    "no_time_zone": _("${field}: no time zone."),
    "out_of_range": _("${field}: outside of what is allowed."),
}
FIELDS = {
    "category": _("Category"),
    "code": _("Code"),
    "created_at": _("Time of making"),
    "currency": _("Currency"),
    "customer_ref": _("Customer"),
    "delivered_at": _("Time of delivery"),
    "email": _("E-mail address"),
    "gross": _("Total"),
    "gross_total": _("Total"),
    "kind": _("Kind"),
    "line_total": _("Total of the line"),
    "lines": _("Lines"),
    "min_quantity": _("Quantity of the price break"),
    "name": _("Name"),
    "net": _("Total before tax"),
    "net_total": _("Total before tax"),
    "number": _("Number"),
    "ordered_at": _("Time of the order"),
    "price": _("Price"),
    "quantity": _("Quantity"),
    "quote_data": _("Document of the quote"),
    "shipped_at": _("Time of shipping"),
    "status": _("Status"),
    "tax": _("Tax"),
    "tax_rate": _("Tax rate"),
    "tax_total": _("Tax"),
    "unit": _("Unit"),
    "unit_price": _("Unit price"),
    "updated_at": _("Time of the last change"),
    "valid_until": _("Last day of validity"),
}
"""What people call the fields that go wrong; another one is named as the system does."""


def say(error: InvalidValueError, fields: Mapping[str, Any] = FIELDS) -> Any:
    """fields: what people who know the system call its fields."""
    sentence = _SENTENCES.get(error.code, _SENTENCES["not_a_choice"])
    return _(sentence, mapping={"field": fields.get(error.field, error.field)})
