"""Has files drawn by `drawing`, a process of its own, and believes nothing that comes back but the size of its parts."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, cast

from portico.files import drawing
from portico.files.drawing import DAMAGED, DEMANDING, DOCUMENT, EMPTY, FAILURE, HEAD, LOCKED, PAGE, PREVIEW

CPU_S, PATIENCE_S = 20, 60.0
"""What drawing one file may take, of a processor and of the clock."""
_PROGRAM = Path(drawing.__file__)
_REASONS = {one: one.decode() for one in (LOCKED, DAMAGED, EMPTY, DEMANDING)}
_ONE_AT_A_TIME = threading.Lock()


class BusyDrawingError(RuntimeError):
    """This process has one drawn already: memory is for one."""


@dataclass(frozen=True)
class Picture:
    """A WebP picture. thumbnail: of the first page, small."""

    content: bytes
    width: int
    height: int
    thumbnail: bool = False


@dataclass(frozen=True)
class Drawn:
    """pages: of the document, of which the first were drawn. problem: why there are no pictures ("locked", "damaged", "empty",
    "demanding"); empty if there are some."""

    pages: int
    pictures: tuple[Picture, ...]
    problem: str = ""


def draw(kind: str, content: Iterable[bytes], most: int) -> Drawn:
    """kind: "pdf" or "picture". most: pages that are drawn. Raises BusyDrawingError, and what `content` raises."""
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        raise BusyDrawingError
    try:
        with _nameless() as source, _nameless() as target:
            for piece in content:
                source.write(piece)
            source.seek(0)
            ended = _run(kind, most, source, target)
            target.seek(0)
            return _understood(target.read(drawing.OUTPUT), most, ended)
    finally:
        _ONE_AT_A_TIME.release()


@contextmanager
def _nameless() -> Iterator[IO[bytes]]:
    """A file in memory, where the system has such: what was sealed does not lie on the disk in the clear."""
    if hasattr(os, "memfd_create"):
        opened: Any = os.fdopen(os.memfd_create("portico-preview"), "w+b")
    else:
        opened = TemporaryFile()
    with opened:
        yield cast(IO[bytes], opened)


def _run(kind: str, most: int, source: IO[bytes], target: IO[bytes]) -> bool:
    """Whether it came to its end within its limits. Its environment is empty: no password of ours is in it."""
    source.flush()
    process = subprocess.Popen(
        [sys.executable, "-I", str(_PROGRAM), kind, str(most), str(CPU_S)],
        stdin=source, stdout=target, stderr=subprocess.DEVNULL, env={}, cwd="/",
    )
    try:
        return process.wait(PATIENCE_S) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        process.kill()
        process.wait()


def _understood(data: bytes, most: int, ended: bool) -> Drawn:
    """What was written whole. Whoever took the process over could write anything; it is served as a picture and nothing else."""
    pages, at, problem = 0, 0, ""
    pictures: list[Picture] = []
    while at + HEAD.size <= len(data) and len(pictures) <= most and not problem:
        letter, width, height, length = HEAD.unpack_from(data, at)
        content, at = data[at + HEAD.size : at + HEAD.size + length], at + HEAD.size + length
        if at > len(data):
            break
        if letter == DOCUMENT:
            pages = width
        elif letter == FAILURE:
            problem = _REASONS.get(content, "damaged")
        elif letter in (PREVIEW, PAGE) and _is_webp(content) and 0 < width <= drawing.WIDTH and 0 < height <= drawing.TALLEST:
            pictures.append(Picture(content, width, height, letter == PREVIEW))
    drawn = sum(not one.thumbnail for one in pictures)
    if drawn and pictures[0].thumbnail:
        return Drawn(min(max(pages, drawn), 1_000_000), tuple(pictures))
    return Drawn(0, (), problem or ("damaged" if ended else "demanding"))


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP" and int.from_bytes(content[4:8], "little") + 8 == len(content)
