"""Makes packages to begin with: `portico new plugin NAME`, `portico new connector NAME`.

The files are Jinja2 templates beside this module, with delimiters of their own ("«name»"), as some of what they make are
templates themselves. A tool for project templates would be one more dependency of every installation, for forty lines.
"""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import jinja2

KINDS = ("plugin", "connector")
SUFFIX = ".template"
_FOLDER = Path(__file__).parent / "templates"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_NAME = 40


class ScaffoldError(ValueError):
    """Why nothing was made, in a sentence for whoever asked."""


def check_name(name: str) -> None:
    """Raises ScaffoldError unless this can be the name of a new import package."""
    if not _NAME.fullmatch(name) or not 3 <= len(name) <= LONGEST_NAME:
        raise ScaffoldError(
            f"{name!r} cannot be a package's name: use 3 to {LONGEST_NAME} small letters, digits and single underscores, "
            "a letter first"
        )
    if keyword.iskeyword(name) or name in sys.stdlib_module_names:
        raise ScaffoldError(f"{name!r} is a word of Python itself: choose another name")
    if name.split("_")[0] == "portico":
        raise ScaffoldError("names that begin with 'portico' are kept for the project's own packages: choose another name")
    if importlib.util.find_spec(name) is not None:
        raise ScaffoldError(f"a package {name!r} is installed already: choose another name")


def make(kind: str, name: str, folder: Path) -> list[Path]:
    """The files written below `folder`, which must not exist or be empty. Raises ScaffoldError; then nothing was written."""
    check_name(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ScaffoldError(f"{folder} is there already: name another folder with --folder, or move it away")
    written = []
    for path, text in rendered(kind, name):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        written.append(file)
    return written


def rendered(kind: str, name: str) -> Iterator[tuple[str, str]]:
    """Path and text of each file. In paths and texts, `name` is the package, `title` what people call it."""
    environment = jinja2.Environment(
        variable_start_string="«", variable_end_string="»", block_start_string="«%", block_end_string="%»",
        comment_start_string="«#", comment_end_string="#»",
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
    words = name.split("_")
    values = {
        "name": name,
        "distribution": name.replace("_", "-"),
        "title": " ".join(words).capitalize(),
        "class": "".join(word.capitalize() for word in words),
    }
    base = _FOLDER / kind
    for file in sorted(base.rglob("*" + SUFFIX)):
        path = file.relative_to(base).as_posix().removesuffix(SUFFIX).replace("NAME", name)
        yield path, environment.from_string(file.read_text(encoding="utf-8")).render(values)
