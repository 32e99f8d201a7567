"""What is in a backup, in which order: a tar of a note, the anchors, the database in pieces, the files, and a note of the end.

Anchors come first and files last: what was anchored is then in the database, and what a record of the database names is among
the files.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from portico.backup import database
from portico.backup.errors import BackupError
from portico.backup.sealing import opened, sealed
from portico.files.errors import StorageAwayError
from portico.files.storage import Storage
from portico.settings import Settings

FORMAT = 1
PIECE = 8 << 20
"""Bytes of the database in one member."""
SUFFIX = ".portico-backup.age"
Progress = Callable[[str], None]


@dataclass
class Content:
    """made_at: ISO 8601. version: of Portico. database: bytes of the dump. files, file_bytes: sealed files of the storage."""

    made_at: str
    version: str
    database: int = 0
    files: int = 0
    file_bytes: int = 0
    anchors: int = 0

    def __str__(self) -> str:
        return (
            f"made {self.made_at} by Portico {self.version}: database {size(self.database)}, "
            f"{self.files} files of {size(self.file_bytes)}, {self.anchors} files of anchors"
        )


def size(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def create(settings: Settings, folder: Path, progress: Progress) -> tuple[Path, Content]:
    """A new backup in that folder. Raises BackupError, OSError; then nothing is left of it."""
    moment = dt.datetime.now(dt.UTC)
    content = Content(moment.isoformat(timespec="seconds"), version("portico"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{moment:%Y-%m-%dT%H%M%SZ}{SUFFIX}"
    with sealed(path, settings.master_key) as out, tarfile.open(fileobj=out, mode="w|", bufsize=1 << 16) as tar:
        _add(tar, "note.json", json.dumps({"format": FORMAT, "made_at": content.made_at, "version": content.version}).encode())
        for anchors in sorted(settings.anchors_folder.glob("audit-*.anchors")):
            _add(tar, f"anchors/{anchors.name}", anchors.read_bytes())
            content.anchors += 1
        with database.dump(settings) as dumped:
            for number, piece in enumerate(iter(lambda: dumped.read(PIECE), b"")):
                _add(tar, f"database/{number:08}", piece)
                content.database += len(piece)
                progress(f"database: {size(content.database)}")
        _add_files(tar, _storage(settings), content, progress)
        _add(tar, "end.json", json.dumps(asdict(content)).encode())
    return path, content


def verify(settings: Settings, path: Path, progress: Progress) -> Content:
    """Read all of it: that it is whole, ours, and that its dump can be restored. Raises BackupError."""
    with _reading(settings, path) as members:
        return _through(members, progress, lambda pieces: database.load(settings, pieces, into=None), _count, _ignore)


def restore(settings: Settings, path: Path, progress: Progress) -> tuple[Content, list[str]]:
    """Into an installation that holds nobody; it was verified before. What is in the backup, and migrations applied since.

    Raises BackupError; the database is then empty or whole.
    """
    storage = _storage(settings)

    def put(name: str, source: IO[bytes], length: int) -> None:
        try:
            storage.put(name, iter(lambda: source.read(1 << 20), b""))
        except StorageAwayError as error:
            raise BackupError("The storage of files does not answer. The database is restored; files are missing.") from error

    def anchor(name: str, source: IO[bytes]) -> None:
        settings.anchors_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = settings.anchors_folder / Path(name).name
        if not target.exists():
            target.write_bytes(source.read())

    database.make_empty(settings)
    with _reading(settings, path) as members:
        content = _through(
            members, progress, lambda pieces: database.load(settings, pieces, into=settings.database), put, anchor
        )
    return content, database.migrate(settings)


Members = Iterator[tuple[str, int, IO[bytes]]]


def _through(
    members: Members,
    progress: Progress,
    load: Callable[[Iterator[bytes]], None],
    put: Callable[[str, IO[bytes], int], None],
    anchor: Callable[[str, IO[bytes]], None],
) -> Content:
    """Hand each part on in the order of the file. The content as its end says; BackupError if it was something else."""
    found, pending, end = Content("", ""), [_next(members)], None

    def pieces() -> Iterator[bytes]:
        while pending[0] is not None and pending[0][0].startswith("database/"):
            piece = pending[0][2].read()
            found.database += len(piece)
            progress(f"database: {size(found.database)}")
            yield piece
            pending[0] = _next(members)

    while pending[0] is not None:
        name, length, source = pending[0]
        kind, _slash, rest = name.partition("/")
        if kind == "database":
            load(pieces())
            for _left in pieces():
                """pg_restore may stop before the last byte."""
            continue
        if kind == "files":
            put(rest, source, length)
            found.files, found.file_bytes = found.files + 1, found.file_bytes + length
            progress(f"files: {found.files} of {size(found.file_bytes)}")
        elif kind == "anchors":
            anchor(rest, source)
            found.anchors += 1
        elif name == "note.json":
            _check(json.loads(source.read()))
        elif name == "end.json":
            end = Content(**json.loads(source.read()))
        pending[0] = _next(members)
    if end is None:
        raise BackupError("The backup has no end: it was not written to its last byte. Take another one.")
    found.made_at, found.version = end.made_at, end.version
    if found != end:
        raise BackupError(f"The backup holds something else than it says it does ({found}; {end}). Take another one.")
    return end


def _next(members: Members) -> tuple[str, int, IO[bytes]] | None:
    return next(members, None)


def _check(note: dict[str, Any]) -> None:
    if note.get("format") != FORMAT:
        raise BackupError(f"The backup was made by Portico {note.get('version')}, whose form this version does not know.")


def _count(name: str, source: IO[bytes], length: int) -> None:
    """Read it: the encryption says whether it is as it was written."""
    while source.read(1 << 20):
        continue


def _ignore(name: str, source: IO[bytes]) -> None:
    """Anchors are checked against the trail once there is one."""


@contextmanager
def _reading(settings: Settings, path: Path) -> Iterator[Members]:
    """(name, bytes, content) of each part. Raises BackupError for what is no whole backup of ours."""
    try:
        with opened(path, settings.master_key) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
            yield _members(tar)
    except tarfile.TarError as error:
        raise BackupError(f"{path} is no backup of Portico.") from error


def _members(tar: tarfile.TarFile) -> Members:
    for member in tar:
        source = tar.extractfile(member)
        if source is not None:
            yield member.name, member.size, source


def _storage(settings: Settings) -> Storage:
    return Storage(settings.files_url, settings.home / "files")


def _add_files(tar: tarfile.TarFile, storage: Storage, content: Content, progress: Progress) -> None:
    try:
        for name, length in storage.all():
            with suppress(FileNotFoundError):  # deleted since it was listed
                source = storage.whole(name)
                member = tarfile.TarInfo(f"files/{name}")
                member.size = length
                tar.addfile(member, _Reader(source))
                content.files, content.file_bytes = content.files + 1, content.file_bytes + length
                progress(f"files: {content.files} of {size(content.file_bytes)}")
    except StorageAwayError as error:
        raise BackupError("The storage of files does not answer. Nothing was kept; try again later.") from error


class _Reader(io.RawIOBase):
    """An object of the storage as tarfile reads it."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def read(self, count: int = -1) -> bytes:
        return bytes(self._source.read(count))


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))
