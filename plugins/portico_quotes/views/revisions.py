"""The page that asks for another offer, and what both sides do with what was asked."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.api.schema import validate
from portico.db.types import as_id
from portico.errors import ConflictError, InvalidError
from portico.web.flash import flash
from portico.web.i18n import translate
from portico_quotes import grouping, reading, revisions
from portico_quotes import schemas_offers as offers
from portico_quotes.drafts import MOST_LINES
from portico_quotes.i18n import _
from portico_quotes.views import forms

_FIELDS = ("quantity", "unit_price")


def page(context: Any, request: Request) -> dict[str, Any]:
    lines = grouping.counted(reading.rows(request.db, context))
    return {"quote": context, "lines": lines, "typed": {}, "errors": {}, "refused": None}


def ask(context: Any, request: Request) -> Response:
    wishes = _wishes(request)
    given = {
        "version": _text(request, "version") or 0,
        "message": _text(request, "message"),
        "wishes": wishes,
    }
    try:
        data = validate(offers.AskRevision, given, request)
        revisions.ask(request.db, context.id, seen=data["version"], message=data["message"], wishes=data["wishes"])
    except (InvalidError, ConflictError) as error:
        return _again(context, request, error, wishes)
    flash(request, _("The company is asked for another offer. You get a notice when it answers."))
    return forms.go(request, "quotes.detail", quote_id=context.id)


def _wishes(request: Request) -> list[dict[str, str]]:
    """What was typed of each line that the page showed, of whichever version of the offer that was."""
    found: dict[str, dict[str, str]] = {}
    for key in request.POST:
        if not isinstance(key, str):  # a part of a form may come without a name
            continue
        name, _dash, line = key.partition("-")
        if name in _FIELDS and (text := _text(request, key).strip()) and as_id(line):
            found.setdefault(line, {"line": line})[name] = text
    return list(found.values())[:MOST_LINES]


def _text(request: Request, name: str) -> str:
    """A file is no text."""
    value = request.POST.get(name)
    return value if isinstance(value, str) else ""


def _again(context: Any, request: Request, error: Any, wishes: list[dict[str, str]]) -> Response:
    """The page with what was typed, and why it was not taken."""
    errors = {}
    for pointer, text in getattr(error, "fields", {}).items():
        parts = pointer.strip("/").split("/")
        inside = len(parts) == 3 and parts[0] == "wishes"
        name = f"{parts[2]}-{wishes[int(parts[1])]['line']}" if inside else parts[0]
        errors[name] = translate(request.locale_name, text)
    now_is = reading.one(request.db, context.id)
    lines = grouping.counted(reading.rows(request.db, now_is))
    own = {_text(request, f"item-{wish['line']}") or wish["line"]: wish for wish in wishes}
    typed = {"message": _text(request, "message")}
    for line in lines:  # those of a new version are others, of the same items
        wish = next((one for one in wishes if one["line"] == str(line.id)), None) or own.get(line.item_ref, {})
        typed |= {f"{name}-{line.id}": wish[name] for name in _FIELDS if name in wish}
    values = {"quote": now_is, "lines": lines, "typed": typed, "errors": errors}
    status = 422 if isinstance(error, InvalidError) else 409
    return forms.render(request, "revision", values | {"refused": error.message}, status=status)


def withdraw(context: Any, request: Request) -> Response:
    revisions.withdraw(request.db, context.id)
    flash(request, _("No changes are asked for any more. The offer waits for your answer."), "info")
    return forms.go(request, "quotes.detail", quote_id=context.id)


def refuse(context: Any, request: Request) -> Response:
    data = forms.data(request, offers.Refusal)
    revisions.refuse(request.db, context.id, data["reply"])
    flash(request, _("The customer is told that the offer stays as it is."))
    return forms.go(request, "quotes.detail", quote_id=context.id)
