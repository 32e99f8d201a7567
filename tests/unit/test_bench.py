"""What measures the portal is run by hand and seldom: that each of its modules still finds what it needs is seen here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_module_of_the_measurements_can_be_loaded() -> None:
    names = [f"bench.{one.stem}" for one in sorted((ROOT / "bench").glob("*.py")) if not one.stem.startswith("__")]
    assert "bench.sync" in names
    loading = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    done = subprocess.run([sys.executable, "-c", loading], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
