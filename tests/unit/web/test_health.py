"""What is told to whoever watches (`/metrics`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from portico.web import health


def test_the_file_of_a_process_that_has_just_begun_is_in_nobodys_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    (tmp_path / "counter_1.db").touch()
    kept = MmapedDict(str(tmp_path / "counter_2.db"))
    kept.write_value(mmap_key("portico_tested", "portico_tested_total", [], [], "Of a test"), 3.0, 0.0)
    kept.close()
    assert b"portico_tested_total 3.0" in health._metrics()
    (tmp_path / "histogram_3.db").symlink_to(tmp_path / "ended")
    assert b"portico_tested_total 3.0" in health._metrics()
