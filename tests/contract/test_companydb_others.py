"""The standard schema on MariaDB and in a file of SQLite against the contract: what the connection's set-up makes there."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pymysql
import pytest
from sqlalchemy import inspect
from tests.contract.mariadb import MariaDb
from tests.contract.standard import StandardSchema

from portico_companydb import schema, sqlite, tables
from portico_companydb.connector import CompanyDatabase
from portico_companydb.stage import CompanyDatabaseStage, seed
from portico_erp import deadline
from portico_erp.capabilities import NO_PLACE
from portico_erp.conformance import Loopback, Stage
from portico_erp.conformance.stage import new_request
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError


def bare(value: Any) -> Any:
    """A moment as MySQL takes it."""
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


class MariaDbCompany:
    """A database with a login of its own, and root's way past the connector."""

    def __init__(self, server: MariaDb) -> None:
        self.server = server
        self.config, self.secrets = server.new_database()
        self.name = str(self.config["database"])
        server.execute(None, f"grant all on {self.name}.* to {self.name}@'%'")

    def execute(self, statement: str, *values: Any, **names: str) -> list[tuple[Any, ...]]:
        return self.server.execute(self.name, statement.format(**names), *map(bare, values))

    def unchecked(self, statement: str, *values: Any, **names: str) -> None:
        connection = pymysql.connect(host="127.0.0.1", port=self.server.port, user="root", database=self.name, autocommit=True)
        with closing(connection), connection.cursor() as cursor:
            cursor.execute("set check_constraint_checks = 0")
            cursor.execute(statement.format(**names), values)


class SqliteCompany:
    name = "company.db"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config: dict[str, Any] = {"dialect": "sqlite", "database": self.name, "currency": "EUR"}
        self.secrets: dict[str, str] = {}
        (folder / self.name).touch()

    def execute(self, statement: str, *values: Any, **names: str) -> list[tuple[Any, ...]]:
        return self._run("pragma foreign_keys = on", statement.format(**names), *values)

    def unchecked(self, statement: str, *values: Any, **names: str) -> None:
        self._run("pragma ignore_check_constraints = on", statement.format(**names), *values)

    def _run(self, first: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        given = [sqlite.kept(bare(one)) for one in values]
        with closing(sqlite3.connect(self.folder / self.name, isolation_level=None, timeout=20)) as connection:
            connection.execute(first)
            return connection.execute(statement.replace("%s", "?"), given).fetchall()


class OtherStage(CompanyDatabaseStage):
    """Where payments say by their allocations alone what they settle."""

    absurd: ClassVar[Decimal] = Decimal(-1)

    def pay(self, invoice_ref: str, amount: Decimal) -> str:
        ((customer, currency),) = self.database.execute("select customer_id, currency from invoices where id = %s", invoice_ref)
        ((ref,),) = self.database.execute(
            "insert into payments (customer_id, amount, currency, paid_on, method) values (%s, %s, %s, %s, 'transfer') returning id",
            customer, amount, currency, date(2026, 3, 29),
        )  # fmt: skip
        self.database.execute(
            "insert into payment_allocations (payment_id, invoice_id, amount) values (%s, %s, %s)", ref, invoice_ref, amount
        )
        return str(ref)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    running = MariaDb(tmp_path_factory.mktemp("mariadb"))
    yield running
    running.stop()


class OnAnother(StandardSchema):
    def test_tables_of_the_connector_are_those_of_the_script(self, client: Any) -> None:
        with client.database.transaction() as connection:
            inspector = inspect(connection)
            for table in (*tables.metadata.tables.values(), tables.contacts):
                assert set(table.c.keys()) <= {column["name"] for column in inspector.get_columns(table.name)}

    def test_amounts_of_all_their_digits_come_back(self, stage: Any, client: Any) -> None:
        before = client.prices(None, [("material:M3", Decimal(1))]).prices[0].unit_price
        try:
            for told in ("9999999999.99", "1234567890.12", "0.01", "0.10"):
                stage.set_price("material:M3", Decimal(told))
                assert str(client.prices(None, [("material:M3", Decimal(1))]).prices[0].unit_price) in (told, told.rstrip("0"))
        finally:
            stage.set_price("material:M3", before)

    def test_codes_are_told_apart_by_their_case(self, client: Any) -> None:
        assert client.find_customer(code="c1") is None
        assert client.find_customer(code="C1") is not None


class TestMariaDB(OnAnother):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, server: MariaDb) -> Stage:
        return OtherStage.set_up(MariaDbCompany(server))

    def test_server_that_does_not_answer_gives_the_thread_back(self, stage: Any, client: Any) -> None:
        client.find_customer(code="C1")
        holder = pymysql.connect(host="127.0.0.1", port=stage.database.server.port, user="root", database=stage.database.name)
        with closing(holder), holder.cursor() as cursor:
            cursor.execute("lock tables customers write")
            with pytest.raises(ConnectorUnavailableError), deadline.within(0.4):
                client.find_customer(code="C1")
        assert client.find_customer(code="C1") is not None

    def test_missing_right_is_told(self, server: MariaDb) -> None:
        company = MariaDbCompany(server)
        stage = OtherStage.set_up(company)
        server.execute(None, f"revoke all on {company.name}.* from {company.name}@'%'")
        server.execute(None, f"grant select on {company.name}.* to {company.name}@'%'")
        client = stage.connector.open(stage.config, stage.secrets, egress=stage.egress)
        reports = {report.capability: report.ok for report in client.test()}
        client.close()
        failing = {name for name, ok in reports.items() if not ok}
        assert failing == {"quote_submission", "quote_destinations", "quote_decisions", "address_updates", "contact_updates", "payment_posting", "contract_answers"}

    def test_set_up_that_broke_off_goes_on(self, server: MariaDb) -> None:
        company = MariaDbCompany(server)
        statements = schema.statements("mysql")
        for statement in statements[: len(statements) // 2]:
            server.execute(company.name, statement)
        client = CompanyDatabase().open(company.config, company.secrets, egress=Loopback())
        assert not any(report.ok for report in client.test() if report.capability == "setup")
        assert client.set_up().created
        seed(company)
        assert all(report.ok for report in client.test())
        assert client.set_up().created is False
        client.close()


class TestSQLite(OnAnother):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, tmp_path_factory: pytest.TempPathFactory) -> Stage:
        company = SqliteCompany(tmp_path_factory.mktemp("company"))
        stage = OtherStage(company, Loopback(company.folder))
        client = stage.connector.open(stage.config, stage.secrets, egress=stage.egress)
        client.set_up()
        client.close()
        seed(company)
        stage.invalid += [(stage.config | {"database": "missing.db"}, {}, ConnectorRejectedError)]
        return stage

    def test_cell_that_is_no_number_and_no_moment_is_a_problem(self, stage: Any, client: Any) -> None:
        stage.database.unchecked("update {table} set price = 'on request'", table="fees")
        page = client.items(None, 1000)
        stage.database.execute("update fees set price = 0")
        assert [problem.ref for problem in page.problems] == ["fee:F1"]
        assert len(page.items) == stage.item_count - 1

    def test_many_may_write_at_once(self, stage: Any, client: Any) -> None:
        threads = [threading.Thread(target=lambda: client.submit(self.request(stage, client))) for _ in range(6)]
        before = stage.database.execute("select count(*) from quotes")[0][0]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert stage.database.execute("select count(*) from quotes")[0][0] == before + 6


class TestForeignDatabases:
    @pytest.fixture(params=["mysql", "sqlite"])
    def company(self, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
        if request.param == "sqlite":
            return SqliteCompany(tmp_path)
        return MariaDbCompany(request.getfixturevalue("server"))

    @pytest.fixture
    def client(self, company: Any, tmp_path: Path) -> Iterator[Any]:
        client = CompanyDatabase().open(company.config, company.secrets, egress=Loopback(tmp_path))
        yield client
        client.close()

    def test_set_up_refuses_a_database_that_holds_something(self, company: Any, client: Any) -> None:
        company.execute("create table theirs (x int)")
        with pytest.raises(ConnectorRejectedError, match="1 tables") as caught:
            client.set_up()
        assert caught.value.code == "not_empty"
        with client.database.transaction() as connection:
            assert inspect(connection).get_table_names() == ["theirs"]

    def test_check_of_an_empty_database_says_what_is_missing(self, client: Any) -> None:
        reports = {report.capability: report for report in client.test()}
        assert not any(report.ok for report in reports.values())
        assert "set-up" in str(reports["setup"].detail)

    def test_tables_of_version_3_are_brought_up_to_date_and_keep_what_they_hold(self, company: Any, client: Any) -> None:
        client.set_up()
        seed(company)
        newer = ("contract_lines", "contracts", "quote_destinations")
        for statement in (*(f"drop table {name}" for name in newer), "update portico_schema set version = 3"):
            company.execute(statement)
        failing = {one.capability for one in client.test() if not one.ok}
        assert failing == {"setup", "contracts", "contract_answers", "quote_destinations"}
        request = replace(new_request(OtherStage(company, Loopback()), client), wanted_on=date(2030, 2, 1))
        with pytest.raises(ConnectorRejectedError) as caught:
            client.submit(request)
        assert (caught.value.field, caught.value.code, caught.value.is_fault) == ("wanted_on", NO_PLACE, False)
        assert client.find_quote(request.reference) is None
        with pytest.raises(ConnectorRejectedError) as caught:
            client.changed_contracts(None, 10)
        assert caught.value.is_fault
        report = client.set_up()
        assert (report.created, report.version) == (True, 5)
        client.submit(request)
        assert OtherStage(company, Loopback()).destination_of(request.reference) == (None, request.wanted_on)
        assert all(one.ok for one in client.test())
        ref = OtherStage(company, Loopback()).offer_contract()
        assert [one.number for one in client.changed_contracts(None, 10).items] == [f"C-{int(ref):06}"]
        assert client.find_customer(code="C1") is not None

    def test_refused_login_is_told(self, server: MariaDb) -> None:
        company = MariaDbCompany(server)
        client = CompanyDatabase().open(company.config, {"password": "wr0ng"}, egress=Loopback())
        with pytest.raises(ConnectorUnauthorisedError):
            client.test()
        client.close()
