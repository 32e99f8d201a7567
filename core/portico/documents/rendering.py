"""Has documents set by `typesetting`, a process of its own that can be ended at any time."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, cast

from portico.documents import typesetting
from portico.documents.errors import DocumentError
from portico.documents.typesetting import ARCHIVAL, FAILURE, OUTPUT, PLAIN

log = logging.getLogger("portico.documents")
CPU_S, PATIENCE_S = 10, 20.0
"""What one document may take, of a processor and of the clock."""
_PROGRAM = Path(typesetting.__file__)


def typeset(
    source: str,
    inputs: Mapping[str, str],
    timestamp: int,
    folders: Sequence[Path],
    *,
    cpu_s: int = CPU_S,
    patience_s: float = PATIENCE_S,
) -> bytes:
    """A PDF. source: typst, with everything that it imports. inputs: what the template reads as `sys.inputs`. timestamp: Unix
    seconds, which the PDF says it was made at. folders: where fonts are, and no others are used. Raises DocumentError."""
    asked = json.dumps({"source": source, "inputs": dict(inputs), "timestamp": timestamp}).encode()
    with _nameless() as given, _nameless() as made:
        given.write(asked)
        given.flush()
        given.seek(0)
        ended = _run([str(cpu_s), *map(str, folders)], given, made, patience_s)
        made.seek(0)
        answer = made.read(OUTPUT + 1)
    letter, content = answer[:1], answer[1:]
    if ended and letter in (ARCHIVAL, PLAIN) and content.startswith(b"%PDF-"):
        if letter == PLAIN:
            log.warning("a document has characters that no font has, and is no PDF/A")
        return content
    diagnosis = content.decode("utf-8", "replace") if letter == FAILURE else "it was ended at its limits of time and memory"
    log.error("a document could not be set: %s", diagnosis[:2000])
    raise DocumentError(diagnosis)


@contextmanager
def _nameless() -> Iterator[IO[bytes]]:
    """A file in memory, where the system has such."""
    if hasattr(os, "memfd_create"):
        opened: Any = os.fdopen(os.memfd_create("portico-document"), "w+b")
    else:
        opened = TemporaryFile()
    with opened:
        yield cast(IO[bytes], opened)


def _run(arguments: list[str], source: IO[bytes], target: IO[bytes], patience_s: float) -> bool:
    """Whether it came to its end within its limits. Its environment is empty: no password of ours is in it."""
    process = subprocess.Popen(
        [sys.executable, "-I", str(_PROGRAM), *arguments],
        stdin=source, stdout=target, stderr=subprocess.DEVNULL, env={}, cwd="/",
    )
    try:
        return process.wait(patience_s) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        process.kill()
        process.wait()
