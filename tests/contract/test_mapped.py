"""A database that was never made for the portal, through the mapping of the documentation, against the contract."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from tests.contract.old_erp import OldStage, mapping

from portico_erp.conformance import ConnectorContract, Stage, drain
from portico_erp.conformance.reading import each_reader, time_zone
from portico_erp.errors import ConnectorRejectedError, ConnectorUnauthorisedError, ConnectorUnavailableError


class PostgresStage(OldStage):
    def __init__(self, database: Any, egress: Any) -> None:
        def execute(statement: str, *values: Any) -> list[tuple[Any, ...]]:
            found: list[tuple[Any, ...]] = database.execute(statement.replace("?", "%s"), *values)
            return found

        config = database.config | {"mapping": mapping()}
        super().__init__(execute, config, database.secrets, egress)
        database.execute(f"grant all on all tables in schema public to {database.name}")
        self.database, self.address = database, ("127.0.0.1", config["port"])
        self.invalid = [
            (config, {"password": "wr0ng-secret"}, ConnectorUnauthorisedError),
            (config | {"port": 1}, self.secrets, ConnectorUnavailableError),
            (config | {"mapping": {"items": {"table": "ARTSTM"}}}, self.secrets, ConnectorRejectedError),
            (config | {"mapping": "{"}, self.secrets, ConnectorRejectedError),
        ]

    @contextmanager
    def losing_the_answer(self, client: Any) -> Iterator[None]:
        """COMMIT takes effect; then the connection is gone."""

        def commit_and_vanish(connection: Any) -> None:
            raw = connection.connection.driver_connection
            raw.commit()
            raw.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

        event.listen(client.database.engine, "commit", commit_and_vanish)
        try:
            yield
        finally:
            event.remove(client.database.engine, "commit", commit_and_vanish)


def told(records: Sequence[Any]) -> dict[str, Any]:
    """By reference, without the time of the change: where no column says it, it is that of the reading."""
    return {one.ref: replace(one, updated_at=datetime.min.replace(tzinfo=UTC)) for one in records}


class OldErp(ConnectorContract):
    """What holds for the old ERP on every kind of database."""

    @each_reader
    def test_small_pages_bring_what_a_large_one_brings(self, peopled: None, client: Any, reader: str) -> None:
        small, _cursor = drain(getattr(client, reader))
        large, _cursor = drain(getattr(client, reader), limit=1000)
        assert small
        assert len(told(small)) == len(small)
        assert told(small) == told(large)

    @each_reader
    def test_times_do_not_depend_on_this_machines_zone(
        self, peopled: None, reopened: Callable[[], Any], reader: str
    ) -> None:
        found = []
        for zone in ("UTC", "Pacific/Kiritimati", "America/St_Johns"):
            with time_zone(zone):
                found.append(told(drain(getattr(reopened(), reader))[0]))
        assert found[0] == found[1] == found[2]

    def test_texts_units_and_codes_are_read_as_people_mean_them(self, client: Any) -> None:
        items = {item.ref: item for item in drain(client.items)[0]}
        sheet, screw = items["01/M1"], items["01/Z1"]
        assert (sheet.code, sheet.name, sheet.unit, sheet.category) == ("M1", "Blech 1 verzinkt", "piece", "BLE")
        assert (sheet.price, sheet.tax_rate, sheet.currency) == (Decimal("1.99"), 20, "EUR")
        assert (screw.name, screw.unit, screw.price) == ("Schraube", "kg", Decimal("0.5"))
        assert not any(ref.startswith("02/") for ref in items)

    @pytest.mark.parametrize(
        ("quantity", "price"), [("0.5", "0.95"), ("9.999", "0.95"), ("10", "0.8765"), ("100", "0.5"), ("1000000", "0.5")]
    )
    def test_quantity_break_is_the_largest_that_fits(self, client: Any, quantity: str, price: str) -> None:
        (answer,) = client.prices("4711", [("01/M1", Decimal(quantity))]).prices
        assert answer.unit_price == Decimal(price)

    def test_price_of_the_customer_comes_before_that_of_the_list(self, client: Any) -> None:
        (answer,) = client.prices("4711", [("01/M2", Decimal(1))]).prices
        assert answer.unit_price == Decimal("123.45")

    def test_discount_is_taken_off_the_list_price(self, client: Any) -> None:
        (answer,) = client.prices("4713", [("01/D1", Decimal(1))]).prices
        assert (answer.unit_price, answer.currency) == (Decimal("70"), "EUR")

    def test_blocked_customer_is_inactive_and_not_found(self, client: Any) -> None:
        customers = {one.ref: one for one in drain(client.changed_customers)[0]}
        assert (customers["4712"].active, customers["4713"].active) == (False, True)
        assert customers["4711"].name == "Müller & Söhne GmbH"
        assert client.find_customer(code="4712") is None

    def test_word_that_is_not_assigned_is_a_problem_that_names_it(self, stage: Any, client: Any) -> None:
        stage._set("01/M4", "KZ", "Q")
        try:
            (problem,) = client.items(None, 1000).problems
        finally:
            stage._set("01/M4", "KZ", "M")
        assert (problem.ref, problem.code) == ("01/M4", "not_assigned")
        assert "“Q” is not assigned" in problem.message.interpolate()

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

    def test_numbers_are_counted_on(self, stage: Any, client: Any) -> None:
        first, second = (client.submit(self.request(stage, client)).number for _ in range(2))
        assert int(second) == int(first) + 1 >= 50002

    def test_rows_that_go_away_while_paging_hide_no_others(self, stage: Any, client: Any) -> None:
        stage.execute("insert into ARTSTM select FIRMA, 'A0', BEZ1, BEZ2, ARTGRP, ME, VKPR, PREH, STSL, KZ, LOEKZ, AKTIV "
                      "from ARTSTM where FIRMA = '01' and ARTNR = 'M1'")  # fmt: skip
        page = client.items(None, 7)
        found = {item.ref for item in page.items}
        stage.execute("delete from ARTSTM where ARTNR = 'A0'")
        rest, _cursor = drain(client.items, page.cursor)
        assert len((found | {item.ref for item in rest}) - {"01/A0"}) == stage.item_count

    def test_another_mapping_has_everything_read_anew(self, stage: Any, client: Any) -> None:
        items, cursor = drain(client.items)
        changed = mapping()
        changed["items"]["fields"]["category"] = {"value": "Sheets"}
        other = stage.connector.open(stage.config | {"mapping": changed}, stage.secrets, egress=stage.egress)
        again, _cursor = drain(other.items, cursor)
        other.close()
        assert len(again) == len(items)
        assert {item.category for item in again} == {"Sheets"}


class TestPostgreSQL(OldErp):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, new_database: Callable[[], Any], loopback: Any) -> Stage:
        return PostgresStage(new_database(), loopback)

    def test_time_comes_from_the_row_where_a_column_says_it(self, stage: Any, client: Any) -> None:
        customer = client.find_customer(code="4711")
        assert customer.updated_at.isoformat() == "2026-02-28T23:00:00+00:00"
        _customers, cursor = drain(client.changed_customers)
        stage.execute("update KUNDE set NAME2 = 'KG' where KDNR = 4713")
        assert drain(client.changed_customers, cursor)[0] == []
        stage.execute("update KUNDE set AENDAT = 1991231 where KDNR = 4713")
        assert [one.ref for one in drain(client.changed_customers, cursor)[0]] == ["4713"]

    @pytest.mark.parametrize(
        ("path", "value", "words"),
        [
            (("items", "table"), "ARTSTAMM", "no table “ARTSTAMM”"),
            (("items", "table"), "pg_catalog.pg_authid", "no table"),
            (("items", "table"), "pg_authid", "no table"),
            (("items", "table"), 'ARTSTM" WHERE 1=1 --', "no table"),
            (("items", "fields", "name"), "BEZ9", "no column “BEZ9”"),
            (("items", "fields", "name"), 'BEZ1" || "BEZ2', "no column"),
            (("items", "fields", "name"), "pg_sleep(9)", "no column"),
            (("orders", "query"), "SELECT * FROM AUFKOPF; DROP TABLE AUFKOPF", "one SELECT"),
            (("orders", "query"), "SELECT pg_read_file('/etc/passwd') AS AUFNR FROM AUFKOPF", "pg_read_file"),
            (("orders", "query"), "SELECT rolname AS AUFNR FROM pg_roles", "no table"),
            (("orders", "query"), "SELECT * FROM pg_roles, (WITH pg_roles AS (SELECT 1 AS AUFNR) SELECT * FROM pg_roles) AS x", "no table"),
            (("submission", "table"), "pg_catalog.pg_class", "no table"),
            (("submission", "values", "NICHTDA"), "note", "no column"),
        ],
    )
    def test_what_is_not_there_or_not_allowed_is_told_and_does_not_run(
        self, stage: Any, path: tuple[str, ...], value: str, words: str
    ) -> None:
        changed = mapping()
        place = changed
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        client = stage.connector.open(stage.config | {"mapping": changed}, stage.secrets, egress=stage.egress)
        try:
            failed = [report for report in client.test() if not report.ok]
        finally:
            client.close()
        assert failed
        assert any(words in _plain(report.detail) for report in failed)

    def test_reading_cannot_write_even_where_the_login_may(self, stage: Any, client: Any) -> None:
        with pytest.raises(ConnectorRejectedError), client.database.transaction() as connection:
            connection.exec_driver_sql("insert into MWST values ('x', 1)")

    def test_function_of_theirs_takes_the_whole_quote(self, stage: Any, client: Any) -> None:
        stage.database.execute(
            "create or replace function angebot_neu(ref text, kunde numeric, positionen text) returns integer language sql as $$ "
            "insert into angkopf (angnr, fremdref, kdnr, stat, wae, netto, mwst, brutto, gueltig, text1) "
            "values ((select coalesce(max(angnr), 0) + 1000 from angkopf), ref, kunde, 'N', 'EUR', 1, 0, 1, 0, positionen) "
            "returning angnr $$"
        )
        changed = mapping()
        customer = {"field": "customer", "number": True}
        changed["submission"] = {"call": "angebot_neu", "arguments": ["reference", customer, "lines"]}
        calling = stage.connector.open(stage.config | {"mapping": changed}, stage.secrets, egress=stage.egress)
        request = self.request(stage, client)
        try:
            assert calling.submit(request) == calling.submit(request)
            changed["submission"]["call"] = "pg_terminate_backend"
            refused = stage.connector.open(stage.config | {"mapping": changed}, stage.secrets, egress=stage.egress)
            with pytest.raises(ConnectorRejectedError, match="no function"):
                refused.submit(self.request(stage, client))
            refused.close()
        finally:
            calling.close()
        assert stage.count_quotes(request.reference) == 1
        (told,) = stage.database.execute("select text1 from angkopf where fremdref = %s", request.reference)[0]
        assert [line["item"] for line in json.loads(told)] == [line.ref for line in request.lines]


def _plain(message: Any) -> str:
    return str(message.interpolate()) if hasattr(message, "interpolate") else str(message)
