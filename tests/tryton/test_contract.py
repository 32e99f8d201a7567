"""Tryton against the contract, on a real server."""

from __future__ import annotations

from typing import Any

import pytest

from portico_erp.conformance import ConnectorContract, Stage


class TestTryton(ConnectorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, tryton_stage: Any) -> Stage:
        return tryton_stage
