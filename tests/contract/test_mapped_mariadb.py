"""The old ERP on a real MariaDB, through the mapping of the documentation, against the contract."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymysql
import pytest
from sqlalchemy import event
from tests.contract.mariadb import MariaDb
from tests.contract.old_erp import SCHEMA, OldStage, mapping
from tests.contract.test_mapped import OldErp, _plain
from tests.functional.connections.tls_front import Authority

from portico_erp import deadline
from portico_erp.conformance import Stage
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError
from portico_erp.totals import totals


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDb]:
    running = MariaDb(tmp_path_factory.mktemp("mariadb"))
    yield running
    running.stop()


class MariaDbStage(OldStage):
    # Its "timestamp" is a moment in the zone of the session; "datetime" is what this ERP means.
    schema = SCHEMA.replace("AENTS timestamp", "AENTS datetime(6)")

    def __init__(self, server: MariaDb, egress: Any) -> None:
        self.server = server
        config, secrets = server.new_database()
        self.name = str(config["database"])

        def execute(statement: str, *values: Any) -> list[tuple[Any, ...]]:
            return server.execute(self.name, statement.replace("%", "%%").replace("?", "%s") if values else statement, *values)

        super().__init__(execute, config | {"mapping": mapping()}, secrets, egress)
        self.address = ("127.0.0.1", server.port)
        self.invalid = [
            (self.config, {"password": "wr0ng-secret"}, ConnectorUnauthorisedError),
            (self.config | {"database": "no_such"}, self.secrets, ConnectorUnauthorisedError),
            (self.config | {"port": 1}, self.secrets, ConnectorUnavailableError),
            (self.config | {"host": "/run/mysqld/mysqld.sock"}, self.secrets, ConnectorRejectedError),
        ]

    @contextmanager
    def losing_the_answer(self, client: Any) -> Iterator[None]:
        """COMMIT takes effect; then the connection is gone."""

        def vanish(connection: Any) -> None:
            raw = connection.connection.driver_connection
            raw.commit()
            raw.close()
            raise pymysql.OperationalError(2013, "Lost connection to server during query")

        event.listen(client.database.engine, "commit", vanish)
        try:
            yield
        finally:
            event.remove(client.database.engine, "commit", vanish)


class TestMariaDB(OldErp):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, server: MariaDb, loopback: Any) -> Stage:
        return MariaDbStage(server, loopback)

    def test_reading_cannot_write_even_where_the_login_may(self, client: Any) -> None:
        with pytest.raises(ConnectorRejectedError), client.database.transaction() as connection:
            connection.exec_driver_sql("insert into MWST values ('x', 1)")

    @pytest.mark.parametrize(
        "table", ["mysql.user", "information_schema.TABLES", "performance_schema.threads", "other.ARTSTM", "ARTSTM` WHERE 1 -- "]
    )
    def test_other_databases_of_the_server_are_not_there(self, stage: Any, table: str) -> None:
        for change in ({"table": table}, {"query": f"SELECT * FROM {table}", "table": ""}):
            changed = mapping()
            changed["items"] = {name: one for name, one in (changed["items"] | change).items() if one}
            client = stage.connector.open(stage.config | {"mapping": changed}, stage.secrets, egress=stage.egress)
            (report,) = [one for one in client.test() if one.capability == "catalogue"]
            client.close()
            assert not report.ok
            assert any(words in _plain(report.detail) for words in ("no table", "cannot be read", "no place"))

    def test_file_of_this_machine_is_never_sent(self, stage: Any, client: Any, tmp_path: Any) -> None:
        secret = tmp_path / "secret"
        secret.write_text("x")
        stage.execute(f"grant all on {stage.name}.* to {stage.name}@'%'")
        with pytest.raises(ConnectorUnavailableError), client.database.transaction(read_only=False) as connection:
            connection.exec_driver_sql(f"load data local infile '{secret}' into table MWST")
        assert stage.execute("select count(*) from MWST") == [(2,)]

    def test_text_that_does_not_fit_is_refused_and_never_cut(self, stage: Any, client: Any) -> None:
        changed = mapping()
        changed["submission"]["values"]["GRUND"] = {"value": "x" * 300}
        other = stage.connector.open(stage.config | {"mapping": changed}, stage.secrets, egress=stage.egress)
        request = self.request(stage, client)
        with pytest.raises(ConnectorRejectedError):
            other.submit(request)
        other.close()
        assert stage.count_quotes(request.reference) == 0

    def calling(self, stage: Any, name: str, *arguments: Any, lines: Any = None) -> Any:
        """A client whose quotes are written by calling that procedure."""
        changed = mapping()
        changed["submission"] = {"call": name, "arguments": list(arguments)} | ({"lines": lines} if lines else {})
        return stage.connector.open(stage.config | {"mapping": changed}, stage.secrets, egress=stage.egress)

    def test_procedure_of_theirs_takes_the_whole_quote(self, stage: Any, client: Any) -> None:
        """It numbers the quote by itself, and ends with an answer of two rows, as many do, which does not count."""
        stage.execute(
            "create or replace procedure angebot_neu (ref varchar(60), kunde decimal(10), summe bigint, positionen text) "
            "begin "
            "insert into ANGKOPF (ANGNR, FREMDREF, KDNR, STAT, WAE, NETTO, MWST, BRUTTO, GUELTIG, TEXT1) "
            "select coalesce(max(ANGNR), 0) + 1000, ref, kunde, 'N', 'EUR', summe, 0, summe, 0, positionen from ANGKOPF; "
            "select ANGNR, 'angelegt' from ANGKOPF where FREMDREF = ref union select 0, 'ende'; "
            "end"
        )
        customer, cents = {"field": "customer", "number": True}, {"field": "net", "scale": 2}
        calling = self.calling(stage, "angebot_neu", "reference", customer, cents, "lines")
        request = self.request(stage, client)
        try:
            receipt = calling.submit(request)
            assert calling.submit(request) == receipt == calling.find_quote(request.reference)
        finally:
            calling.close()
        assert stage.count_quotes(request.reference) == 1
        ((number, net, told),) = stage.execute(
            "select ANGNR, NETTO, TEXT1 from ANGKOPF where FREMDREF = ?", request.reference
        )
        sums = totals([(one.quantity, one.unit_price, one.tax_rate) for one in request.lines], request.currency)
        assert (str(number), net) == (receipt.erp_ref, sums.net * 100)
        assert [line["item"] for line in json.loads(told)] == [line.ref for line in request.lines]

    def test_procedure_that_refuses_leaves_nothing_of_the_quote(self, stage: Any, client: Any) -> None:
        """Of one that writes the head and then, line by line, does not want the second."""
        stage.execute(
            "create or replace procedure angebot_kopf (ref varchar(60), kunde decimal(10)) "
            "insert into ANGKOPF (ANGNR, FREMDREF, KDNR, STAT, WAE, NETTO, MWST, BRUTTO, GUELTIG) "
            "select coalesce(max(ANGNR), 0) + 1000, ref, kunde, 'N', 'EUR', 1, 0, 1, 0 from ANGKOPF"
        )
        stage.execute(
            "create or replace procedure angebot_position (pos int) "
            "begin if pos > 1 then signal sqlstate '45000' set message_text = 'Nur eine Position'; end if; end"
        )
        lines = {"call": "angebot_position", "arguments": ["line.position"]}
        calling = self.calling(stage, "angebot_kopf", "reference", {"field": "customer", "number": True}, lines=lines)
        request = self.request(stage, client)
        with pytest.raises(ConnectorRejectedError):
            calling.submit(request)
        calling.close()
        assert stage.count_quotes(request.reference) == 0

    @pytest.mark.parametrize("name", ["gibt_es_nicht", "mysql.user", "x`(); drop table ANGKOPF; -- "])
    def test_procedure_that_is_not_there_is_told_by_its_name(self, stage: Any, client: Any, name: str) -> None:
        calling, request = self.calling(stage, name, "reference"), self.request(stage, client)
        with pytest.raises(ConnectorRejectedError) as caught:
            calling.submit(request)
        calling.close()
        assert (caught.value.code, name in _plain(caught.value.message)) == ("schema", True)
        assert stage.count_quotes(request.reference) == 0

    def test_texts_of_a_latin_1_table_arrive_whole(self, stage: Any) -> None:
        stage.execute("create table ALT (NR int, BEZ varchar(40)) character set latin1")
        stage.execute("insert into ALT values (?, ?)", 1, "Größe für Müller & Söhne")
        only = {"items": {"table": "ALT", "key": "NR", "fields": {"name": "BEZ", "price": {"value": "1"}}}}
        client = stage.connector.open(stage.config | {"mapping": only}, stage.secrets, egress=stage.egress)
        (item,) = client.items(None, 10).items
        client.close()
        assert item.name == "Größe für Müller & Söhne"

    def test_server_that_does_not_answer_gives_the_thread_back(self, stage: Any, client: Any) -> None:
        client.find_customer(code="4711")
        holder = pymysql.connect(host="127.0.0.1", port=stage.server.port, user="root", database=stage.name)
        with holder.cursor() as cursor:
            cursor.execute("lock tables KUNDE write")
            with pytest.raises(ConnectorUnavailableError), deadline.within(0.4):
                client.find_customer(code="4711")
        holder.close()
        assert client.find_customer(code="4711") is not None

    def test_tls_that_is_asked_for_is_not_done_without(self, stage: Any) -> None:
        """This server speaks none."""
        for mode in ("verify-full", "require", "automatic"):
            assert "SSL is required but the server doesn't support it" in why(stage, sslmode=mode)

    def test_certificate_is_checked(self, stage: Any, tmp_path_factory: Any, monkeypatch: Any) -> None:
        authority = Authority(tmp_path_factory.mktemp("tls"))
        other = MariaDb(tmp_path_factory.mktemp("tls-mariadb"), authority.certificate("erp.example"))
        try:
            config, _secrets = other.new_database()
            there = {"port": other.port, "database": config["database"], "user": config["user"]}
            for mode in ("verify-full", "automatic"):
                assert "certificate verify failed" in why(stage, sslmode=mode, **there), "nobody vouches for it"
            monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
            assert "Hostname mismatch" in why(stage, sslmode="verify-full", host="another.example", **there)
            assert why(stage, sslmode="verify-full", **there) == ""
        finally:
            other.stop()

    def test_connection_without_a_mapping_looks_for_the_standard_schema_and_shows_the_tables(self, stage: Any) -> None:
        from portico_companydb.connector import CompanyDatabase
        from portico_companydb.foreign.explore import Question

        config = {name: one for name, one in stage.config.items() if name != "mapping"}
        client = CompanyDatabase().open(config, stage.secrets, egress=stage.egress)
        assert not any(report.ok for report in client.test())
        with pytest.raises(ConnectorRejectedError, match="not empty"):
            client.set_up()
        found = client.explore(Question(table="ARTSTM", words=("KZ",)))
        client.close()
        assert "KUNDE" in found.tables
        assert "VKPR" in found.columns
        assert dict(found.words["KZ"])["M"] == 20


def why(stage: Any, **settings: Any) -> str:
    """What stands behind "unavailable" with these settings outside of opened networks; "" = it connects."""
    client = stage.connector.open(stage.config | settings, stage.secrets, egress=_Closed())
    try:
        with client.database.transaction() as connection:
            assert connection.exec_driver_sql("select 1").scalar() == 1
            return ""
    except ConnectorUnavailableError as error:
        causes, cause = [], error.__cause__ or error.__context__
        while cause is not None:
            causes.append(str(cause))
            cause = cause.__cause__ or cause.__context__
        return " / ".join(causes)
    finally:
        client.close()


class _Closed:
    def pin(self, host: str, port: int) -> Any:
        from portico_erp.connector import PinnedAddress

        return PinnedAddress(host, "127.0.0.1", port)

    def opened(self, host: str) -> bool:
        return False
