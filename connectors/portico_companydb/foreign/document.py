"""A mapping as people write it (TOML or JSON) and as the connector holds it. Checks its form; knows no database."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from portico_companydb.foreign.entities import ENTITIES, Entity
from portico_companydb.i18n import _
from portico_erp.currencies import DECIMALS
from portico_erp.errors import ConnectorRejectedError

LONGEST = 100_000
"""Characters of a mapping."""
REFERENCES = frozenset({"credits", "customer", "invoice", "item", "order", "price_list", "quote"})
"""Fields that name a row of another table: several columns are joined as the key there is."""
_CELL = {
    "column", "columns", "joiner", "value", "values", "otherwise", "empty", "default", "decimal", "scale", "per", "format",
    "time", "fold", "yes", "no", "lookup",
}  # fmt: skip


class MappingError(ConnectorRejectedError):
    """The mapping makes no sense. `path`: where in it, "items.fields.price"."""

    def __init__(self, path: str, message: Any) -> None:
        super().__init__("mapping", _("${path}: ${message}", mapping={"path": path, "message": message}), code="mapping")
        self.path, self.plain_message = path, message


@dataclass(frozen=True)
class Lookup:
    """A small table that turns a code into a value: tax codes, units, names of lists."""

    table: str
    key: str
    value: str


@dataclass(frozen=True)
class Cell:
    """How one value is read. Columns, or a constant (`value`).

    values: their words → ours; otherwise: for words that are not there (None: such a row is a problem). empty: their spellings
    of nothing. scale: implied decimals (2: the column holds cents). per: column with the quantity that a price is for.
    format: of dates and times. time: a second column with the time of day. fold: which of two equal local times is meant.
    """

    columns: tuple[str, ...] = ()
    value: Any = None
    joiner: str = " "
    values: Mapping[str, Any] | None = None
    otherwise: Any = None
    empty: frozenset[str] = frozenset()
    default: Any = None
    decimal: str = "."
    scale: int = 0
    per: str | None = None
    format: str = "auto"
    time: str | None = None
    fold: int = 0
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    lookup: Lookup | None = None

    @property
    def read(self) -> tuple[str, ...]:
        """All columns that it needs."""
        return (*self.columns, *(name for name in (self.per, self.time) if name))

    @property
    def is_plain(self) -> bool:
        """Whether the database can compare it with a text of ours."""
        return bool(self.columns) and self.values is None and self.lookup is None and self.format == "auto"


@dataclass(frozen=True)
class Condition:
    """A column holds one of these spellings (blanks at either end do not count), or with `negated` none of them."""

    column: str
    values: frozenset[str]
    negated: bool = False


@dataclass(frozen=True)
class Source:
    """Where the rows of one entity are. table or query. key: columns that name a row, joined to one reference. parent: columns
    that hold the key of the whole. gone: rows that were deleted without going. changed: when a row was last changed.
    """

    table: str = ""
    query: str = ""
    key: tuple[str, ...] = ()
    parent: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    only: tuple[Condition, ...] = ()
    gone: tuple[Condition, ...] = ()
    changed: Cell | None = None
    fields: Mapping[str, Cell] = field(default_factory=dict)
    parts: Mapping[str, Source] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Every column that is read, each once."""
        cells = [*self.fields.values(), *([self.changed] if self.changed else [])]
        found = [*self.key, *self.parent, *self.order, *(one.column for one in (*self.only, *self.gone))]
        return list(dict.fromkeys([*found, *(name for cell in cells for name in cell.read)]))


@dataclass(frozen=True)
class Target:
    """What an insert writes to each column, or what a call is given. values: column → what (see `writing`)."""

    table: str = ""
    call: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    arguments: tuple[Any, ...] = ()
    lines: Target | None = None


@dataclass(frozen=True)
class Document:
    """zone: of times without one. currency: of rows without one. separator: between the parts of a composite key."""

    currency: str
    zone: ZoneInfo
    separator: str
    sources: Mapping[str, Source]
    submission: Target | None
    raw: Mapping[str, Any]

    @property
    def capabilities(self) -> frozenset[str]:
        """What is not mapped is not declared."""
        found = {ENTITIES[name].capability or "" for name in self.sources} - {"prices"}
        if {"items", "customers"} <= self.sources.keys():
            found.add("prices")
        if "orders" in self.sources and "deliveries" in self.sources["orders"].parts:
            found.add("deliveries")
        if self.submission and {"items", "customers"} <= self.sources.keys() and self.has("quotes", "reference"):
            found.add("quote_submission")
        return frozenset(found)

    def has(self, name: str, field_name: str) -> bool:
        return name in self.sources and field_name in self.sources[name].fields


def empty(currency: str) -> Document:
    """Of a connection whose mapping is still to be made: it can do nothing, and its tables can be looked at."""
    return Document(currency, ZoneInfo("UTC"), "/", {}, None, {})


def load(text: str) -> dict[str, Any]:
    """TOML or JSON as data. Raises MappingError."""
    if len(text) > LONGEST:
        raise MappingError("mapping", _("too long"))
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise MappingError("mapping", _("this is neither TOML nor JSON (${why})", mapping={"why": str(error)[:200]})) from error
    return dict(found)


def parse(raw: Mapping[str, Any], currency: str) -> Document:
    """currency: of the connection, where the mapping names none. Raises MappingError, which says where."""
    known = {"currency", "time_zone", "separator", "submission", *ENTITIES}
    _known("mapping", raw, known)
    money = _text(raw, "mapping", "currency", currency)
    if money not in DECIMALS:
        raise MappingError("currency", _("no code of a currency"))
    separator = _text(raw, "mapping", "separator", "/")
    sources = {name: _source(name, raw[name], entity, separator) for name, entity in ENTITIES.items() if name in raw}
    if not sources:
        raise MappingError("mapping", _("nothing is mapped"))
    submission = _target("submission", raw["submission"]) if "submission" in raw else None
    return Document(money, _zone(_text(raw, "mapping", "time_zone", "UTC")), separator, sources, submission, raw)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise MappingError("time_zone", _("there is no time zone “${name}”", mapping={"name": name})) from error


def _source(path: str, raw: Any, entity: Entity, separator: str) -> Source:
    parts = {name for name in entity.parts if isinstance(raw, Mapping) and name in raw}
    _known(path, raw, {"table", "query", "key", "parent", "order", "only", "gone", "changed", "fields", *entity.parts})
    table, query = _text(raw, path, "table", ""), _text(raw, path, "query", "").strip()
    if bool(table) == bool(query):
        raise MappingError(path, _("needs a table or a query, and not both"))
    cells = raw.get("fields", {})
    _known(f"{path}.fields", cells, set(entity.fields))
    fields = {
        name: _cell(f"{path}.fields.{name}", one, separator if name in REFERENCES else " ") for name, one in cells.items()
    }
    for name, kind in entity.fields.items():
        if kind.needed and name not in fields:
            raise MappingError(f"{path}.fields.{name}", _("is not mapped, and is needed"))
        _check_words(f"{path}.fields.{name}", fields.get(name), kind.choices)
    key, parent = _names(raw, path, "key"), _names(raw, path, "parent")
    if entity.keyed and not key:
        raise MappingError(f"{path}.key", _("is needed: the columns that name a row"))
    if "." in path and not parent:
        raise MappingError(f"{path}.parent", _("is needed: the columns that hold the key of the whole"))
    return Source(
        table,
        query,
        key,
        parent,
        _names(raw, path, "order"),
        _conditions(raw, path, "only"),
        _conditions(raw, path, "gone"),
        _cell(f"{path}.changed", raw["changed"]) if "changed" in raw else None,
        fields,
        {name: _source(f"{path}.{name}", raw[name], entity.parts[name], separator) for name in entity.parts if name in parts},
    )


def _check_words(path: str, cell: Cell | None, choices: Any) -> None:
    if cell is None or choices is None:
        return
    ours = {member.value for member in choices}
    said = [*(cell.values or {}).values(), *([cell.otherwise] if cell.otherwise is not None else [])]
    for word in [*said, *([cell.value] if cell.value is not None else [])]:
        if word not in ours:
            told = {"word": word, "choices": ", ".join(sorted(ours))}
            raise MappingError(path, _("“${word}” is none of ${choices}", mapping=told))


def _cell(path: str, raw: Any, joiner: str = " ") -> Cell:
    if isinstance(raw, str):
        raw = {"column": raw}
    _known(path, raw, _CELL)
    columns = (*_names(raw, path, "column"), *_names(raw, path, "columns"))
    if bool(columns) == ("value" in raw):
        raise MappingError(path, _("needs a column or a constant value, and not both"))
    scale = raw.get("scale", 0)
    if not isinstance(scale, int) or not 0 <= scale <= 9:
        raise MappingError(path, _("scale is a number from 0 to 9"))
    if raw.get("decimal", ".") not in (".", ","):
        raise MappingError(path, _("decimal is a point or a comma"))
    words = raw.get("values")
    if words is not None and not isinstance(words, Mapping):
        raise MappingError(path, _("values is a table: their word = ours"))
    lookup = raw.get("lookup")
    if lookup is not None:
        _known(f"{path}.lookup", lookup, {"table", "key", "value"})
        lookup = Lookup(*(_text(lookup, f"{path}.lookup", name) for name in ("table", "key", "value")))
    return Cell(
        columns=columns,
        value=raw.get("value"),
        joiner=_text(raw, path, "joiner", joiner, blank=True),
        values=None if words is None else {str(word).strip(): ours for word, ours in words.items()},
        otherwise=raw.get("otherwise"),
        empty=_words(raw, path, "empty"),
        default=raw.get("default"),
        decimal=raw.get("decimal", "."),
        scale=scale,
        per=_text(raw, path, "per", "") or None,
        format=_text(raw, path, "format", "auto"),
        time=_text(raw, path, "time", "") or None,
        fold=1 if raw.get("fold") == "second" else 0,
        yes=_words(raw, path, "yes"),
        no=_words(raw, path, "no"),
        lookup=lookup,
    )


def _conditions(raw: Mapping[str, Any], path: str, name: str) -> tuple[Condition, ...]:
    given = raw.get(name, [])
    found = []
    for one in [given] if isinstance(given, Mapping) else given:
        _known(f"{path}.{name}", one, {"column", "values", "not"})
        if ("values" in one) == ("not" in one):
            raise MappingError(f"{path}.{name}", _("needs values, or not"))
        which = "not" if "not" in one else "values"
        found.append(Condition(_text(one, f"{path}.{name}", "column"), _words(one, f"{path}.{name}", which), which == "not"))
    return tuple(found)


def _target(path: str, raw: Any) -> Target:
    _known(path, raw, {"table", "call", "values", "arguments", "lines"})
    table, call = _text(raw, path, "table", ""), _text(raw, path, "call", "")
    if bool(table) == bool(call):
        raise MappingError(path, _("needs a table or a call, and not both"))
    if table and not raw.get("values"):
        raise MappingError(f"{path}.values", _("is needed: what is written to each column"))
    lines = _target(f"{path}.lines", raw["lines"]) if "lines" in raw else None
    if table and path == "submission" and lines is None:
        raise MappingError(f"{path}.lines", _("is needed: where the lines are written"))
    return Target(table, call, dict(raw.get("values", {})), tuple(raw.get("arguments", ())), lines)


def _known(path: str, raw: Any, names: set[str]) -> None:
    if not isinstance(raw, Mapping):
        raise MappingError(path, _("is a table of settings"))
    for name in raw:
        if name not in names:
            raise MappingError(f"{path}.{name}", _("is not known"))


def _text(raw: Mapping[str, Any], path: str, name: str, default: str | None = None, *, blank: bool = False) -> str:
    found = raw.get(name, default)
    if not isinstance(found, str) or (not found.strip() and found != default and not blank) or "\x00" in found:
        raise MappingError(f"{path}.{name}", _("is a text"))
    return found


def _names(raw: Mapping[str, Any], path: str, name: str) -> tuple[str, ...]:
    given = raw.get(name, ())
    found: Sequence[Any] = [given] if isinstance(given, str) else given
    if not isinstance(found, Sequence) or not all(isinstance(one, str) and one.strip() for one in found):
        raise MappingError(f"{path}.{name}", _("is the name of a column, or a list of such"))
    return tuple(found)


def _words(raw: Mapping[str, Any], path: str, name: str) -> frozenset[str]:
    given = raw.get(name, ())
    found = given if isinstance(given, list | tuple) else [given]
    if not all(isinstance(one, str | int | float) for one in found):
        raise MappingError(f"{path}.{name}", _("is a list of texts"))
    return frozenset(str(one).strip() for one in found)
