"""Where the documentation lies, and how its pages are read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
_FILE = re.compile(r"^`(?P<name>[\w./-]+)`\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Document:
    """A page of the documentation."""

    def __init__(self, path: Path) -> None:
        self.path, self.text = path, path.read_text(encoding="utf-8")

    def files(self) -> dict[str, str]:
        """Name → text of each block that has a line with the file's name above it."""
        return {found["name"]: found["text"] for found in _FILE.finditer(self.text)}

    def blocks(self, *languages: str) -> list[str]:
        return [found["text"] for found in _BLOCK.finditer(self.text) if found["language"] in languages]

    def prose(self) -> str:
        return _BLOCK.sub("", self.text)


@pytest.fixture(scope="session")
def tree() -> Path:
    return TREE


@pytest.fixture(scope="session")
def documents() -> list[Document]:
    """Every page that people read: docs/, and the readmes of the project and its packages."""
    roots = ("docs", "core", "plugins", "connectors", "themes", "bench", "tests/strangers")
    pages = [TREE / "README.md", *(page for root in roots for page in sorted((TREE / root).rglob("*.md")))]
    return [Document(page) for page in pages]


@pytest.fixture(scope="session")
def tutorial() -> Document:
    return Document(TREE / "docs" / "tutorial" / "first-plugin.md")


@pytest.fixture(scope="session")
def open_document() -> Callable[[str], Document]:
    return lambda name: Document(TREE / name)
