"""A mapping's entity as the flat fields of a form, and back. What the form does not show stays as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from portico_companydb.foreign.entities import Entity

TOP = ("table", "query", "key", "parent", "order", "gone_column", "gone_values", "only_column", "only_values", "changed",
       "changed_format")  # fmt: skip
"""Names in the form for what is said of an entity as a whole."""
CELL = ("column", "second", "value", "decimal", "scale", "per", "format", "time", "empty", "default", "yes", "no", "otherwise",
        "lookup_table", "lookup_key", "lookup_value")  # fmt: skip
"""Names in the form for what is said of one field; before each stands the field's own."""
WORDS = 60
_SHOWN = {
    "column", "columns", "value", "values", "otherwise", "decimal", "scale", "per", "format", "time", "empty", "default", "yes",
    "no", "lookup",
}  # fmt: skip

Flat = dict[str, str]


def source(raw: Mapping[str, Any], path: str) -> dict[str, Any]:
    """What the mapping says of an entity; {} when nothing."""
    found: Any = raw
    for name in path.split("."):
        found = found.get(name, {}) if isinstance(found, Mapping) else {}
    return dict(found) if isinstance(found, Mapping) else {}


def placed(raw: Mapping[str, Any], path: str, said: Mapping[str, Any] | None) -> dict[str, Any]:
    """The mapping with something else said of an entity; None: nothing any more, of its parts neither."""
    found = deepcopy(dict(raw))
    *above, last = path.split(".")
    place = found
    for name in above:
        place = place.setdefault(name, {})
    if said is None:
        place.pop(last, None)
    else:
        place[last] = dict(said)
    return found


def shown(said: Mapping[str, Any], of: Entity) -> Flat:
    """The fields of the form."""
    flat: Flat = {name: _text(said.get(name)) for name in ("table", "query")}
    flat |= {name: ", ".join(_list(said.get(name))) for name in ("key", "parent", "order")}
    for name in ("gone", "only"):
        condition = said.get(name)
        one = condition[0] if isinstance(condition, list) and condition else condition
        one = one if isinstance(one, Mapping) else {}
        flat[f"{name}_column"], flat[f"{name}_values"] = _text(one.get("column")), ", ".join(_list(one.get("values")))
    changed = said.get("changed")
    changed = {"column": changed} if isinstance(changed, str) else changed or {}
    flat["changed"], flat["changed_format"] = _text(changed.get("column")), _text(changed.get("format"))
    for name in of.fields:
        flat |= {f"{name}.{key}": value for key, value in _cell(said.get("fields", {}).get(name)).items()}
    return flat


def _cell(said: Any) -> Flat:
    said = {"column": said} if isinstance(said, str) else dict(said or {})
    columns = [*_list(said.get("column")), *_list(said.get("columns"))]
    single = ("value", "decimal", "scale", "per", "format", "time", "default", "otherwise")
    flat = {name: _text(said.get(name)) for name in single}
    flat |= {name: ", ".join(_list(said.get(name))) for name in ("empty", "yes", "no")}
    flat |= {"column": columns[0] if columns else "", "second": ", ".join(columns[1:])}
    flat |= {f"lookup_{name}": _text((said.get("lookup") or {}).get(name)) for name in ("table", "key", "value")}
    for index, (word, ours) in enumerate((said.get("values") or {}).items()):
        flat[f"word.{index}"], flat[f"ours.{index}"] = str(word), _text(ours)
    return {name: value for name, value in flat.items() if value}


def read(flat: Mapping[str, str], of: Entity, before: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says. before: the entity until now, for what the form does not show."""
    said: dict[str, Any] = {name: deepcopy(one) for name, one in before.items() if name in of.parts}
    for name in ("table", "query"):
        if flat.get(name, "").strip():
            said[name] = flat[name].strip()
    if "query" in said:
        said.pop("table", None)
    for name in ("key", "parent", "order"):
        if names := _split(flat.get(name, "")):
            said[name] = names
    for name in ("gone", "only"):
        column, rest = flat.get(f"{name}_column", ""), before.get(name)
        first, *more = rest if isinstance(rest, list) and rest else [rest]
        if column:
            known = dict(first) if isinstance(first, Mapping) else {}
            # One with `not` has no field for it: as long as its column stays, so does the whole of it.
            kept = "not" in known and known.get("column") == column
            written = {"column": column, "values": _split(flat.get(f"{name}_values", ""), blank=True)}
            said[name] = [deepcopy(known) if kept else written, *more]
    if flat.get("changed"):
        form = flat.get("changed_format", "")
        old = before.get("changed")
        kept = {name: one for name, one in old.items() if name not in ("column", "format")} if isinstance(old, Mapping) else {}
        said["changed"] = {**kept, "column": flat["changed"], **({"format": form} if form else {})}
    old_cells = before.get("fields", {})
    cells = {name: _read_cell(flat, name, old_cells.get(name)) for name in of.fields}
    said["fields"] = {name: cell for name, cell in cells.items() if cell is not None}
    return said


def _read_cell(flat: Mapping[str, str], name: str, before: Any) -> dict[str, Any] | None:
    said = {key: flat.get(f"{name}.{key}", "") for key in CELL}
    columns = [*_split(said["column"]), *_split(said["second"])]
    if not columns and not said["value"]:
        return None
    kept = {key: one for key, one in before.items() if key not in _SHOWN} if isinstance(before, Mapping) else {}
    found: dict[str, Any] = {**kept, "columns": columns} if columns else {**kept, "value": said["value"]}
    if len(columns) == 1:
        found["column"] = found.pop("columns")[0]
    for key in ("decimal", "per", "format", "time", "default", "otherwise"):
        if said[key] and columns:
            found[key] = said[key]
    if said["scale"] and columns:
        found["scale"] = int(said["scale"]) if said["scale"].isascii() and said["scale"].isdigit() else said["scale"]
    for key in ("empty", "yes", "no"):
        if said[key]:
            found[key] = _split(said[key], blank=True)
    if said["lookup_table"]:
        found["lookup"] = {key: said[f"lookup_{key}"] for key in ("table", "key", "value")}
    words = {
        flat[f"{name}.word.{index}"]: flat.get(f"{name}.ours.{index}", "")
        for index in range(WORDS)
        if f"{name}.word.{index}" in flat and flat.get(f"{name}.ours.{index}", "")
    }
    if isinstance(before, Mapping) and len(before.get("values") or {}) > WORDS:
        sent = {flat.get(f"{name}.word.{index}") for index in range(WORDS)}
        words = {**{word: ours for word, ours in before["values"].items() if word not in sent}, **words}  # those not shown
    if words and columns:
        found["values"] = words
    return found


def dumped(raw: Mapping[str, Any]) -> str:
    return json.dumps(raw, ensure_ascii=False, indent=2)




def _text(raw: Any) -> str:
    return "" if raw is None else str(raw)


def _list(raw: Any) -> list[str]:
    if raw is None:
        return []
    return [str(one) for one in raw] if isinstance(raw, list | tuple) else [str(raw)]


def _split(text: str, *, blank: bool = False) -> list[str]:
    """A list written with commas; with `blank`, an empty place stands for an empty text."""
    parts = [one.strip() for one in text.split(",")]
    return parts if blank else [one for one in parts if one]
