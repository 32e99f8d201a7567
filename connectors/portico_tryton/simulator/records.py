"""Records as Tryton's own calls find and read them: domains, dotted names, times of change. No business."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]

TARGETS = {
    "account_category": "product.category", "categories": "product.category", "childs": "account.tax",
    "company": "company.company", "contact_mechanisms": "party.contact_mechanism", "country": "country.country",
    "currency": "currency.currency", "customer_currency": "currency.currency", "default_uom": "product.uom",
    "from_location": "stock.location", "identifiers": "party.identifier", "lines_to_pay": "account.move.line",
    "move": "account.move", "moves": "stock.move", "origin_invoices": "account.invoice", "outgoing_moves": "stock.move",
    "party": "party.party", "payment_lines": "account.move.line", "product": "product.product", "sale": "sale.sale",
    "sale_price_list": "product.price_list", "sale_uom": "product.uom", "sales": "sale.sale",
    "shipments": "stock.shipment.out", "subdivision": "country.subdivision", "taxes": "account.tax",
    "template": "product.template", "to_location": "stock.location", "unit": "product.uom",
}  # fmt: skip
"""Field → model that it names records of; of `lines` it depends on whose."""
LINES = {"sale.sale": "sale.line", "account.invoice": "account.invoice.line", "account.move": "account.move.line"}

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda found, wanted: found > wanted,
    ">=": lambda found, wanted: found >= wanted,
    "<": lambda found, wanted: found < wanted,
    "<=": lambda found, wanted: found <= wanted,
    "in": lambda found, wanted: found in wanted,
    "ilike": lambda found, wanted: re.fullmatch(_pattern(wanted), str(found), re.IGNORECASE | re.DOTALL) is not None,
}


class SimulatedError(Exception):
    """What Tryton answers instead: its name of the error and what comes with it."""

    def __init__(self, name: str, *details: Any) -> None:
        super().__init__(name)
        self.said = [name, *(details or ("",))]


def user_error(words: str) -> SimulatedError:
    return SimulatedError("UserError", [words, "", None])


def target(model: str, field: str) -> str:
    return LINES[model] if field == "lines" else TARGETS[field]


def _pattern(text: str) -> str:
    """Of SQL's LIKE, with its backslash."""
    parts = re.findall(r"\\.|.", text, re.DOTALL)
    return "".join(".*" if one == "%" else "." if one == "_" else re.escape(one[-1]) for one in parts)


class Records:
    """Model → id → values; references are bare ids, lists of them for several."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, Row]] = {}
        self._ids: dict[str, itertools.count[int]] = {}
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """Never twice the same, so that what was written twice differs."""
        self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
        return self._last

    def table(self, model: str) -> dict[int, Row]:
        return self.rows.setdefault(model, {})

    def make(self, model: str, user: int = 1, **values: Any) -> int:
        number = next(self._ids.setdefault(model, itertools.count(1)))
        own = {"id": number, "create_date": self.now(), "create_uid": user, "write_date": None}
        self.table(model)[number] = {**values, **own}
        return number

    def write(self, model: str, ids: Sequence[int], **values: Any) -> None:
        for number in ids:
            self.row(model, number).update(values)
            self.row(model, number)["write_date"] = self.now()

    def delete(self, model: str, ids: Sequence[int]) -> None:
        for number in ids:
            self.row(model, number)
            del self.table(model)[number]

    def row(self, model: str, number: int) -> Row:
        found = self.table(model).get(number)
        if found is None:
            raise user_error(f'Record "{number}" of "{model}" does not exist.')
        return found

    def seen(self, model: str, row: Row, context: Mapping[str, Any]) -> Row:
        """The record with what Tryton works out when it is read; override."""
        return row

    def value(self, model: str, row: Row, name: str, context: Mapping[str, Any]) -> Any:
        found = self.seen(model, row, context)
        if name not in found:
            raise SimulatedError(f"'{name}'")
        return found[name]

    # -- finding

    def search(self, model: str, domain: Sequence[Any], context: Mapping[str, Any]) -> list[Row]:
        hidden = context.get("active_test", True) and not _asks_for(domain, "active")
        return [
            row
            for _number, row in sorted(self.table(model).items())
            if not (hidden and not row.get("active", True)) and self._fits(model, row, domain, context)
        ]

    def _fits(self, model: str, row: Row, domain: Sequence[Any], context: Mapping[str, Any]) -> bool:
        if domain and isinstance(domain[0], str) and domain[0] not in ("OR", "AND"):
            name, operator, wanted = domain[:3]
            return self._holds(model, row, name, operator, wanted, context)
        parts = domain[1:] if domain and domain[0] in ("OR", "AND") else domain
        found = (self._fits(model, row, part, context) for part in parts)
        return any(found) if domain and domain[0] == "OR" else all(found)

    def _holds(self, model: str, row: Row, name: str, operator: str, wanted: Any, context: Mapping[str, Any]) -> bool:
        first, _dot, rest = name.partition(".")
        found = self.value(model, row, first, context)
        if rest or operator == "where":
            there, inner = target(model, first), wanted if operator == "where" else [rest, operator, wanted]
            numbers = found if isinstance(found, list) else [found] if found is not None else []
            return any(self._fits(there, self.row(there, one), inner, context) for one in numbers)
        if operator in ("=", "!="):
            among = wanted in found if isinstance(found, list) else found == wanted
            return among is (operator == "=")
        return found is not None and _COMPARED[operator](found, wanted)

    # -- reading

    def read(self, model: str, row: Row, names: Sequence[str], context: Mapping[str, Any]) -> Row:
        found: Row = {"id": row["id"]}
        inner: dict[str, list[str]] = {}
        for name in names:
            first, dot, rest = name.partition(".")
            if dot:
                inner.setdefault(first, []).append(rest)
            elif name == "_timestamp":
                found[name] = self.timestamp(row)
            else:
                found[name] = self.value(model, row, name, context)
        for first, rests in inner.items():
            value, there = self.value(model, row, first, context), target(model, first)
            if isinstance(value, list):
                found[f"{first}."] = [self.read(there, self.row(there, one), rests, context) for one in value]
            else:
                found[f"{first}."] = None if value is None else self.read(there, self.row(there, value), rests, context)
        return found

    @staticmethod
    def timestamp(row: Row) -> str:
        return str((row["write_date"] or row["create_date"]).timestamp())


def _asks_for(domain: Sequence[Any], field: str) -> bool:
    parts = [part for part in domain if isinstance(part, list) and part]
    return any(part[0] == field or isinstance(part[0], list) and _asks_for(part, field) for part in parts)
