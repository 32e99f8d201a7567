"""The program that sets a document, in a process of its own: text goes in, a PDF comes out, and nothing else is in reach.

What customers and companies wrote is data to the template, never markup. Should that fail one day, there is nothing to get: this
process begins with an empty environment, reads its fonts, and before it reads the first byte gives up opening anything: no file,
no socket, no other program. It is run by `rendering` as a script, and imports nothing of the portal.

Usage: typesetting.py SECONDS FOLDER… (of a processor; where fonts are). Input: JSON {"source", "inputs": {name: text},
"timestamp": Unix seconds}. Output: one of the letters below, then the PDF, or why there is none.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typst import Fonts

MEMORY = 1 << 30
"""Bytes of address space. The program with its fonts takes 150 MB of memory, and little more for 500 lines."""
OUTPUT = 32 << 20
ARCHIVAL, PLAIN, FAILURE = b"A", b"P", b"F"
"""A PDF/A that is PDF/UA too; a tagged PDF that is neither; no PDF."""
STANDARDS = ("a-3a", "ua-1")
NOT_SHOWN = "could not be displayed with font"
"""What the typesetter says of a character that no font has: then a document cannot be archival, and is one all the same."""


def confine(cpu_s: int) -> None:
    """From here on this process has what it has. The limits cannot be raised again but by root."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main(cpu_s: int, folders: list[str], source: IO[bytes], target: IO[bytes]) -> None:
    import typst

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    _rehearse(fonts, folders[0])
    confine(cpu_s)
    asked = json.loads(source.read())
    try:
        letter, made = _set(asked, fonts, folders[0])
    except MemoryError:
        letter, made = FAILURE, b"out of memory"
    except typst.TypstError as error:
        letter, made = FAILURE, error.diagnostic.encode()
    target.write(letter + made)
    target.flush()


def _rehearse(fonts: Fonts, root: str) -> None:
    """Has every font read and every thread begun, for later nothing can be opened: both are left for their first use."""
    families = "".join(
        f"#text(font: {json.dumps(one)}, weight: {weight})[a]" for one in fonts.families() for weight in (400, 600)
    )
    _compile(f'#set document(title: "a")\n#title()\n{families}', {}, 0, fonts, root, list(STANDARDS))


def _set(asked: dict[str, Any], fonts: Fonts, root: str) -> tuple[bytes, bytes]:
    import typst

    rest = (asked["inputs"], asked["timestamp"], fonts, root)
    try:
        return ARCHIVAL, _compile(asked["source"], *rest, list(STANDARDS))
    except typst.TypstError as error:
        if NOT_SHOWN not in error.diagnostic:
            raise
    return PLAIN, _compile(asked["source"], *rest, [])


def _compile(source: str, inputs: dict[str, str], timestamp: int, fonts: Fonts, root: str, standards: list[Any]) -> bytes:
    import typst

    compiler = typst.Compiler(
        source.encode(), root=root, font_paths=fonts, ignore_system_fonts=True, sys_inputs=inputs, package_path=root,
        package_cache_path=root,
    )
    made = compiler.compile(format="pdf", pdf_standards=standards, timestamp=timestamp, pdf_tags=True)
    assert isinstance(made, bytes)
    return made


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:], sys.stdin.buffer, sys.stdout.buffer)
