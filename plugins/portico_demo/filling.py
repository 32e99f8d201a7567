"""How a demo company gets into a company database: COPY, in one transaction."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from portico_companydb import schema
from portico_demo import billing
from portico_demo.company import Company, DemoLine, DemoOrder
from portico_erp.totals import line_total, totals

TABLES = {"material": "materials", "accessory": "accessories", "service": "services", "fee": "fees"}


def load(dsn: str, company: Company, now: datetime) -> dict[str, int]:
    """Make the schema in an empty database and fill it, in one transaction. The rows per table."""
    with psycopg.connect(dsn, application_name="portico demo") as connection:
        connection.execute(schema.statements("postgresql")[0].encode())
        loader = Loader(connection, company, now)
        loader.load()
        return dict(loader.counts)


class Loader:
    """Numbers the rows itself, so that parts can name their whole without asking the database."""

    def __init__(self, connection: psycopg.Connection[Any], company: Company, now: datetime) -> None:
        self.connection = connection
        self.company = company
        self.now = now
        self.counts: Counter[str] = Counter()
        self.customer_ids = {customer.code: n for n, customer in enumerate(company.customers, 1)}
        self.settled = now - timedelta(days=30)

    def load(self) -> None:
        self._items()
        self._customers()
        self._quotes()
        self._orders()
        self._invoices()
        self.connection.execute("SELECT setval('quote_number', greatest(count(*), 1)) FROM quotes")
        self.connection.execute("SELECT setval('order_number', greatest(count(*), 1)) FROM orders")
        self.connection.execute("ANALYZE")

    def _copy(self, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        """COPY with the triggers off: updated_at is given, and no row touches its whole thousands of times.
        """
        name = sql.Identifier(table)
        names = sql.SQL(", ").join(sql.Identifier(column) for column in columns.split())
        self.connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
        count = 0
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(name, names)
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
        self.connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name))
        if "id" in columns.split():
            self.connection.execute(
                sql.SQL(
                    "SELECT setval(pg_get_serial_sequence({}, 'id'), greatest((SELECT max(id) FROM {}), 1))"
                ).format(sql.Literal(table), name)
            )
        self.counts[table] += count

    def _items(self) -> None:
        for kind, table in TABLES.items():
            self._copy(
                table,
                "code name description price category unit tax_rate updated_at",
                [
                    (
                        item.code,
                        item.name,
                        item.description,
                        item.price,
                        item.category,
                        item.unit,
                        item.tax_rate,
                        self.settled,
                    )
                    for item in self.company.items
                    if item.kind == kind
                ],
            )

    def _customers(self) -> None:
        company = self.company
        self._copy(
            "price_list",
            "code name currency",
            [(code, name, company.currency) for code, name in company.price_lists.items()],
        )
        self._copy(
            "price_list_item",
            "price_list item_kind item_code min_quantity price",
            [
                (agreed.price_list, agreed.item.kind, agreed.item.code, agreed.min_quantity, agreed.price)
                for agreed in company.agreed
            ],
        )
        self._copy(
            "customers",
            "id code name email claim_code currency price_list country contact_name contact_email contact_phone updated_at",
            [
                (
                    self.customer_ids[one.code],
                    one.code,
                    one.name,
                    one.email,
                    one.claim_code,
                    company.currency,
                    one.price_list,
                    one.country,
                    *one.contact,
                    self.settled,
                )
                for one in company.customers
            ],
        )
        self._copy(
            "customer_addresses",
            "customer_id name street postcode city region country phone updated_at",
            [
                (
                    self.customer_ids[one.code],
                    address.name,
                    address.street,
                    address.postcode,
                    address.city,
                    address.region,
                    address.country,
                    address.phone,
                    self.settled,
                )
                for one in company.customers
                for address in one.addresses
            ],
        )

    def _totals(self, lines: Sequence[DemoLine]) -> tuple[Decimal, Decimal, Decimal]:
        sums = totals(
            [(line.quantity, line.unit_price, line.tax_rate) for line in lines], self.company.currency
        )
        return sums.net, sums.tax, sums.gross

    def _quotes(self) -> None:
        quotes = list(enumerate(self.company.quotes, 1))
        self._copy(
            "quotes",
            "id number customer_id status currency reason note net_total tax_total gross_total "
            "valid_until created_at updated_at",
            [
                (
                    n,
                    quote.number,
                    self.customer_ids[quote.customer],
                    quote.status,
                    self.company.currency,
                    quote.reason,
                    self.company.note,
                    *self._totals(quote.lines),
                    quote.valid_until,
                    quote.made_at,
                    quote.made_at,
                )
                for n, quote in quotes
            ],
        )
        self._copy(
            "quote_lines",
            "quote_id position item_kind item_code name unit quantity unit_price tax_rate",
            [
                (
                    n,
                    position,
                    line.item.kind,
                    line.item.code,
                    line.item.name,
                    line.item.unit,
                    line.quantity,
                    line.unit_price,
                    line.tax_rate,
                )
                for n, quote in quotes
                for position, line in enumerate(quote.lines, 1)
            ],
        )

    def _orders(self) -> None:
        orders = list(enumerate(self.company.orders, 1))
        self._copy(
            "orders",
            "id number customer_id status currency note net_total tax_total gross_total expected_on "
            "ordered_at updated_at",
            [
                (
                    n,
                    order.number,
                    self.customer_ids[order.customer],
                    order.status,
                    self.company.currency,
                    order.note,
                    *self._totals(order.lines),
                    order.ordered_at.date() + timedelta(days=7),
                    order.ordered_at,
                    self._last_change(order),
                )
                for n, order in orders
            ],
        )
        sent: list[tuple[int, DemoOrder]] = []
        contents: list[tuple[int, int, Decimal]] = []
        self._copy(
            "order_lines",
            "id order_id position item_kind item_code name unit quantity unit_price tax_rate line_total",
            self._order_lines(orders, sent, contents),
        )
        self._deliveries(sent, contents)

    def _order_lines(
        self,
        orders: Sequence[tuple[int, DemoOrder]],
        sent: list[tuple[int, DemoOrder]],
        contents: list[tuple[int, int, Decimal]],
    ) -> Iterable[tuple[Any, ...]]:
        """The rows; notes on the way which orders were `sent` and what their deliveries contain."""
        line_id = 0
        for n, order in orders:
            shipped = order.status in ("shipped", "delivered")
            if shipped:
                sent.append((n, order))
            for position, line in enumerate(order.lines, 1):
                line_id += 1
                if shipped:
                    contents.append((len(sent), line_id, line.quantity))
                item, total = line.item, line_total(line.quantity, line.unit_price, self.company.currency)
                yield (line_id, n, position, item.kind, item.code, item.name, item.unit,
                       line.quantity, line.unit_price, line.tax_rate, total)

    def _deliveries(
        self, sent: Sequence[tuple[int, DemoOrder]], contents: Sequence[tuple[int, int, Decimal]]
    ) -> None:
        rows = []
        for n, (order_id, order) in enumerate(sent, 1):
            number = f"DEMO{n:08}"
            address, changed = f"{self.company.tracking}{number}", self._last_change(order)
            rows.append((f"D-{n:06}", order_id, *self._sent(order), self.company.carrier, number, address,
                         self.company.note, changed))
        self._copy(
            "deliveries",
            "id number order_id shipped_at delivered_at carrier tracking_number tracking_url note updated_at",
            ((n, *row) for n, row in enumerate(rows, 1)),
        )
        self._copy("delivery_lines", "delivery_id order_line_id quantity", contents)
        self.connection.execute("SELECT setval('delivery_number', %s)", [max(len(sent), 1)])

    def _invoices(self) -> None:
        for table, columns, rows in billing.rows(self.company, self.customer_ids, self.now):
            self._copy(table, columns, rows)
        for name, table in (("invoice_number", "invoices"), ("payment_number", "payments")):
            self.connection.execute(sql.SQL("SELECT setval({}, greatest((SELECT count(*) FROM {}), 1))").format(
                sql.Literal(name), sql.Identifier(table)
            ))

    def _sent(self, order: DemoOrder) -> tuple[datetime, datetime | None]:
        """Synthetic, as the notes say: shipped two to four days after the order, delivered one to four days after that, by the
        order's number, so that it is the same each time."""
        chance = zlib.crc32(order.number.encode())
        shipped = min(order.ordered_at + timedelta(days=2 + chance % 3), self.now)
        arrived = shipped + timedelta(days=1 + chance // 3 % 4)
        return shipped, min(arrived, self.now) if order.status == "delivered" else None

    def _last_change(self, order: DemoOrder) -> datetime:
        if order.status in ("shipped", "delivered"):
            shipped, delivered = self._sent(order)
            return delivered or shipped
        return order.ordered_at
