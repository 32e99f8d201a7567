"""One real Tryton for all tests of this folder, started when the first of them asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.tryton.running import TrytonServer, running

from portico_tryton.stage import TrytonStage


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    with running(tmp_path_factory.mktemp("tryton")) as server:
        yield server


@pytest.fixture(scope="session")
def tryton_stage(tryton: TrytonServer) -> Iterator[TrytonStage]:
    stage = TrytonStage(tryton.port, tryton.database, tryton.password)
    yield stage
    stage.company.close()
