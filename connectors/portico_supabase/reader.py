"""The reads: pages of changed rows with their parts, items for prices, customers. Rows only, no values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portico_erp.cursors import Cursor, digest, stamp
from portico_erp.invariants import LONGEST_CODE, LONGEST_NAME
from portico_supabase.rest import Rest, Row, listed, quoted
from portico_supabase.shape import ITEMS, Shape

MOST_TURNS = 30


@dataclass(frozen=True)
class Read:
    """Rows of one page, those seen before left out, and where to go on."""

    rows: Sequence[Row]
    cursor: Cursor
    more: bool


@dataclass(frozen=True)
class _Found:
    row: Row
    kind: str
    key: str
    at: str
    """"" in tables that keep no time of a change."""

    @property
    def ref(self) -> str:
        return f"{self.kind}:{self.key}" if self.kind else self.key

    @property
    def mark(self) -> str:
        return self.at or digest(self.row)


class Reader:
    def __init__(self, rest: Rest, shape: Shape, overlap: timedelta) -> None:
        self.rest, self.shape, self.overlap = rest, shape, overlap

    def changed_items(self, cursor: Cursor, limit: int) -> Read:
        return self._changed(self.shape.kinds(), cursor, limit)

    def changed(self, table: str, cursor: Cursor, limit: int) -> Read:
        return self._changed({"": table}, cursor, limit)

    def _changed(self, tables: Mapping[str, str], cursor: Cursor, limit: int) -> Read:
        """A page, filled by as many questions as it takes: a server may give less at a time than it is asked for."""
        rows: list[Row] = []
        taken = 0
        for _turn in range(MOST_TURNS):
            read, count = self._some(tables, cursor, limit - taken)
            rows += read.rows
            taken += count
            cursor = read.cursor
            if not read.more or taken >= limit:
                break
        return Read(rows, cursor, read.more)

    def _some(self, tables: Mapping[str, str], cursor: Cursor, limit: int) -> tuple[Read, int]:
        """Rows of all tables in one order, and how many were read; each table gives its first rows, the merge is of a few."""
        found: list[_Found] = []
        ends: list[tuple[str, str]] = []
        clocks: list[datetime] = []
        for kind, table in tables.items():
            columns = self.shape.columns(table)
            key, dated = self._key(table), "updated_at" in columns
            filters = _after(key, kind, cursor, dated)
            if filters is None:
                continue
            page = self.rest.rows(
                table, columns, filters, order=["updated_at", key] if dated else [key], limit=limit + 1
            )
            clocks.append(page.clock)
            rows = [_Found(row, kind, str(row[key]), stamp(row["updated_at"]) if dated else "") for row in page.rows]
            found += rows
            if page.more and rows:
                ends.append((rows[-1].at, kind))
        # Stable: rows of one moment keep the order of their keys, which is the database's own.
        ordered = sorted(found, key=lambda one: (one.at, one.kind))
        if ends:
            # A table has more than it gave: what sorts behind its last row has to wait for them.
            ordered = [one for one in ordered if (one.at, one.kind) <= min(ends)]
        some, more = ordered[:limit], bool(ends) or len(ordered) > limit
        begun = cursor.begin(min(clocks)) if clocks else cursor
        following = begun.advance(
            [(one.ref, one.mark, one.at, one.kind, one.key) for one in some], more=more, overlap=self.overlap
        )
        fresh = [{**one.row, "kind": one.kind} if one.kind else one.row for one in some if begun.is_new(one.ref, one.mark)]
        return Read(fresh, following, more), len(some)

    def _key(self, table: str) -> str:
        """What rows of one moment are sorted by: unique, and never empty."""
        return self.shape.key(table) if table in self._items else "id"

    _items = frozenset(ITEMS.values())

    def parts(self, table: str, column: str, ids: Sequence[Any], key: str) -> dict[Any, list[Row]]:
        """Rows of a table of parts by the whole that they belong to."""
        groups: dict[Any, list[Row]] = {}
        if ids:
            for row in self.rest.parts(table, self.shape.columns(table), column, ids, key):
                groups.setdefault(row[column], []).append(row)
        return groups

    def quote_lines(self, ids: Sequence[Any]) -> dict[Any, list[Row]]:
        """By quote, in their order."""
        found = self.parts("quote_lines", "quote_id", ids, "id")
        return {of: sorted(rows, key=lambda row: row["position"]) for of, rows in found.items()}

    def order_parts(self, ids: Sequence[Any]) -> tuple[dict[Any, list[Row]], dict[Any, list[Row]], dict[Any, list[Row]]]:
        """Lines by order, deliveries by order, lines of deliveries (as their order's line) by delivery."""
        if not self.shape.has("order_lines"):
            return {}, {}, {}
        lines = self.parts("order_lines", "order_id", ids, "id")
        sent = self.parts("deliveries", "order_id", ids, "id")
        of_delivery = self.parts("delivery_lines", "delivery_id", [one["id"] for rows in sent.values() for one in rows], "id")
        by_id = {line["id"]: line for rows in lines.values() for line in rows}
        contents: dict[Any, list[Row]] = {
            of: [{**by_id.get(row["order_line_id"], {}), "quantity": row["quantity"]} for row in rows]
            for of, rows in of_delivery.items()
        }
        return (
            {of: sorted(rows, key=lambda row: row["position"]) for of, rows in lines.items()},
            sent,
            contents,
        )

    def customer_refs(self, ids: Sequence[Any]) -> dict[Any, str]:
        """What the portal names these customers by: their code where they have one, else their id."""
        known = [one for one in dict.fromkeys(ids) if one is not None]
        if not known or not self.shape.has("customers") or self.shape.key("customers") == "id":
            return {one: str(one) for one in known}
        rows = self.rest.parts("customers", ["id", "code"], "id", known, "id")
        return {row["id"]: row["code"] for row in rows}

    def by_id(self, table: str, ids: Sequence[Any]) -> dict[Any, Row]:
        known = [one for one in dict.fromkeys(ids) if one is not None]
        rows = self.rest.parts(table, self.shape.columns(table), "id", known, "id") if known else []
        return {row["id"]: row for row in rows}

    def items_by_key(self, wanted: Sequence[tuple[str, str]]) -> list[Row]:
        """Items by (kind, key), inactive ones included."""
        found: list[Row] = []
        for kind, table in self.shape.kinds().items():
            keys = sorted({key for of_kind, key in wanted if of_kind == kind and len(key) <= LONGEST_CODE})
            column = self.shape.key(table)
            if column == "id":
                keys = [key for key in keys if may_be_id(key)]
            if keys:
                rows = self.rest.parts(table, self.shape.columns(table), column, keys, column)
                found += [dict(row, kind=kind) for row in rows]
        return found

    def own_prices(self, price_list: str | None, codes: Sequence[str]) -> tuple[Row | None, list[Row]]:
        """The customer's price list, if it holds, and its entries for these items of today, whatever their quantity."""
        if not price_list or not self.shape.has("price_list"):
            return None, []
        lists = self.rest.rows(
            "price_list", self.shape.columns("price_list"), [("code", f"eq.{price_list}"), ("is_active", "is.true")]
        )
        if not lists.rows:
            return None, []
        columns = self.shape.columns("price_list_item")
        entries: list[Row] = []
        for chosen in listed([code for code in codes if len(code) <= LONGEST_CODE]):
            filters = [
                ("price_list", f"eq.{price_list}"),
                ("item_code", chosen),
                ("and", "(or(valid_from.is.null,valid_from.lte.today),or(valid_until.is.null,valid_until.gte.today))"),
            ]
            entries += self._all("price_list_item", columns, filters)
        return lists.rows[0], entries

    def _all(self, table: str, columns: Sequence[str], filters: Sequence[tuple[str, str]]) -> list[Row]:
        found: list[Row] = []
        after: list[tuple[str, str]] = []
        while True:
            page = self.rest.rows(table, columns, [*filters, *after], order=["id"])
            found += page.rows
            if not page.more or not page.rows:
                return found
            after = [("id", f"gt.{page.rows[-1]['id']}")]

    def customer(
        self, *, code: str | None = None, email: str | None = None, claim_code: str | None = None
    ) -> Row | None:
        """The active customer of that code, or the only active one with that e-mail address or claim code."""
        asked = {"code": code, "email": email, "claim_code": claim_code}
        given = {name: value for name, value in asked.items() if value is not None}
        # An empty claim code must never find the customers that have none.
        if not given or not all(value.strip() and "\x00" not in value and len(value) <= LONGEST_NAME for value in given.values()):
            return None
        columns, key = self.shape.columns("customers"), self.shape.key("customers")
        filters = [("is_active", "is.true")] if "is_active" in columns else []
        for name, value in given.items():
            if name == "code":
                if key == "id" and not may_be_id(value):
                    return None
                filters.append((key, f"eq.{value}"))
            elif name not in columns:
                return None
            else:
                filters.append((name, f"ilike.{_literally(value.strip())}"))
        rows = [row for row in self.rest.rows("customers", columns, filters, limit=3).rows if _same(row, email, claim_code)]
        return rows[0] if len(rows) == 1 else None


def _after(key: str, kind: str, cursor: Cursor, dated: bool) -> list[tuple[str, str]] | None:
    """Filters for what is behind the cursor in the order (updated_at, kind, key); None: nothing of this table is."""
    filters: list[tuple[str, str]] = []
    if dated and cursor.since is not None:
        filters.append(("updated_at", f"gte.{cursor.since}"))
    if cursor.after is None:
        return filters
    at, last_kind, last_key = cursor.after
    if not dated:
        if at or kind < last_kind:
            return None
        return [(key, f"gt.{last_key}")] if kind == last_kind else filters
    if not at:
        return filters
    if kind == last_kind:
        both = f"updated_at.eq.{quoted(at)},{key}.gt.{quoted(last_key)}"
        filters.append(("or", f"(updated_at.gt.{quoted(at)},and({both}))"))
    else:
        filters.append(("updated_at", f"{'gte' if kind > last_kind else 'gt'}.{at}"))
    return filters


def may_be_id(key: str) -> bool:
    """Whether a column of ids can be asked for it: a number that fits, or a UUID. The database would refuse all else."""
    if key.isascii() and key.isdigit():
        return len(key) < 19
    try:
        return len(key) == 36 and str(UUID(key)) == key.lower()
    except ValueError:
        return False


def _literally(value: str) -> str:
    """For `ilike`, where %, _ and * stand for anything. No escape is known for *: the answer is compared again."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _same(row: Row, email: str | None, claim_code: str | None) -> bool:
    asked = (("email", email), ("claim_code", claim_code))
    return all(str(row.get(name) or "").lower() == value.strip().lower() for name, value in asked if value is not None)
