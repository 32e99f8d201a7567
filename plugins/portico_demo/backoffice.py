"""The company's people, played: each call moves every quote and order that came through the portal one step
on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from portico_demo.billing import DUE_DAYS
from portico_demo.company import SYNTHETIC
from portico_erp.totals import line_total, totals

VALID_DAYS = 30
_MOVE = """
    UPDATE orders SET status = %(to)s
    WHERE status = %(from)s AND quote_id IN (SELECT id FROM quotes WHERE portal_reference IS NOT NULL)
    RETURNING id, number"""
_SHIP = """
    INSERT INTO deliveries (order_id, shipped_at, carrier, note)
    SELECT %s, clock_timestamp(),
        coalesce((SELECT carrier FROM deliveries WHERE carrier <> '' ORDER BY id LIMIT 1), 'Demo Parcel'),
        coalesce((SELECT note FROM deliveries WHERE note <> '' ORDER BY id LIMIT 1), %s)
    RETURNING id"""
"""Carrier and note in the company's own words, as on its first delivery."""
_ORDER = """
    INSERT INTO orders (quote_id, customer_id, currency, po_number, note, net_total, tax_total, gross_total,
                        expected_on)
    SELECT id, customer_id, currency, po_number, note, net_total, tax_total, gross_total, current_date + 7
    FROM quotes WHERE id = %s RETURNING id, number"""
_ORDER_LINE = """
    INSERT INTO order_lines (order_id, position, item_kind, item_code, name, unit, quantity, unit_price,
                             tax_rate, line_total)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_ACCEPT = """
    UPDATE quotes SET status = 'accepted'
    WHERE status = 'priced' AND portal_reference IS NOT NULL
      AND (valid_until IS NULL OR valid_until >= current_date)
    RETURNING number"""
_NAME_PRICES = """
    UPDATE quote_lines l SET unit_price = i.price
    FROM quotes q, (SELECT 'material' AS kind, code, price FROM materials
                    UNION ALL SELECT 'accessory', code, price FROM accessories
                    UNION ALL SELECT 'service', code, price FROM services
                    UNION ALL SELECT 'fee', code, price FROM fees) i
    WHERE l.unit_price IS NULL AND q.id = l.quote_id AND q.status = 'submitted'
      AND (i.kind, i.code) = (l.item_kind, l.item_code)"""
_SUBMITTED = """
    SELECT * FROM quotes WHERE status = 'submitted' AND portal_reference IS NOT NULL
    ORDER BY id FOR UPDATE"""
_PRICE = """
    UPDATE quotes SET status = 'priced', valid_until = current_date + %s::integer, net_total = %s,
                      tax_total = %s, gross_total = %s
    WHERE id = %s"""

_NEWEST_ORDER = """
    UPDATE orders SET status = %(to)s WHERE id = (
        SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id
        WHERE c.code = %(customer)s AND o.status = %(from)s AND NOT o.id = ANY(%(done)s)
        ORDER BY o.ordered_at DESC, o.id LIMIT 1)
    RETURNING id"""
_ARRIVED = "UPDATE deliveries SET delivered_at = clock_timestamp() WHERE delivered_at IS NULL AND order_id = %s"
_INVOICE = """
    INSERT INTO invoices (customer_id, order_id, currency, po_number, net_total, tax_total, gross_total, issued_on, due_on)
    SELECT customer_id, id, currency, po_number, net_total, tax_total, gross_total, current_date, current_date + %s::integer
    FROM orders o WHERE id = %s AND NOT EXISTS (SELECT FROM invoices i WHERE i.order_id = o.id) RETURNING id, number"""
_INVOICE_LINES = """
    INSERT INTO invoice_lines (invoice_id, position, item_kind, item_code, name, unit, quantity, unit_price, tax_rate, line_total)
    SELECT %s, position, item_kind, item_code, name, unit, quantity, unit_price, tax_rate, line_total
    FROM order_lines WHERE order_id = %s"""
_ASKED = """
    SELECT q.* FROM quotes q JOIN customers c ON c.id = q.customer_id
    WHERE c.code = %s AND q.status = 'submitted' FOR UPDATE OF q"""


@dataclass
class Done:
    """What one call did, as numbers of quotes and orders."""

    priced: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    ordered: list[str] = field(default_factory=list)
    processing: list[str] = field(default_factory=list)
    shipped: list[str] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    invoiced: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def __str__(self) -> str:
        parts = [f"{name}: {', '.join(numbers)}" for name, numbers in vars(self).items() if numbers]
        return "; ".join(parts) or "nothing to do"


def process(dsn: str, *, accept: bool = False) -> Done:
    """One transaction in the company database. The loaded history is left alone.

    submitted → priced → accepted → ordered, and the order: pending → processing → shipped → delivered, with its invoice.
    `accept`: customers say yes by telephone; else what is priced waits for their own answer in the portal.
    """
    done = Done()
    with psycopg.connect(dsn, row_factory=dict_row, application_name="portico demo") as connection:
        # From the last step to the first, so that everything takes one step only.
        _move_orders(connection, done)
        _order_accepted(connection, done)
        if accept:
            done.accepted = sorted(row["number"] for row in connection.execute(_ACCEPT))
        _price_submitted(connection, done)
    return done


def _move_orders(connection: psycopg.Connection[Any], done: Done) -> None:
    for order in connection.execute(_MOVE, {"from": "shipped", "to": "delivered"}).fetchall():
        connection.execute(
            "UPDATE deliveries SET delivered_at = clock_timestamp() "
            "WHERE delivered_at IS NULL AND order_id = %s",
            [order["id"]],
        )
        done.delivered.append(order["number"])
        done.invoiced += invoice(connection, order["id"])
    for order in connection.execute(_MOVE, {"from": "processing", "to": "shipped"}).fetchall():
        ship(connection, order["id"])
        done.shipped.append(order["number"])
    done.processing = [
        row["number"] for row in connection.execute(_MOVE, {"from": "pending", "to": "processing"})
    ]


def invoice(connection: psycopg.Connection[Any], order_id: int) -> list[str]:
    """Bill an order that arrived, once; the number, [] for one that has been billed."""
    made = connection.execute(_INVOICE, [DUE_DAYS, order_id]).fetchone()
    if made is None:
        return []
    connection.execute(_INVOICE_LINES, [made["id"], order_id])
    return [made["number"]]


def ship(connection: psycopg.Connection[Any], order_id: int) -> None:
    delivery = _one(connection.execute(_SHIP, [order_id, SYNTHETIC]))
    number = f"DEMO{delivery['id']:08}"
    connection.execute(
        "UPDATE deliveries SET tracking_number = %s, tracking_url = %s WHERE id = %s",
        [number, f"https://tracking.example/{number}", delivery["id"]],
    )
    connection.execute(
        "INSERT INTO delivery_lines (delivery_id, order_line_id, quantity) "
        "SELECT %s, id, quantity FROM order_lines WHERE order_id = %s",
        [delivery["id"], order_id],
    )


def _order_accepted(connection: psycopg.Connection[Any], done: Done) -> None:
    for quote in connection.execute(
        "UPDATE quotes SET status = 'ordered' WHERE status = 'accepted' AND portal_reference IS NOT NULL "
        "RETURNING id, currency"
    ).fetchall():
        order = _one(connection.execute(_ORDER, [quote["id"]]))
        for line in _lines(connection, quote["id"]):
            connection.execute(
                _ORDER_LINE,
                [
                    order["id"],
                    line["position"],
                    line["item_kind"],
                    line["item_code"],
                    line["name"],
                    line["unit"],
                    line["quantity"],
                    line["unit_price"],
                    line["tax_rate"],
                    line_total(line["quantity"], line["unit_price"], quote["currency"]),
                ],
            )
        done.ordered.append(order["number"])


def _price_submitted(connection: psycopg.Connection[Any], done: Done) -> None:
    """Lines without a price get the list price; totals are worked out anew."""
    connection.execute(_NAME_PRICES)
    done.priced.extend(price(connection, connection.execute(_SUBMITTED).fetchall()))


def price(connection: psycopg.Connection[Any], quotes: Sequence[dict[str, Any]]) -> list[str]:
    """Offer these rows of `quotes` at the prices of their lines; their numbers."""
    for quote in quotes:
        lines = [
            (line["quantity"], line["unit_price"] or Decimal(0), line["tax_rate"])
            for line in _lines(connection, quote["id"])
        ]
        sums = totals(lines, quote["currency"])
        connection.execute(_PRICE, [VALID_DAYS, sums.net, sums.tax, sums.gross, quote["id"]])
    return [quote["number"] for quote in quotes]


def _lines(connection: psycopg.Connection[Any], quote_id: int) -> list[dict[str, Any]]:
    return connection.execute(
        "SELECT * FROM quote_lines WHERE quote_id = %s ORDER BY position", [quote_id]
    ).fetchall()


def _one(cursor: psycopg.Cursor[Any]) -> dict[str, Any]:
    row: dict[str, Any] | None = cursor.fetchone()
    assert row is not None
    return row


def first_hour(dsn: str, customer: str) -> None:
    """One order of the customer is sent, another arrives, and the quotes that they asked for get their prices.

    So the first visitor meets activity and notices that came about as all later ones do.
    """
    with psycopg.connect(dsn, row_factory=dict_row, application_name="portico demo") as connection:
        done: list[int] = []
        for before, after in (("shipped", "delivered"), ("processing", "shipped")):
            values = {"customer": customer, "from": before, "to": after, "done": done}
            order = connection.execute(_NEWEST_ORDER, values).fetchone()
            if order is None:
                continue
            done.append(order["id"])
            if after == "delivered":
                connection.execute(_ARRIVED, [order["id"]])
                invoice(connection, order["id"])
            elif after == "shipped":
                ship(connection, order["id"])
        price(connection, connection.execute(_ASKED, [customer]).fetchall())


def change_price(dsn: str, code: str, price: str) -> str | None:
    """Set an item's price; the price before, or None if there is no such item."""
    with psycopg.connect(dsn, application_name="portico demo") as connection:
        for table in ("materials", "accessories", "services", "fees"):
            before = connection.execute(
                sql.SQL("SELECT price FROM {} WHERE code = %s FOR UPDATE").format(sql.Identifier(table)), [code]
            ).fetchone()
            if before is not None:
                connection.execute(
                    sql.SQL("UPDATE {} SET price = %s WHERE code = %s").format(sql.Identifier(table)),
                    [Decimal(price), code],
                )
                return str(before[0])
    return None
