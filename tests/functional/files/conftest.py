from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.functional.files.desk import Desk
from tests.functional.files.scanner import Clamd

from portico.testing.portal import Portal


@pytest.fixture
def desk(portal: Portal) -> Desk:
    return Desk.of(portal)


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    daemon = Clamd(tmp_path_factory.mktemp("clamd"))
    yield daemon
    daemon.stop()
