"""The old ERP in a file of SQLite, through the mapping of the documentation, against the contract."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from tests.contract.old_erp import OldStage, mapping
from tests.contract.test_mapped import OldErp, _plain

from portico_companydb import sqlite
from portico_erp import deadline
from portico_erp.conformance import Loopback, Stage
from portico_erp.errors import ConnectorRejectedError, ConnectorUnavailableError


class SqliteStage(OldStage):
    def __init__(self, folder: Path) -> None:
        self.file = folder / "old-erp.db"

        def execute(statement: str, *values: Any) -> list[tuple[Any, ...]]:
            with closing(sqlite3.connect(self.file, isolation_level=None, timeout=20)) as connection:
                return connection.execute(statement, tuple(map(sqlite.kept, values))).fetchall()

        config = {"dialect": "sqlite", "database": self.file.name, "currency": "EUR", "mapping": mapping()}
        super().__init__(execute, config, {}, Loopback(folder))
        (folder / "text.db").write_text("no database at all, but long enough to be looked at by the library" * 20)
        self.invalid = [
            (config | {"database": name}, {}, ConnectorRejectedError)
            for name in ("missing.db", "text.db", "../old-erp.db", "/etc/passwd", "old-erp.db?mode=rwc", "file:old-erp.db")
        ]

    @contextmanager
    def losing_the_answer(self, client: Any) -> Iterator[None]:
        """COMMIT takes effect; then the connection is gone."""

        def vanish(connection: Any) -> None:
            raw = connection.connection.driver_connection
            raw.commit()
            raw.close()
            raise sqlite3.OperationalError("disk I/O error")

        event.listen(client.database.engine, "commit", vanish)
        try:
            yield
        finally:
            event.remove(client.database.engine, "commit", vanish)


class TestSQLite(OldErp):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, tmp_path_factory: pytest.TempPathFactory) -> Stage:
        return SqliteStage(tmp_path_factory.mktemp("sqlite"))

    def test_reading_cannot_write(self, client: Any) -> None:
        with pytest.raises(ConnectorRejectedError), client.database.transaction() as connection:
            connection.exec_driver_sql("insert into MWST values ('x', 1)")

    @pytest.mark.parametrize("read_only", [True, False])
    @pytest.mark.parametrize(
        "statement",
        [
            "attach database '{other}' as other",
            "attach ':memory:' as other",
            "vacuum into '{other}'",
            "pragma writable_schema = on",
            "pragma query_only = off",
            "pragma journal_mode = wal",
            "create virtual table v using fts5(x)",
            "select load_extension('{other}')",
        ],
    )
    def test_no_other_file_and_no_setting_can_be_reached(
        self, client: Any, tmp_path: Path, statement: str, read_only: bool
    ) -> None:
        other = tmp_path / "other.db"
        sqlite3.connect(other).close()
        with pytest.raises((ConnectorRejectedError, ConnectorUnavailableError)):
            with client.database.transaction(read_only=read_only) as connection:
                connection.exec_driver_sql(statement.format(other=other))
        assert not other.exists() or other.stat().st_size == 0

    @pytest.mark.parametrize(
        "table", ["sqlite_master", "sqlite_schema", "temp.ARTSTM", "other.ARTSTM", 'ARTSTM" WHERE 1 -- ', "pragma_table_info('KUNDE')"]
    )
    def test_what_is_no_table_of_theirs_is_not_there(self, stage: Any, table: str) -> None:
        for change in ({"table": table}, {"query": f"SELECT * FROM {table}", "table": ""}):
            changed = mapping()
            changed["items"] = {name: one for name, one in (changed["items"] | change).items() if one}
            client = stage.connector.open(stage.config | {"mapping": changed}, stage.secrets, egress=stage.egress)
            (report,) = [one for one in client.test() if one.capability == "catalogue"]
            client.close()
            assert not report.ok
            assert any(words in _plain(report.detail) for words in ("no table", "cannot be read", "no place", "is not allowed"))

    def test_query_without_an_end_gives_the_thread_back(self, client: Any) -> None:
        endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"
        with deadline.within(0.3), pytest.raises(ConnectorUnavailableError), client.database.transaction() as connection:
            connection.exec_driver_sql(endless)

    def test_file_that_somebody_writes_to_is_waited_for_and_no_longer(self, stage: Any, client: Any) -> None:
        request = self.request(stage, client)
        with closing(sqlite3.connect(stage.file, isolation_level=None)) as holder:
            holder.execute("begin immediate")
            with deadline.within(0.3), pytest.raises(ConnectorUnavailableError):
                client.submit(request)
            holder.execute("rollback")
        assert client.submit(request).number
        assert stage.count_quotes(request.reference) == 1

    def test_reading_goes_on_while_somebody_writes(self, stage: Any, client: Any) -> None:
        found: list[Any] = []
        with closing(sqlite3.connect(stage.file, isolation_level=None)) as holder:
            holder.execute("begin immediate")
            holder.execute("update KUNDE set NAME2 = 'AG' where KDNR = 4711")
            reader = threading.Thread(target=lambda: found.append(client.find_customer(code="4711")))
            reader.start()
            reader.join()
            holder.execute("rollback")
        assert [one.name for one in found] == ["Müller & Söhne GmbH"]
