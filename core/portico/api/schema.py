"""Colander schemas as API bodies: exact values out, unknown fields refused, errors by JSON pointer."""

from __future__ import annotations

import datetime as dt
import decimal
import re
import uuid
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import colander
from pyramid.request import Request

from portico.errors import InvalidError
from portico.web.formats import decimals
from portico.web.i18n import _
from portico.web.storable import NOT_KEPT, storable


class BodySchema(colander.MappingSchema):
    """Base of every API body: an unknown field is an error (OWASP ASVS 15.3.3), never ignored."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("unknown", "raise")
        super().__init__(*args, **kwargs)

    def schema_type(self, **kwargs: Any) -> colander.Mapping:
        return colander.Mapping(unknown="raise")


class Uuid(colander.SchemaType):
    """A UUID in text."""

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return colander.null if appstruct is colander.null else str(appstruct)

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null or cstruct == "":
            return colander.null
        try:
            return uuid.UUID(str(cstruct))
        except ValueError:
            raise colander.Invalid(node, _("This is not a valid id.")) from None


class Truth(colander.Boolean):
    """JSON true or false; what else might be meant for one is refused."""

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null or isinstance(cstruct, bool):
            return cstruct
        raise colander.Invalid(node, _("Give true or false."))


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class ExactDecimal(colander.SchemaType):
    """A decimal number, as JSON string or number, kept exact; NaN, infinities, and digits other than 0 to 9 refused.

    At most `digits` digits before and `places` after the point. `published`: how the document of the API describes it.
    """

    published: Mapping[str, Any] = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}

    def __init__(self, places: int = 4, digits: int = 12) -> None:
        self.places, self.digits = places, digits

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return colander.null if appstruct is colander.null else str(appstruct)

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null or cstruct == "":
            return colander.null
        try:
            if isinstance(cstruct, bool):
                raise decimal.InvalidOperation
            text = str(cstruct).strip()
            if not _NUMBER.fullmatch(text):
                raise decimal.InvalidOperation
            value = decimal.Decimal(text)
            if not value.is_finite():
                raise decimal.InvalidOperation
        except decimal.InvalidOperation:
            raise colander.Invalid(node, _("This is not a number.")) from None
        if value.copy_abs() >= decimal.Decimal(10) ** self.digits:  # abs() would overflow at 1e999999999
            raise colander.Invalid(node, _("This number is too large."))
        if value != round(value, self.places):
            raise colander.Invalid(node, _("At most ${places} decimal places.", mapping={"places": self.places}))
        return value


class SentDecimal(ExactDecimal):
    """One that a program sends: as text, or as a JSON number, which is read exactly."""

    published = {"type": ["string", "number"], "pattern": r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$"}


class Money(decimal.Decimal):
    """An amount with at least its currency's decimals, as `encode` writes it."""


def money(amount: decimal.Decimal | None, currency: str) -> Money | None:
    """`amount` as every answer writes it: with the decimals of `currency`, and more where it has more ("2304.00", "0.1254")."""
    if amount is None:
        return None
    exponent = amount.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "an amount is finite"
    return Money(amount.quantize(decimal.Decimal(1).scaleb(min(exponent, -decimals(currency)))))


@lru_cache(maxsize=1024)
def made(schema_class: Any) -> Any:
    """A schema's nodes, made once; `bind` copies them for a request."""
    return schema_class()


def validate(schema_class: Any, data: Any, request: Request) -> Any:
    """The deserialised value. Raises InvalidError with a message per field."""
    schema = made(schema_class).bind(request=request)
    try:
        value = schema.deserialize(data)
    except colander.Invalid as invalid:
        raise InvalidError(fields=pointers(invalid)) from None
    if wrong := dict.fromkeys(misplaced(schema, data), _("This takes one value, no list and no object.")):
        raise InvalidError(fields=wrong)
    if wrong := {where: NOT_KEPT for where, text in texts(data) if not storable(text)}:
        raise InvalidError(fields=wrong)
    return value


def misplaced(node: Any, data: Any, at: tuple[str, ...] = ()) -> Iterator[str]:
    """JSON pointers of lists and objects that stand where one value belongs: Colander takes an empty one for nothing sent."""
    if isinstance(node.typ, colander.Mapping) and isinstance(data, Mapping):
        for child in node.children:
            yield from misplaced(child, data.get(child.name), (*at, child.name))
    elif isinstance(node.typ, colander.Sequence) and isinstance(data, list):
        for number, one in enumerate(data):
            yield from misplaced(node.children[0], one, (*at, str(number)))
    elif isinstance(data, Mapping | list) and not isinstance(node.typ, colander.Mapping | colander.Sequence | colander.Set):
        yield _pointer([*at])


def texts(data: Any) -> Iterator[tuple[str, str]]:
    """(JSON pointer, text) for every text in what was sent."""
    waiting: list[tuple[list[str], Any]] = [([], data)]
    while waiting:
        at, one = waiting.pop()
        if isinstance(one, str):
            yield _pointer(at), one
        elif isinstance(one, Mapping):
            waiting += [([*at, str(name)], value) for name, value in one.items()]
        elif isinstance(one, list):
            waiting += [([*at, str(number)], value) for number, value in enumerate(one)]


def pointers(invalid: colander.Invalid) -> dict[str, Any]:
    """JSON pointer (RFC 6901) → message, for every leaf error."""
    found: dict[str, Any] = {}
    for path in invalid.paths():
        parts: list[str] = []
        message = None
        for step in path:
            if step.pos is not None and step.positional:
                parts.append(str(step.pos))
            elif step.node.name:
                parts.append(step.node.name)
            message = step.msg if step.msg is not None else message
        last = path[-1]
        if isinstance(last, colander.UnsupportedFields):
            found |= {_pointer([*parts, str(name)]): _("There is no such field here.") for name in last.fields}
        else:
            found[_pointer(parts)] = message[0] if isinstance(message, list) else message
    return found


def _pointer(parts: list[str]) -> str:
    """The whole document is the empty pointer; "/" would be its member without a name."""
    return "".join("/" + part[:100].replace("~", "~0").replace("/", "~1") for part in parts)


def encode(value: Any) -> Any:
    """For json.dumps: `Money` with all its decimals, other decimal numbers without zeros at their end, both as strings;
    times in ISO 8601 with zone.
    """
    if isinstance(value, decimal.Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text and not isinstance(value, Money) else text
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date | uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
