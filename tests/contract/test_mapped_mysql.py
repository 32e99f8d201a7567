"""The old ERP on a real MySQL 5.6, through the mapping of the documentation, against the contract; and what 5.6 cannot."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pymysql
import pytest
from tests.contract.mysql import MySql56
from tests.contract.test_mapped import OldErp, _plain
from tests.contract.test_mapped_mariadb import MariaDbStage

from portico_companydb import mysql
from portico_companydb.connector import CompanyDatabase
from portico_erp import deadline
from portico_erp.conformance import Stage
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MySql56]:
    running = MySql56(tmp_path_factory.mktemp("mysql"))
    yield running
    running.stop()


class TestMySql56(OldErp):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, server: MySql56, loopback: Any) -> Stage:
        return MariaDbStage(server, loopback)

    def test_server_is_the_old_one(self, client: Any) -> None:
        with client.database.transaction() as connection:
            assert mysql.release(str(connection.exec_driver_sql("select version()").scalar_one())) == (5, 6, 24)

    def test_reading_cannot_write_even_where_the_login_may(self, client: Any) -> None:
        with pytest.raises(ConnectorRejectedError), client.database.transaction() as connection:
            connection.exec_driver_sql("insert into MWST values ('x', 1)")

    def test_text_that_does_not_fit_is_refused_and_never_cut(self, stage: Any, client: Any) -> None:
        request = self.request(stage, client)
        changed = stage.config["mapping"]
        changed = {**changed, "submission": {**changed["submission"], "values": {**changed["submission"]["values"]}}}
        changed["submission"]["values"]["GRUND"] = {"value": "x" * 300}
        other = stage.connector.open(stage.config | {"mapping": changed}, stage.secrets, egress=stage.egress)
        with pytest.raises(ConnectorRejectedError):
            other.submit(request)
        other.close()
        assert stage.count_quotes(request.reference) == 0

    def test_statement_that_takes_too_long_gives_the_thread_back(self, stage: Any, client: Any) -> None:
        """Nothing at this server ends it: the portal alone stops waiting."""
        client.find_customer(code="4711")
        holder = pymysql.connect(host="127.0.0.1", port=stage.server.port, user="root", database=stage.name)
        with holder.cursor() as cursor:
            cursor.execute("lock tables KUNDE write")
            with pytest.raises(ConnectorUnavailableError), deadline.within(0.4):
                client.find_customer(code="4711")
        holder.close()
        assert client.find_customer(code="4711") is not None

    def test_lock_of_a_submission_is_given_back(self, stage: Any, client: Any) -> None:
        client.submit(self.request(stage, client))
        assert stage.execute(f"select is_used_lock({mysql.LOCK})") == [(None,)]

    def test_standard_schema_is_refused_in_words_and_leaves_nothing(self, server: MySql56, loopback: Any) -> None:
        config, secrets = server.new_database()
        server.execute(None, f"grant all on {config['database']}.* to {config['user']}@'%'")
        client = CompanyDatabase().open(config, secrets, egress=loopback)
        with pytest.raises(ConnectorRejectedError) as caught:
            client.set_up()
        client.close()
        assert (caught.value.field, caught.value.code) == ("database", "server")
        assert "MySQL 5.6.24" in _plain(caught.value.message)
        assert server.execute(str(config["database"]), "show tables") == []

    def test_tables_without_transactions_are_read_and_not_written(self, stage: Any, client: Any) -> None:
        """MyISAM, as old databases are: half of a quote could stay there."""
        request = self.request(stage, client)
        stage.execute("alter table ANGPOS engine = MyISAM")
        stage.execute("alter table ARTSTM engine = MyISAM")
        fresh = stage.connector.open(stage.config, stage.secrets, egress=stage.egress)
        try:
            reports = {one.capability: one for one in fresh.test()}
            assert not reports["quote_submission"].ok
            assert "“ANGPOS” knows no transactions (MyISAM)" in _plain(reports["quote_submission"].detail)
            assert all(one.ok for name, one in reports.items() if name != "quote_submission")
            with pytest.raises(ConnectorRejectedError) as caught:
                fresh.submit(request)
            assert (caught.value.code, stage.count_quotes(request.reference)) == ("schema", 0)
            assert fresh.prices(None, [("01/M1", Decimal(1))]).prices
        finally:
            stage.execute("alter table ANGPOS engine = InnoDB")
            stage.execute("alter table ARTSTM engine = InnoDB")
        assert fresh.submit(request)
        fresh.close()


@pytest.mark.parametrize(
    ("said", "told"), [("5.6.24-log", (5, 6, 24)), ("8.0.36", (8, 0, 36)), ("5.7.8-rc", (5, 7, 8)), ("", ())]
)
def test_release_is_read_out_of_what_servers_say(said: str, told: tuple[int, ...]) -> None:
    assert mysql.release(said) == told
