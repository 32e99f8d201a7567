"""The connector's stage: a company's people at work in its database, past the connector; for the conformance kit."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, ClassVar

import psycopg
from psycopg import sql
from sqlalchemy import event

from portico.db.embedded import EmbeddedServer
from portico_companydb.connector import CompanyDatabase
from portico_erp.conformance.stage import Loopback
from portico_erp.connector import Egress
from portico_erp.errors import (
    ConnectorRejectedError,
    ConnectorUnauthorisedError,
    ConnectorUnavailableError,
)
from portico_erp.values import Address

KINDS = {"material": "materials", "accessory": "accessories", "service": "services", "fee": "fees"}


def seed(database: Any) -> None:
    """What is sold, to whom, at which prices."""
    run = database.execute
    run("insert into price_list (code, name, currency) values ('GOLD', 'Gold 2026', 'EUR')")
    run(
        "insert into customers (code, name, email, claim_code, currency, price_list) "
        "values ('C1', 'Société Générique', 'Buyer@Customer.example', 'CLAIM-1', 'EUR', 'GOLD')"
    )
    for number in range(1, 18):
        run(
            "insert into materials (code, name, price, category, tax_rate) values (%s, %s, %s, 'Sheets', 20)",
            f"M{number}", f"Material {number}", number + Decimal("0.99"),
        )  # fmt: skip
    for number in range(1, 6):
        run("insert into accessories (code, name, price) values (%s, %s, %s)", f"A{number}", f"Accessory {number}", number)
    run("insert into services (code, name, price) values ('M1', 'Service with the code of a material', 80)")
    run("insert into fees (code, name, price) values ('F1', 'Packing', 0)")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    for quantity, price, until in ((0, "0.95", None), (10, "0.8765", None), (100, "0.5", None), (5, "0.01", yesterday)):
        run(
            "insert into price_list_item (price_list, item_kind, item_code, min_quantity, price, valid_until) "
            "values ('GOLD', 'material', 'M1', %s, %s, %s)",
            quantity, Decimal(price), until,
        )  # fmt: skip


@dataclass(frozen=True)
class PlayedDatabase:
    """A database with a login of its own, and a superuser's way past the connector."""

    name: str
    config: dict[str, Any]
    secrets: dict[str, str]
    admin_url: str

    @classmethod
    def make(cls, server: EmbeddedServer) -> PlayedDatabase:
        """A new and empty one."""
        name = f"company_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute(sql.SQL("create role {} login password 'for tests'").format(sql.Identifier(name)))
            connection.execute(sql.SQL("create database {0} owner {0}").format(sql.Identifier(name)))
        config = {
            "host": "erp.example",
            "port": server.port,
            "database": name,
            "user": name,
            "sslmode": "disable",
            "currency": "EUR",
        }
        return cls(name, config, {"password": "for tests"}, server.url(name))

    def execute(self, statement: str, *parameters: Any, **names: str) -> list[tuple[Any, ...]]:
        """Past the connector. names: tables or constraints that stand in the statement in braces."""
        quoted = {key: sql.Identifier(value) for key, value in names.items()}
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            cursor = connection.execute(sql.SQL(statement).format(**quoted) if names else statement.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def unchecked(self, statement: str, *parameters: Any, table: str) -> None:
        """Once the table's conditions on prices are gone, for good."""
        conditions = self.execute(
            "select conname from pg_constraint where conrelid = %s::regclass and contype = 'c' "
            "and pg_get_constraintdef(oid) like '%%price%%'",
            table,
        )
        for (name,) in conditions:
            self.execute("alter table {table} drop constraint {name}", table=table, name=name)
        self.execute(statement, *parameters, table=table)


@contextmanager
def open_stage(folder: Path, live: bool) -> Iterator[CompanyDatabaseStage]:
    """A database of a PostgreSQL server of its own. live: the same, as that server is the real system already."""
    server = EmbeddedServer(folder, {"fsync": "off"})
    server.start()
    try:
        yield CompanyDatabaseStage.set_up(PlayedDatabase.make(server))
    finally:
        server.destroy()


class CompanyDatabaseStage:
    """Plays the company's people on its database, past the connector."""

    connector: Any = CompanyDatabase()
    customer_ref = "C1"
    customer_email = "buyer@customer.example"
    item_count = 24
    own_price = ("material:M1", Decimal(12), Decimal("0.8765"))

    speaks_http = False

    @classmethod
    def set_up(cls, database: PlayedDatabase) -> CompanyDatabaseStage:
        """In the standard schema, with things to sell and an order."""
        stage = cls(database, Loopback())
        client = stage.connector.open(stage.config, stage.secrets, egress=stage.egress)
        try:
            client.set_up()
        finally:
            client.close()
        seed(database)
        return stage

    def __init__(self, database: Any, egress: Egress) -> None:
        self.database = database
        self.egress = egress
        self.config, self.secrets = database.config, database.secrets
        self.invalid: list[Any] = [
            (self.config | {"currency": "XXQ"}, self.secrets, ConnectorRejectedError),
            (self.config | {"surprise": "1"}, self.secrets, ConnectorRejectedError),
        ]
        if "port" in self.config:
            self.address = ("127.0.0.1", self.config["port"])
            self.invalid += self._no_servers()

    def _no_servers(self) -> list[Any]:
        return [
            (self.config, {"password": "wr0ng-secret"}, ConnectorUnauthorisedError),
            (self.config | {"database": "no_such"}, self.secrets, ConnectorUnauthorisedError),
            (self.config | {"user": "no_such"}, self.secrets, ConnectorUnauthorisedError),
            (self.config | {"port": 1}, self.secrets, ConnectorUnavailableError),
            (self.config | {"host": "/var/run/postgresql"}, self.secrets, ConnectorRejectedError),
            (self.config | {"host": "a,b"}, self.secrets, ConnectorRejectedError),
            (self.config | {"host": "x host=/tmp"}, self.secrets, ConnectorRejectedError),
            (self.config, {}, ConnectorRejectedError),
        ]

    def _item(self, ref: str) -> tuple[str, str]:
        kind, _colon, code = ref.partition(":")
        return KINDS[kind], code

    def set_price(self, ref: str, price: Decimal) -> None:
        table, code = self._item(ref)
        self.database.execute("update {table} set price = %s where code = %s", price, code, table=table)

    @contextmanager
    def retired(self, ref: str) -> Iterator[None]:
        table, code = self._item(ref)
        self.database.execute("update {table} set is_active = false where code = %s", code, table=table)
        try:
            yield
        finally:
            self.database.execute("update {table} set is_active = true where code = %s", code, table=table)

    @contextmanager
    def spoil(self, ref: str) -> Iterator[None]:
        table, code = self._item(ref)
        (before,) = self.database.execute("select price from {table} where code = %s", code, table=table)[0]
        self.database.unchecked("update {table} set price = %s where code = %s", self.absurd, code, table=table)
        try:
            yield
        finally:
            self.set_price(ref, before)

    absurd: ClassVar[Decimal] = Decimal("NaN")

    def behind(self, host: str, port: int) -> Mapping[str, Any]:
        return self.config | {"host": host, "port": port}

    @contextmanager
    def deleted(self, ref: str) -> Iterator[None]:
        table, code = self._item(ref)
        (row,) = self.database.execute(
            "select code, name, description, price, category, unit, tax_rate, is_active from {table} where code = %s",
            code,
            table=table,
        )
        self.database.execute("delete from {table} where code = %s", code, table=table)
        try:
            yield
        finally:
            self.database.execute(
                "insert into {table} (code, name, description, price, category, unit, tax_rate, is_active) "
                "values (%s, %s, %s, %s, %s, %s, %s, %s)",
                *row,
                table=table,
            )

    def cancel_order(self, order_ref: str) -> None:
        self.database.execute("update orders set status = 'cancelled' where id = %s", order_ref)

    def price_quote(self, reference: str) -> None:
        until = datetime.now(UTC).date() + timedelta(days=30)
        priced = "update quotes set status = 'priced', valid_until = %s where portal_reference = %s"
        self.database.execute(priced, until, reference)

    def revise_quote(self, reference: str) -> None:
        until = datetime.now(UTC).date() + timedelta(days=20)
        self.database.execute("update quotes set valid_until = %s where portal_reference = %s", until, reference)

    def order_from(self, reference: str) -> str:
        ((order_id,),) = self.database.execute(
            "insert into orders (quote_id, customer_id, currency, net_total, tax_total, gross_total) "
            "select id, customer_id, currency, net_total, tax_total, gross_total from quotes "
            "where portal_reference = %s returning id",
            reference,
        )
        lines = self.database.execute(
            "select position, item_kind, item_code, l.name, unit, quantity, unit_price, tax_rate "
            "from quote_lines l join quotes q on q.id = l.quote_id where q.portal_reference = %s",
            reference,
        )
        for *line, quantity, price, rate in lines:
            exact = [Decimal(str(one)) for one in (quantity, price, rate)]
            self.database.execute(
                "insert into order_lines (order_id, position, item_kind, item_code, name, unit, quantity, unit_price, tax_rate, "
                "line_total) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                order_id, *line, *exact, (exact[0] * exact[1]).quantize(Decimal("0.01"), ROUND_HALF_UP),
            )  # fmt: skip
        return str(order_id)

    def ship(self, order_ref: str) -> None:
        ((delivery_id,),) = self.database.execute(
            "insert into deliveries (order_id, shipped_at, carrier, tracking_number, tracking_url) "
            "values (%s, %s, 'Royal Mail', 'RM1', 'https://track.example/RM1') returning id",
            order_ref,
            datetime.now(UTC),
        )
        self.database.execute(
            "insert into delivery_lines (delivery_id, order_line_id, quantity) "
            "select %s, id, quantity from order_lines where order_id = %s",
            delivery_id,
            order_ref,
        )
        self.database.execute("update orders set status = 'shipped' where id = %s", order_ref)

    def destination_of(self, reference: str) -> tuple[Address | None, date | None]:
        found = self.database.execute(
            "select d.name, d.street, d.postcode, d.city, d.region, d.country, d.phone, d.wanted_on from quote_destinations d "
            "join quotes q on q.id = d.quote_id where q.portal_reference = %s", reference,
        )  # fmt: skip
        if not found:
            return None, None
        name, street, postcode, city, region, country, phone, day = found[0]
        said = any((name, street, postcode, city, region, country, phone))
        address = Address(None, name, street, postcode, city, region, country, delivery=True, phone=phone)
        return (address if said else None), date.fromisoformat(str(day)) if day else None

    def count_quotes(self, reference: str) -> int:
        return int(self.database.execute("select count(*) from quotes where portal_reference = %s", reference)[0][0])

    def add_address(self, city: str) -> str:
        ((customer,),) = self.database.execute("select id from customers where code = 'C1'")
        ((ref,),) = self.database.execute(
            "insert into customer_addresses (customer_id, name, city, country) values (%s, %s, %s, 'FR') returning id",
            customer, f"Depot {uuid.uuid4().hex[:6]}", city,
        )  # fmt: skip
        return str(ref)

    # -- stock and money

    def set_stock(self, ref: str, available: Decimal, expected_on: date | None) -> None:
        kind, _colon, code = ref.partition(":")
        self.database.execute("delete from stock_levels where item_kind = %s and item_code = %s", kind, code)
        self.database.execute("insert into stock_levels values (%s, %s, %s, %s)", kind, code, available, expected_on)

    def invoice_of(self, order_ref: str) -> str:
        today = datetime.now(UTC).date()
        ((ref,),) = self.database.execute(
            "insert into invoices (customer_id, order_id, currency, net_total, tax_total, gross_total, issued_on, due_on) "
            "select customer_id, id, currency, net_total, tax_total, gross_total, %s, %s from orders where id = %s returning id",
            today,
            today + timedelta(days=30),
            order_ref,
        )
        self.database.execute(
            "insert into invoice_lines (invoice_id, position, item_kind, item_code, name, unit, quantity, unit_price, tax_rate, "
            "line_total) select %s, position, item_kind, item_code, name, unit, quantity, unit_price, tax_rate, line_total "
            "from order_lines where order_id = %s",
            ref,
            order_ref,
        )
        self.database.execute(
            "insert into invoice_documents (invoice_id, file_name, content) values (%s, 'Invoice.pdf', %s)", ref, b"%PDF-1.7\n%"
        )
        return str(ref)

    def credit(self, invoice_ref: str) -> str:
        ((customer, *amounts),) = self.database.execute(
            "select customer_id, id, currency, net_total, tax_total, gross_total from invoices where id = %s", invoice_ref
        )
        ((ref,),) = self.database.execute(
            "insert into invoices (kind, customer_id, credits_id, currency, net_total, tax_total, gross_total, issued_on) "
            "values ('credit_note', %s, %s, %s, %s, %s, %s, %s) returning id",
            customer, *amounts, datetime.now(UTC).date(),
        )  # fmt: skip
        return str(ref)

    def pay(self, invoice_ref: str, amount: Decimal) -> str:
        """Of one invoice: PostgreSQL's script makes the allocation itself."""
        ((customer, currency),) = self.database.execute("select customer_id, currency from invoices where id = %s", invoice_ref)
        ((ref,),) = self.database.execute(
            "insert into payments (customer_id, invoice_id, amount, currency, paid_on, method) "
            "values (%s, %s, %s, %s, %s, 'transfer') returning id",
            customer, invoice_ref, amount, currency, datetime.now(UTC).date(),
        )  # fmt: skip
        return str(ref)

    def count_payments(self, reference: str) -> int:
        return int(self.database.execute("select count(*) from payments where portal_reference = %s", reference)[0][0])

    # -- contracts

    def offer_contract(self) -> str:
        today = datetime.now(UTC).date()
        ((ref,),) = self.database.execute(
            "insert into contracts (customer_id, title, status, currency, value, value_per, starts_on, ends_on, renewal_months, "
            "notice_days, answer_until, terms) select id, 'Care of machines — صيانة', 'offered', 'EUR', 420.50, 'month', %s, %s, "
            "12, 90, %s, 'First.\n\nSecond.' from customers where code = 'C1' returning id",
            today, today + timedelta(days=364), today + timedelta(days=30),
        )  # fmt: skip
        lines = (("service", "M1", "Visit", Decimal(4)), (None, None, "Parts", None))
        for position, (kind, code, name, quantity) in enumerate(lines):
            self.database.execute(
                "insert into contract_lines (contract_id, position, item_kind, item_code, name, quantity, unit_price, tax_rate) "
                "values (%s, %s, %s, %s, %s, %s, 105.125, 20)",
                ref, position, kind, code, name, quantity,
            )  # fmt: skip
        return str(ref)

    def revise_contract(self, ref: str) -> None:
        self.database.execute("update contracts set value = value + 1 where id = %s", ref)

    def set_contract(self, ref: str, status: str) -> None:
        self.database.execute("update contracts set status = %s where id = %s", status, ref)

    def expire_contract(self, ref: str) -> None:
        over = datetime.now(UTC).date() - timedelta(days=2)
        self.database.execute("update contracts set answer_until = %s where id = %s", over, ref)

    def count_contract_answers(self, reference: str) -> int:
        return int(self.database.execute("select count(*) from contracts where portal_reference = %s", reference)[0][0])

    @contextmanager
    def losing_the_answer(self, client: Any) -> Iterator[None]:
        """COMMIT takes effect; then the connection is gone."""

        def commit_and_vanish(connection: Any) -> None:
            raw = connection.connection.driver_connection
            raw.commit()
            raw.close()
            raise ConnectionResetError("the server closed the connection")

        event.listen(client.database.engine, "commit", commit_and_vanish)
        try:
            yield
        finally:
            event.remove(client.database.engine, "commit", commit_and_vanish)


