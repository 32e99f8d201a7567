"""Reads a request's body as JSON, strictly (RFC 8259, and what RFC 7493 asks of senders), and says in words what is wrong."""

from __future__ import annotations

import decimal
import json
from typing import Any

from pyramid.request import Request

from portico.errors import DomainError, MediaTypeError
from portico.web.i18n import _

MAX_DEPTH = 32
_KIND = "application/json"
_CHARSETS = ("utf-8", "utf8")


class JsonError(DomainError):
    """The body is no JSON document that means one thing to everybody."""

    status = 400
    code = "malformed-json"
    message = _("The request's body is not valid JSON.")
    remedy = _(
        "The body cannot be read as JSON, or it says the same name twice. Send one JSON document in UTF-8, "
        "with every name once."
    )


def json_body(request: Request) -> Any:
    """The parsed body; numbers with a point stay exact. Raises MediaTypeError and JsonError."""
    _check_kind(request)
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonError(_("The request's body is not UTF-8, at byte ${at}.", mapping={"at": error.start})) from None
    try:
        found = json.loads(text, parse_float=decimal.Decimal, parse_constant=_no_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        where: dict[str, Any] = {"line": error.lineno, "column": error.colno}
        words = _("The request's body is not valid JSON, at line ${line}, column ${column}.", mapping=where)
        raise JsonError(words, **where) from None
    except RecursionError:
        raise _too_deep() from None
    except (ValueError, decimal.InvalidOperation):  # an integer of thousands of digits, an exponent without end
        raise JsonError(_("The request's body holds a number that is too long.")) from None
    _check(found)
    return found


def _check_kind(request: Request) -> None:
    kinds = request.headers.get("Content-Type", "").lower().split(";")
    parameters = dict(part.strip().partition("=")[::2] for part in kinds[1:])
    if kinds[0].strip() != _KIND or parameters.get("charset", "utf-8").strip('"') not in _CHARSETS:
        raise MediaTypeError()


def _no_constant(name: str) -> Any:
    raise JsonError(_("“${name}” is not JSON.", mapping={"name": name}))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers could each take another one of two fields of the same name."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise JsonError(_("The field “${name}” is there twice.", mapping={"name": name[:100]}))
        found[name] = value
    return found


def _too_deep() -> JsonError:
    return JsonError(_("The request's body is nested deeper than ${most} levels.", mapping={"most": MAX_DEPTH}))


def _check(whole: Any) -> None:
    """Not too deep, and no half of a surrogate pair, which no database and no other program takes."""
    level: list[Any] = [whole]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        following: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                following += [*one, *one.values()]
            elif isinstance(one, list):
                following += one
            elif isinstance(one, str) and not _is_text(one):
                raise JsonError(_("The request's body holds half a character (a lone surrogate)."))
        level = following


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
