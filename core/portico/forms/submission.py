"""The one way a form is shown and taken: strict, errors in the reader's words, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import colander
import deform
import peppercorn
from markupsafe import Markup
from pyramid.request import Request
from pyramid.response import Response

from portico.errors import DomainError, ForbiddenError, InvalidError, NotFoundError, TooManyRequestsError
from portico.forms import fields
from portico.forms.renderer import WidgetRenderer
from portico.web.i18n import _
from portico.web.storable import NOT_KEPT, storable

# Sent with every form, and nobody's field.
OURS = frozenset({"csrf_token", "__formid__", "_charset_"})
UNEXPECTED = _("Something was sent that this form does not have. Reload the page and try again.")

Answer: TypeAlias = "dict[str, Any] | Response"


class Form(deform.Form):
    """A Deform form that draws itself at `{{ form }}`, in the theme and language of that page."""

    def __init__(self, schema: colander.SchemaNode, request: Request, **options: Any) -> None:
        self.hidden_values: Mapping[str, str] = options.pop("hidden", None) or {}
        self.cancel_url: str = options.pop("cancel_url", "")
        self.form_attributes: Mapping[str, str] = options.pop("attributes", None) or {}
        self.problem: str = ""
        super().__init__(
            schema, renderer=WidgetRenderer(request), focus="off", locale=request.locale_name, **options
        )
        fields.name_fields(self, self.formid)

    def __html__(self) -> Markup:
        return Markup(self.render())

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """Everything that is wrong, for the top of the form: (id of the control, its label, message)."""
        general = (
            [("", "", text) for text in fields.messages(self)] if not list(fields.problems(self)) else []
        )
        return [*general, *fields.problems(self)]


def make_form(
    request: Request,
    schema: colander.SchemaNode,
    *,
    initial: Mapping[str, Any] | None = None,
    submit: str | None = None,
    buttons: Sequence[deform.Button] = (),
    hidden: Mapping[str, str] | None = None,
    cancel_url: str = "",
    name: str = "form",
    action: str = "",
    attributes: Mapping[str, str] | None = None,
    bindings: Mapping[str, Any] | None = None,
) -> Form:
    """The form of a bound schema. None in `initial` stands for nothing chosen."""
    bound = schema.bind(request=request, tenant=getattr(request, "tenant", None), **(bindings or {}))
    _strict(bound)
    shown = tuple(buttons) or (deform.Button("submit", title=submit or _("Save")),)
    form = Form(
        bound,
        request,
        buttons=shown,
        hidden=hidden,
        cancel_url=cancel_url,
        formid=name,
        action=action,
        attributes=attributes,
    )
    form.set_appstruct({key: value for key, value in (initial or {}).items() if value is not None})
    return form


def handle(
    request: Request,
    schema: colander.SchemaNode,
    on_valid: Callable[[dict[str, Any]], Any],
    *,
    initial: Mapping[str, Any] | None = None,
    submit: str | None = None,
    **options: Any,
) -> Answer:
    """Show a form (GET) or take it (POST).

    Valid values go to `on_valid`, whose answer is given back; a DomainError of it is shown in the form.
    Otherwise {"form": form}: with errors the status is 4xx, so that the transaction is rolled back. `options`
    are those of `make_form`.
    """
    form = make_form(request, schema, initial=initial, submit=submit, **options)
    if request.method != "POST":
        return {"form": form}
    values = take(request, form)
    if values is None:
        request.response.status_int = 422
        return {"form": form}
    try:
        answer: Answer = on_valid(values)
    except (ForbiddenError, NotFoundError):
        raise
    except DomainError as error:
        refuse(request, form, error)
        return {"form": form}
    return answer


def take(request: Request, form: Form) -> dict[str, Any] | None:
    """The values of a submitted form, or None when it has errors, which it then shows."""
    controls = list(_controls(request, form))
    try:
        sent = peppercorn.parse(controls)
    except ValueError:
        form.error = colander.Invalid(form.schema, UNEXPECTED)
        return None
    if fields.misshapen(form, sent):
        form.error = colander.Invalid(form.schema, UNEXPECTED)
        return None
    try:
        values: dict[str, Any] = form.validate_pstruct(sent)
    except deform.ValidationFailure:
        return None
    if fields.unexpected(form, sent):
        form.error = colander.Invalid(form.schema, UNEXPECTED)
        return None
    if not all(storable(text) for text in (*request.POST, *request.POST.values()) if isinstance(text, str)):
        form.error = colander.Invalid(form.schema, NOT_KEPT)
        for child in form.children:
            text = request.POST.get(child.name)
            if isinstance(text, str) and not storable(text):
                child.error = colander.Invalid(child.schema, NOT_KEPT)
        return None
    return values


def refuse(request: Request, form: Form, error: DomainError) -> None:
    """Shows a rule's refusal in the form, at the fields it names, above them otherwise."""
    request.response.status_int = error.status
    if isinstance(error, TooManyRequestsError):
        request.response.headers["Retry-After"] = str(error.retry_after_s)
    missed = [text for name, text in error.fields.items() if not _refuse_field(form, name, text)]
    if not error.fields or not isinstance(error, InvalidError):
        form.problem = error.message
    elif missed:
        form.problem = missed[0]
    if form.error is None:
        form.error = colander.Invalid(form.schema)


def _refuse_field(form: Form, name: str, text: str) -> bool:
    """`name` is a field's, or a JSON pointer: `lines/0/quantity`."""
    field: Any = form
    for part in name.strip("/").replace(".", "/").split("/"):
        found = next((child for child in field.children if child.name == part), None)
        if found is None:
            return False
        field = found
    field.error = colander.Invalid(field.schema, text)
    return True


def _controls(request: Request, form: Form) -> Iterator[tuple[str, Any]]:
    ours = OURS | set(form.hidden_values) | {button.name for button in form.buttons}
    return ((name, value) for name, value in request.POST.items() if name not in ours)


def _strict(node: colander.SchemaNode) -> None:
    """What the schema does not know is an error, in nested mappings too."""
    if isinstance(node.typ, colander.Mapping):
        node.typ.unknown = "raise"
    for child in node.children:
        _strict(child)
