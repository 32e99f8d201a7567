"""Sealing of files: each in segments under a key of its own, so that any part can be read and none cut, moved or changed.

The construction is that of STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance"): AES-256-GCM for each segment, whose nonce and additional data say its place and whether it is the last one.
The key is random and seals one file once, so no nonce comes twice.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator
from typing import IO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SEGMENT = 64 << 10
"""Bytes of content in each segment but the last, which may have fewer."""
TAG = 16
SEALED_SEGMENT = SEGMENT + TAG


class BrokenFileError(RuntimeError):
    """What the storage holds is not what was sealed for this file: changed, cut, moved or another's."""


def new_key() -> bytes:
    return os.urandom(32)


def key_text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def key_of(text: str) -> bytes:
    return base64.b64decode(text)


def segments_of(size: int) -> int:
    """An empty file has one segment, too: otherwise it could not be told from one that was cut."""
    return max(1, -(-size // SEGMENT))


def sealed_size(size: int) -> int:
    return size + TAG * segments_of(size)


class FileCipher:
    """Seals and opens the content of one file of `size` bytes."""

    def __init__(self, key: bytes, tenant_id: UUID, file_id: UUID, size: int) -> None:
        self._aead = AESGCM(key)
        self._name = f"portico file v1|{tenant_id}|{file_id}|".encode()
        self.size, self.count = size, segments_of(size)

    def seal(self, source: IO[bytes]) -> Iterator[bytes]:
        """The sealed segments in order. Raises ValueError if the source holds more or less than `size`."""
        left = self.size
        for place in range(self.count):
            plain = source.read(min(SEGMENT, left))
            left -= len(plain)
            if len(plain) < SEGMENT and left:
                raise ValueError("the file ends before its size")
            yield self._aead.encrypt(*self._place(place, plain))
        if source.read(1):
            raise ValueError("the file goes on after its size")

    def open(self, pieces: Iterable[bytes], first: int = 0) -> Iterator[bytes]:
        """The content of whole sealed segments, from segment `first` on. Raises BrokenFileError."""
        for place, sealed in enumerate(pieces, first):
            yield self.open_one(sealed, place)

    def open_one(self, sealed: bytes, place: int) -> bytes:
        try:
            return self._aead.decrypt(*self._place(place, sealed))
        except (InvalidTag, ValueError) as error:
            raise BrokenFileError(f"segment {place} of {self.count} does not open") from error

    def _place(self, place: int, data: bytes) -> tuple[bytes, bytes, bytes]:
        last = b"\x01" if place == self.count - 1 else b"\x00"
        nonce = place.to_bytes(11, "big") + last
        return nonce, data, self._name + nonce
