"""What preparing an empty place came to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SetupReport:
    """`created`: False when everything was there before. `version`: of the schema now in place."""

    created: bool
    version: int
    detail: str
