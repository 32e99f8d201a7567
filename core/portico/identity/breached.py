"""Lists of passwords that others chose before, small enough to look into at every change of a password (ASVS 6.2.12).

One ships (docs/decisions/0024 names its sources), the operator may bring a longer one. A file holds the first six bytes of
the SHA-256 of each password in lower case, sorted. With n entries a password that is not among them is refused by mistake
once in 2^48 / n times: for a million entries, once in 280 million.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path

MAGIC, WIDTH = b"PORTICO BREACHED 1\n", 6
SHIPPED = Path(__file__).with_name("data") / "passwords.breached"
SHORTEST = 4
"""Characters of the shortest entry: those too short to be chosen count where something is added to them."""
ADDED = 4
"""Characters before or after a listed password that make no new one of it: a year, `123!`."""


class BreachedListError(ValueError):
    """The file is none that `portico passwords` made."""


class Breached:
    """`password in breached`. The file is mapped into memory, once for all processes of a machine."""

    def __init__(self, file: str) -> None:
        """file: "" for no list. Raises BreachedListError, OSError."""
        self._entries: mmap.mmap | bytes = b""
        if not file:
            return
        with Path(file).open("rb") as opened:
            head = opened.read(len(MAGIC))
            size = opened.seek(0, 2) - len(MAGIC)
            if head != MAGIC or size % WIDTH or size == 0:
                raise BreachedListError(f"{file} is no list that `portico passwords` made")
            self._entries = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return max(0, len(self._entries) - len(MAGIC)) // WIDTH

    def __contains__(self, password: object) -> bool:
        if not isinstance(password, str) or not self._entries:
            return False
        wanted, low, high = digest(password), 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._at(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low < len(self) and self._at(low) == wanted

    def _at(self, number: int) -> bytes:
        start = len(MAGIC) + number * WIDTH
        return self._entries[start : start + WIDTH]


class Known:
    """`password in known`: it is on one of the lists, or is an entry with a few digits and signs around it."""

    def __init__(self, file: str = "") -> None:
        """file: the operator's list in addition to the shipped one, or "". Raises BreachedListError, OSError."""
        self.lists = [Breached(str(SHIPPED)), Breached(file)]

    def __len__(self) -> int:
        return sum(map(len, self.lists))

    def __contains__(self, password: object) -> bool:
        if not isinstance(password, str):
            return False
        return any(one in known for one in _entries_within(password) for known in self.lists)


def _entries_within(password: str) -> Iterator[str]:
    """The password, and what is left of it without the signs that people add where a rule asks for some (SP 800-63B A.3)."""
    yield password
    start, end = 0, len(password)
    while end and not password[end - 1].isalpha():
        end -= 1
    while start < end and not password[start].isalpha():
        start += 1
    for first, last in ((0, end), (start, len(password)), (start, end)):
        if SHORTEST <= last - first < len(password) <= last - first + ADDED:
            yield password[first:last]


def digest(password: str) -> bytes:
    return hashlib.sha256(password.lower().encode("utf-8", "surrogatepass")).digest()[:WIDTH]


def compile_list(passwords: Iterable[str], shortest: int) -> tuple[bytes, int]:
    """(the file's content, how many entries). Those that are too short to be chosen at all are left out; each counts once."""
    entries = sorted({digest(one) for one in passwords if len(one) >= shortest})
    return MAGIC + b"".join(entries), len(entries)
