"""Lines by their codes: one by keyboard, or many that were pasted or come in a file, looked at before they are added."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from portico.api.upload import read
from portico.errors import DomainError, InvalidError
from portico.web.flash import flash
from portico.web.i18n import translate
from portico_quotes import building, entering, fields, reading
from portico_quotes import schemas_offers as schemas
from portico_quotes.i18n import _
from portico_quotes.states import State
from portico_quotes.views import builder, forms

_LIMITS: dict[str, Any] = {"most": entering.MOST_ROWS, "longest_note": fields.LONGEST_LINE_NOTE}


def by_code(context: Any, request: Request) -> Response:
    """One line: the builder's small form."""
    try:
        data = forms.data(request, schemas.CodeLine)
        building.check_open(context, data["version"])
        item = entering.item_of(request.db, context, data["code"])
        built = building.add_line(request, context, {**data, "item": item.id, "note": ""})
    except DomainError as error:
        return builder.refused(context, request, error)
    return builder.added(context, request, built)


def page(context: Any, request: Request) -> Any:
    if context.state != State.DRAFT:
        return forms.go(request, "quotes.detail", quote_id=context.id)
    return {"quote": context, "text": "", "entered": None, "error": ""} | _LIMITS


def enter(context: Any, request: Request) -> Response:
    """Look at what was pasted, or add what can be (`add`). Rows that cannot be added stay to be mended."""
    text = request.POST.get("text")
    text = text if isinstance(text, str) else ""
    building.check_open(context, None)
    try:
        upload = read(request, request.POST.get("file"))
        if upload is not None:
            text = entering.decoded(upload.source.read(entering.LONGEST + 1))
        if len(text) > entering.LONGEST:
            raise InvalidError(fields={"/text": _("This is too much at once. Paste it in parts.")})
        if not request.POST.get("add"):
            return _shown(context, request, text, entering.check(request, context, text))
        entered = entering.add(request, context, text)
    except InvalidError as error:
        said = translate(request.locale_name, next(iter(error.fields.values()), error.message))
        return _shown(context, request, text[: entering.LONGEST], None, said, status=422)
    if entered.added:
        told = _("${count} lines are in your quote.", mapping={"count": entered.added})
        flash(request, told)
    if entered.cut:
        numbers = ", ".join(str(row.number) for row in entered.cut[:10])
        flash(request, _("Notes that were too long were cut (lines: ${lines}).", mapping={"lines": numbers}), "warning")
    if not entered.wrong:
        return forms.go(request, "quotes.edit", quote_id=context.id)
    rest = "\n".join(row.text for row in entered.wrong)
    return _shown(context, request, rest, entered, status=200 if entered.added else 422)


def _shown(
    context: Any, request: Request, text: str, entered: entering.Entered | None, error: str = "", status: int = 200
) -> Response:
    now_is = reading.one(request.db, context.id)
    values = {"quote": now_is, "text": text, "entered": entered, "error": error} | _LIMITS
    return forms.render(request, "entry", values, status=status)
