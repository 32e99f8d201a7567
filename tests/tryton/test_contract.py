"""Tryton against the contract, on a real server."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

from portico_erp.conformance import ConnectorContract, Stage


class TestTryton(ConnectorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def stage(cls, tryton_stage: Any) -> Stage:
        return tryton_stage

    def test_document_of_an_invoice_is_what_it_says(self, stage: Any, client: Any) -> None:
        if shutil.which("soffice") is None and os.environ.get("CI") != "true":
            pytest.skip("Tryton makes PDF by LibreOffice, which is not on this machine (apt-get install libreoffice-writer-nogui)")
        super().test_document_of_an_invoice_is_what_it_says(stage, client)
