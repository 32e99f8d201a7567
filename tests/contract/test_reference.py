"""The kit on an ERP that keeps the whole contract: every test of it runs, and passes, somewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contract.reference import Erp
from tests.contract.reference_stage import ReferenceStage

from portico_erp.conformance import ConnectorContract, Stage


class TestReference(ConnectorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls) -> Iterator[Stage]:
        stage = ReferenceStage(Erp())
        yield stage  # type: ignore[misc]
        stage.close()
