"""A sealed file opens whole or in parts, and not when anything of it was changed, cut, moved or is another's."""

from __future__ import annotations

import io
from uuid import uuid4

import pytest

from portico.files.sealing import (
    SEALED_SEGMENT,
    SEGMENT,
    BrokenFileError,
    FileCipher,
    new_key,
    sealed_size,
    segments_of,
)

SIZES = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 3 * SEGMENT + 5]


def content(size: int) -> bytes:
    return bytes(place % 251 for place in range(size))


def cipher(size: int) -> FileCipher:
    return FileCipher(new_key(), uuid4(), uuid4(), size)


@pytest.mark.parametrize("size", SIZES)
def test_it_comes_back_as_it_was(size: int) -> None:
    mine = cipher(size)
    sealed = list(mine.seal(io.BytesIO(content(size))))
    assert len(sealed) == segments_of(size)
    assert sum(map(len, sealed)) == sealed_size(size)
    assert b"".join(mine.open(sealed)) == content(size)


def test_a_part_opens_alone() -> None:
    mine = cipher(3 * SEGMENT + 5)
    sealed = list(mine.seal(io.BytesIO(content(3 * SEGMENT + 5))))
    assert b"".join(mine.open(sealed[2:3], first=2)) == content(3 * SEGMENT)[2 * SEGMENT :]


def test_nothing_of_the_content_is_to_be_seen() -> None:
    text = b"a secret that would be found" * 10_000
    assert b"secret" not in b"".join(cipher(len(text)).seal(io.BytesIO(text)))


@pytest.mark.parametrize("what", ["changed", "cut", "moved", "doubled", "last-as-first", "other-size"])
def test_what_was_tampered_with_does_not_open(what: str) -> None:
    size = 3 * SEGMENT
    key, tenant, file = new_key(), uuid4(), uuid4()
    sealed = list(FileCipher(key, tenant, file, size).seal(io.BytesIO(content(size))))
    reader = FileCipher(key, tenant, file, size)
    if what == "changed":
        sealed[1] = sealed[1][:100] + bytes([sealed[1][100] ^ 1]) + sealed[1][101:]
    elif what == "cut":  # and the row changed to fit
        sealed, reader = sealed[:2], FileCipher(key, tenant, file, 2 * SEGMENT)
    elif what == "moved":
        sealed[0], sealed[1] = sealed[1], sealed[0]
    elif what == "doubled":
        sealed[1] = sealed[0]
    elif what == "last-as-first":
        sealed[0] = sealed[2]
    else:
        reader = FileCipher(key, tenant, file, size + SEGMENT)
    with pytest.raises(BrokenFileError):
        list(reader.open(sealed))


def test_another_file_or_tenant_opens_nothing_even_with_the_key() -> None:
    key, tenant, file = new_key(), uuid4(), uuid4()
    sealed = list(FileCipher(key, tenant, file, 10).seal(io.BytesIO(content(10))))
    for other in (FileCipher(key, tenant, uuid4(), 10), FileCipher(key, uuid4(), file, 10), FileCipher(new_key(), tenant, file, 10)):
        with pytest.raises(BrokenFileError):
            list(other.open(sealed))
    assert list(FileCipher(key, tenant, file, 10).open(sealed)) == [content(10)]


@pytest.mark.parametrize("given", [9, 11])
def test_a_source_of_another_size_is_not_sealed(given: int) -> None:
    with pytest.raises(ValueError, match="size"):
        list(cipher(10).seal(io.BytesIO(content(given))))


def test_memory_stays_flat() -> None:
    """One segment is read at a time, whatever the size."""
    asked: list[int] = []

    class Source(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            asked.append(size or 0)
            return super().read(size)

    list(cipher(5 * SEGMENT).seal(Source(content(5 * SEGMENT))))
    assert max(asked) <= SEGMENT
    assert SEALED_SEGMENT == SEGMENT + 16
