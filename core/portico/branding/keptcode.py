"""Compiled templates, so that a start compiles only what changed."""

from __future__ import annotations

from pathlib import Path
from types import CodeType

import jinja2

from portico.keptfile import KeptFile, made_by

Codes = dict[tuple[str, str], CodeType]
"""(Name and path of a template, hashed by Jinja2; hash of its source) → what it compiles to."""


class KeptCode(KeptFile):
    """Codes of all templates."""

    what = "templates"

    def __init__(self, folder: Path, master_key: bytes) -> None:
        sources = (Path(__file__).with_name(name) for name in ("compiling.py", "themes.py"))
        super().__init__(folder, master_key, made_by([jinja2.__version__], sources))
