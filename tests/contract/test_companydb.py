"""The company database against the contract, on a real server, and what is its own: set-up, late commits, bad
tables.
"""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any

import psycopg
import pytest
from sqlalchemy import inspect

from portico.connections.errors import plain
from portico_companydb import tables
from portico_companydb.connector import CompanyDatabase
from portico_companydb.stage import KINDS, CompanyDatabaseStage
from portico_erp import deadline
from portico_erp.conformance import ConnectorContract, Stage, drain
from portico_erp.conformance.stage import new_order
from portico_erp.errors import (
    ConnectorRejectedError,
    ConnectorUnavailableError,
)
from portico_erp.values import Address, Allocation, InvoiceStatus, PaymentPosting


class TestCompanyDatabase(ConnectorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, new_database: Callable[[], Any]) -> Stage:
        return CompanyDatabaseStage.set_up(new_database())

    def test_two_refs_of_one_code_are_two_items(self, client: Any) -> None:
        answer = client.prices(None, [("material:M1", Decimal(1)), ("service:M1", Decimal(1))]).by_ref()
        assert answer["service:M1"].unit_price == 80
        assert answer["material:M1"].unit_price != 80

    @pytest.mark.parametrize(
        ("quantity", "price"),
        [("0.5", "0.95"), ("9.999", "0.95"), ("10", "0.8765"), ("100", "0.5"), ("1000000", "0.5")],
    )
    def test_quantity_break_is_the_largest_that_fits(self, client: Any, quantity: str, price: str) -> None:
        (answer,) = client.prices("C1", [("material:M1", Decimal(quantity))]).prices
        assert answer.unit_price == Decimal(price)

    def payment_of(self, amounts: dict[str, Decimal], **values: Any) -> PaymentPosting:
        parts = [Allocation(ref, amount) for ref, amount in amounts.items()]
        at = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
        return replace(PaymentPosting(str(uuid.uuid4()), "C1", sum(amounts.values(), Decimal(0)), "EUR", at, parts, "card"), **values)

    def test_one_payment_settles_several_invoices_and_gives_them_back(self, stage: Any, client: Any) -> None:
        invoices = [client.invoice(stage.invoice_of(new_order(stage, client))) for _n in range(2)]
        first, second = invoices
        receipt = client.post_payment(self.payment_of({first.ref: first.open_amount, second.ref: Decimal(1)}))
        assert [client.invoice(one.ref).status for one in invoices] == [InvoiceStatus.PAID, InvoiceStatus.PARTLY_PAID]
        for cancelled, left in (("true", second.open_amount), ("false", second.open_amount - 1)):
            stage.database.execute(f"update payments set is_cancelled = {cancelled} where id = %s", receipt.erp_ref)
            assert client.invoice(second.ref).open_amount == left
        stage.database.execute("delete from payment_allocations where invoice_id = %s", second.ref)
        assert client.invoice(second.ref) == replace(second, updated_at=client.invoice(second.ref).updated_at)

    def test_invoice_takes_no_more_than_is_open(self, stage: Any, client: Any) -> None:
        invoice = client.invoice(stage.invoice_of(new_order(stage, client)))
        note = client.invoice(stage.credit(invoice.ref))
        too_much = {invoice.ref: invoice.open_amount + Decimal("0.01")}
        for amounts, code in ((too_much, "state"), ({note.ref: Decimal(1)}, "state"), ({"1" * 30: Decimal(1)}, "unknown")):
            posting = self.payment_of(amounts)
            with pytest.raises(ConnectorRejectedError) as caught:
                client.post_payment(posting)
            assert (caught.value.field, caught.value.code) == ("allocations.0", code)
            assert stage.count_payments(posting.reference) == 0
        assert client.invoice(invoice.ref).open_amount == invoice.open_amount

    def test_two_payments_of_one_invoice_at_once_do_not_both_settle_it(self, stage: Any, client: Any) -> None:
        invoice = client.invoice(stage.invoice_of(new_order(stage, client)))
        postings = [self.payment_of({invoice.ref: invoice.open_amount}) for _n in range(6)]

        def attempt(posting: PaymentPosting) -> str:
            try:
                return client.post_payment(posting).number
            except ConnectorRejectedError as error:
                return error.code

        with ThreadPoolExecutor(6) as pool:
            results = list(pool.map(attempt, postings))
        assert results.count("state") == 5
        assert client.invoice(invoice.ref).status is InvoiceStatus.PAID

    def test_the_same_payment_at_once_is_booked_once(self, stage: Any, client: Any) -> None:
        invoice = client.invoice(stage.invoice_of(new_order(stage, client)))
        posting = self.payment_of({invoice.ref: Decimal(1)})
        with ThreadPoolExecutor(6) as pool:
            receipts = set(pool.map(client.post_payment, [posting] * 6))
        assert len(receipts) == 1
        assert (stage.count_payments(posting.reference), client.invoice(invoice.ref).open_amount) == (1, invoice.open_amount - 1)

    def test_reference_of_another_customers_payment_is_refused(self, stage: Any, client: Any) -> None:
        stage.database.execute("insert into customers (code, name, currency) values ('C2', 'Other', 'EUR') on conflict do nothing")
        invoice = client.invoice(stage.invoice_of(new_order(stage, client)))
        posting = self.payment_of({invoice.ref: Decimal(1)})
        client.post_payment(posting)
        with pytest.raises(ConnectorRejectedError) as caught:
            client.post_payment(replace(posting, customer_ref="C2", allocations=()))
        assert caught.value.code == "conflict"
        with pytest.raises(ConnectorRejectedError) as caught:
            client.post_payment(replace(posting, customer_ref="C2", reference=str(uuid.uuid4())))
        assert (caught.value.field, caught.value.code) == ("allocations.0", "unknown")

    @pytest.mark.parametrize(("name", "media_type", "content", "code"), [
        ("Invoice.pdf", "application/pdf", b"<html>", "document"), ("../x.pdf", "application/pdf", b"%PDF-1.7", "document"),
        ("x.exe", "application/x-msdownload", b"MZ", "document"), (None, None, None, "no_document"),
    ])  # fmt: skip
    def test_what_is_no_document_is_told(self, stage: Any, client: Any, name: Any, media_type: Any, content: Any, code: str) -> None:
        ref = stage.invoice_of(new_order(stage, client))
        if name is None:
            stage.database.execute("delete from invoice_documents where invoice_id = %s", ref)
        else:
            stage.database.execute(
                "update invoice_documents set file_name = %s, media_type = %s, content = %s where invoice_id = %s",
                name, media_type, content, ref,
            )  # fmt: skip
        with pytest.raises(ConnectorRejectedError) as caught:
            client.invoice_document(ref)
        assert caught.value.code == code

    def test_what_is_not_counted_is_never_short_and_what_is_oversold_is_none(self, stage: Any, client: Any) -> None:
        stage.set_stock("material:M2", Decimal(-3), None)
        found = client.stock(["service:M1", "material:M2"]).by_ref()
        assert (found["service:M1"].available, found["material:M2"].available) == (None, 0)

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

    def test_two_submits_at_once_make_one_quote(self, stage: Any, client: Any) -> None:
        request = self.request(stage, client)
        receipts: list[Any] = []
        threads = [threading.Thread(target=lambda: receipts.append(client.submit(request))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(receipts) == 4
        assert len(set(receipts)) == 1
        assert stage.count_quotes(request.reference) == 1

    def test_another_customers_reference_is_refused(self, stage: Any, client: Any) -> None:
        stage.database.execute(
            "insert into customers (code, name, currency) values ('C2', 'Other', 'EUR') on conflict do nothing"
        )
        request = self.request(stage, client)
        client.submit(request)
        with pytest.raises(ConnectorRejectedError) as caught:
            client.submit(replace(request, customer_ref="C2"))
        assert caught.value.field == "reference"

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

    def test_customer_whose_claim_code_is_empty_is_found_by_none(self, stage: Any, client: Any) -> None:
        stage.database.execute(
            "insert into customers (code, name, claim_code, currency) values ('C0', 'Without', '', 'EUR')"
        )
        assert client.find_customer(code="C0") is not None
        assert client.find_customer(claim_code="") is None
        assert client.find_customer(claim_code="  ") is None

    def test_changed_address_is_a_change_of_its_customer(self, stage: Any, client: Any) -> None:
        _customers, cursor = drain(client.changed_customers)
        assert drain(client.changed_customers, cursor)[0] == []
        stage.add_address("Nantes")
        assert [one.ref for one in drain(client.changed_customers, cursor)[0]] == ["C1"]

    def test_address_of_another_customer_is_not_touched(self, stage: Any, client: Any) -> None:
        stage.database.execute(
            "insert into customers (code, name, currency) values ('C3', 'Third', 'EUR') on conflict do nothing"
        )
        ref = stage.add_address("Brest")
        with pytest.raises(ConnectorRejectedError) as caught:
            client.push_address("C3", Address(ref, "Theirs", "", "", "Paris", "", "FR"))
        assert caught.value.field == "address.ref"
        client.remove_address("C3", ref)
        assert ref in {one.ref for one in client.addresses("C1")}

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
            "payment_posting",
        }  # fmt: skip
        assert "version 1" in plain(reports["setup"].detail)
        report = client.set_up()
        assert (report.created, report.version) == (True, 3)
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
