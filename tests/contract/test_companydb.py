"""The company database against the contract, on a real server, and what is its own: set-up, late commits, bad
tables.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from importlib.resources import files
from typing import Any

import psycopg
import pytest
from sqlalchemy import inspect
from tests.contract.standard import StandardSchema

from portico.connections.errors import plain
from portico_companydb import tables
from portico_companydb.connector import CompanyDatabase
from portico_companydb.stage import KINDS, CompanyDatabaseStage
from portico_erp import deadline
from portico_erp.conformance import Stage, drain
from portico_erp.errors import (
    ConnectorRejectedError,
    ConnectorUnavailableError,
)
from portico_erp.values import Address, Agreed, Allocation, InvoiceStatus, QuoteDecision


class TestCompanyDatabase(StandardSchema):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, new_database: Callable[[], Any]) -> Stage:
        return CompanyDatabaseStage.set_up(new_database())

    def test_an_answer_waits_for_whoever_revises_the_quote_and_is_refused_then(self, stage: Any, client: Any) -> None:
        """The company's change is not committed yet when the answer looks: the lock of the row lets it see what comes of it."""
        request = self.request(stage, client)
        receipt = client.submit(request)
        stage.price_quote(request.reference)
        offered = {one.ref: one for one in drain(client.changed_quotes)[0]}[receipt.erp_ref]
        agreed = Agreed(offered.totals.gross, offered.currency, offered.version)
        blocked = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        with ThreadPoolExecutor(1) as pool, psycopg.connect(stage.database.admin_url) as company:
            company.execute("update quote_lines set unit_price = unit_price + 1 where quote_id = %s", (receipt.erp_ref,))
            answer = pool.submit(client.decide, QuoteDecision(receipt.erp_ref, True, agreed=agreed))
            while not answer.done() and stage.database.execute(blocked) == [(0,)]:
                pass
            company.commit()
            with pytest.raises(ConnectorRejectedError) as caught:
                answer.result(30)
        assert caught.value.code == "changed"
        (status,) = stage.database.execute("select status from quotes where id = %s", receipt.erp_ref)
        assert status == ("priced",)

    def test_row_committed_late_still_arrives(self, stage: Any, client: Any) -> None:
        _items, cursor = drain(client.items)
        with psycopg.connect(stage.database.admin_url) as slow:
            slow.execute("update materials set name = 'late' where code = 'M9'")
            stage.set_price("material:M8", Decimal("8.88"))
            first, cursor = drain(client.items, cursor)
            assert [item.ref for item in first] == ["material:M8"]
        second, cursor = drain(client.items, cursor)
        assert [(item.ref, item.name) for item in second] == [("material:M9", "late")]

    def test_rows_changed_at_the_same_moment_page_through_as_well(self, stage: Any, client: Any) -> None:
        for table in KINDS.values():
            stage.database.execute(
                f"alter table {table} disable trigger user; "
                f"update {table} set updated_at = '2020-01-01T00:00:00Z'; "
                f"alter table {table} enable trigger user"
            )
        items, _cursor = drain(client.items)
        assert len({item.ref for item in items}) == len(items) == stage.item_count

    def test_stamp_is_the_time_of_the_write_not_of_the_transaction(self, stage: Any) -> None:
        with psycopg.connect(stage.database.admin_url) as connection:
            connection.execute("select now(), pg_sleep(0.05)")
            connection.execute("update materials set name = name where code = 'M2'")
            row = connection.execute("select updated_at > now() from materials where code = 'M2'").fetchone()
        assert row == (True,)

    def test_moment_beyond_python_is_a_problem(self, stage: Any, client: Any) -> None:
        stage.database.execute(
            "alter table fees disable trigger user; "
            "update fees set updated_at = 'infinity'; alter table fees enable trigger user"
        )
        items, cursor = [], None
        problems = []
        for _turn in range(20):
            page = client.items(cursor, 7)
            items += page.items
            problems += page.problems
            cursor = page.cursor
            if not page.more:
                break
        stage.database.execute("update fees set name = name")
        assert [problem.ref for problem in problems] == ["fee:F1"]
        assert len(items) == stage.item_count - 1

    def test_server_that_does_not_answer_gives_the_thread_back(self, stage: Any, client: Any) -> None:
        client.find_customer(code="C1")
        with psycopg.connect(stage.database.admin_url) as holder:
            holder.execute("lock table customers in access exclusive mode")
            with pytest.raises(ConnectorUnavailableError), deadline.within(0.4):
                client.find_customer(code="C1")
        assert client.find_customer(code="C1") is not None

    def test_connecting_ends_with_the_call_and_not_by_the_drivers_own_limit(self, stage: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            config = stage.behind("erp.example", silent.getsockname()[1])
            client = stage.connector.open(config, stage.secrets, egress=stage.egress)
            with pytest.raises(ConnectorUnavailableError) as caught, deadline.within(0.2):
                client.find_customer(code="C1")
            client.close()
        assert "the call's time is over" in str(caught.value.__cause__)


class TestForeignDatabases:
    @pytest.fixture
    def database(self, new_database: Callable[[], Any]) -> Any:
        return new_database()

    @pytest.fixture
    def client(self, database: Any, loopback: Any) -> Iterator[Any]:
        client = CompanyDatabase().open(database.config, database.secrets, egress=loopback)
        yield client
        client.close()

    def test_set_up_refuses_a_database_that_holds_something(self, database: Any, client: Any) -> None:
        database.execute("create table theirs (x int)")
        with pytest.raises(ConnectorRejectedError, match="1 tables") as caught:
            client.set_up()
        assert caught.value.code == "not_empty"
        assert database.execute("select count(*) from pg_tables where schemaname = 'public'") == [(1,)]

    def test_check_of_an_empty_database_says_what_is_missing(self, client: Any) -> None:
        reports = {report.capability: report for report in client.test()}
        assert not any(report.ok for report in reports.values())
        assert "set-up" in str(reports["setup"].detail)

    def test_missing_table_is_rejected_and_no_crash(self, database: Any, client: Any) -> None:
        client.set_up()
        database.execute("drop table deliveries cascade")
        database.execute("insert into customers (code, name, currency) values ('C', 'C', 'EUR')")
        database.execute("insert into orders (customer_id, currency) select id, 'EUR' from customers")
        with pytest.raises(ConnectorRejectedError, match="deliveries") as caught:
            client.changed_orders(None, 10)
        assert caught.value.code == "schema"
        reports = {report.capability: report.ok for report in client.test()}
        assert reports["orders"] is False
        assert reports["catalogue"] is True

    def test_tables_of_version_1_are_brought_up_to_date_and_keep_what_they_hold(self, database: Any, client: Any) -> None:
        old = files("portico_companydb").joinpath("schema.sql").read_text(encoding="utf-8")
        with client.database.transaction(read_only=False) as connection:
            connection.execution_options(no_parameters=True).exec_driver_sql(old)
        database.execute("insert into customers (code, name, currency) values ('C1', 'Acme', 'EUR')")
        assert client.find_customer(code="C1").name == "Acme"
        with pytest.raises(ConnectorRejectedError, match="customer_addresses") as caught:
            client.addresses("C1")
        assert caught.value.is_fault
        reports = {report.capability: report for report in client.test()}
        assert {name for name, one in reports.items() if not one.ok} == {
            "setup", "addresses", "address_updates", "contact_updates", "stock", "invoices", "invoice_documents", "payments",
            "payment_posting", "contracts", "contract_answers", "quote_destinations",
        }  # fmt: skip
        assert "version 1" in plain(reports["setup"].detail)
        report = client.set_up()
        assert (report.created, report.version) == (True, 5)
        assert all(one.ok for one in client.test())
        assert client.push_address("C1", Address(None, "Depot", "", "", "Lyon", "", "FR"))
        assert client.find_customer(code="C1").name == "Acme"
        assert client.set_up().created is False

    def test_what_was_paid_before_version_3_is_not_counted_twice(self, database: Any, client: Any) -> None:
        scripts = [files("portico_companydb").joinpath(name).read_text(encoding="utf-8") for name in ("schema.sql", "schema_2.sql")]
        with client.database.transaction(read_only=False) as connection:
            connection.execution_options(no_parameters=True).exec_driver_sql("\n".join(scripts))
        database.execute("insert into customers (code, name, currency) values ('C1', 'Acme', 'EUR')")
        database.execute(
            "insert into invoices (customer_id, currency, net_total, gross_total, paid_total, issued_on) "
            "select id, 'EUR', 100, 100, 40, current_date from customers"
        )
        database.execute(
            "insert into payments (customer_id, invoice_id, amount, currency, paid_on) "
            "select customer_id, id, 40, 'EUR', current_date from invoices"
        )
        client.set_up()
        (invoice,), (payment,) = client.changed_invoices(None, 10).items, client.changed_payments(None, 10).items
        assert (invoice.open_amount, invoice.status) == (60, InvoiceStatus.PARTLY_PAID)
        assert list(payment.allocations) == [Allocation(invoice.ref, Decimal("40.00"))]
        database.execute("update payments set is_cancelled = true")
        (invoice,), (payment,) = client.changed_invoices(None, 10).items, client.changed_payments(None, 10).items
        assert (invoice.open_amount, invoice.status, payment.cancelled) == (100, InvoiceStatus.OPEN, True)

    def test_missing_right_is_told(self, database: Any, client: Any) -> None:
        client.set_up()
        database.execute(
            f"alter table quote_lines owner to postgres; revoke all on quote_lines from {database.name}; "
            f"grant select on quote_lines to {database.name}"
        )
        reports = {report.capability: report for report in client.test()}
        assert reports["quote_submission"].ok is False
        assert "write quotes" in str(reports["quote_submission"].detail)
        assert reports["quotes"].ok is True

    def test_tables_of_the_connector_are_those_of_the_script(self, client: Any) -> None:
        client.set_up()
        with client.database.transaction() as connection:
            inspector = inspect(connection)
            for table in (*tables.metadata.tables.values(), tables.contacts):
                columns = {column["name"] for column in inspector.get_columns(table.name)}
                assert set(table.c.keys()) <= columns
