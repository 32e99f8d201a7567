"""The example of the page on documents, run as it stands there."""

from __future__ import annotations

import datetime as dt
import re
import runpy
import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.unit.documents.setting import company, documents, pages

from portico.documents.service import Documents

MOMENT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


def block(page: str, language: str, holding: str) -> str:
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL)
    [found] = [textwrap.dedent(text) for _indent, text in blocks if holding in text]
    return found


def test_the_example_makes_a_document(tree: Path, tmp_path: Path) -> None:
    page = (tree / "docs/plugins/documents.md").read_text(encoding="utf-8")
    template = tmp_path / "visits/templates/visits/documents/report.typ"
    template.parent.mkdir(parents=True)
    template.write_text(block(page, "typ", "lines-table"), encoding="utf-8")
    code = tmp_path / "documents.py"
    code.write_text(block(page, "python", "DocumentKind"), encoding="utf-8")
    names: dict[str, Any] = runpy.run_path(str(code))

    [kind] = names["kinds"]()
    themes = documents()._themes
    made = Documents(SimpleNamespace(**vars(themes) | {"folders": themes.folders | {"visits": tmp_path / "visits"},  # type: ignore[arg-type]
                                                       "name_for": themes.name_for}), 2)  # fmt: skip
    visit = SimpleNamespace(done=False, at=MOMENT, account="Buyer #1", number="V-3", note="*Mind* the dog", changed_at=MOMENT,
                            tasks=[SimpleNamespace(what="Looked at the press", hours=3)])  # fmt: skip
    tenant = company()
    found = made.make(tenant, "en", kind.make(None, visit, made.speaker(tenant, "en")))
    [text] = pages(found.content)
    assert found.name == "Visit V-3.pdf"
    for words in ("Visit V-3", "Draft", "20 Nov 2026", "Buyer #1", "Looked at the press", "*Mind* the dog", "Page 1 of 1"):
        assert words in text


def test_every_part_that_the_page_names_is_there(tree: Path) -> None:
    page = (tree / "docs/plugins/documents.md").read_text(encoding="utf-8")
    table = page.partition("## What a template has")[2].partition("## What a theme")[0]
    named = {one for cell in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for one in re.findall(r"`([a-z-]+)", cell)}
    letter = (tree / "core/portico/templates/portico/documents/letter.typ").read_text(encoding="utf-8")
    assert len(named) > 15
    assert {one for one in named if f"#let {one}" not in letter} == set()
