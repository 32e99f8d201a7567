"""The page on the quality ladder lists the rules that are checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portico_erp.conformance.quality import RULES


def test_every_rule_is_on_the_page_with_its_rung(open_document: Callable[[str], Any]) -> None:
    rows = [line.split(" | ") for line in open_document("docs/connectors/quality.md").text.splitlines() if " | `" in line]
    assert [(rung.strip("| "), name.strip("`"), sentence) for rung, name, sentence, _seen in rows] == [
        (rule.rung, rule.name, rule.sentence) for rule in RULES.values()
    ]
