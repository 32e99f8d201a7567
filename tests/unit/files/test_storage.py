"""A storage keeps objects whole, and says in our words when it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from portico.files.errors import StorageAwayError
from portico.files.sealing import SEALED_SEGMENT, BrokenFileError
from portico.files.storage import AT_A_TIME, Storage


@pytest.fixture(params=["folder", "file-url", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return Storage({"folder": "", "file-url": f"file://{tmp_path}/other", "memory": "memory:///"}[request.param], tmp_path / "files")


def segments(count: int, last: int = 100) -> list[bytes]:
    return [bytes([place % 256]) * SEALED_SEGMENT for place in range(count - 1)] + [b"z" * last]


def test_what_was_put_is_read_in_segments(storage: Storage) -> None:
    sealed, name = segments(40), storage.new_name()
    storage.put(name, iter(sealed))
    size = sum(map(len, sealed))
    assert size > 2 * AT_A_TIME
    assert list(storage.read(name, 0, size)) == sealed
    assert list(storage.read(name, 3 * SEALED_SEGMENT, 5 * SEALED_SEGMENT)) == sealed[3:5]

    async def read() -> list[bytes]:
        return [one async for one in storage.read_async(name, 38 * SEALED_SEGMENT, size)]

    assert asyncio.run(read()) == sealed[38:]


def test_a_source_that_fails_leaves_nothing(storage: Storage) -> None:
    name = storage.new_name()

    def failing() -> Iterator[bytes]:
        yield from segments(100)
        raise ValueError("cut off")

    with pytest.raises(ValueError, match="cut off"):
        storage.put(name, failing())
    with pytest.raises(BrokenFileError):
        list(storage.read(name, 0, 100))


def test_what_is_shorter_than_it_was_is_broken(storage: Storage) -> None:
    name = storage.new_name()
    storage.put(name, iter(segments(2)))
    with pytest.raises(BrokenFileError):
        list(storage.read(name, 0, 3 * SEALED_SEGMENT))


def test_deleting_twice_is_deleting(storage: Storage) -> None:
    name = storage.new_name()
    storage.put(name, iter(segments(1)))
    storage.delete(name)
    storage.delete(name)
    with pytest.raises(BrokenFileError):
        list(storage.read(name, 0, 100))


def test_names_are_random_and_say_nothing(storage: Storage) -> None:
    names = {storage.new_name() for _ in range(100)}
    assert len(names) == 100
    assert all(len(name) == 41 and name.replace("/", "").isalnum() for name in names)


def test_a_folder_that_cannot_be_written_is_away(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("not a folder")
    with pytest.raises(StorageAwayError):
        Storage("", tmp_path / "files").put("ab/cd", iter([b"x"]))


def test_a_storage_that_nobody_serves_is_away(tmp_path: Path) -> None:
    away = Storage("s3://bucket/p?region=x&endpoint=http://127.0.0.1:9&allow_http=true&access_key_id=a&secret_access_key=b", tmp_path)
    with pytest.raises(StorageAwayError):
        away.delete("ab/cd")


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    Storage("", tmp_path / "files").put("ab/cd", iter([b"x"]))
    assert (tmp_path / "files").stat().st_mode & 0o077 == 0
