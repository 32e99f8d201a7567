"""A setting that a plugin's manifest declares: its type and limits, and what of a stored value may be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TYPES: Mapping[str, type] = {"integer": int, "boolean": bool, "text": str, "choice": str, "list": list, "texts": dict}
KEYS = frozenset({"type", "default", "title", "description", "minimum", "maximum", "longest", "choices"})
LONGEST = 2000


@dataclass(frozen=True)
class Setting:
    """`title` and `description` are English msgids, and so are the values of `choices`.

    type: one of TYPES; "choice" is one of `choices`, "list" any number of them, "texts" a text in each language that has one:
    code → text. minimum, maximum: of an integer. longest: characters of a text.
    """

    name: str
    type: str
    default: Any
    title: str
    description: str = ""
    minimum: int | None = None
    maximum: int | None = None
    longest: int = LONGEST
    choices: Mapping[str, str] = field(default_factory=dict)

    def allows(self, value: Any) -> bool:
        """Whether a value has the type and keeps the limits. True is no integer."""
        kind: Any = TYPES[self.type]
        if type(value) is not kind:
            return False
        if self.type == "integer":
            return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)
        if self.type == "list":
            return all(isinstance(one, str) and one in self.choices for one in value)
        if self.type == "choice":
            return value in self.choices
        if self.type == "texts":
            told: Any = value.items()
            return all(isinstance(one, str) and isinstance(text, str) and len(text) <= self.longest for one, text in told)
        return self.type == "boolean" or len(value) <= self.longest


def read_setting(name: str, given: Any) -> Setting:
    """From a table of plugin.toml. Raises ValueError, whose text says which key is wrong and what is expected."""
    if not isinstance(given, dict):
        raise ValueError("must be a table")
    unknown = sorted(given.keys() - KEYS)
    if unknown:
        raise ValueError(f"has an unknown key {unknown[0]!r}; known are {', '.join(sorted(KEYS))}")
    for key in ("type", "default", "title"):
        if key not in given:
            raise ValueError(f"has no {key!r}")
    if given["type"] not in TYPES:
        raise ValueError(f"has the type {given['type']!r}; it must be one of {', '.join(TYPES)}")
    if given["type"] in ("choice", "list") and not given.get("choices"):
        raise ValueError("needs 'choices': value → what people read")
    setting = Setting(name, **given)
    if not setting.allows(setting.default):
        raise ValueError(f"has a default that it does not allow: {setting.default!r}")
    return setting


def effective(declared: Mapping[str, Setting], stored: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """What counts: the stored value where there is one that is still allowed, else the default. locale: the company's main
    language, in which a text stands that was stored before its setting had one in each language."""
    told = {
        name: {locale: value} if isinstance(value, str) and name in declared and declared[name].type == "texts" else value
        for name, value in stored.items()
    }
    return {name: told[name] if name in told and one.allows(told[name]) else one.default for name, one in declared.items()}
