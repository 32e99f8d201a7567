"""Widgets that Deform lacks: numbers as people write them, plain dates, e-mail, telephone, colour."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import colander
from deform.widget import TextInputWidget

from portico.web import formats, numerals


class EmailWidget(TextInputWidget):
    input_type = "email"
    attributes = {"inputmode": "email", "autocapitalize": "off", "spellcheck": "false"}


class TelephoneWidget(TextInputWidget):
    input_type = "tel"
    attributes = {"inputmode": "tel"}


class DateWidget(TextInputWidget):
    """The browser's own date field; sends ISO 8601, which colander.Date reads."""

    input_type = "date"


class ColourWidget(TextInputWidget):
    template = "colourinput"


class NumberWidget(TextInputWidget):
    """A number as the reader writes it: `1 234,5` in French, Arabic-Indic digits in Arabic.

    A text field with a numeric keyboard: `type=number` would throw away what it cannot read.
    """

    template = "numberinput"

    def serialize(self, field: Any, cstruct: Any, **kw: Any) -> Any:
        if cstruct not in (colander.null, None, "") and field.error is None:  # what was refused stays as it was typed
            with suppress(ValueError):
                cstruct = formats.editable(getattr(field, "locale", "en"), cstruct)
        return super().serialize(field, cstruct, **kw)

    def deserialize(self, field: Any, pstruct: Any) -> Any:
        text = super().deserialize(field, pstruct)
        if text is colander.null:
            return text
        locale = getattr(field, "locale", "en")
        try:
            return str(numerals.read(locale, text))
        except numerals.AmbiguousNumberError as error:
            raise colander.Invalid(field.schema, error.question(locale, text), text) from None
        except numerals.NotANumberError:
            return text  # the schema says what it wants
