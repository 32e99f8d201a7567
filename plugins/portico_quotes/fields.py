"""Kinds of fields that quotes are made of, and the one place for their limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import colander

from portico.api.schema import ExactDecimal
from portico.web import formats, numerals
from portico.web.failures import is_api
from portico_quotes.i18n import _

LONGEST_NOTE = 4_000
LONGEST_LINE_NOTE = 1_000
LONGEST_PO_NUMBER = 100
LONGEST_OF_ADDRESS = {"name": 200, "street": 500, "postcode": 50, "city": 200, "region": 200, "country": 2, "phone": 50}
SMALLEST, LARGEST = Decimal("0.0001"), Decimal("999999")
LONGEST_TYPED = 41  # one more than any quantity needs


class QuantityType(ExactDecimal):
    """0.0001 to 999999, with at most four decimals. In a form as the reader writes it; in the API as JSON does.

    blank: what an empty field is told. None: it is as if it had not been sent.
    """

    published = {
        "type": ["string", "number"],
        "pattern": r"^\d+(\.\d+)?([eE][+-]?\d+)?$",
        "exclusiveMinimum": 0,
        "maximum": int(LARGEST),
    }

    def __init__(self, blank: Any = None) -> None:
        super().__init__(places=4, digits=6)
        self.blank = blank

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        request = (getattr(node, "bindings", None) or {}).get("request")
        if isinstance(cstruct, str):
            cstruct = _typed(node, request, cstruct.strip())
            if cstruct == "" and self.blank is not None:
                raise colander.Invalid(node, self.blank)
        try:
            value = super().deserialize(node, cstruct)
        except colander.Invalid as error:
            if "too large" in str(error.msg):
                raise colander.Invalid(node, too_large()) from None
            raise
        if value is colander.null:
            return value
        if value <= 0:
            raise colander.Invalid(node, _("Enter more than zero."))
        if value > LARGEST:
            raise colander.Invalid(node, too_large())
        return value


def _typed(node: Any, request: Any, text: str) -> str:
    """The number in a program's notation. A program's own comma could be either: it is refused by the type."""
    if request is None or is_api(request) or text == "":
        return text[:LONGEST_TYPED]
    locale = request.locale_name
    try:
        return str(numerals.read(locale, text))
    except numerals.AmbiguousNumberError as error:
        raise colander.Invalid(node, error.question(locale, text)) from None
    except numerals.NotANumberError:
        example = formats.editable(locale, Decimal("2.5"))
        raise colander.Invalid(node, _("This is not a number. Write it like ${example}.", mapping={"example": example})) from None


def too_large() -> Any:
    return _("At most ${most} at once.", mapping={"most": "999 999"})


def quantity(blank: Any = None, **options: Any) -> colander.SchemaNode:
    return colander.SchemaNode(QuantityType(blank), **options)


def text(longest: int, **options: Any) -> colander.SchemaNode:
    """Free text of at most `longest` characters, several lines allowed; nothing that a database cannot hold.

    An empty text is one, so that what was written can be taken out again.
    """
    return colander.SchemaNode(
        colander.String(allow_empty=True),
        preparer=_one_line_end,  # a form sends two characters for one that a person counts
        validator=colander.All(
            Storable(),
            colander.Length(
                max=longest,
                max_err=_(
                    "At most ${most} characters; this has more. Please shorten it.", mapping={"most": longest}
                ),
            ),
        ),
        **options,
    )


def _one_line_end(value: Any) -> Any:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


class Storable:
    """No NUL, no other control character but line ends and tabs, no half of a surrogate pair."""

    def __call__(self, node: Any, value: str) -> None:
        if any(
            (ord(one) < 32 and one not in "\r\n\t") or 0xD800 <= ord(one) <= 0xDFFF or one == "\x7f"
            for one in value
        ):
            raise colander.Invalid(node, _("This text has characters that cannot be kept."))
