"""What a step back must not do."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

import portico_quotes

STEPS = Path(portico_quotes.__file__).parent / "migrations"


@pytest.mark.parametrize("step", ["q0007_versions", "q0008_revisions", "q0014_sections"])
def test_a_step_that_cannot_be_taken_back_says_so(step: str) -> None:
    with pytest.raises(RuntimeError, match="restore a backup"):
        runpy.run_path(str(STEPS / f"{step}.py"))["downgrade"]()
