"""Anchors: heads of the audit chains, kept in files outside the database, so that a tail that was cut off shows.

A line each: when it was seen (UTC, ISO 8601), chain, number of the link, its hash in hexadecimal. Files are only ever
appended to, and there is one a month: `audit-2026-11.anchors`. Put the folder where the database's administrator cannot
write, and it proves what a chain in the database alone cannot.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

_TAIL = 4096
"""Bytes; more than one line takes."""


@dataclass(frozen=True)
class Anchor:
    """A chain had this hash at this number when it was seen."""

    seen_at: dt.datetime
    chain: UUID
    number: int
    hash: bytes

    def line(self) -> str:
        return f"{self.seen_at.astimezone(dt.UTC).isoformat()} {self.chain} {self.number} {self.hash.hex()}\n"

    @classmethod
    def read(cls, line: str) -> Anchor | None:
        """None for a line that a crash cut in two: what it would have said is said again by the next one."""
        try:
            seen_at, chain, number, digest = line.split()
            return cls(dt.datetime.fromisoformat(seen_at), UUID(chain), int(number), bytes.fromhex(digest))
        except ValueError:
            return None


class Anchors:
    """The files in a folder. Several processes, and machines on a shared folder, may append."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self) -> list[Path]:
        """The oldest first."""
        return sorted(self.folder.glob("audit-*.anchors"))

    def last_seen(self) -> dt.datetime | None:
        """When the newest anchor was made; None if there is none."""
        for path in reversed(self.files()):
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - _TAIL))
                lines = file.read().decode("ascii", "replace").splitlines()
            for line in reversed(lines):
                anchor = Anchor.read(line)
                if anchor is not None:
                    return anchor.seen_at
        return None

    def append(self, anchors: Iterable[Anchor]) -> None:
        """On the disk when this returns. Raises OSError."""
        made = sorted(anchors, key=lambda one: (one.seen_at, one.chain))
        if not made:
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"audit-{made[-1].seen_at.astimezone(dt.UTC):%Y-%m}.anchors"
        is_new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = os.fstat(file.fileno()).st_size
            torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
            text = ("\n" if torn else "") + "".join(one.line() for one in made)
            written = os.write(file.fileno(), text.encode("ascii"))
            if written != len(text):
                raise OSError(f"{path}: only {written} of {len(text)} bytes were written")
            os.fsync(file.fileno())
        if is_new:
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def of(self, chain: UUID) -> Iterator[Anchor]:
        """Those of one chain, as they were written; a line at a time."""
        for path in self.files():
            with path.open(encoding="ascii", errors="replace") as file:
                for line in file:
                    if str(chain) in line and (anchor := Anchor.read(line)) is not None and anchor.chain == chain:
                        yield anchor

    def chains(self) -> set[UUID]:
        """All that were ever anchored."""
        found = set()
        for path in self.files():
            with path.open(encoding="ascii", errors="replace") as file:
                found |= {anchor.chain for line in file if (anchor := Anchor.read(line)) is not None}
        return found
