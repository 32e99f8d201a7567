"""Where templates of documents are found, and that every one of every theme can be put together."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.documents.setting import documents

from portico.documents.errors import DocumentTemplateError
from portico.documents.sources import DocumentSources


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    for place, text in {
        "plug/templates/plug/documents/a.typ": '#import "/plug/documents/parts.typ": *\nbody of plug\n',
        "plug/templates/plug/documents/parts.typ": "parts of plug\n",
        "theme/templates/plug/documents/parts.typ": '#import "/core:plug/documents/parts.typ": *\nparts of theme\n',
    }.items():
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {"plug": tmp_path / "plug", "theme": tmp_path / "theme"}


def test_imports_are_put_in_place(folders: dict[str, Path]) -> None:
    assert DocumentSources(folders, None).whole("plug/documents/a.typ").split("\n")[:3] == ["parts of plug", "", "body of plug"]


def test_a_theme_replaces_a_part_and_may_begin_with_it(folders: dict[str, Path]) -> None:
    whole = DocumentSources(folders, folders["theme"]).whole("plug/documents/a.typ")
    assert whole.index("parts of plug") < whole.index("parts of theme") < whole.index("body of plug")


def test_each_is_there_once(folders: dict[str, Path]) -> None:
    path = folders["plug"] / "templates/plug/documents/b.typ"
    path.write_text('#import "/plug/documents/parts.typ": *\n#import "/plug/documents/a.typ": *\n')
    assert DocumentSources(folders, None).whole("plug/documents/b.typ").count("parts of plug") == 1


@pytest.mark.parametrize(
    "line", ['#import "@preview/cetz:0.3.0"', '#import "parts.typ"', '#include "/plug/documents/parts.typ"', '#import "/plug/../x.typ": *',
             '#import "/plug/documents/missing.typ": *', '#import "/plug/documents/parts.typ": one']
)  # fmt: skip
def test_there_is_one_way_to_import(folders: dict[str, Path], line: str) -> None:
    (folders["plug"] / "templates/plug/documents/a.typ").write_text(line + "\n")
    with pytest.raises(DocumentTemplateError):
        DocumentSources(folders, None).whole("plug/documents/a.typ")


def test_those_that_ship_are_whole_in_every_theme() -> None:
    made = documents()
    for sources in made._sources.values():
        for name in ("portico_quotes/documents/quote.typ", "portico_orders/documents/confirmation.typ"):
            assert "#let letter(" in sources.whole(name)
