"""The kit from the command line: whom it plays on, and connectors that break a rule and must be caught."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.plain_pytest import PYTEST

# Connectors that are wrong on purpose, each with the tests that have to notice.
BROKEN = '''
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import time

import pytest

from portico.db.embedded import EmbeddedServer
from portico_companydb.client import CompanyDatabaseClient
from portico_companydb.connector import CompanyDatabase
from portico_companydb.settings import DatabaseSettings
from portico_companydb.stage import CompanyDatabaseStage, PlayedDatabase
from portico_erp.conformance import ConnectorContract


class Doubling(CompanyDatabaseClient):
    """Forgets whose reference it was, and so writes again."""

    def submit(self, request):
        if self.find_quote(request.reference):
            with self.database.transaction(read_only=False) as connection:
                connection.exec_driver_sql("update quotes set portal_reference = portal_reference || '-' where "
                                           "portal_reference = '" + request.reference + "'")
        return super().submit(request)


class Rounding(CompanyDatabaseClient):
    def items(self, cursor, limit):
        page = super().items(cursor, limit)
        return replace(page, items=[replace(one, price=Decimal(str(round(float(one.price), 1)))) for one in page.items])


class Local(CompanyDatabaseClient):
    """Reads the clock on its own machine's wall."""

    def items(self, cursor, limit):
        page = super().items(cursor, limit)
        off = timedelta(seconds=-time.timezone)
        return replace(page, items=[replace(one, updated_at=one.updated_at + off) for one in page.items])


class Forgetful(CompanyDatabaseClient):
    """Begins anew in every pass."""

    def items(self, cursor, limit):
        page = super().items(cursor, limit)
        return page if page.more else replace(page, cursor='{"since": null, "seen": {}}')


class Own(CompanyDatabaseClient):
    """Has no error of the contract for a way that breaks."""

    def items(self, cursor, limit):
        try:
            return super().items(cursor, limit)
        except Exception as error:
            raise RuntimeError("something") from error


class Lacking(CompanyDatabaseClient):
    """Cannot do what its connector declares."""

    boast = {"activities"}


def broken(kind):
    class Broken(CompanyDatabase):
        capabilities = CompanyDatabase.capabilities | getattr(kind, "boast", set())

        def open(self, config, secrets, *, egress):
            return kind(DatabaseSettings.read(config, secrets), egress)

    return Broken()


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("companies"), {"fsync": "off"})
    server.start()
    yield server
    server.destroy()


class Base(ConnectorContract):
    kind = CompanyDatabaseClient

    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, server):
        stage = CompanyDatabaseStage.set_up(PlayedDatabase.make(server))
        stage.connector = broken(cls.kind)
        return stage


for kind in (Doubling, Rounding, Local, Forgetful, Own, Lacking):
    globals()["Test" + kind.__name__] = type("Test" + kind.__name__, (Base,), {"kind": kind})
'''
NOTICED = {
    "Doubling": "test_submit_twice_makes_one_quote",
    "Rounding": "test_changed_price_comes_in_the_next_pass_exactly",
    "Local": "test_times_do_not_depend_on_this_machines_zone[catalogue]",
    "Forgetful": "test_second_pass_without_changes_brings_nothing[catalogue]",
    "Own": "test_broken_way_ends_in_one_of_the_three_errors_in_time[catalogue-refuse]",
    "Lacking": "test_client_has_every_declared_capability",
}


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *PYTEST, *arguments],
        cwd=folder, text=True, capture_output=True, check=False, timeout=200,
    )  # fmt: skip


def test_connector_that_nobody_installed_is_named_with_those_that_are(tmp_path: Path) -> None:
    done = run("--portico-connector=nobody", folder=tmp_path)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "names a stage 'nobody'" in done.stderr
    assert "companydb" in done.stderr


def test_part_of_the_contract_proves_no_connector(tmp_path: Path) -> None:
    done = run("--portico-connector=companydb", "-k", "unknown_order or settings", folder=tmp_path)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "NOT KEPT: catalogue: counts as absent: no test of it ran" in done.stdout
    assert "NOT KEPT: faults is said to be done" in done.stdout
    assert "Rung: none yet" in done.stdout


@pytest.mark.slow
def test_each_broken_rule_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "test_broken.py"
    file.write_text(BROKEN, encoding="utf-8")
    chosen = [f"{file.name}::Test{kind}::{test}" for kind, test in NOTICED.items()]
    done = run(*chosen, folder=tmp_path)
    assert f"{len(NOTICED)} failed" in done.stdout, done.stdout[-3000:]
    assert "passed" not in done.stdout
