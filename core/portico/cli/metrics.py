"""Where processes of one installation count together. Imports no prometheus_client: it reads the folder at its import."""

from __future__ import annotations

import os
from pathlib import Path


def share_metrics(home: Path) -> None:
    """Have all processes of this installation count into files below `home`; call before prometheus_client is imported."""
    folder = home / "metrics"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder))


def forget_dead_metrics(home: Path) -> None:
    """Remove what processes that are gone have counted: a start counts from nothing again, and the folder stays small."""
    for file in (home / "metrics").glob("*.db"):
        pid = file.stem.rsplit("_", 1)[-1]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            file.unlink(missing_ok=True)
