"""Log lines for machines."""

from __future__ import annotations

import datetime as dt
import json
import logging
import logging.config
from pathlib import Path

import pytest

from portico.settings import Settings
from portico.web.logs import formatting


def test_time_of_a_line_for_machines_names_its_zone(tmp_path: Path) -> None:
    settings = Settings.read({"portico.home": str(tmp_path), "portico.log_format": "json"}, {})
    formatter = logging.config.DictConfigurator({"version": 1}).configure_formatter(formatting(settings))  # type: ignore[attr-defined]
    record = logging.LogRecord("portico.request", logging.INFO, __file__, 1, "GET home 200", (), None)
    record.request_id = "abc"
    line = json.loads(formatter.format(record))
    assert {"level": "INFO", "logger": "portico.request", "message": "GET home 200", "request_id": "abc"}.items() <= line.items()
    moment = dt.datetime.fromisoformat(line["time"])
    assert moment.utcoffset() == dt.timedelta(0)
    assert moment.timestamp() == pytest.approx(record.created, abs=1e-5)
