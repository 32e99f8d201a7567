"""Which tables and columns a database has, found out by asking for them: an interface need not describe itself.

Two forms are known. The standard schema keeps lines in tables of their own; the other keeps a quote whole, as a JSON document
in `quotes.quote_data`. Columns that the portal can do without are left out where they are missing.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from portico_erp.errors import ConnectorRejectedError
from portico_supabase.rest import MissingColumnError, Rest


@dataclass(frozen=True)
class Wanted:
    """Columns that must be there, and those that may be."""

    needed: tuple[str, ...]
    welcome: tuple[str, ...] = ()


ITEMS = {"accessory": "accessories", "fee": "fees", "material": "materials", "service": "services"}
"""Kind → table, in the order in which kinds are sorted when items are paged."""

_ITEM = Wanted(
    ("name", "price"),
    ("code", "id", "description", "category", "unit", "tax_rate", "is_active", "updated_at"),
)
_LINE = ("position", "item_kind", "item_code", "name", "unit", "quantity", "unit_price", "tax_rate")
_MONEY = ("net_total", "tax_total", "gross_total")
TABLES: Mapping[str, Wanted] = {
    **dict.fromkeys(ITEMS.values(), _ITEM),
    "customers": Wanted(
        ("id", "name"), ("code", "email", "claim_code", "currency", "price_list", "is_active", "updated_at")
    ),
    "price_list": Wanted(("code", "name", "currency", "is_active")),
    "price_list_item": Wanted(("id", "item_kind", "item_code", "min_quantity", "price")),
    "quotes": Wanted(
        ("id", "customer_id", "status"),
        ("quote_data", "number", "portal_reference", "currency", "note", "po_number", "reason", *_MONEY, "valid_until")
        + ("created_at", "updated_at"),
    ),
    "quote_lines": Wanted(("quote_id", *_LINE, "note")),
    "orders": Wanted(
        ("id", "status"),
        ("number", "quote_id", "customer_id", "currency", "po_number", "note", *_MONEY, "expected_on", "ordered_at")
        + ("created_at", "updated_at"),
    ),
    "order_lines": Wanted(("id", "order_id", *_LINE, "line_total")),
    "deliveries": Wanted(
        ("id", "order_id", "number", "shipped_at", "delivered_at", "carrier", "tracking_number", "tracking_url", "note")
    ),
    "invoices": Wanted(
        ("id", "number", "kind", "customer_id", "status", "currency", *_MONEY, "paid_total", "issued_on"),
        ("order_id", "credits_id", "po_number", "due_on", "updated_at"),
    ),
    "invoice_lines": Wanted(("id", "invoice_id", *_LINE, "line_total")),
    "payments": Wanted(
        ("id", "number", "customer_id", "amount", "currency", "paid_on"),
        ("invoice_id", "portal_reference", "method", "is_cancelled", "updated_at"),
    ),
    "delivery_lines": Wanted(("id", "delivery_id", "order_line_id", "quantity")),
}


class Shape:
    """Of one database; asked once and kept. Safe for threads."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._columns: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def columns(self, table: str) -> tuple[str, ...]:
        """Raises ConnectorRejectedError (code "schema") when the table or a column that is needed is missing."""
        with self._lock:
            found = self._columns.get(table)
        if found is None:
            found = self._ask(table)
            with self._lock:
                self._columns[table] = found
        return found

    def _ask(self, table: str) -> tuple[str, ...]:
        wanted = TABLES[table]
        columns = [*wanted.needed, *wanted.welcome]
        while True:
            try:
                self._rest.rows(table, columns, limit=0)
                return tuple(columns)
            except MissingColumnError as error:
                if error.column not in wanted.welcome or error.column not in columns:
                    raise
                columns.remove(error.column)

    def has(self, table: str, column: str = "") -> bool:
        """Whether the table is there, and the column in it."""
        try:
            return not column or column in self.columns(table) if self.columns(table) else False
        except ConnectorRejectedError as error:
            if error.code == "schema":
                return False
            raise

    def forget(self) -> None:
        """Something that was there is missing: ask again the next time."""
        with self._lock:
            self._columns.clear()

    def kinds(self) -> dict[str, str]:
        """Kind → table of those that there are. Raises ConnectorRejectedError when there is none."""
        found = {kind: table for kind, table in ITEMS.items() if self.has(table)}
        if not found:
            self.columns("materials")
        return found

    def key(self, table: str) -> str:
        """The column by which people and other tables of the company name an item or a customer."""
        return "code" if "code" in self.columns(table) else "id"

    @property
    def documents(self) -> bool:
        """Whether a quote is one JSON document; else its lines are rows."""
        return self.has("quotes", "quote_data")
