"""What a widget template asks of its field: attributes for assistive technology, ids, errors in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import colander
import deform
from translationstring import TranslationString

from portico.web.i18n import _

# Drawn as a group of controls: a fieldset with a legend instead of a label.
GROUPS = frozenset({"radio_choice", "checkbox_choice", "checked_password"})
UNREADABLE = _("This could not be read. Please enter it again.")


class InlineStyleError(ValueError):
    """A widget wants a style or a script in its markup, which the content security policy forbids."""


def is_group(field: Any) -> bool:
    return getattr(field.widget, "template", "") in GROUPS or isinstance(field.widget, deform.widget.RadioChoiceWidget)


def is_structural(field: Any) -> bool:
    return getattr(field.widget, "category", "default") == "structural"


def widget_attributes(field: Any) -> dict[str, Any]:
    given = dict(getattr(field.widget, "attributes", None) or {})
    for name in given:
        if name == "style" or name.startswith("on"):
            raise InlineStyleError(f"{field.name}: {name}")
    return given


def has_error(field: Any) -> bool:
    """A mapping's error only says that a field of it has one."""
    return field.error is not None and not (
        is_structural(field) and field.error.children and not field.error.msg
    )


def described_by(field: Any, *further: str) -> str:
    parts = [
        f"{field.oid}-help" if field.description else "",
        f"{field.oid}-error" if has_error(field) else "",
    ]
    return " ".join(part for part in (*parts, *further) if part)


def input_attributes(field: Any, **more: Any) -> dict[str, Any]:
    """Attributes of the control. No maxlength: a browser would cut what is pasted without a word."""
    attributes: dict[str, Any] = {
        "id": field.oid,
        "name": field.name,
        "required": "required" if field.required else None,
        "aria-describedby": described_by(field) or None,
        "aria-invalid": "true" if has_error(field) else None,
        "readonly": "readonly" if getattr(field.widget, "readonly", False) else None,
    }
    return {**attributes, **more, **widget_attributes(field)}


def input_type(field: Any) -> str:
    given = widget_attributes(field).get("type")
    return str(given or getattr(field.widget, "input_type", "text"))


def limits(field: Any) -> dict[str, str]:
    """min and max of a number or date, from the schema's Range."""
    found: dict[str, str] = {}
    for validator in _validators(field.schema.validator):
        if isinstance(validator, colander.Range):
            for name in ("min", "max"):
                if getattr(validator, name) is not None:
                    found[name] = str(getattr(validator, name))
    return found


def _validators(validator: Any) -> Iterator[Any]:
    if isinstance(validator, colander.All):
        for part in validator.validators:
            yield from _validators(part)
    elif validator is not None:
        yield validator


def messages(field: Any) -> list[str]:
    """What is wrong with a field itself, each message once; Deform's untranslated texts in our words."""
    if field.error is None:
        return []
    found = [
        text if isinstance(text, TranslationString) else _worded(text) for text in field.error.messages()
    ]
    return list(dict.fromkeys(text for text in found if text))


def _worded(text: Any) -> str:
    words = str(text or "")
    return UNREADABLE if words.startswith(("Pstruct", "Invalid pstruct", "Invalid peppercorn")) else words


def problems(field: Any) -> Iterator[tuple[str, str, str]]:
    """(id, label, message) of everything wrong below a field, in the order of the page."""
    for child in field.children:
        if has_error(child):
            first = (
                f"{child.oid}-0" if child.widget.__class__.__name__.endswith("ChoiceWidget") else child.oid
            )
            for message in messages(child):
                yield first, child.title, message
        yield from problems(child)


def name_fields(field: Any, prefix: str) -> None:
    """Ids that say what they are and stay the same, instead of a counter that two forms on a page share."""
    for child in field.children:
        child.oid = f"{prefix}-{child.name}" if child.name else f"{prefix}-{child.order}"
        name_fields(child, child.oid)


def unexpected(field: Any, values: Any) -> list[str]:
    """Names that were sent and that no field has; Deform itself would drop them without a word."""
    if not isinstance(values, dict) or not isinstance(field.typ, colander.Mapping):
        return []
    known = {child.name: child for child in field.children}
    if getattr(field.widget, "template", "") not in ("form", "mapping"):
        return []
    found = [name for name in values if name not in known]
    for name, child in known.items():
        found += [f"{name}.{inner}" for inner in unexpected(child, values.get(name))]
    return found


def misshapen(field: Any, values: dict[str, Any]) -> bool:
    """Whether a text was sent where the form has a group of fields, or a file where it takes none: nothing could read it."""
    texts = (values.get(child.name) for child in field.children if not getattr(child.widget, "takes_files", False))
    if any(hasattr(one, "file") for text in texts for one in _several(text)):
        return True
    groups = {child.name: child for child in field.children if isinstance(child.typ, colander.Mapping)}
    sent = [(child, values[name]) for name, child in groups.items() if values.get(name) not in (None, colander.null)]
    return any(not isinstance(value, dict) or misshapen(child, value) for child, value in sent)


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
